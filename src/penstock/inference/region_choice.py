"""Which regions of a batch nvdspreprocess prepares."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from penstock.config import PreprocessConfig, PreprocessGroup
from penstock.inference.choosing import ObjectChoice
from penstock.inference.regions import Box, Roi
from penstock.meta import UNTRACKED, BatchMeta, DisplayMeta, FrameMeta, ObjectMeta, Rect

_BORDER_WIDTH_PX = 3
_MOST_RECTS = 16  # in one DisplayMeta


class Chosen(NamedTuple):
    """One region to prepare.

    Attributes:
        roi: Frame, box and pixels.
        group: The rules that chose it.
        key: The same from frame to frame, for tensors several frames deep; `None` for an object
            that nobody tracks.
    """

    roi: Roi
    group: PreprocessGroup
    key: Hashable


class _Source:
    """What holds for the frames of one source."""

    def __init__(self, group: PreprocessGroup, boxes: tuple[Box, ...]) -> None:
        self.group, self.boxes = group, boxes


class RegionChoice:
    """Chooses by group and source. Regions are cut at the frame's edges.

    Args:
        config: Gives the groups.

    Attributes:
        outside: Sources of whose frames a region shows less than a pixel.
    """

    def __init__(self, config: PreprocessConfig) -> None:
        self._on_frame = config.on_frame
        self._groups = config.groups
        self._objects = [
            ObjectChoice(config.operate_on_gie_id, one.class_ids, one.min_size, one.max_size)
            for one in config.groups
        ]
        self._sources: dict[int, _Source | None] = {}
        self._batches = 0
        self.outside: set[int] = set()

    def regions(self, batch: BatchMeta) -> Iterator[Chosen]:
        """The regions of one batch, frame by frame; also tells the OSD where they are."""
        number, self._batches = self._batches, self._batches + 1
        for frame in batch.frames:
            source = self._source(frame.source_id)
            if source is None:
                continue
            if source.group.draw_roi:
                _draw(frame, source)
            if number % (source.group.interval + 1) == 0:
                chosen = self._of_frame if self._on_frame else self._of_objects
                yield from chosen(frame, source)

    def set_rois(self, source_id: int, boxes: Sequence[Box]) -> str:
        """Replace all regions of a source; what is wrong with that, or an empty text."""
        source = self._source(source_id)
        if source is None:
            return f"source {source_id} is in no group of the file"
        if self._on_frame and not source.group.on_roi:
            return f"{source.group.where} is about whole frames: it has not process-on-roi=1"
        if not self._on_frame and source.group.all_objects:
            return f"{source.group.where} is about all objects: it has process-on-all-objects=1"
        source.boxes = tuple(boxes)
        self.outside.discard(source_id)
        return ""

    def _source(self, source_id: int) -> _Source | None:
        if source_id not in self._sources:
            self._sources[source_id] = self._find(source_id)
        return self._sources[source_id]

    def _find(self, source_id: int) -> _Source | None:
        everybody = None
        for group in self._groups:
            if group.src_ids is None:
                everybody = group
            elif source_id in group.src_ids:
                return _Source(group, group.rois.get(source_id, ()))
        if everybody is None:
            return None
        shared = everybody.rois[min(everybody.rois)] if everybody.rois else ()
        return _Source(everybody, everybody.rois.get(source_id, shared))

    def _of_frame(self, frame: FrameMeta, source: _Source) -> Iterator[Chosen]:
        if not source.group.on_roi:
            yield Chosen(Roi.whole(frame), source.group, (frame.view, None))
            return
        for box in source.boxes:
            inside = _inside(box, frame)
            if inside is None:
                self.outside.add(frame.source_id)
            else:
                yield Chosen(Roi(frame.surface, inside, frame), source.group, (frame.view, box))

    def _of_objects(self, frame: FrameMeta, source: _Source) -> Iterator[Chosen]:
        group = source.group
        choice = self._objects[self._groups.index(group)]
        for obj in frame.objects:
            if not choice.allows(obj) or not (group.all_objects or _touches(obj, source.boxes)):
                continue
            roi = Roi.of(frame, obj)
            if roi is not None:
                key = None if obj.track_id == UNTRACKED else (frame.view, obj.track_id)
                yield Chosen(roi, group, key)


def _inside(box: Box, frame: FrameMeta) -> Box | None:
    left, top, width, height = box
    x2, y2 = min(left + width, frame.width), min(top + height, frame.height)
    return (left, top, x2 - left, y2 - top) if x2 - left >= 1 and y2 - top >= 1 else None


def _touches(obj: ObjectMeta, boxes: Sequence[Box]) -> bool:
    left, top, width, height = obj.ltwh
    return any(
        left < x + w and x < left + width and top < y + h and y < top + height
        for x, y, w, h in boxes
    )


def _draw(frame: FrameMeta, source: _Source) -> None:
    for at in range(0, len(source.boxes), _MOST_RECTS):
        rects = [
            Rect(*box, border_width=_BORDER_WIDTH_PX, border_color=source.group.roi_color)
            for box in source.boxes[at : at + _MOST_RECTS]
        ]
        frame.display.append(DisplayMeta(rects=rects))
