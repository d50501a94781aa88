"""One batch of what several branches found out about the same frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from penstock.batching.merging import keep_allowed, merge
from penstock.meta import BatchMeta, FrameMeta

_KEPT = 64


@dataclass(eq=False)
class Branch:
    """What came on a pad whose pictures do not pass.

    Attributes:
        frames: What is known of each source's latest frames, oldest first.
        newest_ns: Time of its latest batch; -1 before the first.
        ended: No more come, or none for so long that nobody waits for it.
        ahead: Times of its batches that are later than what left.
    """

    frames: dict[tuple[int, int, int], deque[FrameMeta]] = field(default_factory=dict)
    newest_ns: int = -1
    ended: bool = False
    ahead: deque[int] = field(default_factory=deque)

    def hear(self, frames: Iterable[FrameMeta], time_ns: int) -> None:
        """Keep what is known of a batch's frames."""
        for frame in frames:
            kept = self.frames.setdefault(_source(frame), deque(maxlen=_KEPT))
            kept.append(frame)
        self.newest_ns, self.ended = time_ns, False
        self.ahead.append(time_ns)

    def has_reached(self, frames: Iterable[FrameMeta], time_ns: int) -> bool:
        """Whether nothing that comes later can be nearer to these frames."""
        if self.ended or self.newest_ns >= time_ns:
            return True
        return all(
            any(kept.pts_ns >= frame.pts_ns for kept in self.frames.get(_source(frame), ()))
            for frame in frames
        )

    def nearest(self, frame: FrameMeta, *, tolerance_ns: int) -> FrameMeta | None:
        """The frame of the same source that is nearest in time; what is too old is let go."""
        kept = self.frames.get(_source(frame), deque())
        while kept and kept[0].pts_ns < frame.pts_ns - tolerance_ns:
            kept.popleft()
        found = min(kept, key=lambda one: abs(one.pts_ns - frame.pts_ns), default=None)
        near = found is not None and abs(found.pts_ns - frame.pts_ns) <= tolerance_ns
        return found if near else None

    def leave_behind(self, time_ns: int) -> None:
        """A batch of that time has left."""
        while self.ahead and self.ahead[0] <= time_ns:
            self.ahead.popleft()


class Joiner:
    """Adds to the batches of one branch what the others found out about the same frames.

    Frames are the same where they are of one source and their times are near. It takes no lock.

    Args:
        tolerance_ns: Greatest distance in time.
        sources: `gie-unique-id` → sources whose metadata of that model passes; others: all.

    Attributes:
        branches: Pad → the other branches.
    """

    def __init__(
        self, *, tolerance_ns: int, sources: Mapping[int, frozenset[int]] | None = None
    ) -> None:
        self._tolerance_ns = tolerance_ns
        self._sources = sources or {}
        self.branches: dict[str, Branch] = {}

    def behind(self, batch: BatchMeta, time_ns: int) -> list[str]:
        """The pads that must be heard before a batch can leave."""
        return [
            pad
            for pad, branch in self.branches.items()
            if not branch.has_reached(batch.frames, time_ns)
        ]

    def join(self, batch: BatchMeta, time_ns: int) -> None:
        """Complete a batch; what the branches know is copied, since others may hold it."""
        for frame in batch.frames:
            keep_allowed(frame, self._sources)
            for branch in self.branches.values():
                found = branch.nearest(frame, tolerance_ns=self._tolerance_ns)
                if found is not None:
                    given = found.copy()
                    keep_allowed(given, self._sources)
                    merge(given, frame)
        for branch in self.branches.values():
            branch.leave_behind(time_ns)


def _source(frame: FrameMeta) -> tuple[int, int, int]:
    return frame.source_id, frame.surface_type, frame.surface_index
