"""JPEG pictures and streams of them."""

import cv2
import numpy as np

from streams import WAIT_S, Gst

SAMPLINGS = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
}


def colours(size=(320, 240)):
    """A smooth picture (H, W, 3), BGR, uint8."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], -1).astype(
        np.uint8
    )


def jpeg(picture=None, *, sampling="4:2:0", progressive=False):
    """The bytes of a JPEG file."""
    made, data = cv2.imencode(
        ".jpg",
        colours() if picture is None else picture,
        [
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            SAMPLINGS[sampling],
            cv2.IMWRITE_JPEG_PROGRESSIVE,
            int(progressive),
        ],
    )
    assert made
    return data.tobytes()


def bgr(buffer, size):
    """The pixels (H, W, 3) of a raw BGR buffer."""
    width, height = size
    data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    return data.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3)


def folder(path, pictures):
    """Write the files; the source that reads them."""
    for number, data in enumerate(pictures):
        (path / f"img{number:03d}.jpg").write_bytes(data)
    return f"multifilesrc location={path}/img%03d.jpg caps=image/jpeg,framerate=10/1"


class Played:
    """What came of a stream: `pictures` (PTS), `warnings` (text), `error` (text or None)."""

    def __init__(self, chunks, elements, *, caps="image/jpeg,framerate=10/1"):
        is_timed = "framerate" in caps
        self.pipeline = Gst.parse_launch(
            f"appsrc name=in caps={caps} format={'time' if is_timed else 'bytes'} ! {elements} "
            "! fakesink name=end sync=false"
        )
        self.pictures, self.warnings, self.error = [], [], None
        pad = self.pipeline.get_by_name("end").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, self._note)
        source = self.pipeline.get_by_name("in")
        self.pipeline.set_state(Gst.State.PLAYING)
        for number, chunk in enumerate(chunks):
            buffer = Gst.Buffer.new_wrapped(chunk)
            if is_timed:
                buffer.pts = number * Gst.SECOND // 10
            source.emit("push-buffer", buffer)
        source.emit("end-of-stream")
        self._wait()
        self.pipeline.set_state(Gst.State.NULL)

    def _note(self, _pad, info):
        self.pictures.append(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    def _wait(self):
        kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
        bus = self.pipeline.get_bus()
        while (message := bus.timed_pop_filtered(WAIT_S * Gst.SECOND, kinds)) is not None:
            if message.type == Gst.MessageType.WARNING:
                self.warnings.append(message.parse_warning()[0].message)
                continue
            if message.type == Gst.MessageType.ERROR:
                self.error = message.parse_error()[0].message
            return
        raise AssertionError("the pipeline hung")


class Fed:
    """A decoder without a pipeline, whose events and buffers are given by hand."""

    def __init__(self, factory):
        self.decoder = Gst.ElementFactory.make(factory, "d")
        self.bus = Gst.Bus()
        self.decoder.set_bus(self.bus)
        self._pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
        self._pad.set_active(True)
        self._end = Gst.ElementFactory.make("fakesink")
        self._end.set_property("async", False)
        self.decoder.link(self._end)
        self._pad.link(self.decoder.get_static_pad("sink"))
        self._end.set_state(Gst.State.PLAYING)
        self.decoder.set_state(Gst.State.PLAYING)

    def caps(self, text):
        self._pad.push_event(Gst.Event.new_caps(Gst.Caps.from_string(text)))

    def segment(self, start=0, stop=None, *, unit=Gst.Format.TIME):
        segment = Gst.Segment()
        segment.init(unit)
        segment.start = start
        if stop is not None:
            segment.stop = stop
        self._pad.push_event(Gst.Event.new_segment(segment))

    def begin(self, name="stream"):
        self._pad.push_event(Gst.Event.new_stream_start(name))

    def flush(self):
        self._pad.push_event(Gst.Event.new_flush_start())
        self._pad.push_event(Gst.Event.new_flush_stop(True))

    def give(self, data, at_s):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.duration = int(at_s * Gst.SECOND), Gst.SECOND // 10
        return self._pad.push(buffer)

    def end(self):
        self._pad.push_event(Gst.Event.new_eos())
        for element in (self.decoder, self._end):
            element.set_state(Gst.State.NULL)
        return self.decoder.frames_lost
