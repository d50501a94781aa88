"""From the outputs of an SSD to boxes: threshold, then non-maximum suppression."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_BOXES = 100


class Found(NamedTuple):
    """One box, ltwh in frame pixels."""

    class_id: int
    confidence: float
    left: float
    top: float
    width: float
    height: float


def parse(
    boxes: NDArray[Any],
    scores: NDArray[Any],
    *,
    size: tuple[int, int],
    least: float,
    overlap: float = 0.5,
) -> list[Found]:
    """The objects in one picture, most confident first.

    Args:
        boxes: `(N, 4)`, centre x and y, width and height as fractions of the picture.
        scores: `(N, C)`.
        size: `(width, height)` of the picture, pixels.
        least: Least confidence.
        overlap: Most intersection over union of two boxes of a class.
    """
    classes, confidences = scores.argmax(axis=1), scores.max(axis=1)
    order = [row for row in confidences.argsort()[::-1] if confidences[row] >= least]
    half = boxes[:, 2:] / 2
    corners = np.hstack([boxes[:, :2] - half, boxes[:, :2] + half]).clip(0, 1) * (size * 2)
    kept: list[int] = []
    for row in order:
        rivals = [other for other in kept if classes[other] == classes[row]]
        if all(iou(corners[row], corners[other]) <= overlap for other in rivals):
            kept.append(int(row))
    return [
        Found(int(classes[row]), float(confidences[row]), *ltwh(corners[row]))
        for row in kept[:MOST_BOXES]
    ]


def ltwh(corners: NDArray[Any]) -> tuple[float, float, float, float]:
    """Left, top, width, height of left, top, right, bottom."""
    left, top, right, bottom = map(float, corners)
    return left, top, right - left, bottom - top


def iou(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Intersection over union of two boxes, left, top, right, bottom."""
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    inside = float(shared.clip(0).prod())
    both = float((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod())
    return inside / (both - inside) if both > inside else 0.0
