"""Which detection belongs to which track: scores and pairs."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Pairs: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
NO_PAIRS: Pairs = (np.empty(0, np.intp), np.empty(0, np.intp))


def areas(boxes: Floats) -> Floats:
    """Areas of `boxes`, `(4, N)` xyxy, each larger than 0."""
    size = boxes[2:] - boxes[:2]
    product: Floats = size[0] * size[1]
    return product


def overlaps(a: Floats, b: Floats, *, area_a: Floats, area_b: Floats) -> Floats:
    """Intersection over union, `(N, M)`, of every box in `a` with every one in `b`.

    Args:
        a: `(4, N)` xyxy.
        b: `(4, M)` xyxy.
        area_a: Areas of `a`, larger than 0.
        area_b: Areas of `b`, larger than 0.
    """
    size = np.minimum(a[2:, :, None], b[2:, None, :])
    size -= np.maximum(a[:2, :, None], b[:2, None, :])
    np.maximum(size, 0.0, out=size)
    shared: Floats = size[0] * size[1]
    union = area_a[:, None] + area_b
    union -= shared
    shared /= union
    return shared


def size_similarity(area_a: Floats, area_b: Floats) -> Floats:
    """The smaller area over the larger one, `(N, M)`."""
    first = area_a[:, None]
    ratio: Floats = np.minimum(first, area_b) / np.maximum(first, area_b)
    return ratio


def best_pairs(score: Floats, allowed: Bools) -> Pairs:
    """Rows and columns of the allowed pairs whose scores have the largest sum."""
    rows, columns = linear_sum_assignment(score * allowed, maximize=True)
    good = allowed[rows, columns]
    return (rows, columns) if np.count_nonzero(good) == len(good) else (rows[good], columns[good])


def greedy_pairs(score: Floats, allowed: Bools) -> Pairs:
    """Rows and columns of allowed pairs, the best score first; of equal ones the first row.

    Pairs that are the best of both their row and their column are taken together: none of them can
    lose to another.
    """
    if not score.size:
        return NO_PAIRS
    left = np.where(allowed, score, -np.inf)
    taken = NO_PAIRS
    every = np.arange(len(left))
    while True:
        columns = left.argmax(axis=1)
        mutual = left.argmax(axis=0)[columns] == every
        mutual &= left[every, columns] > -np.inf
        rows = np.flatnonzero(mutual)
        if not len(rows):
            return taken
        columns = columns[rows]
        taken = joined(taken, (rows, columns))
        if len(taken[0]) == min(left.shape):
            return taken
        left[rows], left[:, columns] = -np.inf, -np.inf


def joined(first: Pairs, second: Pairs) -> Pairs:
    """Both lists of pairs."""
    if not len(second[0]):
        return first
    if not len(first[0]):
        return second
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def left_over(count: int, taken: NDArray[Any]) -> Bools:
    """Which of `count` things are not among `taken`."""
    left = np.ones(count, np.bool_)
    left[taken] = False
    return left
