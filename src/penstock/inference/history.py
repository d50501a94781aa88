"""What a classifier has said about tracked objects, and when it should look at them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from penstock.inference.classifier import Attributes
from penstock.meta import UNTRACKED, FrameMeta, ObjectMeta

_GROWTH = 1.2  # as in DeepStream: an object that grew by a fifth is worth another look
_FORGOTTEN_AFTER = 150
_Source: TypeAlias = tuple[int, int, int]  # `FrameMeta.view`; the mux pad first


@dataclass(slots=True)
class Seen:
    """One tracked object.

    Attributes:
        inferred_at: Number of the frame that was looked at last.
        area: The object's area there, frame pixels.
        seen_at: Number of the last frame that had the object.
        answer: What the classifier said; `None` as long as it has not.
        pending: Whether an answer is on its way.
        shown: The answer that last reached an object's metadata.
    """

    inferred_at: int
    area: float
    seen_at: int
    answer: Attributes | None = None
    pending: bool = False
    shown: Attributes | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is, or will be, an answer that no metadata has; an empty one is none."""
        return self.pending or bool(self.answer and self.shown is not self.answer)


class History:
    """Remembers by mux pad, surface and track id; what is unseen for 150 frames is forgotten.

    Args:
        reinfer_interval: Frames before an object is inferred again.

    Attributes:
        lost: Objects that were forgotten before the answer about them reached any metadata.
    """

    def __init__(self, reinfer_interval: int) -> None:
        self._reinfer_interval = reinfer_interval
        self._sources: dict[_Source, dict[int, Seen]] = {}
        self._tidied_at: dict[_Source, int] = {}
        self.lost = 0

    def __len__(self) -> int:
        return sum(map(len, self._sources.values()))

    def of(self, frame: FrameMeta, obj: ObjectMeta) -> Seen | None:
        """What is known of an object that stands in a frame; nothing where it is not tracked."""
        if obj.track_id == UNTRACKED:
            return None
        seen = self._sources.get(frame.view, {}).get(obj.track_id)
        if seen is None:
            return None
        if frame.frame_num < seen.inferred_at:  # the source began anew, and nobody said so
            self.forget(frame.pad_index)
            return None
        seen.seen_at = frame.frame_num
        return seen

    def is_due(self, seen: Seen | None, frame: FrameMeta, obj: ObjectMeta) -> bool:
        """Whether the network should look at an object, and is not doing so."""
        if seen is None:
            return True
        if seen.pending:
            return False
        grown = _area(obj) > seen.area * _GROWTH
        return grown or frame.frame_num - seen.inferred_at > self._reinfer_interval

    def look(self, frame: FrameMeta, obj: ObjectMeta) -> Seen | None:
        """Note that the network looks at an object now; nothing where it is not tracked."""
        if obj.track_id == UNTRACKED:
            return None
        source = self._sources.setdefault(frame.view, {})
        now, area = frame.frame_num, _area(obj)
        seen = source.get(obj.track_id)
        if seen is None:
            self._tidy(frame.view, now)
            seen = source[obj.track_id] = Seen(now, area, now)
        seen.inferred_at, seen.area, seen.seen_at = now, area, now
        return seen

    def forget(self, pad: int) -> None:
        """Forget all that came through a mux pad: its source ended, or begins anew."""
        for source in [source for source in self._sources if source[0] == pad]:
            gone = self._sources.pop(source)
            self._tidied_at.pop(source, None)
            self.lost += sum(seen.is_waiting for seen in gone.values())

    def forget_all(self) -> None:
        """Forget all of all sources."""
        for pad in {source[0] for source in self._sources}:
            self.forget(pad)

    def _tidy(self, source: _Source, now: int) -> None:
        if now - self._tidied_at.setdefault(source, now) < _FORGOTTEN_AFTER:
            return
        self._tidied_at[source] = now
        known = self._sources[source]
        for track_id, seen in tuple(known.items()):
            if not seen.pending and now - seen.seen_at > _FORGOTTEN_AFTER:
                del known[track_id]
                self.lost += seen.is_waiting


def _area(obj: ObjectMeta) -> float:
    _, _, width, height = obj.ltwh
    return width * height
