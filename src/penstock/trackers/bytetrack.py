"""ByteTrack: what the detector doubts still belongs to somebody.

Zhang et al., "ByteTrack: multi-object tracking by associating every detection box", 2022.
"""

from __future__ import annotations

from penstock.trackers.association import Bools, Floats
from penstock.trackers.base import TrackerFrame
from penstock.trackers.modular import ModularTracker
from penstock.trackers.sightings import Sightings


class ByteTracker(ModularTracker):
    """A cascade whose first stage weighs overlaps with the detector's confidence."""

    NAME = "ByteTrack"

    def _scores(self, frame: TrackerFrame, seen: Sightings, iou: Floats) -> tuple[Floats, Bools]:
        del frame
        score = iou * seen.confidence[:, None]
        return score, (score >= self.config.association.min_score) & (iou > 0)
