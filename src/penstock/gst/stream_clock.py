"""How far a mux has come, for sources that join it late."""

from __future__ import annotations

from penstock.gst.callbacks import weak
from penstock.gst.gi import Gst

_NO_TIME = int(Gst.CLOCK_TIME_NONE)


class StreamClock:
    """Follows the times of the batches that leave a mux.

    A file begins at 0 whenever it is opened, and a batch's time never runs backwards: without an
    offset the frames of one that joins late would all get the same time.

    Args:
        mux: An nvstreammux.

    Attributes:
        now_ns: When the next batch would begin, nanoseconds of running time.
    """

    def __init__(self, mux: Gst.Element) -> None:
        self.now_ns = 0
        note = weak(self._note, otherwise=Gst.PadProbeReturn.OK)
        mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)

    def _note(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        self.now_ns = buffer.pts + (0 if buffer.duration == _NO_TIME else buffer.duration)
        return Gst.PadProbeReturn.OK
