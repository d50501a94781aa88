"""Which boxes of a class are near each other, and the groups that this makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray

Nearness: TypeAlias = Callable[[FloatArray, FloatArray], NDArray[np.bool_]]
"""`(N, 4)` and `(M, 4)` boxes → `(N, M)`: which of the first is near which of the second."""

Bits: TypeAlias = NDArray[np.uint8]
NO_GROUP = -1
_BLOCK = 256


def neighbour_bits(boxes: FloatArray, near: Nearness) -> tuple[Bits, NDArray[np.intp]]:
    """A matrix of bits, since that of 10,000 boxes would fill 100 MB with bytes.

    Returns:
        `(N, ceil(N / 8))`: row i has bit j set where box j is near box i; and `(N,)` how many.
    """
    rows, counts = [], []
    for start in range(0, len(boxes), _BLOCK):
        block = near(boxes[start : start + _BLOCK], boxes)
        rows.append(np.packbits(block, axis=1, bitorder="little"))
        counts.append(block.sum(axis=1))
    return np.concatenate(rows), np.concatenate(counts)


def connected(bits: Bits, members: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Number the groups of members that neighbours link with each other.

    Args:
        bits: As of `neighbour_bits`.
        members: `(N,)` which boxes take part.

    Returns:
        `(N,)` group of each box, counted from 0 in the order of first members, or `NO_GROUP`.
    """
    groups = np.full(len(members), NO_GROUP)
    free = members.copy()
    number = 0
    for seed in members.nonzero()[0]:
        if not free[seed]:
            continue
        free[seed] = False
        newest = np.array([seed])
        while len(newest):
            groups[newest] = number
            newest = (neighbours_of(bits, newest, len(free)) & free).nonzero()[0]
            free[newest] = False
        number += 1
    return groups


def neighbours_of(bits: Bits, rows: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """`(count,)` which boxes are near one of `rows`."""
    reached = np.bitwise_or.reduce(bits[rows], axis=0)
    return np.unpackbits(reached, bitorder="little", count=count).astype(bool)


def merge(
    boxes: FloatArray, groups: NDArray[np.intp], *, weights: FloatArray
) -> tuple[NDArray[np.intp], FloatArray]:
    """One box for each group.

    Args:
        boxes: `(N, 4)`.
        groups: `(N,)` as of `connected`; boxes without a group are left out.
        weights: `(N,)` positive, how much each box counts.

    Returns:
        `(G,)` the first box of each group, and `(G, 4)` the weighted means.
    """
    members = (groups != NO_GROUP).nonzero()[0]
    numbers, first, place = np.unique(groups[members], return_index=True, return_inverse=True)
    weight = weights[members].astype(np.float64)
    total = np.bincount(place, weight, minlength=len(numbers))
    edges = [
        np.bincount(place, weight * boxes[members, edge], minlength=len(numbers)) / total
        for edge in range(4)
    ]
    return members[first], np.stack(edges, axis=1).astype(np.float32)
