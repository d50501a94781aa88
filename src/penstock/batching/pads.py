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


@dataclass(slots=True, eq=False)
class Arrival(Generic[T]):
    """A queued frame and the time at which it came."""

    frame: T
    at_ns: int


class PadState(Generic[T]):
    """One pad's queue, in the order of delivery, and what is known about the pad.

    Attributes:
        number: The pad's number.
        queue: Frames, and the decisions that events and EOS turn into when they reach the head.
        frames_queued: How many entries of `queue` are frames.
        closed: EOS has been delivered, though frames may still be queued before it.
        ended: EOS has come out, and nothing is queued behind it.
        flushing: Between `flush_start` and `flush_stop`.
        silent_since_ns: When the source announced a gap; `None` once it has delivered again.
    """

    __slots__ = (
        "closed",
        "ended",
        "flushing",
        "frames_dropped",
        "frames_in",
        "frames_out",
        "frames_queued",
        "number",
        "queue",
        "silent_since_ns",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.queue: deque[Arrival[T] | SourceEvent | SourceEnded] = deque()
        self.frames_queued = self.frames_in = self.frames_out = self.frames_dropped = 0
        self.closed = self.ended = self.flushing = False
        self.silent_since_ns: int | None = None

    @property
    def awaited(self) -> bool:
        """Whether a batch waits for this pad while its queue is empty."""
        return not (self.ended or self.flushing or self.silent_since_ns is not None)

    @property
    def counters(self) -> Counters:
        """A snapshot."""
        return Counters(self.frames_in, self.frames_out, self.frames_dropped)

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

    def push(self, frame: T, now_ns: int) -> None:
        """Queue a frame; this ends a gap."""
        self.queue.append(Arrival(frame, now_ns))
        self.frames_queued += 1
        self.frames_in += 1
        self.silent_since_ns = None

    def pop_frame(self) -> T:
        """Take the frame at the head."""
        head = self.queue.popleft()
        assert isinstance(head, Arrival)
        self.frames_queued -= 1
        self.frames_out += 1
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
