"""Where tracks were in earlier frames, for the lists that travel with a batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Rect, Target, TrackedBox
from penstock.trackers.targets import Targets

MOST_HIDDEN = 512
"""Most frames of one track that are told late."""
MOST_BOXES = 3000
"""Most boxes of one ended track; older ones are forgotten."""

_Step = tuple[int, tuple[float, float, float, float], float, int]


class Paths:
    """Remembers boxes by the tracks' keys.

    Args:
        most: Boxes of one track that are kept; the oldest go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._steps: dict[int, deque[_Step]] = {}

    def add(self, frame_num: int, targets: Targets, which: NDArray[Any]) -> None:
        """Remember where some tracks are now."""
        boxes = targets.boxes[:, which].T.tolist()
        rows = zip(
            targets.key[which].tolist(),
            boxes,
            targets.confidence[which].tolist(),
            targets.age[which].tolist(),
            strict=True,
        )
        for key, (left, top, right, bottom), confidence, age in rows:
            steps = self._steps.get(key)
            if steps is None:
                steps = self._steps[key] = deque(maxlen=self._most)
            steps.append((frame_num, (left, top, right - left, bottom - top), confidence, age))

    def take(self, targets: Targets, which: Iterable[int]) -> list[Target]:
        """The paths of some tracks, in the order of their ids; they are forgotten here."""
        found = []
        for index in which:
            steps = self._steps.pop(int(targets.key[index]), None)
            if steps:
                boxes = [
                    TrackedBox(frame_num, Rect(*ltwh), confidence, age)
                    for frame_num, ltwh, confidence, age in steps
                ]
                track_id, class_id = int(targets.track_id[index]), int(targets.class_id[index])
                found.append(Target(track_id, class_id, boxes=boxes))
        found.sort(key=lambda target: target.track_id)
        return found

    def forget(self, keys: Iterable[int]) -> None:
        """Drop the paths of tracks that ended."""
        for key in keys:
            self._steps.pop(key, None)

    def known(self, keys: NDArray[np.int64]) -> list[int]:
        """Indices of the keys that have a path."""
        if not self._steps:
            return []
        return [index for index, key in enumerate(keys.tolist()) if key in self._steps]

    def __len__(self) -> int:
        return len(self._steps)
