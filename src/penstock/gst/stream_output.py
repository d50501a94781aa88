"""A pad on which the frames of one source leave."""

from __future__ import annotations

from penstock.gst.buffers import new_buffer, push
from penstock.gst.carrier import attach
from penstock.gst.gi import Gst
from penstock.meta import BatchMeta


class StreamOutput:
    """Pushes what belongs to one stream: its start, caps, segment, buffers and end.

    Args:
        pad: A source pad; only one thread pushes.
        name: Names the stream within its element.

    Attributes:
        started: Whether anything was pushed.
        ended: Whether EOS was; nothing more can be pushed until `reset` or `flushed`.
    """

    def __init__(self, pad: Gst.Pad, name: str) -> None:
        self.pad = pad
        self._name = name
        self._segment: Gst.Segment | None = None
        self.reset()

    def reset(self) -> None:
        """Forget what was pushed: the pad was inactive."""
        self.started = self.ended = False
        self._caps: Gst.Caps | None = None
        self._segment_is_due = True

    def flushed(self) -> None:
        """A flush has gone through the pad: segment and end are void."""
        self.ended = False
        self._segment_is_due = True

    def set_segment(self, segment: Gst.Segment | None) -> None:
        """What follows is in this segment; none: all time from 0."""
        self._segment = segment
        self._segment_is_due = True

    def push(
        self, batch: BatchMeta, caps: Gst.Caps, *, pts_ns: int, duration_ns: int
    ) -> Gst.FlowReturn:
        """Push a batch, after whatever must come before it.

        The caller must not keep `batch`: the next element would have to copy it.
        """
        self._announce(caps)
        address = new_buffer(pts_ns=pts_ns, duration_ns=duration_ns)
        attach(address, batch)
        del batch
        return push(self.pad, address)

    def end(self) -> None:
        """Send EOS; GStreamer ignores a second one."""
        self._announce(None)
        self.ended = True
        self.pad.push_event(Gst.Event.new_eos())

    def _announce(self, caps: Gst.Caps | None) -> None:
        if not self.started:
            self.started = True
            stream_id = self.pad.create_stream_id(self.pad.get_parent_element(), self._name)
            self.pad.push_event(Gst.Event.new_stream_start(stream_id))
        if caps is not None and caps is not self._caps:
            self._caps = caps
            self.pad.push_event(Gst.Event.new_caps(caps))
        if self._segment_is_due:
            self._segment_is_due = False
            self.pad.push_event(Gst.Event.new_segment(self._segment or _all_time()))


def _all_time() -> Gst.Segment:
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    return segment
