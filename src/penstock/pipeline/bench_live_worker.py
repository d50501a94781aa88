"""Both ends of `penstock bench --live`; run as `python -m penstock.pipeline.bench_live_worker`.

`serve CONFIG STREAMS` prints its URL and, after a line on standard input, the times of each
picture. `watch URL STREAMS` prints `[number, received, decoded]` for each. Times are nanoseconds of
the system's monotonic clock.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import penstock
from penstock.errors import PenstockError, StreamError
from penstock.gst import Gst, MappedBuffer, batch_of
from penstock.pipeline.bench_live import RATE, SIZE
from penstock.pipeline.endings import QUEUE, ending_of
from penstock.pipeline.frame_stamp import draw_stamp, read_stamp
from penstock.pipeline.grid import Grid
from penstock.pipeline.job import DetectJob
from penstock.pipeline.rtsp_address import RtspAddress
from penstock.surface import PlaneLayout

_POLL_S = 0.1
_GRAY = 128


def serve(config: str, streams: int) -> None:
    """Play cameras through the pipeline of `penstock detect`, and serve what comes out."""
    from penstock.pipeline.rtsp_server import RtspServer

    penstock.init()
    address = RtspAddress("127.0.0.1", 0)
    job = DetectJob(["camera"] * streams, rtsp=address)
    pipeline = _pipeline(config, streams, ending_of(job, live=True))
    notes = _Notes(pipeline)
    with RtspServer(address) as server:
        server.publish(pipeline.get_by_name("rtsp"), valve=pipeline.get_by_name("watched"))
        pipeline.set_state(Gst.State.PLAYING)
        cameras = [pipeline.get_by_name(f"camera_{n}") for n in range(streams)]
        threading.Thread(target=_film, args=(pipeline, cameras, notes), daemon=True).start()
        while not notes.inferred.wait(_POLL_S):
            _check(pipeline.get_bus().timed_pop_filtered(0, Gst.MessageType.ERROR))
        _say(str(server.address))
        sys.stdin.readline()
    pipeline.set_state(Gst.State.NULL)
    _say(json.dumps(notes.complete()))


def _pipeline(config: str, streams: int, ending: str) -> Gst.Pipeline:
    width, height = SIZE
    cameras = " ".join(
        f"appsrc name=camera_{n} is-live=true format=time max-buffers=2 leaky-type=downstream "
        f"caps=video/x-raw,format=I420,width={width},height={height},framerate={RATE}/1 "
        f"! nvvideoconvert ! mux.sink_{n}"
        for n in range(streams)
    )
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={streams} width={width} height={height} "
        f"live-source=true batched-push-timeout={1_000_000 // RATE} ! {QUEUE} "
        f"! nvinfer name=infer batch-size={streams} ! {ending} {cameras}"
    )
    pipeline.get_by_name("infer").set_property("config-file-path", config)
    tiler = pipeline.get_by_name("tiler")
    if tiler is not None:
        grid = Grid.of(streams, frame=SIZE)
        for name in ("rows", "columns", "width", "height"):
            tiler.set_property(name, getattr(grid, name))
    return pipeline


class _Notes:
    """When the first camera's pictures pass each stage."""

    def __init__(self, pipeline: Gst.Pipeline) -> None:
        self.inferred = threading.Event()
        self._number_of: dict[int, int] = {}  # by the running time of the picture or its batch
        self._times: dict[int, list[int]] = {}
        for name, pad, note in (
            ("mux", "src", self._batched),
            ("infer", "src", self._passed_infer),
            ("osd", "src", self._passed),
            ("rtsp", "sink", self._passed),
        ):
            self._listen(pipeline.get_by_name(name).get_static_pad(pad), note)

    def _listen(self, pad: Gst.Pad, note: Callable[[Gst.Buffer, int], None]) -> None:
        def on_buffer(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer = info.get_buffer()
            segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
            note(buffer, segment.to_running_time(Gst.Format.TIME, buffer.pts))
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, on_buffer)

    def filmed(self, number: int, running_ns: int) -> None:
        """A picture is about to be handed over."""
        self._number_of[running_ns] = number
        self._times[number] = [time.monotonic_ns()]

    def _batched(self, buffer: Gst.Buffer, running_ns: int) -> None:
        batch = batch_of(buffer)
        for frame in batch.frames if batch is not None else ():
            if frame.source_id == 0:
                self._number_of[running_ns] = self._number_of[frame.pts_ns]
                self._passed(buffer, running_ns)

    def _passed(self, _buffer: Gst.Buffer, running_ns: int) -> None:
        number = self._number_of.get(running_ns)
        if number is not None:
            self._times[number].append(time.monotonic_ns())

    def _passed_infer(self, buffer: Gst.Buffer, running_ns: int) -> None:
        self._passed(buffer, running_ns)
        self.inferred.set()

    def complete(self) -> dict[int, list[int]]:
        """Filmed, batched, inferred, drawn, encoded, of the pictures that got so far."""
        return {number: times for number, times in self._times.items() if len(times) == 5}


def _film(pipeline: Gst.Pipeline, cameras: list[Gst.Element], notes: _Notes) -> None:
    """A picture from every camera at once, at an even pace."""
    if pipeline.get_state(Gst.CLOCK_TIME_NONE)[0] == Gst.StateChangeReturn.FAILURE:
        return
    layout = PlaneLayout.default("I420", SIZE)
    picture = np.full(layout.size_bytes, _GRAY, np.uint8)
    luma = picture[: SIZE[0] * SIZE[1]].reshape(SIZE[1], SIZE[0])
    luma[:] = np.linspace(30, 200, SIZE[0]).astype(np.uint8)
    clock, base_ns = pipeline.get_clock(), pipeline.get_base_time()
    start_s = time.monotonic()
    for number in range(1 << 16):
        time.sleep(max(0.0, start_s + number / RATE - time.monotonic()))
        luma[:] = np.roll(luma, 4, axis=1)  # something for the encoder to do
        draw_stamp(luma, number)
        data, pts_ns = picture.tobytes(), clock.get_time() - base_ns
        notes.filmed(number, pts_ns)
        for camera in cameras:
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts, buffer.duration = pts_ns, Gst.SECOND // RATE
            pts_ns += 1000  # so that batches differ in time, whichever pictures they have
            camera.emit("push-buffer", buffer)


def watch(url: str, streams: int) -> None:
    """Read an RTSP stream as fast as it comes, and say when each picture came."""
    pipeline = Gst.parse_launch(
        f"rtspsrc location={url} latency=0 protocols=tcp ! rtph264depay name=receive "
        "! h264parse ! avdec_h264 max-threads=1 ! videoconvert ! video/x-raw,format=I420 "
        "! fakesink name=end sync=false"
    )
    received: dict[int, int] = {}
    columns = Grid.of(streams, frame=SIZE).columns

    def on_received(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        received[info.get_buffer().pts] = time.monotonic_ns()
        return Gst.PadProbeReturn.OK

    def on_decoded(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        decoded, buffer = time.monotonic_ns(), info.get_buffer()
        number = _number_in(buffer, pad.get_current_caps(), columns)
        if number is not None:
            _say(json.dumps([number, received.pop(buffer.pts, decoded), decoded]))
        return Gst.PadProbeReturn.OK

    for name, pad, note in (("receive", "src", on_received), ("end", "sink", on_decoded)):
        probe = pipeline.get_by_name(name).get_static_pad(pad)
        probe.add_probe(Gst.PadProbeType.BUFFER, note)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    _check(message)


def _check(message: Gst.Message | None) -> None:
    if message is not None and message.type == Gst.MessageType.ERROR:
        raise StreamError(message.parse_error()[0].message)


def _number_in(buffer: Gst.Buffer, caps: Gst.Caps, columns: int) -> int | None:
    """The number in the first tile."""
    structure = caps.get_structure(0)
    width, height = (structure.get_int(name)[1] for name in ("width", "height"))
    luma = PlaneLayout.default("I420", (width, height)).planes(MappedBuffer(buffer).memory)[0]
    tile_width = width // columns
    return read_stamp(luma[: tile_width * SIZE[1] // SIZE[0], :tile_width])


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the answer to the parent process


def main() -> None:
    """Do what the command line says."""
    what, where, *rest = sys.argv[1:]
    ends: dict[str, Callable[..., Any]] = {"serve": serve, "watch": watch}
    try:
        ends[what](where, *map(int, rest))
    except PenstockError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
