"""From many candidates to one box an object: the cluster modes by their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray, iou_matrix, nms
from penstock.inference.classes import ClassColumns
from penstock.parsers import Parsed

Clusterer: TypeAlias = Callable[[Parsed, ClassColumns], Parsed]

_BLOCK = 512


def suppress(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """Greedy non-maximum suppression within each class, then its `top_k` best.

    Returns:
        What is left, by class, then most confident first; equals from left to right.
    """
    if not len(parsed):
        return parsed
    parsed = in_order(parsed)
    starts = np.flatnonzero(np.diff(parsed.class_ids, prepend=-1))
    kept = [
        start + _best(parsed.boxes[start:end], parsed.confidences[start:end], classes, class_id)
        for start, end, class_id in zip(
            starts, [*starts[1:], len(parsed)], parsed.class_ids[starts], strict=True
        )
    ]
    return parsed.take(np.concatenate(kept))


def leave(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """No clustering: for networks that do it themselves; only put in order."""
    del classes
    return in_order(parsed)


CLUSTER_MODES: Mapping[int, Clusterer] = {2: suppress, 4: leave}
"""`cluster-mode` → what it does."""


def in_order(parsed: Parsed) -> Parsed:
    """By class, then most confident first, equals by left, top, right and bottom edge."""
    x1, y1, x2, y2 = parsed.boxes.T
    return parsed.take(np.lexsort((y2, x2, y1, x1, -parsed.confidences, parsed.class_ids)))


def _best(
    boxes: FloatArray, confidences: FloatArray, classes: ClassColumns, class_id: int
) -> NDArray[np.intp]:
    """Rows of one class that survive; the rows are sorted.

    Going by blocks gives what `nms` gives for all rows together. Its matrix of overlaps would have
    10⁸ elements where a low threshold lets 10,000 candidates through.
    """
    max_iou, most = float(classes.nms_iou[class_id]), int(classes.top_k[class_id])
    kept = np.empty(0, np.intp)
    for start in range(0, len(boxes), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(boxes)))
        if start:
            overlap = iou_matrix(boxes[block], boxes[kept]).max(axis=1)
            block = block[overlap <= max_iou]
        kept = np.append(kept, block[nms(boxes[block], confidences[block], max_iou=max_iou)])
        if len(kept) >= most:
            break
    return kept[:most]
