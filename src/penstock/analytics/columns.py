"""The objects of one frame of one source, as the rules see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FrameColumns:
    """N objects of one frame; row i of every column describes object i.

    An object stands where the middle of its box's lower edge is, as in DeepStream, moved into the
    frame where the box reaches out of it.

    Attributes:
        time_ns: The frame's own time, nanoseconds.
        size: `(width, height)` of the frame, pixels.
        points: `(N, 2)` float64 x, y where the objects stand, frame pixels; NaN: nowhere.
        heights: `(N,)` float64 of their boxes, pixels.
        class_id: `(N,)` int32.
        slots: `(N,)` intp, row of each object's state; -1: nobody tracks it, or its box is nowhere.
        fresh: Slots whose object was never seen before.
        previous: `(N, 2)` where they stood when seen before; NaN: never.
        movement: `(N, 2)` from where they stood in the oldest of the last frames that they were
            seen in (`TrackTable.LAST`) to now, pixels; 0 for new and untracked ones.
        ages: `(N,)` int, in how many frames they were seen, this one too; 0: nobody tracks it.
    """

    time_ns: int
    size: tuple[int, int]
    points: NDArray[np.float64]
    heights: NDArray[np.float64]
    class_id: NDArray[np.int32]
    slots: NDArray[np.intp]
    fresh: NDArray[np.intp]
    previous: NDArray[np.float64]
    movement: NDArray[np.float64]
    ages: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def tracked(self) -> NDArray[np.bool_]:
        """`(N,)` which of them have a track."""
        return self.slots >= 0

    def of_classes(self, class_ids: Sequence[int]) -> NDArray[np.bool_]:
        """`(N,)` which of them belong to the classes; all where none is named."""
        if not class_ids:
            return np.ones(len(self), bool)
        found: NDArray[np.bool_] = (self.class_id[:, None] == np.asarray(class_ids)).any(axis=1)
        return found
