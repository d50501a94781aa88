"""Axis-aligned boxes as `(N, 4)` float32 arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def cxcywh_to_xyxy(boxes: FloatArray) -> FloatArray:
    """Convert centre-and-size boxes to corner boxes.

    Args:
        boxes: `(N, 4)` float32, `cx, cy, width, height`, any pixel space.

    Returns:
        `(N, 4)` float32, `x1, y1, x2, y2`, same pixel space.

    Example:
        >>> cxcywh_to_xyxy(np.array([[10, 10, 4, 2]], np.float32)).tolist()
        [[8.0, 9.0, 12.0, 11.0]]
    """
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def ltwh_to_xyxy(boxes: FloatArray) -> FloatArray:
    """Convert `left, top, width, height` boxes to `x1, y1, x2, y2`; shape and space stay."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def xyxy_to_ltwh(boxes: FloatArray) -> FloatArray:
    """Convert `x1, y1, x2, y2` boxes to `left, top, width, height`; shape and space stay."""
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def iou_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of every box in `a` with every box in `b`.

    Args:
        a: `(N, 4)` float32, xyxy.
        b: `(M, 4)` float32, xyxy, same pixel space as `a`.

    Returns:
        `(N, M)` float32 in [0, 1]; 0 where either box has no area.
    """
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    width, height = np.moveaxis(np.clip(bottom_right - top_left, 0, None), 2, 0)
    intersection = width * height
    union = _area(a)[:, None] + _area(b)[None, :] - intersection
    return np.asarray(intersection / np.where(union > 0, union, 1), np.float32)


def _area(boxes: FloatArray) -> FloatArray:
    width, height = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).T
    return np.asarray(width * height, np.float32)
