"""The tracker that the others are made of: modules chosen by the configuration.

Every frame: predict all tracks, pair them with the detections, correct the tracks that were found,
begin new ones, end those that were missing for too long. A subclass replaces single steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.config import TrackerConfig
from penstock.meta import UNTRACKED, Target
from penstock.trackers.association import (
    NO_PAIRS,
    Bools,
    Floats,
    Pairs,
    areas,
    best_pairs,
    greedy_pairs,
    joined,
    left_over,
    overlaps,
    size_similarity,
)
from penstock.trackers.base import NextId, TrackerFrame, TrackerResult, counting
from penstock.trackers.kalman import BoxFilter, motion_of
from penstock.trackers.sightings import Sightings
from penstock.trackers.targets import Targets
from penstock.trackers.telling import Teller
from penstock.trackers.unclipping import unclipped

_NOTHING = np.empty(0, np.intp)
_BLOCK = 256


class ModularTracker:
    """Follows the objects of one source; see `penstock.trackers.base.Tracker`.

    Steps for subclasses: `_predict`, `_scores`, `_correct`, `_began`, `_keep`, `_vectors`.

    Attributes:
        config: What it was told.
        targets: Its tracks.
        motion: How they move; `None` without a state estimator.
    """

    NAME: ClassVar[str] = ""

    def __init__(
        self, config: TrackerConfig | None = None, *, next_id: NextId | None = None
    ) -> None:
        self.config = config or TrackerConfig.of(self.NAME)
        self._next_id = next_id or counting()
        self._pixel: tuple[float, float] | None = None
        self._begin()

    def _begin(self) -> None:
        """Have no tracks."""
        self.targets = Targets()
        self.motion: BoxFilter | None = motion_of(
            self.config.motion, pixel=self._pixel or (1.0, 1.0)
        )
        self._teller = Teller(self.config, self._next_id, vectors=self._vectors)
        self._iou: Floats = np.empty((0, 0))

    def reset(self) -> Sequence[Target]:
        """End every track; those are told where the settings ask for terminated tracks."""
        ended = self._teller.bury(self.targets, np.arange(len(self.targets)))
        self._begin()
        return ended

    def update(self, frame: TrackerFrame) -> TrackerResult:
        """Track the objects of the next frame."""
        self._scale(frame)
        seen = Sightings.of(frame.detections, min_confidence=self.config.min_confidence)
        self.targets.grow_older()
        places = self._predict(frame)
        if not frame.detected:
            return self._result(frame, seen, NO_PAIRS, self._coasting(frame))
        pairs = self._associate(frame, seen, places) if len(self.targets) else NO_PAIRS
        dead = self._look_after(frame, seen, pairs)
        ending = int(np.count_nonzero(dead))  # a fraction of the time of dead.any()
        pairs = joined(pairs, self._start(frame, seen, pairs, room=ending))
        self._end_probation(pairs[1])
        self._teller.remember(self.targets, pairs[1])
        result = self._result(frame, seen, pairs, _NOTHING)
        if ending:
            gone = np.flatnonzero(dead)
            result.terminated = self._teller.bury(self.targets, gone)
            self._keep(left_over(len(self.targets), gone))
        return result

    # Steps that a subclass may replace.

    def _predict(self, frame: TrackerFrame) -> Floats:
        """Move every track to this frame; the boxes, `(4, T)` xyxy, to match detections with."""
        del frame
        before = self.targets.boxes
        if self.motion is None:
            return before
        self.motion.predict()
        self.targets.boxes = self.motion.boxes
        return self.targets.boxes if self.config.association.predicts else before

    def _scores(self, frame: TrackerFrame, seen: Sightings, iou: Floats) -> tuple[Floats, Bools]:
        """Total score of every pair, and which pairs may match, both `(N, T)`."""
        del frame
        settings = self.config.association
        allowed = iou >= settings.min_iou
        allowed &= iou > 0
        score = iou * settings.iou_weight
        if settings.size_weight or settings.min_size:
            size = size_similarity(seen.areas, self._areas)
            allowed &= size >= settings.min_size
            score += size * settings.size_weight
        if settings.min_score:
            allowed &= score >= settings.min_score
        return score, allowed

    def _correct(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        """Learn where the tracks that were found really are."""
        del frame
        rows, tracks = pairs
        boxes = seen.boxes[:, rows]
        if self.config.targets.unclips:
            boxes = unclipped(boxes, self.targets.observed[:, tracks], self._size)
        if self.motion is None:
            self.targets.boxes[:, tracks] = boxes
        else:
            self.motion.correct(tracks, boxes)
            self.targets.boxes = self.motion.boxes
        self.targets.saw(tracks, boxes)
        self.targets.confidence[tracks] = 1.0

    def _began(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        """Tracks were begun: `pairs` says from which detections."""

    def _keep(self, kept: Bools) -> None:
        """Drop the tracks that ended."""
        self.targets.keep(kept)
        if self.motion is not None:
            self.motion.keep(kept)

    def _vectors(self, tracks: NDArray[np.intp]) -> Sequence[NDArray[np.float32] | None]:
        """What the tracks' objects look like in this frame, `None` where nobody looked."""
        return [None] * len(tracks)

    # The frame's course.

    def _scale(self, frame: TrackerFrame) -> None:
        """Adopt the size of the frame and of a tracker pixel."""
        self._size = frame.size
        wide, high = frame.tracker_size or frame.size
        pixel = (frame.size[0] / wide, frame.size[1] / high) if wide and high else (1.0, 1.0)
        if pixel != self._pixel:
            self._pixel = pixel
            if not len(self.targets):
                self.motion = motion_of(self.config.motion, pixel=pixel)

    def _associate(self, frame: TrackerFrame, seen: Sightings, places: Floats) -> Pairs:
        """Which detection belongs to which track."""
        self._iou = self._overlaps(seen, places)
        if not len(seen):
            return NO_PAIRS
        score, allowed = self._scores(frame, seen, self._iou)
        if not self.config.association.cascades:
            return greedy_pairs(score, allowed)
        return self._cascade(seen, score, allowed)

    def _overlaps(self, seen: Sightings, places: Floats) -> Floats:
        """Intersection over union, `(N, T)`; 0 where the classes may not match."""
        self._areas = areas(places)
        iou = overlaps(seen.boxes, places, area_a=seen.areas, area_b=self._areas)
        if self.config.association.same_class:
            iou *= seen.class_id[:, None] == self.targets.class_id
        return iou

    def _cascade(self, seen: Sightings, score: Floats, allowed: Bools) -> Pairs:
        """Sure detections with validated tracks, then the weak ones, then tracks on probation."""
        settings, targets = self.config.association, self.targets
        sure, valid = seen.confidence >= settings.tentative_confidence, targets.valid
        pairs = best_pairs(score, allowed & sure[:, None] & valid)
        rows, columns = left_over(len(seen), pairs[0]), left_over(len(targets), pairs[1])
        overlap = self._iou > 0
        for some, others, least in (
            (rows & ~sure, columns & valid, settings.min_tentative_iou),
            (rows & sure, columns & ~valid, settings.min_iou),
        ):
            if some.any() and others.any():
                both = overlap & (self._iou >= least) & some[:, None] & others
                pairs = joined(pairs, best_pairs(self._iou, both))
        return pairs

    def _look_after(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> Bools:
        """Correct the tracks that were found; which of the others end with this frame."""
        targets, settings = self.targets, self.config.targets
        np.add(targets.unseen, 1, out=targets.unseen)
        self._correct(frame, seen, pairs)
        limit = np.where(targets.valid, settings.max_shadow_age + 1, settings.early_termination_age)
        return targets.unseen >= np.maximum(limit, 1)

    def _start(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs, *, room: int) -> Pairs:
        """Begin tracks where detections are left; `room` tracks are about to end."""
        settings = self.config.targets
        free = left_over(len(seen), pairs[0])
        room += settings.max_targets - len(self.targets)
        if room <= 0 or not np.count_nonzero(free):
            return NO_PAIRS
        least = settings.min_confidence_of_new
        if self.config.association.cascades:
            least = max(least, self.config.association.tentative_confidence)
        free &= seen.confidence >= least
        if settings.max_iou_of_new < 1 and len(self.targets):
            free &= self._iou.max(axis=1) <= settings.max_iou_of_new
        rows = self._apart(seen, np.flatnonzero(free), most=room)
        if not len(rows):
            return NO_PAIRS
        rows.sort()
        begun = rows, np.arange(len(self.targets), len(self.targets) + len(rows))
        self.targets.append(seen.boxes[:, rows], seen.class_id[rows].astype(np.int64))
        if self.motion is not None:
            self.motion.append(seen.boxes[:, rows])
        self._began(frame, seen, begun)
        return begun

    def _apart(self, seen: Sightings, rows: NDArray[np.intp], *, most: int) -> NDArray[np.intp]:
        """The `most` surest of `rows` that do not overlap a surer one too much."""
        rows = rows[np.argsort(-seen.confidence[rows], kind="stable")]
        if self.config.targets.max_iou_of_new >= 1 or len(rows) < 2:
            return rows[:most]
        kept = rows[:0]
        for start in range(0, len(rows), _BLOCK):  # all by all, 5,000 would fill 800 MB
            block = rows[start : start + _BLOCK]
            if len(kept):
                block = block[~self._are_close(seen, block, kept).any(axis=1)]
            close, free = self._are_close(seen, block, block), np.ones(len(block), np.bool_)
            for index in range(len(block)):
                if free[index]:
                    free[index + 1 :] &= ~close[index, index + 1 :]
            kept = np.concatenate([kept, block[free]])
            if len(kept) >= most:
                break
        return kept[:most]

    def _are_close(
        self, seen: Sightings, some: NDArray[np.intp], others: NDArray[np.intp]
    ) -> Bools:
        """Which detections overlap which others too much to begin tracks of their own."""
        areas_of = {"area_a": seen.areas[some], "area_b": seen.areas[others]}
        iou = overlaps(seen.boxes[:, some], seen.boxes[:, others], **areas_of)
        close: Bools = iou > self.config.targets.max_iou_of_new
        if self.config.association.same_class:
            close &= seen.class_id[some][:, None] == seen.class_id[others]
        return close

    def _end_probation(self, tracks: NDArray[np.intp]) -> None:
        targets = self.targets
        ready = ~targets.valid[tracks] & (targets.age[tracks] >= self.config.targets.probation_age)
        if np.count_nonzero(ready):
            targets.validate(tracks[ready])

    def _coasting(self, frame: TrackerFrame) -> NDArray[np.intp]:
        """Tracks to report although the detector did not look."""
        targets, settings = self.targets, self.config.targets
        width, height = frame.size
        left, top, right, bottom = targets.boxes
        shown = targets.valid & (targets.unseen == 0)
        shown &= targets.confidence >= settings.min_tracker_confidence
        shown &= targets.coasted <= settings.max_shadow_age
        shown &= (right > 0) & (bottom > 0) & (left < width) & (top < height)
        return np.flatnonzero(shown)

    def _result(
        self, frame: TrackerFrame, seen: Sightings, pairs: Pairs, coasting: NDArray[np.intp]
    ) -> TrackerResult:
        targets = self.targets
        rows, tracks = pairs
        valid = targets.valid[tracks]
        rows, tracks = seen.rows[rows[valid]], tracks[valid]
        shown = np.concatenate([tracks, coasting]) if len(coasting) else tracks
        self._teller.name(targets, shown)
        detections = frame.detections
        track_id = np.full(len(detections), UNTRACKED, np.int64)
        boxes = detections.boxes.astype(np.float64)
        confidence = np.zeros(len(detections))
        track_id[rows] = targets.track_id[tracks]
        boxes[rows] = targets.boxes[:, tracks].T
        confidence[rows] = targets.confidence[tracks]
        result = TrackerResult(track_id, boxes, confidence)
        if len(coasting):
            result.unseen = targets.tracks(coasting)
        self._teller.tell(frame.frame_num, targets, shown, result)
        if self.config.reid.outputs_vectors:
            found = zip(rows.tolist(), self._vectors(tracks), strict=True)
            result.embeddings = {row: vector for row, vector in found if vector is not None}
        return result
