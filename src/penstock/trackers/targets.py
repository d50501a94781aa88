"""The tracks of one source, as columns."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta import UNTRACKED
from penstock.trackers.base import Tracks

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_KEY, _ID, _CLASS, _AGE, _UNSEEN, _COASTED, _VALID = range(7)


class Targets:
    """T tracks; entry i of every column describes track i.

    Attributes:
        boxes: `(4, T)` xyxy, frame pixels: where they are now.
        observed: `(4, T)` xyxy: the last detection of each.
        confidence: `(T,)` the tracker's, in [0, 1].
    """

    def __init__(self) -> None:
        self._table: Ints = np.empty((7, 0), np.int64)
        self._next_key = count()
        self.boxes: Floats = np.empty((4, 0))
        self.observed: Floats = np.empty((4, 0))
        self.confidence: Floats = np.empty(0)

    def __len__(self) -> int:
        return len(self.confidence)

    @property
    def key(self) -> Ints:
        """A number that no other track of this tracker ever has."""
        return self._row(_KEY)

    @property
    def track_id(self) -> Ints:
        """What the track is reported as; `UNTRACKED` before it is reported first."""
        return self._row(_ID)

    @property
    def class_id(self) -> Ints:
        """Class of the first detection."""
        return self._row(_CLASS)

    @property
    def age(self) -> Ints:
        """Frames since the track began."""
        return self._row(_AGE)

    @property
    def unseen(self) -> Ints:
        """Frames the detector looked at since it last found the track."""
        return self._row(_UNSEEN)

    @property
    def coasted(self) -> Ints:
        """Frames since the track was last found, looked at or not."""
        return self._row(_COASTED)

    @property
    def valid(self) -> Bools:
        """Whether the track has outlived its probation."""
        valid: Bools = self._table[_VALID] != 0
        return valid

    def _row(self, number: int) -> Ints:
        row: Ints = self._table[number]
        return row

    def validate(self, which: NDArray[Any]) -> None:
        """End the probation of some tracks."""
        self._table[_VALID, which] = 1

    def grow_older(self) -> None:
        """One frame has passed."""
        self._table[_AGE] += 1
        self._table[_COASTED] += 1

    def saw(self, tracks: NDArray[Any], boxes: Floats) -> None:
        """Some tracks were found: `boxes` `(4, K)` xyxy."""
        self.unseen[tracks] = 0
        self.coasted[tracks] = 0
        self.observed[:, tracks] = boxes

    def append(self, boxes: Floats, class_id: Ints) -> None:
        """Begin tracks: `(4, K)` xyxy and their classes."""
        new = np.zeros((7, len(class_id)), np.int64)
        new[_KEY] = [next(self._next_key) for _ in range(len(class_id))]
        new[_ID] = UNTRACKED
        new[_CLASS] = class_id
        self._table = np.concatenate([self._table, new], axis=1)
        self.boxes = np.concatenate([self.boxes, boxes], axis=1)
        self.observed = np.concatenate([self.observed, boxes], axis=1)
        self.confidence = np.concatenate([self.confidence, np.ones(len(class_id))])

    def keep(self, kept: Bools) -> None:
        """Drop all other tracks."""
        self._table = self._table[:, kept]
        self.boxes = self.boxes[:, kept]
        self.observed = self.observed[:, kept]
        self.confidence = self.confidence[kept]

    def tracks(self, which: NDArray[Any]) -> Tracks:
        """Some of them, for a result."""
        return Tracks(
            self.track_id[which],
            self.boxes[:, which].T,
            self.confidence[which],
            self.class_id[which],
            self.age[which],
        )
