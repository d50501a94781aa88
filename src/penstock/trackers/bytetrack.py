"""ByteTrack: what the detector doubts still belongs to somebody.

Zhang et al., "ByteTrack: multi-object tracking by associating every detection box", 2022.
"""

from __future__ import annotations

from penstock.trackers.association import Bools, Floats, Pairs, best_pairs, joined, left_over
from penstock.trackers.modular import ModularTracker
from penstock.trackers.sightings import Sightings


class ByteTracker(ModularTracker):
    """Pairs sure detections with all tracks, then doubtful ones with the tracks that are left.

    Unlike in the paper, a doubtful detection may also bring a lost track back.
    """

    NAME = "ByteTrack"

    def _cascade(self, seen: Sightings, score: Floats, allowed: Bools) -> Pairs:
        settings = self.config.association
        sure = seen.confidence >= settings.tentative_confidence
        pairs = best_pairs(score, allowed & sure[:, None])
        rows = left_over(len(seen), pairs[0]) & ~sure
        columns = left_over(len(self.targets), pairs[1])
        if not (rows.any() and columns.any()):
            return pairs
        near = (self._iou > 0) & (self._iou >= settings.min_tentative_iou)
        return joined(pairs, best_pairs(self._iou, near & rows[:, None] & columns))
