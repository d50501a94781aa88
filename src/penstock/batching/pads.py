"""What one sink pad has delivered and not yet handed on."""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from penstock.batching.decisions import SourceEnded, SourceEvent
from penstock.errors import PenstockError

T = TypeVar("T")


class PadError(PenstockError, ValueError):
    """A pad cannot take what was offered; nothing has changed."""


class UnknownPadError(PadError):
    """The pad was never added, or has been removed meanwhile."""


class FlushingPadError(PadError):
    """The pad is between `flush_start` and `flush_stop` and takes nothing."""


class EndedPadError(PadError):
    """The pad had its EOS and takes nothing before a flush or a restart."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Frames since the pad was added; `frames_in == frames_out + frames_dropped + queued`."""

    frames_in: int = 0
    frames_out: int = 0
    frames_dropped: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(
            self.frames_in + other.frames_in,
            self.frames_out + other.frames_out,
            self.frames_dropped + other.frames_dropped,
        )


@dataclass(frozen=True, slots=True)
class PadRate:
    """How often a pad may take part, and how much of a batch it may fill.

    Attributes:
        priority: The smallest numbers are served first, for as long as they have frames.
        most_frames: Most frames in one batch, at least 1.
        interval_ns: Least time from one of its frames to its next batch; 0 is no limit.
        patience_ns: Longest time that a batch waits for this pad; `None`: until its timeout.
    """

    priority: int = 0
    most_frames: int = 1
    interval_ns: int = 0
    patience_ns: int | None = None


EVEN = PadRate()
"""What holds for a pad of which nothing else is said."""


@dataclass(slots=True, eq=False)
class Arrival(Generic[T]):
    """A queued frame and its times.

    Attributes:
        at_ns: When it came.
        time_ns: Which moment it shows, on the time line that all sources share.
        duration_ns: How long it shows it.
        due_ns: When every source should have delivered that moment, on the clock of `at_ns`.
    """

    frame: T
    at_ns: int
    time_ns: int
    duration_ns: int
    due_ns: int


class PadState(Generic[T]):
    """One pad's queue, in the order of delivery, and what is known about the pad.

    Attributes:
        number: The pad's number.
        rate: How often it may take part.
        queue: Frames, and the decisions that events and EOS turn into when they reach the head.
        frames_queued: How many entries of `queue` are frames.
        closed: EOS has been delivered, though frames may still be queued before it.
        ended: EOS has come out, and nothing is queued behind it.
        flushing: Between `flush_start` and `flush_stop`.
        silent_since_ns: When the source announced a gap, or was given up; `None` once it has
            delivered again.
        not_before_ns: When its rate lets it take part again.
    """

    __slots__ = (
        "closed",
        "ended",
        "flushing",
        "frames_dropped",
        "frames_in",
        "frames_out",
        "frames_queued",
        "not_before_ns",
        "number",
        "queue",
        "rate",
        "silent_since_ns",
    )

    def __init__(self, number: int, rate: PadRate = EVEN) -> None:
        self.number = number
        self.rate = rate
        self.queue: deque[Arrival[T] | SourceEvent | SourceEnded] = deque()
        self.frames_queued = self.frames_in = self.frames_out = self.frames_dropped = 0
        self.closed = self.ended = self.flushing = False
        self.silent_since_ns: int | None = None
        self.not_before_ns = 0

    @property
    def awaited(self) -> bool:
        """Whether a batch waits for this pad while its queue is empty."""
        return not (self.ended or self.flushing or self.silent_since_ns is not None)

    @property
    def counters(self) -> Counters:
        """A snapshot."""
        return Counters(self.frames_in, self.frames_out, self.frames_dropped)

    @property
    def head(self) -> Arrival[T]:
        """The frame at the head; ask only where there is one."""
        head = self.queue[0]
        assert isinstance(head, Arrival)
        return head

    def ready(self, most: int) -> int:
        """How many frames could leave now, without passing an event; `most` at most."""
        count = 0
        for item in self.queue:
            if count == most or not isinstance(item, Arrival):
                break
            count += 1
        return count

    def check_open(self) -> None:
        """Raise if the pad takes nothing at the moment.

        Raises:
            FlushingPadError: Between `flush_start` and `flush_stop`.
            EndedPadError: After EOS.
        """
        if self.flushing:
            raise FlushingPadError(
                f"pad {self.number} is flushing: it takes nothing until flush_stop"
            )
        if self.closed:
            raise EndedPadError(
                f"pad {self.number} had its EOS: it takes nothing until a flush or a restart"
            )

    def push(self, arrival: Arrival[T]) -> None:
        """Queue a frame; this ends a gap."""
        self.queue.append(arrival)
        self.frames_queued += 1
        self.frames_in += 1
        self.silent_since_ns = None

    def pop_frame(self) -> T:
        """Take the frame at the head, to be batched."""
        self.frames_out += 1
        return self._pop()

    def drop_frame(self) -> T:
        """Take the frame at the head, to be dropped."""
        self.frames_dropped += 1
        return self._pop()

    def _pop(self) -> T:
        head = self.queue.popleft()
        assert isinstance(head, Arrival)
        self.frames_queued -= 1
        return head.frame

    def pop_control(self) -> SourceEvent | SourceEnded:
        """Take the event or EOS at the head."""
        head = self.queue.popleft()
        assert not isinstance(head, Arrival)
        if isinstance(head, SourceEnded):
            # After a restart the next stream may already be queued, even to its own EOS.
            self.ended = self.closed and not self.queue
        return head

    def clear(self) -> list[T]:
        """Drop the queue with its events and EOS; return the frames that were in it."""
        dropped = [item.frame for item in self.queue if isinstance(item, Arrival)]
        self.queue.clear()
        self.frames_queued = 0
        self.frames_dropped += len(dropped)
        return dropped

    def reopen(self, *, forget_eos: bool) -> None:
        """Run again after EOS.

        Args:
            forget_eos: Take back an EOS that is still queued, as if it had not been delivered.
        """
        if forget_eos and self.closed and not self.ended:
            self.queue.pop()
        self.closed = self.ended = self.flushing = False
        self.silent_since_ns = None
