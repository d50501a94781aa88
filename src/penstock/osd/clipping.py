"""Cutting polygons down to a size that fixed-point drawing can take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["clip"]

MARGIN_PX = 64
NEAR_PX = 1 << 15


def clip(contour: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Cut off what lies far outside a picture (Sutherland and Hodgman, 1974).

    Args:
        contour: `(N, 2)` corners x, y of a polygon, pixels.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        The corners themselves where all are near the picture, else `(M, 2)` corners of the part
        within a margin around it; `(0, 2)` where there is none.
    """
    if np.abs(contour).max() < NEAR_PX:
        return contour
    for axis, size in ((0, width), (1, height)):
        contour = _cut(contour, axis, -MARGIN_PX, 1)
        contour = _cut(contour, axis, size + MARGIN_PX, -1)
    return contour


def _cut(contour: NDArray[np.float64], axis: int, limit: float, sign: int) -> NDArray[np.float64]:
    """Keep the side of one line: `sign · (coordinate - limit) ≥ 0`."""
    if not len(contour):
        return contour
    depth = sign * (contour[:, axis] - limit)
    kept: list[NDArray[np.float64]] = []
    for here, ahead, d_here, d_ahead in zip(
        contour, np.roll(contour, -1, axis=0), depth, np.roll(depth, -1), strict=True
    ):
        if d_here >= 0:
            kept.append(here)
        if (d_here >= 0) != (d_ahead >= 0):
            kept.append(here + (ahead - here) * (d_here / (d_here - d_ahead)))
    return np.array(kept).reshape(-1, 2)
