"""Who is in a batch: the pads in turn, with the frames that are there."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from penstock.batching.decisions import Wait
from penstock.batching.table import PadTable

T = TypeVar("T")


class Turns(Generic[T]):
    """A batch starts with the pad after the one that was served last.

    Args:
        table: The pads.
    """

    def __init__(self, table: PadTable[T]) -> None:
        self._table = table
        self._last_served = -1

    def serve(self, slots: int) -> list[int]:
        """The pads of a batch, one frame each, at most `slots`; sorted."""
        served = self._in_turn(self._table.with_frame)[:slots]
        self._last_served = served[-1]
        return sorted(served)

    def serve_rated(
        self, slots: int, *, began_ns: int, until_ns: int | None, now_ns: int
    ) -> list[int] | Wait:
        """The same, as priorities and rates of the pads allow.

        Args:
            slots: Most frames.
            began_ns: When the batch began to form.
            until_ns: When it leaves incomplete; `None` is never.
            now_ns: The time.

        Returns:
            The pads, sorted, one entry a frame; or how long the batch waits.
        """
        states = self._table.states
        ready = {pad: self._ready(pad, now_ns) for pad in self._table.with_frame}
        held_until_ns = [states[pad].not_before_ns for pad, count in ready.items() if not count]
        if not any(ready.values()):
            return Wait(min(held_until_ns))
        if sum(ready.values()) < slots:
            until_ns = self._until(ready, began_ns, until_ns, now_ns)
            if until_ns is None or now_ns < until_ns:
                known = held_until_ns if until_ns is None else [*held_until_ns, until_ns]
                return Wait(min(known, default=None))
        return self._fill(slots, ready, now_ns)

    def _fill(self, slots: int, ready: Mapping[int, int], now_ns: int) -> list[int]:
        states = self._table.states
        served: list[int] = []
        for pad in sorted(self._in_turn(ready), key=lambda pad: states[pad].rate.priority):
            count = min(ready[pad], slots - len(served))
            if count:
                served += [pad] * count
                states[pad].not_before_ns = now_ns + count * states[pad].rate.interval_ns
                self._last_served = pad
        return sorted(served)

    def _in_turn(self, pads: Iterable[int]) -> list[int]:
        waiting = sorted(pads)
        after_last = bisect_right(waiting, self._last_served)
        return waiting[after_last:] + waiting[:after_last]

    def _ready(self, pad: int, now_ns: int) -> int:
        """How many frames of a pad may leave now."""
        state = self._table.states[pad]
        return 0 if now_ns < state.not_before_ns else state.ready(state.rate.most_frames)

    def _until(
        self, ready: Mapping[int, int], began_ns: int, until_ns: int | None, now_ns: int
    ) -> int | None:
        """When a batch that could be fuller leaves: now where nobody could add to it."""
        states = self._table.states
        growing = [states[pad].rate for pad in self._table.awaited]
        growing += [
            state.rate
            for state in (states[pad] for pad, count in ready.items() if count)
            if len(state.queue) < state.rate.most_frames and state.awaited and not state.closed
        ]
        if not growing:
            return now_ns
        patiences = [rate.patience_ns for rate in growing]
        if None in patiences:
            return until_ns
        patient_until_ns = began_ns + max(filter(None, patiences), default=0)
        return patient_until_ns if until_ns is None else min(until_ns, patient_until_ns)
