"""SORT that also compares what objects look like.

Wojke et al., "Simple online and realtime tracking with a deep association metric", 2017: sure
detections are paired with the tracks whose gallery of appearance vectors has one like theirs, if
the motion allows it; what is left is paired by overlap. Without pixels only that remains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penstock.trackers.association import Bools, Floats, Pairs, best_pairs, joined, left_over
from penstock.trackers.base import TrackerFrame
from penstock.trackers.looks import Looks
from penstock.trackers.modular import ModularTracker
from penstock.trackers.reid import Embedder
from penstock.trackers.sightings import Sightings


class NvDeepSortTracker(ModularTracker):
    """Pairs detections with tracks by appearance within what the motion allows."""

    NAME = "NvDeepSORT"
    _embedder: Embedder | None = None

    def _begin(self) -> None:
        super()._begin()
        self._looks = Looks(self.config, self._embedder)
        self._embedder = self._looks.embedder  # a network is read once, not at every reset

    def _predict(self, frame: TrackerFrame) -> Floats:
        self._looks.begin_frame()
        return super()._predict(frame)

    def _scores(self, frame: TrackerFrame, seen: Sightings, iou: Floats) -> tuple[Floats, Bools]:
        likeness = self._looks.look(frame, seen)
        if likeness is None:
            return super()._scores(frame, seen, iou)
        settings = self.config.association
        # Only what exceeds the least likeness tells objects apart.
        worth = np.maximum(likeness - settings.min_reid, 0) / max(1 - settings.min_reid, 1e-6)
        score = worth * settings.reid_weight + iou * settings.iou_weight
        allowed = (likeness >= settings.min_reid) & (iou >= settings.min_iou)
        allowed &= score >= settings.min_score
        if settings.max_mahalanobis >= 0 and self.motion is not None:
            allowed &= self.motion.distances(seen.boxes) <= settings.max_mahalanobis
        if settings.same_class:
            allowed &= seen.class_id[:, None] == self.targets.class_id
        return score, allowed

    def _cascade(self, seen: Sightings, score: Floats, allowed: Bools) -> Pairs:
        pairs = super()._cascade(seen, score, allowed)
        settings, targets = self.config.association, self.targets
        rows, columns = left_over(len(seen), pairs[0]), left_over(len(targets), pairs[1])
        rows &= seen.confidence >= settings.tentative_confidence
        columns &= targets.valid & (targets.unseen == 0)
        near = (self._iou > settings.min_tentative_iou) & rows[:, None] & columns
        return joined(pairs, best_pairs(self._iou, near))

    def _correct(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        super()._correct(frame, seen, pairs)
        self._looks.remember(self.targets, seen, pairs)

    def _began(self, frame: TrackerFrame, seen: Sightings, pairs: Pairs) -> None:
        super()._began(frame, seen, pairs)
        self._looks.append(len(pairs[1]))
        self._looks.look(frame, seen)
        self._looks.remember(self.targets, seen, pairs)

    def _keep(self, kept: Bools) -> None:
        super()._keep(kept)
        self._looks.keep(kept)

    def _vectors(self, tracks: NDArray[np.intp]) -> Sequence[NDArray[np.float32] | None]:
        return self._looks.vectors(self.targets.key[tracks].tolist())
