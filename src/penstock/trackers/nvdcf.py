"""Tracking by looks: correlation filters find objects where the detector did not.

The filters (`penstock.trackers.correlation`) do three things: they say where each track is now, how
much each detection looks like it, and, where no detection does, how sure it is that the object is
still there. Whoever was lost all the same is known again by colours, or by the network of the
configuration. Without pixels it is a tracker by motion alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.trackers.association import (
    Bools,
    Floats,
    Pairs,
    areas,
    best_pairs,
    joined,
    left_over,
    overlaps,
    size_similarity,
)
from penstock.trackers.base import TrackerFrame, TrackerResult
from penstock.trackers.correlation import CorrelationFilters, Responses
from penstock.trackers.looks import Looks
from penstock.trackers.modular import ModularTracker
from penstock.trackers.reid import Embedder
from penstock.trackers.sightings import Sightings

_HIDDEN = 0.3
"""A track that is found on another one's detection by more than this overlap is behind it."""

_TURNS = 2
"""Filters take turns at learning: each in every other frame, which follows as well."""

_LOOKS = 4
"""Frames between two pictures for a track's gallery: colours change slowly."""
_LEAST_LIKENESS = 0.7
_LEAST_SIZE = 0.4
_REACH = 1.0, 0.05
"""How far from where they should be lost tracks are known again: diagonals, and more a frame."""


class NvDcfTracker(ModularTracker):
    """Follows objects by motion, overlap, size and looks."""

    NAME = "NvDCF"
    _embedder: Embedder | None = None

    def _begin(self) -> None:
        super()._begin()
        visual = self.config.visual
        self._sees = bool(visual.kind) and (visual.color or visual.gradients)
        self._filters = CorrelationFilters(visual)
        self._responses: Responses | None = None
        self._looks = Looks(self.config, self._embedder)
        self._embedder = self._looks.embedder  # a network is read once, not at every reset
        self._looks_always = bool(self.config.reid.kind or self.config.reid.outputs_vectors)
        self._updates = 0

    def update(self, frame: TrackerFrame) -> TrackerResult:
        """Track the objects of the next frame."""
        self._frame: TrackerFrame | None = frame
        try:
            return super().update(frame)
        finally:
            self._frame = None  # whoever keeps pixels holds up the mux

    def _predict(self, frame: TrackerFrame) -> Floats:
        places = super()._predict(frame)
        self._looks.begin_frame()
        targets = self.targets
        self._responses = None
        if frame.crops is None or not self._sees or not len(targets):
            return places
        self._responses = self._filters.search(frame.crops, targets.boxes)
        shift, self._answers = self._responses.peaks()
        self._found = targets.boxes + np.tile(shift, (2, 1))
        sure = self._is_sure()
        if not frame.detected:
            targets.confidence[:] = self._answers
            self._follow(np.flatnonzero(sure))
        return np.where(sure, self._found, targets.boxes)

    def _scores(self, frame: TrackerFrame, seen: Sightings, iou: Floats) -> tuple[Floats, Bools]:
        score, allowed = super()._scores(frame, seen, iou)
        if self._responses is not None:
            settings = self.config.association
            self._likeness = self._responses.at(seen.boxes)
            allowed &= self._likeness >= settings.min_visual
            score += self._likeness * settings.visual_weight
        return score, allowed

    def _cascade(self, seen: Sightings, score: Floats, allowed: Bools) -> Pairs:
        pairs = super()._cascade(seen, score, allowed)
        settings, targets = self.config.association, self.targets
        rows, columns = left_over(len(seen), pairs[0]), left_over(len(targets), pairs[1])
        rows &= seen.confidence >= settings.tentative_confidence
        columns &= targets.valid & (targets.unseen > 0)
        if not rows.any() or not columns.any():
            return pairs
        assert self._frame is not None
        likeness = self._looks.look(self._frame, seen)
        if likeness is None:
            return pairs
        allowed = rows[:, None] & columns & (likeness >= _LEAST_LIKENESS) & self._is_near(seen)
        return joined(pairs, best_pairs(likeness, allowed))

    def _correct(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        super()._correct(frame, seen, pairs)
        self._updates += 1
        if self._looks_always or self._updates % _LOOKS == 0:
            self._looks.look(frame, seen)
        self._looks.remember(self.targets, seen, pairs)
        if self._responses is None:
            return
        assert frame.crops is not None
        rows, tracks = pairs
        targets = self.targets
        lost = left_over(len(targets), tracks)
        targets.confidence[lost] = self._answers[lost]
        self._follow(np.flatnonzero(lost & self._is_sure() & ~self._is_hidden(seen, rows)))
        if len(rows):
            answers = self._likeness[rows, tracks]
            targets.confidence[tracks] = answers
            due = (targets.key[tracks] + targets.age[tracks]) % _TURNS == 0
            boxes = seen.boxes[:, rows[due]]
            self._filters.learn(frame.crops, tracks[due], boxes, answers=answers[due])

    def _began(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        self._filters.append(len(pairs[1]))
        if frame.crops is not None and self._sees:
            self._filters.learn(frame.crops, pairs[1], seen.boxes[:, pairs[0]])
        self._looks.append(len(pairs[1]))
        self._looks.look(frame, seen)
        self._looks.remember(self.targets, seen, pairs)

    def _keep(self, kept: Bools) -> None:
        super()._keep(kept)
        self._filters.keep(kept)
        self._looks.keep(kept)

    def _vectors(self, tracks: NDArray[np.intp]) -> Sequence[NDArray[np.float32] | None]:
        return self._looks.vectors(self.targets.key[tracks].tolist())

    def _is_near(self, seen: Sightings) -> Bools:
        """Which detections a lost track may have come to, `(N, T)`."""
        boxes = self.targets.boxes
        off = (seen.boxes[:2] + seen.boxes[2:])[:, :, None] - (boxes[:2] + boxes[2:])[:, None, :]
        reach = _REACH[0] + _REACH[1] * self.targets.unseen
        near = np.hypot(*off) / 2 <= reach * np.hypot(*(boxes[2:] - boxes[:2]))
        near &= size_similarity(seen.areas, areas(boxes)) >= _LEAST_SIZE
        if self.config.association.same_class:
            near &= seen.class_id[:, None] == self.targets.class_id
        return np.asarray(near)

    def _is_sure(self) -> Bools:
        """Which tracks the filters found."""
        return np.asarray(self._answers >= self.config.targets.min_tracker_confidence)

    def _is_hidden(self, seen: Sightings, rows: NDArray[Any]) -> Bools:
        """Which tracks were found on an object that is another track's."""
        boxes, found = seen.boxes[:, rows], self._found
        iou = overlaps(found, boxes, area_a=areas(found), area_b=seen.areas[rows])
        return np.asarray((iou > _HIDDEN).any(axis=1))

    def _follow(self, tracks: NDArray[Any]) -> None:
        """Believe the filters where tracks are."""
        if not len(tracks):
            return
        settings, targets = self.config.motion, self.targets
        if self.motion is None:
            targets.boxes[:, tracks] = self._found[:, tracks]
            return
        scale = settings.tracker_var / max(settings.detector_var, 1e-9)
        self.motion.correct(tracks, self._found[:, tracks], scale=scale)
        targets.boxes = self.motion.boxes
