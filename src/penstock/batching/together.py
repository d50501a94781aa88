"""Who is in a batch: the frames that show the same moment."""

from typing import Generic, TypeVar

from penstock.batching.decisions import Wait
from penstock.batching.table import PadTable

T = TypeVar("T")


class Together(Generic[T]):
    """Synchronises the sources on the time line that they share.

    A batch shows one moment: that of the earliest frame at the head of a queue. It takes along
    what begins before the shortest of those frames ends.

    Args:
        table: The pads.
    """

    def __init__(self, table: PadTable[T]) -> None:
        self._table = table
        self._shown_ns: int | None = None

    def forget(self) -> None:
        """Begin anew: nothing is late."""
        self._shown_ns = None

    def late(self) -> int | None:
        """A pad whose head had ended before a moment that was shown already, if there is one."""
        shown_ns, states = self._shown_ns, self._table.states
        if shown_ns is None:
            return None
        for pad in self._table.with_frame:
            head = states[pad].head
            if head.time_ns < shown_ns and head.time_ns + head.duration_ns <= shown_ns:
                return pad
        return None

    def serve(
        self, slots: int, *, last_left_ns: int | None, patience_ns: int | None, now_ns: int
    ) -> list[int] | Wait:
        """Choose the pads of a batch, or say how long it waits for pads that have nothing.

        Args:
            slots: Most frames.
            last_left_ns: When the batch before left.
            patience_ns: How long it waits after its moment was due; `None` is for ever.
            now_ns: The time.
        """
        heads = {pad: self._table.states[pad].head for pad in self._table.with_frame}
        first = min(heads.values(), key=lambda head: (head.time_ns, head.due_ns))
        shortest_ns = min(head.duration_ns for head in heads.values())
        if self._table.awaited:
            if patience_ns is None:
                return Wait(None)
            until_ns = first.due_ns + patience_ns
            if last_left_ns is not None:
                # The pads served last need a moment to deliver their next frame.
                until_ns = max(until_ns, last_left_ns + min(patience_ns, shortest_ns // 2))
            if now_ns < until_ns:
                return Wait(until_ns)
        end_ns = first.time_ns + max(1, shortest_ns)
        served = [pad for pad, head in heads.items() if head.time_ns < end_ns]
        served.sort(key=lambda pad: (heads[pad].time_ns, pad))
        self._shown_ns = max(first.time_ns, self._shown_ns or 0)
        return sorted(served[:slots])
