"""Broken tracks, joined: a new track takes the id of a lost one whose path leads to it.

The lost track goes on along the straight line that fits its last boxes best. A new track that
begins there, of the same class, of like size and speed and in the same direction, is its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.config.tracker import TrajectorySettings
from penstock.trackers.association import areas, best_pairs, overlaps

Floats: TypeAlias = NDArray[np.float64]
Vector: TypeAlias = NDArray[np.float32] | None

_STILL = 0.02  # slower than this share of its height a frame, an object has no direction
_TINY = 1e-9


@dataclass
class Path:
    """A stretch of a track; what is computed of it is kept, for it is compared with many.

    Attributes:
        times: `(K,)` frames in which it was found.
        boxes: `(4, K)` xyxy, where.
        class_id: Its class.
        vector: What it looks like, where somebody looked.
    """

    times: NDArray[np.int64]
    boxes: Floats
    class_id: int
    vector: Vector = None

    @cached_property
    def velocity(self) -> Floats:
        """`(2,)` pixels a frame, of the line that fits its centres best."""
        if len(self.times) < 2:
            return np.zeros(2)
        off = self.times - self.times.mean()
        centres = (self.boxes[:2] + self.boxes[2:]) * 0.5
        slope: Floats = (centres * off).sum(axis=1) / (off * off).sum()
        return slope

    @cached_property
    def size(self) -> Floats:
        """`(2,)` mean width and height, pixels."""
        mean: Floats = (self.boxes[2:] - self.boxes[:2]).mean(axis=1)
        return mean


@dataclass(slots=True)
class Lost:
    """A track that ended, or waits for its object.

    Attributes:
        track_id: Its id.
        path: Its last boxes.
    """

    track_id: int
    path: Path


class Rejoiner:
    """Remembers paths, and finds the lost track that a new one continues.

    Args:
        settings: `TrajectoryManagement` of the configuration.
    """

    def __init__(self, settings: TrajectorySettings) -> None:
        self._settings = settings
        self._paths: dict[int, deque[tuple[int, Floats]]] = {}
        self._length = max(settings.prep_length, 2)
        self._ended: list[Lost] = []

    def remember(self, now: int, keys: Sequence[int], boxes: Floats) -> None:
        """Tracks were found in frame `now`: `boxes` `(4, K)` xyxy."""
        for key, box in zip(keys, boxes.T, strict=True):
            if key not in self._paths:
                self._paths[key] = deque(maxlen=self._length)
            self._paths[key].append((now, box))

    def path(self, key: int, class_id: int, vector: Vector) -> Path:
        """What is remembered of a track."""
        steps = self._paths[key]
        times = np.array([time for time, _ in steps], np.int64)
        return Path(times, np.stack([box for _, box in steps], axis=1), class_id, vector)

    def end(self, lost: Lost) -> None:
        """A track that was reported ended; it may be continued for a while."""
        self._ended.append(lost)

    def forget(self, keys: Iterable[int]) -> None:
        """Drop the paths of tracks that ended."""
        for key in keys:
            self._paths.pop(key, None)

    def join(self, now: int, new: Sequence[Path], waiting: Sequence[Lost]) -> dict[int, Lost]:
        """Which of the new tracks continues which lost one.

        Args:
            now: Number of the present frame.
            new: The tracks that are about to get an id.
            waiting: Lost tracks besides those that ended.

        Returns:
            Index into `new` → the lost track, which is forgotten here.
        """
        oldest = now - self._settings.projection_length
        self._ended = [lost for lost in self._ended if lost.path.times[-1] >= oldest]
        lost = [*self._ended, *waiting]
        if not lost or not new:
            return {}
        score = np.array([[self._score(one, other.path) for other in lost] for one in new])
        rows, columns = best_pairs(score, score > 0)
        found = {
            row: lost[column] for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        }
        taken = {id(one) for one in found.values()}
        self._ended = [one for one in self._ended if id(one) not in taken]
        return found

    def _score(self, new: Path, lost: Path) -> float:
        """Total score of a pair; 0 where they do not fit."""
        settings = self._settings
        gap = int(new.times[0] - lost.times[-1])
        if new.class_id != lost.class_id or not 0 < gap <= settings.projection_length:
            return 0.0
        velocity, size = lost.velocity, lost.size
        if not self._alike(new, velocity, size):
            return 0.0
        path = self._path_score(new, lost, velocity, size)
        if path < settings.min_path_score:
            return 0.0
        total = path * settings.path_weight
        if new.vector is not None and lost.vector is not None:
            likeness = _cosine(new.vector, lost.vector)
            if likeness < settings.min_reid_score:
                return 0.0
            total += likeness * settings.reid_weight
        return total if total >= settings.min_score else 0.0

    def _alike(self, new: Path, velocity: Floats, size: Floats) -> bool:
        """Whether sizes, speeds and directions fit."""
        settings = self._settings
        ratio = np.minimum(size, new.size) / np.maximum(size, new.size)
        if ratio.prod() < settings.min_size_score:
            return False
        speeds = np.hypot(*velocity), np.hypot(*new.velocity)
        if max(speeds) < _STILL * size[1] or len(new.times) < 2:
            return True
        if min(speeds) / max(speeds) < settings.min_speed_score:
            return False
        cosine = float(velocity @ new.velocity) / max(speeds[0] * speeds[1], _TINY)
        slow = bool(min(speeds) < _STILL * size[1])
        return slow or cosine >= cos(radians(settings.max_angle_deg))

    def _path_score(self, new: Path, lost: Path, velocity: Floats, size: Floats) -> float:
        """Mean overlap of the new track with the lost one's line, at the best shift in time."""
        end = (lost.boxes[:2, -1] + lost.boxes[2:, -1]) * 0.5
        ahead = new.times - lost.times[-1]
        reach = min(self._settings.time_range, int(ahead[0]) - 1)
        shifts = np.arange(-reach, self._settings.time_range + 1)
        steps = (ahead + shifts[:, None]).ravel()
        centres = end[:, None] + velocity[:, None] * steps
        line = np.concatenate([centres - size[:, None] / 2, centres + size[:, None] / 2])
        iou = overlaps(new.boxes, line, area_a=areas(new.boxes), area_b=areas(line))
        count = len(new.times)
        table = iou.reshape(count, len(shifts), count)
        means = table[np.arange(count), :, np.arange(count)].mean(axis=0)
        return float(means.max())


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), _TINY)
