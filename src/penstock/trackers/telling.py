"""What is told of tracks besides their boxes: ids, past frames, shadows, and their ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.config import TrackerConfig
from penstock.meta import UNTRACKED, Target
from penstock.trackers.association import left_over
from penstock.trackers.base import NextId, TrackerResult
from penstock.trackers.paths import MOST_BOXES, MOST_HIDDEN, Paths
from penstock.trackers.rejoining import Lost, Path, Rejoiner, Vector
from penstock.trackers.targets import Targets

Index: TypeAlias = NDArray[np.intp]


class Teller:
    """Remembers of one source's tracks what is told later.

    Args:
        config: Says which lists are wanted, and whether broken tracks are joined.
        next_id: Where ids come from.
        vectors: What some tracks look like, `None` where nobody looked.
    """

    def __init__(
        self,
        config: TrackerConfig,
        next_id: NextId,
        *,
        vectors: Callable[[Index], Sequence[Vector]],
    ) -> None:
        self._config = config
        self._next_id = next_id
        self._vectors = vectors
        self._hidden = Paths(MOST_HIDDEN)
        self._whole = Paths(MOST_BOXES) if config.targets.outputs_terminated else None
        self._rejoiner = Rejoiner(config.trajectory) if config.trajectory.joins else None
        self._frame_count = 0

    def remember(self, targets: Targets, found: Index) -> None:
        """A frame that the detector looked at found some tracks."""
        if self._rejoiner is not None:
            keys = targets.key[found].tolist()
            self._rejoiner.remember(self._frame_count, keys, targets.observed[:, found])

    def name(self, targets: Targets, shown: Index) -> None:
        """Give an id to the tracks that are reported for the first time."""
        ids = targets.track_id
        new = shown[ids[shown] == UNTRACKED]
        if len(new):
            old = {} if self._rejoiner is None else self._continued(targets, new)
            ids[new] = [old[n] if n in old else self._next_id() for n in range(len(new))]

    def tell(self, frame_num: int, targets: Targets, shown: Index, result: TrackerResult) -> None:
        """Fill in past frames and shadows; to be called once a frame, after `name`."""
        self._frame_count += 1
        if len(self._hidden):
            known = self._hidden.known(targets.key[shown])
            result.past = self._hidden.take(targets, shown[known].tolist())
        if len(shown) != len(targets):
            hidden = np.flatnonzero(left_over(len(targets), shown))
            self._hidden.add(frame_num, targets, hidden)
            shadows = hidden[targets.valid[hidden]]
            if self._config.targets.outputs_shadows and len(shadows):
                result.shadows = targets.tracks(shadows)
        if self._whole is not None:
            self._whole.add(frame_num, targets, np.arange(len(targets)))

    def bury(self, targets: Targets, dead: Index) -> Sequence[Target]:
        """Some tracks end: what to tell of them."""
        keys = targets.key[dead].tolist()
        self._hidden.forget(keys)
        if self._rejoiner is not None:
            for lost in self._lost(targets, dead):
                self._rejoiner.end(lost)
            self._rejoiner.forget(keys)
        if self._whole is None:
            return ()
        named = targets.track_id[dead] != UNTRACKED
        ended = self._whole.take(targets, dead[named].tolist())
        self._whole.forget(keys)
        return ended

    def _continued(self, targets: Targets, new: Index) -> dict[int, int]:
        """Ids of lost tracks that some of the new ones continue, by index into `new`."""
        assert self._rejoiner is not None
        waiting = self._lost(targets, np.flatnonzero(targets.unseen > 0))
        old = self._rejoiner.join(self._frame_count, self._paths_of(targets, new), waiting)
        found = {index: lost.track_id for index, lost in old.items()}
        for track in np.flatnonzero(np.isin(targets.track_id, list(found.values()))):
            targets.track_id[track] = UNTRACKED  # it ends when the detector looks next
            targets.unseen[track] = self._config.targets.max_shadow_age
        return found

    def _lost(self, targets: Targets, tracks: Index) -> list[Lost]:
        """Those of some tracks that a new one may continue."""
        seen = targets.age[tracks] - targets.coasted[tracks] + 1
        long = seen >= self._config.trajectory.min_length
        kept = tracks[long & (targets.track_id[tracks] != UNTRACKED)]
        ids = targets.track_id[kept].tolist()
        return [Lost(*known) for known in zip(ids, self._paths_of(targets, kept), strict=True)]

    def _paths_of(self, targets: Targets, tracks: Index) -> list[Path]:
        assert self._rejoiner is not None
        keys, classes = targets.key[tracks].tolist(), targets.class_id[tracks].tolist()
        rows = zip(keys, classes, self._vectors(tracks), strict=True)
        return [self._rejoiner.path(*row) for row in rows]
