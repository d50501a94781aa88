"""OC-SORT: trust what was observed more than what was predicted.

Cao et al., "Observation-centric SORT: rethinking SORT for robust multi-object tracking", 2023.
Its three parts are the direction of motion in the score (OCM), a second try with the last
observations (OCR), and, when a lost track is found again, a filter that walks the straight line
between both observations once more (ORU).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ConfigError
from penstock.trackers.association import (
    NO_PAIRS,
    Bools,
    Floats,
    Pairs,
    best_pairs,
    joined,
    left_over,
)
from penstock.trackers.base import TrackerFrame
from penstock.trackers.modular import ModularTracker
from penstock.trackers.sightings import Sightings

_TINY = 1e-6


class OcSortTracker(ModularTracker):
    """SORT whose filter and whose scores lean on the observations."""

    NAME = "OC-SORT"

    def _begin(self) -> None:
        super()._begin()
        if self.motion is None:
            raise ConfigError(
                f"{self.config.file or 'OC-SORT'}: OC-SORT corrects a state estimator: wanted "
                "stateEstimatorType 1, 2 or 3, got 0"
            )
        length = self.config.association.direction_length
        self._trail: Floats = np.empty((length, 2, 0))  # centres of the last frames, oldest first
        self._direction: Floats = np.empty((2, 0))
        self._frozen: Floats = np.empty((5, 4, 0))  # the filter when a track was last observed

    def _predict(self, frame: TrackerFrame) -> Floats:
        self._trail = np.concatenate([self._trail[1:], np.full_like(self._trail[:1], np.nan)])
        return super()._predict(frame)

    def _associate(self, frame: TrackerFrame, seen: Sightings, places: Floats) -> Pairs:
        settings, targets = self.config.association, self.targets
        self._iou = self._overlaps(seen, places)
        if not len(seen):
            return NO_PAIRS
        score, allowed = self._scores(frame, seen, self._iou)
        pairs = best_pairs(score, allowed)
        rows, columns = left_over(len(seen), pairs[0]), left_over(len(targets), pairs[1])
        if rows.any() and columns.any():
            again = self._overlaps(seen, targets.observed)
            near = (again >= settings.min_iou) & (again > 0) & rows[:, None] & columns
            pairs = joined(pairs, best_pairs(again, near))
        return pairs

    def _scores(self, frame: TrackerFrame, seen: Sightings, iou: Floats) -> tuple[Floats, Bools]:
        score, allowed = super()._scores(frame, seen, iou)
        weight = self.config.association.direction_weight
        if weight:
            score += weight * seen.confidence[:, None] * self._agreement(seen)
        return score, allowed

    def _agreement(self, seen: Sightings) -> Floats:
        """How well each detection lies in the direction of each track, -0.5 to 0.5, `(N, T)`."""
        way = _centres(seen.boxes)[:, :, None] - self._reference()[:, None, :]
        way /= np.sqrt((way * way).sum(axis=0)) + _TINY
        cosine = (way * self._direction[:, None, :]).sum(axis=0)
        moving = self._direction.any(axis=0)
        angle: Floats = 0.5 - np.arccos(np.clip(cosine, -1, 1)) / np.pi
        return angle * moving

    def _reference(self) -> Floats:
        """Centres of the oldest observation within the trail, else the last one, `(2, T)`."""
        reference = _centres(self.targets.observed)
        for centres in self._trail[-2::-1]:
            reference = np.where(np.isnan(centres), reference, centres)
        return reference

    def _correct(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        rows, tracks = pairs
        boxes = seen.boxes[:, rows]
        way = _centres(boxes) - self._reference()[:, tracks]
        self._direction[:, tracks] = way / (np.sqrt((way * way).sum(axis=0)) + _TINY)
        for lost in np.flatnonzero(self.targets.coasted[tracks] > 1).tolist():
            self._walk_again(tracks[lost : lost + 1], boxes[:, lost])
        super()._correct(frame, seen, pairs)
        self._observe(tracks)

    def _walk_again(self, track: NDArray[np.intp], box: Floats) -> None:
        """Take a lost track's filter along the straight line to where it is found again."""
        assert self.motion is not None
        steps = int(self.targets.coasted[track[0]])
        start = self.targets.observed[:, track[0]]
        walker = self.motion.alone(self._frozen[:, :, track])
        for step in range(1, steps):
            walker.predict()
            walker.correct(np.zeros(1, np.intp), (start + (box - start) * step / steps)[:, None])
        walker.predict()
        self.motion.state[:, :, track] = walker.state

    def _began(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        del frame, seen
        new = len(pairs[1])
        nowhere = np.full((len(self._trail), 2, new), np.nan)
        self._trail = np.concatenate([self._trail, nowhere], axis=2)
        self._direction = np.concatenate([self._direction, np.zeros((2, new))], axis=1)
        self._frozen = np.concatenate([self._frozen, np.zeros((5, 4, new))], axis=2)
        self._observe(pairs[1])

    def _observe(self, tracks: NDArray[np.intp]) -> None:
        assert self.motion is not None
        self._trail[-1][:, tracks] = _centres(self.targets.observed[:, tracks])
        self._frozen[:, :, tracks] = self.motion.state[:, :, tracks]

    def _keep(self, kept: Bools) -> None:
        super()._keep(kept)
        self._trail = self._trail[:, :, kept]
        self._direction = self._direction[:, kept]
        self._frozen = self._frozen[:, :, kept]


def _centres(boxes: Floats) -> Floats:
    """`(2, K)` of `(4, K)` xyxy."""
    return (boxes[:2] + boxes[2:]) * 0.5
