"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.geometry.boxes import FloatArray, iou_matrix


def nms(boxes: FloatArray, confidence: FloatArray, *, max_iou: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression.

    Args:
        boxes: `(N, 4)` float32, xyxy, any pixel space.
        confidence: `(N,)` float32.
        max_iou: Overlap above which the less confident of two boxes is dropped.

    Returns:
        `(K,)` indices of the kept boxes, most confident first; ties keep input order.
    """
    order = np.argsort(-confidence, kind="stable")
    overlap = iou_matrix(boxes[order], boxes[order]) > max_iou
    alive = np.ones(len(order), bool)
    for candidate in range(len(order)):
        if alive[candidate]:
            alive[candidate + 1 :] &= ~overlap[candidate, candidate + 1 :]
    return order[alive]
