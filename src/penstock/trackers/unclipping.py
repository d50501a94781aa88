"""Boxes that the frame's edge cuts keep the size they had."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_EDGE_PX = 1.0


def unclipped(boxes: Floats, before: Floats, size: tuple[int, int]) -> Floats:
    """Extend boxes that touch an edge beyond it, to the width and height they had before.

    Args:
        boxes: `(4, K)` xyxy, frame pixels.
        before: `(4, K)` the same tracks' last boxes.
        size: `(width, height)` of the frame, pixels.
    """
    edge = np.array(size, np.float64)[:, None] - _EDGE_PX
    low, high = boxes[:2], boxes[2:]
    at_low, at_high = low <= _EDGE_PX, high >= edge
    if not (at_low.any() or at_high.any()):
        return boxes
    wanted = np.maximum(before[2:] - before[:2], high - low)
    return np.concatenate(
        [
            np.where(at_low & ~at_high, high - wanted, low),
            np.where(at_high & ~at_low, low + wanted, high),
        ]
    )
