"""The batching policy of DeepStream's `nvstreammux`, as a state machine."""

from typing import Generic, Literal, TypeVar

from penstock.batching.decisions import (
    Batch,
    Decision,
    Ended,
    Late,
    SourceEnded,
    SourceEvent,
    Wait,
)
from penstock.batching.pads import EVEN, Arrival, Counters, PadError, PadRate
from penstock.batching.table import PadTable
from penstock.batching.together import Together
from penstock.batching.turns import Turns
from penstock.errors import ConfigError

T = TypeVar("T")


class Batcher(Generic[T]):
    """Decides which frames of which pads leave together, and when.

    Not thread-safe: call it under one lock, and after every call that changes something loop
    `decide` until it answers `Wait`. Times are nanoseconds of one clock that never runs
    backwards. `docs/batching.md` states the policy.

    Every method that takes a pad raises `UnknownPadError` for one that is not there. Delivering
    to a flushing or ended pad raises `FlushingPadError` or `EndedPadError`. Each is a `PadError`
    and a `ValueError`, and leaves everything as it was.

    Args:
        batch_size: Most frames in a batch; 0 means as many as there are pads.
        timeout_ns: How long an incomplete batch waits for more frames; `None` means for ever.
        max_queued: Frames that a pad holds before `is_full`.
        live: The frames come at their own pace: see `live`.
        together: Batch the frames that show the same moment; those that come too late drop.
        max_latency_ns: How much longer such a batch waits where the sources are live.
        interval_ns: Least time from one batch to the next.

    Raises:
        ConfigError: A setting is out of range.

    Example:
        >>> batcher = Batcher[str](timeout_ns=40)
        >>> batcher.add_pad(0)
        >>> batcher.add_pad(1)
        >>> batcher.push(0, "a", now_ns=100)
        >>> batcher.decide(now_ns=100)
        Wait(until_ns=140)
        >>> batcher.push(1, "b", now_ns=110)
        >>> batcher.decide(now_ns=110)
        Batch(frames=((0, 'a'), (1, 'b')))
    """

    def __init__(
        self,
        *,
        batch_size: int = 0,
        timeout_ns: int | None = None,
        max_queued: int = 2,
        live: bool = False,
        together: bool = False,
        max_latency_ns: int = 0,
        interval_ns: int = 0,
    ) -> None:
        if max_queued < 1:
            raise ConfigError(f"max_queued must be 1 or more, got {max_queued}")
        self.batch_size = batch_size
        self.timeout_ns = timeout_ns
        self.live = live
        """Whether a pad that a batch has waited for in vain is not waited for again before it
        has delivered; with `together`, whether `max_latency_ns` counts."""
        self.max_latency_ns = max_latency_ns
        self._max_queued = max_queued
        self._interval_ns = interval_ns
        self._table: PadTable[T] = PadTable()
        self._turns = Turns(self._table)
        self._together = Together(self._table) if together else None
        self._rated = False
        self._last_left_ns: int | None = None
        self._end: Literal["open", "due", "told"] = "open"

    @property
    def batch_size(self) -> int:
        """Most frames in a batch; 0 means as many as there are pads."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, value: int) -> None:
        if value < 0:
            raise ConfigError(f"batch_size must be 0 (as many as pads) or more, got {value}")
        self._batch_size = value

    @property
    def timeout_ns(self) -> int | None:
        """How long an incomplete batch waits for more frames; `None` means for ever."""
        return self._timeout_ns

    @timeout_ns.setter
    def timeout_ns(self, value: int | None) -> None:
        if value is not None and value < 0:
            raise ConfigError(f"timeout_ns must be 0 or more, or None for ever; got {value}")
        self._timeout_ns = value

    @property
    def patience_ns(self) -> int | None:
        """How long a frame may wait for those of other pads; `None` means for ever."""
        if not (self._together and self.live):
            return self._timeout_ns
        if self._timeout_ns is None and not self.max_latency_ns:
            return None
        return (self._timeout_ns or 0) + self.max_latency_ns

    @property
    def together(self) -> bool:
        """Whether frames are batched that show the same moment."""
        return self._together is not None

    @property
    def is_over(self) -> bool:
        """Whether `Ended` was answered and nothing has begun since."""
        return self._end == "told"

    @property
    def pads(self) -> tuple[int, ...]:
        """The pads that are there, in the order of their numbers."""
        return tuple(sorted(self._table.states))

    @property
    def awaited(self) -> tuple[int, ...]:
        """The pads that hold back an incomplete batch: they run and have nothing queued."""
        return tuple(sorted(self._table.awaited))

    @property
    def counters(self) -> dict[int, Counters]:
        """The counters of each pad that is there."""
        return {pad: self._table[pad].counters for pad in self.pads}

    @property
    def totals(self) -> Counters:
        """The sum over all pads, removed ones included."""
        return self._table.totals

    def queued(self, pad: int) -> int:
        """Return how many frames of this pad wait."""
        return self._table[pad].frames_queued

    def is_full(self, pad: int) -> bool:
        """Return whether this pad holds `max_queued` frames and takes no more for now."""
        return self._table[pad].frames_queued >= self._max_queued

    def add_pad(self, pad: int, rate: PadRate = EVEN) -> None:
        """Add a pad; batches wait for it from now on, even before it has delivered anything.

        Raises:
            PadError: The pad is already there.
        """
        self._table.add(pad, rate)
        self._rated = self._rated or rate != EVEN
        self._end = "open"

    def remove_pad(self, pad: int) -> list[T]:
        """Remove a pad and return the frames that were still queued: they are dropped."""
        dropped = self._table.remove(pad)
        self._note_end()
        return dropped

    def push(
        self,
        pad: int,
        frame: T,
        *,
        now_ns: int,
        time_ns: int = 0,
        duration_ns: int = 0,
        due_ns: int | None = None,
    ) -> None:
        """Queue a frame; this ends the pad's gap.

        Args:
            pad: Where it came.
            frame: What `Batch` will name.
            now_ns: The time.
            time_ns: Which moment it shows, on a time line that all sources share; this and what
                follows counts with `together` only.
            duration_ns: How long it shows it.
            due_ns: When every source should have delivered that moment, on the clock of
                `now_ns`; now if not given.

        Raises:
            PadError: The pad is full, flushing, ended or unknown.
        """
        state = self._table.open(pad)
        if state.frames_queued >= self._max_queued:
            raise PadError(
                f"pad {pad} already holds {state.frames_queued} frames (max_queued); "
                f"wait until is_full({pad}) is False"
            )
        due_ns = now_ns if due_ns is None else due_ns
        state.push(Arrival(frame, now_ns, time_ns, duration_ns, due_ns))
        if len(state.queue) == 1:
            self._table.file(state)

    def event(self, pad: int, event: object) -> None:
        """Queue a serialized event: it keeps its place among this pad's frames."""
        state = self._table.open(pad)
        state.queue.append(SourceEvent(pad, event))
        self._table.file(state)

    def gap(self, pad: int, *, now_ns: int) -> None:
        """Note that the source has nothing for now: no batch waits for it until it delivers."""
        state = self._table.open(pad)
        state.silent_since_ns = now_ns
        self._table.file(state)

    def eos(self, pad: int) -> None:
        """Note that the source's last frame has come: no batch waits for it after that one."""
        state = self._table.open(pad)
        state.closed = True
        state.queue.append(SourceEnded(pad))
        self._table.file(state)

    def restart(self, pad: int) -> None:
        """Note that a new stream starts on this pad, without a flush: it takes frames again.

        An EOS that is still queued comes out before the new stream. Without an EOS before it,
        this does nothing.
        """
        state = self._table[pad]
        if state.closed:
            state.reopen(forget_eos=False)
            self._table.file(state)
            self._end = "open"

    def flush_start(self, pad: int) -> list[T]:
        """Drop what is queued, EOS and events included, and refuse more until `flush_stop`.

        Returns:
            The frames that were dropped.
        """
        state = self._table[pad]
        dropped = state.clear()
        state.closed = state.ended = False
        state.flushing = True
        self._table.file(state)
        self._end = "open"
        return dropped

    def flush_stop(self, pad: int) -> None:
        """Make the pad like new: it runs, and its EOS is forgotten.

        Without a `flush_start` before it, frames and events stay queued.
        """
        state = self._table[pad]
        state.reopen(forget_eos=True)
        self._table.file(state)
        self._end = "open"

    def start_over(self) -> None:
        """Forget which moment was shown last: after a seek nothing is late."""
        if self._together:
            self._together.forget()

    def decide(self, *, now_ns: int) -> Decision[T]:
        """Return what is to be done now.

        Events and ends of sources come first, then frames that are late, then a batch if one is
        complete or has waited long enough, then `Ended`, and `Wait` only when there is nothing
        else.
        """
        table = self._table
        if table.with_control:
            return self._take_control(min(table.with_control))
        if not table.with_frame:
            return self._end_or_wait()
        if self._together and (late := self._together.late()) is not None:
            return self._take_late(late)
        if self._last_left_ns is not None and now_ns < self._last_left_ns + self._interval_ns:
            return Wait(self._last_left_ns + self._interval_ns)
        served = self._serve(now_ns)
        if isinstance(served, Wait):
            return served
        self._last_left_ns = now_ns
        return Batch(tuple([(pad, self._take_frame(pad)) for pad in served]))

    def _serve(self, now_ns: int) -> list[int] | Wait:
        """The pads of the batch that leaves now, one entry a frame; or how long it waits."""
        table = self._table
        slots = self._batch_size or len(table)
        if self._together:
            return self._together.serve(
                slots,
                last_left_ns=self._last_left_ns,
                patience_ns=self.patience_ns,
                now_ns=now_ns,
            )
        if self._rated:
            return self._serve_rated(now_ns)
        if table.awaited and len(table.with_frame) < slots:
            until_ns = self._deadline_ns()
            if until_ns is None or now_ns < until_ns:
                return Wait(until_ns)
            if self.live:
                table.give_up_waiting(now_ns)
        return self._turns.serve(slots)

    def _serve_rated(self, now_ns: int) -> list[int] | Wait:
        return self._turns.serve_rated(
            self._batch_size or self._table.count_running(),
            began_ns=self._began_ns(),
            until_ns=self._deadline_ns(),
            now_ns=now_ns,
        )

    def _take_late(self, pad: int) -> Late[T]:
        state = self._table[pad]
        late = Late(pad, state.drop_frame())
        self._table.file(state)
        return late

    def _take_control(self, pad: int) -> SourceEvent | SourceEnded:
        state = self._table[pad]
        decision = state.pop_control()
        self._table.file(state)
        if state.ended:
            self._note_end()
        return decision

    def _end_or_wait(self) -> Ended | Wait:
        if self._end == "due":
            self._end = "told"
            self.start_over()
            return Ended()
        return Wait(None)

    def _began_ns(self) -> int:
        """When the batch began to form."""
        began_ns = self._table.oldest_head_ns()
        return began_ns if self._last_left_ns is None else max(began_ns, self._last_left_ns)

    def _deadline_ns(self) -> int | None:
        """When the batch that is forming leaves incomplete."""
        return None if self._timeout_ns is None else self._began_ns() + self._timeout_ns

    def _take_frame(self, pad: int) -> T:
        state = self._table[pad]
        frame = state.pop_frame()
        self._table.file(state)
        return frame

    def _note_end(self) -> None:
        if self._end == "open" and self._table.all_ended:
            self._end = "due"
