"""What the caller is to do next."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)  # with slots too, Batch[int](...) raises a TypeError before Python 3.13
class Batch(Generic[T]):
    """Push these frames as one batch.

    Attributes:
        frames: `(pad, frame)` pairs, at least one, in the order of the pad numbers; several of
            one pad, where its rate allows them, in the order in which they came. The position in
            the tuple is DeepStream's `batch_id`.
    """

    frames: tuple[tuple[int, T], ...]


@dataclass(frozen=True)
class Late(Generic[T]):
    """Count this frame as dropped: the moment it shows was over when a batch left."""

    pad: int
    frame: T


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Everything this pad delivered before the event has left: act on the event now."""

    pad: int
    event: object


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """The last frame of this pad has left, and its stream is over."""

    pad: int


@dataclass(frozen=True, slots=True)
class Ended:
    """No pad runs any more and nothing is queued: send EOS downstream."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until something arrives.

    Attributes:
        until_ns: Ask again at this time at the latest, on the clock that `now_ns` is read from;
            `None` means that only an arrival can change anything.
    """

    until_ns: int | None


Decision = Batch[T] | Late[T] | SourceEvent | SourceEnded | Ended | Wait
