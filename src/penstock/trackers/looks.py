"""What this frame's detections look like, and which tracks looked so before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import TrackerConfig
from penstock.trackers.association import Floats, Pairs
from penstock.trackers.base import TrackerFrame
from penstock.trackers.reid import Embedder, Galleries, Vectors, embedder_of
from penstock.trackers.sightings import Sightings
from penstock.trackers.targets import Targets

_SAME = 0.8
"""Likeness from which a picture shows the track's object, and no other in front of it."""


class Looks:
    """Looks at the detections of each frame at most once, and only when somebody asks.

    Args:
        config: `ReID`, and how often tracks are looked at (`TrajectoryManagement`).
        embedder: What looks; by default what the configuration says.

    Raises:
        ModelError: The network cannot be read, or is not as the settings say.
    """

    def __init__(self, config: TrackerConfig, embedder: Embedder | None = None) -> None:
        self.embedder = embedder or embedder_of(config.reid)
        self._interval = config.trajectory.reid_interval
        self._galleries = Galleries(config.reid.history_size)
        self._now: Vectors | None = None
        self._likeness: Floats | None = None
        self._row_of: dict[int, int] = {}

    def begin_frame(self) -> None:
        """Forget the detections of the last frame."""
        self._now = self._likeness = None
        self._row_of = {}

    def look(self, frame: TrackerFrame, seen: Sightings) -> Floats | None:
        """How much each detection looks like each track, `(N, T)`; `None` without pixels."""
        if self._now is None and frame.crops is not None:
            self._now = self.embedder.embed(frame.crops, seen.boxes)
            self._likeness = self._galleries.likeness(self._now)
        return self._likeness

    def append(self, count: int) -> None:
        """Begin tracks."""
        self._galleries.append(count)

    def keep(self, kept: NDArray[Any]) -> None:
        """Drop all other tracks."""
        self._galleries.keep(kept)

    def remember(self, targets: Targets, seen: Sightings, pairs: Pairs) -> None:
        """Detections were paired with tracks: keep their pictures."""
        if self._now is None:
            return
        rows, tracks = pairs
        self._row_of.update(zip(targets.key[tracks].tolist(), rows.tolist(), strict=True))
        first = self._galleries.known[tracks] == 0
        again = ~first
        if self._interval > 0:
            again &= targets.age[tracks] % (self._interval + 1) == 0
        if self._interval < 0:
            again[:] = False
        if again.any():
            assert self._likeness is not None
            again[again] = self._likeness[rows[again], tracks[again]] >= _SAME
        due = first | again
        self._galleries.add(tracks[due], self._now[rows[due]])

    def vectors(self, keys: Sequence[int]) -> Sequence[NDArray[np.float32] | None]:
        """What tracks look like in this frame, by their keys; `None` where nobody looked."""
        if self._now is None:
            return [None] * len(keys)
        rows = [self._row_of.get(key) for key in keys]
        return [None if row is None else self._now[row] for row in rows]
