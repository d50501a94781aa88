"""Descriptions of pipelines with a mux, and what comes out of it."""

import threading
import time
from collections import defaultdict

from penstock.gst import batch_of
from streams import Gst

FORMAT = "video/x-raw,format=I420,width=64,height=36,framerate=25/1"
WAIT_S = 30


def source(pad, *, frames=10, caps=FORMAT, extra="", live=False):
    """A source of test pictures, linked to a pad of the mux."""
    return (
        f"videotestsrc num-buffers={frames} is-live={live} ! {caps} {extra} ! nvvideoconvert "
        f"! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_{pad} "
    )


def mux(sources, *, then="fakesink sync=false", factory="nvstreammux", **properties):
    """A mux; its sources are to follow."""
    size = {"width": 64, "height": 36} if factory == "nvstreammux" else {}
    settings = {"batch-size": sources, **size} | {
        name.replace("_", "-"): value for name, value in properties.items()
    }
    text = " ".join(f"{name}={value}" for name, value in settings.items())
    return f"{factory} name=mux {text} ! {then} "


def caps_of(width, height, fps):
    """Raw caps of a source."""
    return f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"


def record(buffer):
    """What the frames of a batch are: `(source, number, time)`."""
    return [(f.source_id, f.frame_num, f.pts_ns) for f in batch_of(buffer).frames]


def numbers(batches):
    """Source → the numbers of its frames, in the order in which they came."""
    found = defaultdict(list)
    for batch in batches:
        for number, frame_num, *_ in batch:
            found[number].append(frame_num)
    return dict(found)


class Playing:
    """A pipeline that plays inside a `with` block, and the batches that leave its mux.

    Attributes:
        pipeline: It ends in NULL.
        mux: Its mux.
        batches: What `look(buffer)` returned, batch by batch.
        entered: How many buffers reached the pad that was added last.
    """

    def __init__(self, description, look=record):
        self.pipeline = Gst.parse_launch(description)
        self.mux = self.pipeline.get_by_name("mux")
        self.batches = []
        self.entered = 0
        self._look = look
        self._came = threading.Condition()
        self.mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self._keep)

    def _keep(self, _pad, info):
        with self._came:
            self.batches.append(self._look(info.get_buffer()))
            self._came.notify_all()
        return Gst.PadProbeReturn.OK

    def __enter__(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        # Until it has got there, a source that is removed may be started once more.
        self.pipeline.get_state(WAIT_S * Gst.SECOND)
        return self

    def __exit__(self, *_what):
        self.pipeline.set_state(Gst.State.NULL)

    def wait(self, enough):
        """Wait until `enough(batches)`; it must come true."""
        with self._came:
            assert self._came.wait_for(lambda: enough(self.batches), WAIT_S), self._said()

    def until(self, happened):
        """Wait until `happened()`, which no batch need tell of."""
        deadline = time.monotonic() + WAIT_S
        while not happened():
            assert time.monotonic() < deadline, self._said()
            time.sleep(0.005)

    def wait_for_more(self, count=3, *, of=None):
        """Wait for so many more batches, or frames of one source."""
        have = self.count(of)
        self.wait(lambda _batches: self.count(of) >= have + count)

    def count(self, of=None):
        """How many batches came, or frames of one source."""
        if of is None:
            return len(self.batches)
        return sum(frame[0] == of for batch in self.batches for frame in batch)

    def end(self):
        """Wait for the end; the message."""
        message = self.pipeline.get_bus().timed_pop_filtered(
            WAIT_S * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
        )
        assert message is not None, f"it hung after {len(self.batches)} batches"
        return message

    def add(self, number, description=None):
        """Add a source while playing; the bin and the mux's pad."""
        text = description or f"videotestsrc ! {FORMAT}"
        added = Gst.parse_bin_from_description(
            f'{text} ! nvvideoconvert ! capsfilter caps="video/x-raw(memory:NVMM),format=NV12"',
            True,
        )
        self.pipeline.add(added)
        pad = self.mux.request_pad_simple(f"sink_{number}")
        assert added.get_static_pad("src").link(pad) == Gst.PadLinkReturn.OK
        self.entered = 0
        pad.add_probe(Gst.PadProbeType.BUFFER, self._count_entering)
        assert added.sync_state_with_parent()
        return added, pad

    def remove(self, added, pad):
        """Remove it, as applications for DeepStream do."""
        added.set_state(Gst.State.NULL)
        pad.send_event(Gst.Event.new_flush_stop(False))
        self.mux.release_request_pad(pad)
        self.pipeline.remove(added)

    def _count_entering(self, _pad, _info):
        self.entered += 1
        return Gst.PadProbeReturn.OK

    def _said(self):
        message = self.pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        error = message.parse_error() if message else "no error on the bus"
        return f"it hung after {len(self.batches)} batches; {error}"
