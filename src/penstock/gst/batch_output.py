"""The pad on which batches leave, and the bound on how many are downstream at once."""

from __future__ import annotations

import queue
from collections.abc import Callable

from penstock.gst.buffers import new_buffer, push
from penstock.gst.carrier import attach
from penstock.gst.gi import Gst
from penstock.gst.messages import post_warning
from penstock.meta import BatchMeta, Token

_STALL_S = 5.0
_STEP_NS = 250_000  # encoders refuse two pictures of one time


class BatchOutput:
    """Pushes batches on a source pad.

    A buffer without memory has size 0, so a `queue` does not bound it. Here a batch takes one of
    `slots`; it comes back when the last holder of the batch's surfaces lets go.

    Args:
        pad: A source pad; only one thread pushes. Its element posts the warning when nothing
            comes back.

    Attributes:
        last_pts_ns: The time of the batch that was pushed last; below 0 before the first.
    """

    def __init__(self, pad: Gst.Pad) -> None:
        self._pad = pad
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._slots = 0
        self._open = False
        self._announced = False
        self._caps: str | None = None
        self._untold: list[Callable[[Gst.Pad], object]] = []
        self.last_pts_ns = -_STEP_NS

    def open(self, *, slots: int) -> None:
        """Start anew, with so many batches at once."""
        self._free, self._slots = queue.SimpleQueue(), slots
        for _ in range(slots):
            self._free.put(None)
        self._announced = False
        self._caps = None
        self.last_pts_ns = -_STEP_NS
        self._open = True

    def close(self) -> None:
        """Let `take_slot` return."""
        self._open = False
        self._free.put(None)

    def take_slot(self) -> Token | None:
        """Wait until one more batch may be downstream; none once closed."""
        free, warned = self._free, False
        while self._open:
            try:
                free.get(timeout=_STALL_S)
            except queue.Empty:
                element = self._pad.get_parent_element()
                if not warned and element.get_state(0)[1] == Gst.State.PLAYING:
                    warned = True
                    post_warning(element, self._stalled())
                continue
            if self._open:
                return Token(lambda: free.put(None))
        return None

    def announce(self, caps: str | None) -> None:
        """Send stream-start, caps and segment; later on caps that have changed, and nothing else.

        Args:
            caps: Of the batches that follow; none where nothing ever came.
        """
        if not self._announced:
            self._start_stream(caps)
        elif caps is not None and caps != self._caps:
            self._pad.push_event(Gst.Event.new_caps(Gst.Caps.from_string(caps)))
        self._caps = caps or self._caps

    def tell(self, push_event: Callable[[Gst.Pad], object]) -> None:
        """Have an event pushed on the pad, behind stream-start, caps and segment."""
        if self._announced:
            push_event(self._pad)
        else:
            self._untold.append(push_event)

    def _start_stream(self, caps: str | None) -> None:
        self._announced = True
        self._pad.push_event(Gst.Event.new_stream_start(self._pad.get_parent_element().get_name()))
        if caps is not None:
            self._pad.push_event(Gst.Event.new_caps(Gst.Caps.from_string(caps)))
        segment = Gst.Segment()
        segment.init(Gst.Format.TIME)
        self._pad.push_event(Gst.Event.new_segment(segment))
        untold, self._untold = self._untold, []
        for push_event in untold:
            push_event(self._pad)

    def push(self, batch: BatchMeta, *, pts_ns: int, duration_ns: int) -> Gst.FlowReturn:
        """Push a batch; its time is later than that of the one before.

        The caller must not keep `batch`: the next element would have to copy it.
        """
        self.last_pts_ns = max(self.last_pts_ns + _STEP_NS, pts_ns)
        address = new_buffer(pts_ns=self.last_pts_ns, duration_ns=duration_ns)
        attach(address, batch)
        del batch
        return push(self._pad, address)

    def end(self) -> None:
        """Send EOS."""
        self.announce(None)
        self._pad.push_event(Gst.Event.new_eos())

    def _stalled(self) -> str:
        return (
            f"no batch came back for {_STALL_S:.0f} s: all {self._slots} (buffer-pool-size) are "
            "held downstream, by a slow element or by an application that keeps buffers or surfaces"
        )
