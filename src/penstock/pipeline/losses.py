"""Notice what a decoder could not decode: decoders skip it and say nothing."""

from __future__ import annotations

from collections.abc import Callable

from penstock.gst import Gst

_ONE_PICTURE_A_BUFFER = ("video/x-h264", "video/x-h265", "video/x-msmpeg", "image/jpeg")


class DecoderWatch:
    """Compares what goes into a decoder with the pictures that come out.

    Codecs that have buffers without a picture of their own, and interlaced video, are not judged;
    nor is what comes before the first picture, where a recording may begin in the middle.

    Args:
        decoder: A decoder with pads `sink` and `src`.
        on_loss: Called at the end of a stream with the pictures lost and those expected.
    """

    def __init__(self, decoder: Gst.Element, *, on_loss: Callable[[int, int], None]) -> None:
        self._on_loss = on_loss
        self._judged = False
        self._reset()
        sink, src = decoder.get_static_pad("sink"), decoder.get_static_pad("src")
        sink.add_probe(Gst.PadProbeType.BUFFER, self._on_input)
        sink.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._on_input_event)
        src.add_probe(Gst.PadProbeType.BUFFER, self._on_output)
        src.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._on_output_event)

    def _reset(self) -> None:
        self._given = self._got = 0
        self._first_pts_ns: int | None = None
        self._pending: set[int] = set()

    def _on_input(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._given += 1
        if self._judged:  # else nobody would ever take out what has no picture of its own
            self._pending.add(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    def _on_output(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        pts_ns = info.get_buffer().pts
        self._got += 1
        self._pending.discard(pts_ns)
        if self._first_pts_ns is None:
            self._first_pts_ns = pts_ns
        return Gst.PadProbeReturn.OK

    def _on_input_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.CAPS:
            structure = event.parse_caps().get_structure(0)
            self._judged = structure.get_name() in _ONE_PICTURE_A_BUFFER and structure.get_string(
                "interlace-mode"
            ) in (None, "progressive")
        elif event.type == Gst.EventType.FLUSH_STOP:
            self._reset()
        return Gst.PadProbeReturn.OK

    def _on_output_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.get_event().type == Gst.EventType.EOS:
            lost = self._lost()
            if lost > 0:
                self._on_loss(lost, self._given)
        return Gst.PadProbeReturn.OK

    def _lost(self) -> int:
        """By count and by time: either alone is misled by odd streams."""
        if not self._judged or self._first_pts_ns is None:
            return 0
        first, no_time = self._first_pts_ns, int(Gst.CLOCK_TIME_NONE)
        missing = sum(first < pts < no_time for pts in self._pending)
        return min(self._given - self._got, missing)
