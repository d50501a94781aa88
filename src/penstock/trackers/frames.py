"""A tracker at work on the metadata of one source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from penstock.meta import (
    UNTRACKED,
    Detections,
    FrameMeta,
    ObjectMeta,
    Rect,
    ReidVector,
    Target,
    Text,
    TrackedBox,
    UserMeta,
)
from penstock.meta.objects import NO_BOX
from penstock.trackers.base import Crops, Tracker, TrackerFrame, TrackerResult, Tracks

_NO_DETECTOR = -0.1  # DeepStream's confidence of objects that only a tracker found
_Look = tuple[int, str, Rect, Text, int, int]


class FrameTracker:
    """Gives the objects of one source's frames their ids, boxes and attachments.

    Args:
        tracker: Of this source alone.
        class_ids: Only objects of these classes are tracked; `None`: all.
        shows_ids: Append the ids to what is written beside the objects.
        tracker_size: `(width, height)`, the pixels that the configuration's noise is told in.
    """

    def __init__(
        self,
        tracker: Tracker,
        *,
        class_ids: frozenset[int] | None = None,
        shows_ids: bool = True,
        tracker_size: tuple[int, int] | None = None,
    ) -> None:
        self.tracker = tracker
        self._class_ids = class_ids
        self._shows_ids = shows_ids
        self._tracker_size = tracker_size
        self._infers = False
        self._looks: dict[int, _Look] = {}
        self._labels: dict[int, str] = {}

    def track(self, frame: FrameMeta, *, crops: Crops | None = None) -> TrackerResult:
        """Track one frame, and write what is found into its objects.

        Objects on probation stay untracked. Where a network skipped the frame, its tracks are
        added as objects. Without any network that says so, every frame counts as looked at.

        Returns:
            The tracker's answer; its targets have labels.
        """
        objects: Sequence[ObjectMeta] = frame.objects
        if self._class_ids is not None:
            objects = [obj for obj in objects if obj.class_id in self._class_ids]
        self._infers = self._infers or frame.infer_done
        detected = frame.infer_done or bool(objects) or not self._infers
        with np.errstate(all="ignore"):  # wild boxes are sorted out by the tracker
            detections = Detections.of(objects)
            result = self.tracker.update(
                TrackerFrame(
                    detections,
                    (frame.width, frame.height),
                    frame.frame_num,
                    detected,
                    crops,
                    self._tracker_size,
                )
            )
        if detected:
            self._write(objects, result)
        self._add(frame, result.unseen)
        for row, vector in result.embeddings.items():
            objects[row].user.append(
                UserMeta(
                    ReidVector(vector), meta_type=ReidVector.META_TYPE, copy_data=ReidVector.copy
                )
            )
        self._label(result.past)
        self._label(result.terminated)
        return result

    def end(self) -> Sequence[Target]:
        """End every track; those are told where the settings ask for terminated tracks."""
        ended = self.tracker.reset()
        self._label(ended)
        self._looks.clear()
        return ended

    def targets(self, tracks: Tracks, frame_num: int) -> list[Target]:
        """Tracks of one frame in the form of metadata."""
        columns = zip(
            tracks.track_id.tolist(),
            tracks.class_id.tolist(),
            tracks.boxes.tolist(),
            tracks.confidence.tolist(),
            tracks.age.tolist(),
            strict=True,
        )
        return [
            Target(
                track_id,
                class_id,
                self._labels.get(class_id, ""),
                [TrackedBox(frame_num, Rect(x1, y1, x2 - x1, y2 - y1), confidence, age)],
            )
            for track_id, class_id, (x1, y1, x2, y2), confidence, age in columns
        ]

    def _write(self, objects: Sequence[ObjectMeta], result: TrackerResult) -> None:
        boxes = result.boxes
        with np.errstate(invalid="ignore"):  # those stay as they were
            boxes[:, 2:] -= boxes[:, :2]
        self._looks = looks = {}
        labels, shows_ids = self._labels, self._shows_ids
        columns = zip(
            objects,
            result.track_id.tolist(),
            boxes.tolist(),
            result.confidence.tolist(),
            strict=True,
        )
        for obj, track_id, (left, top, width, height), confidence in columns:
            labels[obj.class_id] = obj.label
            obj.track_id = track_id
            if track_id == UNTRACKED:
                continue
            rect, text = obj.rect, obj.text
            aside, above = text.x - int(rect.left), text.y - int(rect.top)
            text.x, text.y = max(0, int(left) + aside), max(0, int(top) + above)
            rect.left, rect.top, rect.width, rect.height = left, top, width, height
            obj.tracker_box = (left, top, width, height)
            obj.tracker_confidence = confidence
            if shows_ids:
                text.text = f"{text.text or obj.label} {track_id}"
            looks[track_id] = (obj.component_id, obj.label, rect, text, aside, above)

    def _add(self, frame: FrameMeta, tracks: Tracks) -> None:
        """Add tracks that the detector did not look for as objects."""
        columns = zip(
            tracks.track_id.tolist(),
            tracks.class_id.tolist(),
            tracks.boxes.tolist(),
            tracks.confidence.tolist(),
            strict=True,
        )
        for track_id, class_id, (x1, y1, x2, y2), confidence in columns:
            box = (x1, y1, x2 - x1, y2 - y1)
            obj = ObjectMeta(box, class_id=class_id, confidence=_NO_DETECTOR, track_id=track_id)
            obj.detector_box, obj.tracker_box = NO_BOX, box
            obj.tracker_confidence = confidence
            if track_id in self._looks:
                self._dress(obj, self._looks[track_id])
            frame.add(obj)

    def _dress(self, obj: ObjectMeta, look: _Look) -> None:
        """Draw an object as its track was drawn last."""
        obj.component_id, obj.label, rect, text, aside, above = look
        left, top, width, height = obj.ltwh
        obj.rect, obj.text = rect.copy(), text.copy()
        obj.rect.ltwh = left, top, width, height
        obj.text.x, obj.text.y = max(0, int(left) + aside), max(0, int(top) + above)
        obj.text.text = f"{obj.label} {obj.track_id}" if self._shows_ids else obj.label

    def _label(self, targets: Iterable[Target]) -> None:
        for target in targets:
            target.label = self._labels.get(target.class_id, "")
