"""Non-maximum suppression within each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray, iou_matrix, nms
from penstock.inference.classes import ClassColumns
from penstock.parsers import Parsed

_BLOCK = 512


def in_order(parsed: Parsed) -> Parsed:
    """By class, then most confident first, equals by left, top, right and bottom edge."""
    order = np.lexsort((-parsed.confidences, parsed.class_ids))
    found = parsed.take(order)
    equal = found.confidences[1:] == found.confidences[:-1]
    if not equal.any():  # sorting by four more columns would say the same
        return found
    x1, y1, x2, y2 = parsed.boxes.T
    return parsed.take(np.lexsort((y2, x2, y1, x1, -parsed.confidences, parsed.class_ids)))


def suppress(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """Greedy non-maximum suppression within each class, then its `top_k` best.

    Returns:
        What is left, by class, then most confident first; equals from left to right.
    """
    if not len(parsed):
        return parsed
    parsed = in_order(parsed)
    if len(parsed) > _BLOCK:
        return parsed.take(_by_class(parsed, classes))
    left = _uncovered(_covers(parsed, classes))
    if len(left) > classes.fewest_kept:
        class_ids = parsed.class_ids[left]
        rank = np.arange(len(left)) - np.searchsorted(class_ids, class_ids)
        left = left[rank < classes.top_k[class_ids]]
    return parsed.take(left) if len(left) < len(parsed) else parsed


def _covers(parsed: Parsed, classes: ClassColumns) -> NDArray[np.bool_]:
    """`(N, N)`: which of the rows before suppress which of those behind.

    One matrix for all classes, of simple operations: a frame has few candidates, and what counts
    is how much code the network has driven out of the caches since the last frame.
    """
    x1, y1, x2, y2 = parsed.boxes.T
    width = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    height = np.minimum(y2[:, None], y2) - np.maximum(y1[:, None], y1)
    common = np.maximum(width, 0) * np.maximum(height, 0)
    area = (x2 - x1) * (y2 - y1)
    class_ids = parsed.class_ids
    limits = classes.nms_iou[class_ids]
    above = common / (area[:, None] + area - common) > limits
    covers: NDArray[np.bool_] = np.triu(above, 1)
    if class_ids[0] != class_ids[-1]:
        covers &= class_ids[:, None] == class_ids
    return covers


def _uncovered(covers: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows that no row left before them covers; an integer holds the set of those that are."""
    rows = np.flatnonzero(covers.any(axis=1))
    if not len(rows):
        return np.arange(len(covers))
    gone = 0
    bits = np.packbits(covers[rows], axis=1, bitorder="little")
    for row, covered in zip(rows.tolist(), bits, strict=True):
        if not gone >> row & 1:
            gone |= int.from_bytes(covered.tobytes(), "little")
    as_bytes = np.frombuffer(gone.to_bytes(bits.shape[1], "little"), np.uint8)
    flags = np.unpackbits(as_bytes, bitorder="little", count=len(covers))
    return np.flatnonzero(flags == 0)


def _by_class(parsed: Parsed, classes: ClassColumns) -> NDArray[np.intp]:
    """The rows that are left of very many sorted ones."""
    starts = np.flatnonzero(np.diff(parsed.class_ids, prepend=-1))
    kept = [
        start + _best(parsed.boxes[start:end], parsed.confidences[start:end], classes, class_id)
        for start, end, class_id in zip(
            starts, [*starts[1:], len(parsed)], parsed.class_ids[starts], strict=True
        )
    ]
    return np.concatenate(kept)


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
