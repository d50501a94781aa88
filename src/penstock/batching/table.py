"""All pads of a mux, filed by what heads their queues."""

from typing import Generic, TypeVar

from penstock.batching.pads import (
    EVEN,
    Arrival,
    Counters,
    PadError,
    PadRate,
    PadState,
    UnknownPadError,
)

T = TypeVar("T")


class PadTable(Generic[T]):
    """The pads, and three sets of pad numbers, so that a decision need not visit every pad.

    Whoever changes a pad's queue or flags calls `file` on it afterwards. An ended, flushing or
    silent pad with an empty queue is in none of the sets.

    Attributes:
        states: Pad number → its state.
        with_control: The pads that have an event or EOS at the head.
        with_frame: The pads that have a frame at the head.
        awaited: The pads that run and have nothing queued.
    """

    def __init__(self) -> None:
        self.states: dict[int, PadState[T]] = {}
        self.with_control: set[int] = set()
        self.with_frame: set[int] = set()
        self.awaited: set[int] = set()
        self._removed = Counters()

    def __getitem__(self, pad: int) -> PadState[T]:
        """The state of a pad.

        Raises:
            UnknownPadError: There is no such pad.
        """
        try:
            return self.states[pad]
        except KeyError:
            known = ", ".join(map(str, sorted(self.states))) or "none"
            raise UnknownPadError(f"there is no pad {pad}; pads: {known}") from None

    def __len__(self) -> int:
        return len(self.states)

    @property
    def totals(self) -> Counters:
        """The sum over all pads, removed ones included."""
        return sum((state.counters for state in self.states.values()), self._removed)

    @property
    def all_ended(self) -> bool:
        """Whether no pad runs or can run again without a flush or restart."""
        return all(state.ended for state in self.states.values())

    def count_running(self) -> int:
        """How many pads have not ended."""
        return sum(not state.ended for state in self.states.values())

    def add(self, pad: int, rate: PadRate = EVEN) -> None:
        """Add an empty pad.

        Raises:
            PadError: The pad is already there.
        """
        if pad in self.states:
            raise PadError(f"pad {pad} is already there; remove it before adding it again")
        self.states[pad] = PadState(pad, rate)
        self.file(self.states[pad])

    def remove(self, pad: int) -> list[T]:
        """Remove a pad; return the frames that were still queued."""
        state = self[pad]
        dropped = state.clear()
        self._removed += state.counters
        for place in (self.with_control, self.with_frame, self.awaited):
            place.discard(pad)
        del self.states[pad]
        return dropped

    def open(self, pad: int) -> PadState[T]:
        """The state of a pad that takes deliveries.

        Raises:
            UnknownPadError: There is no such pad.
            FlushingPadError: It is between `flush_start` and `flush_stop`.
            EndedPadError: It had its EOS.
        """
        state = self[pad]
        state.check_open()
        return state

    def file(self, state: PadState[T]) -> None:
        """Put a pad where it belongs."""
        pad = state.number
        self.with_control.discard(pad)
        self.with_frame.discard(pad)
        self.awaited.discard(pad)
        if state.queue:
            is_frame = isinstance(state.queue[0], Arrival)
            (self.with_frame if is_frame else self.with_control).add(pad)
        elif state.awaited:
            self.awaited.add(pad)

    def give_up_waiting(self, now_ns: int) -> None:
        """Wait for none of the pads that are awaited now, until they deliver again."""
        for pad in self.awaited:
            self.states[pad].silent_since_ns = now_ns
        self.awaited.clear()

    def oldest_head_ns(self) -> int:
        """When the longest waiting of the frames at the heads arrived; there is at least one."""
        return min(self.states[pad].head.at_ns for pad in self.with_frame)
