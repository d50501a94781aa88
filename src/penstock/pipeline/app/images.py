"""JPEG files of frames and of what was found in them."""

from __future__ import annotations

import re
from pathlib import Path

from penstock.config import ImagesGroup
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta
from penstock.surface.jpeg import encode_jpeg

_NS = 1_000_000_000
_UNSAFE = re.compile(r"[^\w.-]")


class Images:
    """Looks at a frame of each source now and then, and saves it where something is in it.

    `SS_FFFFFF.jpg` is a whole frame, `SS_FFFFFF_NNN_label.jpg` an object: S the source, F the
    frame, N counts the objects.

    Args:
        group: What is saved.
        folder: Where; it exists.
    """

    def __init__(self, group: ImagesGroup, folder: Path) -> None:
        self._group, self._folder = group, folder
        self._due_ns: dict[int, int] = {}

    def add(self, batch: BatchMeta) -> None:
        """Look at the frames of a batch; called while their pixels are there."""
        for frame in batch.frames:
            if frame.pts_ns < self._due_ns.get(frame.pad_index, -1):
                continue
            found = [obj for obj in frame.objects if self._counts(obj)]
            if found:
                self._due_ns[frame.pad_index] = frame.pts_ns + self._group.interval_s * _NS
                self._save(frame, found)

    def _counts(self, obj: ObjectMeta) -> bool:
        group = self._group
        return (
            group.min_confidence <= obj.confidence <= group.max_confidence
            and obj.rect.width >= group.min_width
            and obj.rect.height >= group.min_height
        )

    def _save(self, frame: FrameMeta, found: list[ObjectMeta]) -> None:
        name = f"{frame.pad_index:02d}_{frame.frame_num:06d}"
        if self._group.frames:
            data = encode_jpeg(frame.surface, quality=self._group.quality)
            (self._folder / f"{name}.jpg").write_bytes(data.tobytes())
        if not self._group.crops:
            return
        for number, obj in enumerate(found):
            box = _inside(frame, obj)
            if box is not None:
                data = encode_jpeg(frame.surface.crop(box), quality=self._group.quality)
                label = _UNSAFE.sub("_", obj.label or str(obj.class_id))
                (self._folder / f"{name}_{number:03d}_{label}.jpg").write_bytes(data.tobytes())


def _inside(frame: FrameMeta, obj: ObjectMeta) -> tuple[int, int, int, int] | None:
    """The object's box within the frame, ltwh in whole pixels; `None` where nothing is left."""
    left, top, width, height = obj.ltwh
    x, y = max(0, int(left)), max(0, int(top))
    right, bottom = min(frame.width, int(left + width)), min(frame.height, int(top + height))
    return (x, y, right - x, bottom - y) if right > x and bottom > y else None
