"""Group rectangles: boxes of about the same place and size become one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray
from penstock.inference.neighbours import NO_GROUP, connected, merge, neighbour_bits

_FEW = 3  # groups of less are dropped inside any larger one


def group_rectangles(
    boxes: FloatArray, *, eps: float, group_threshold: int
) -> tuple[NDArray[np.intp], FloatArray]:
    """What OpenCV's function of that name does.

    Two boxes are alike if no edge differs by more than `eps` times the mean of the smaller width
    and the smaller height; likeness is passed on. A group becomes the mean of its boxes. Groups of
    `group_threshold` boxes or less are dropped, and small groups inside larger ones. A threshold
    of 0 leaves all boxes alone.

    Args:
        boxes: `(N, 4)` xyxy, of one class.
        eps: Relative difference, 0 and more.
        group_threshold: Least boxes of a group, less one.

    Returns:
        `(G,)` the first box of each group, and `(G, 4)` the means.
    """
    if group_threshold <= 0:
        return np.arange(len(boxes)), boxes
    bits, _ = neighbour_bits(boxes, lambda a, b: _alike(a, b, eps))
    groups = connected(bits, np.ones(len(boxes), bool))
    counts = np.bincount(groups)
    groups[counts[groups] <= group_threshold] = NO_GROUP
    first, merged = merge(boxes, groups, weights=np.ones(len(boxes), np.float32))
    seen = ~_hidden(merged, counts[counts > group_threshold], eps)
    return first[seen], merged[seen]


def _alike(a: FloatArray, b: FloatArray, eps: float) -> NDArray[np.bool_]:
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    width = np.minimum(size_a[:, None, 0], size_b[None, :, 0])
    height = np.minimum(size_a[:, None, 1], size_b[None, :, 1])
    most = np.float32(eps) * (width + height) / 2
    alike = np.ones(most.shape, bool)
    for edge in range(4):
        alike &= np.abs(a[:, None, edge] - b[None, :, edge]) <= most
    return alike


def _hidden(boxes: FloatArray, counts: NDArray[np.intp], eps: float) -> NDArray[np.bool_]:
    """Which groups lie inside a group of clearly more boxes."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * np.float32(eps)
    low, high = boxes[:, :2] - margin, boxes[:, 2:] + margin
    hidden = np.zeros(len(boxes), bool)
    for index, (box, count) in enumerate(zip(boxes, counts, strict=True)):
        inside = (box[:2] >= low).all(axis=1) & (box[2:] <= high).all(axis=1)
        stronger = (counts > max(_FEW, count)) | (count < _FEW)
        inside[index] = False
        hidden[index] = (inside & stronger).any()
    return hidden
