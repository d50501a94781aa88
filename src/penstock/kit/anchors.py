"""Anchors of a pyramid of grids, as EfficientDet has them, moved to grids of other sizes.

Tan, Pang and Le, "EfficientDet: Scalable and Efficient Object Detection" (2020,
arXiv:1911.09070): every cell of every grid has the same anchors, as multiples of the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError

__all__ = ["regrid"]


def regrid(
    anchors: NDArray[np.float32], grids: Mapping[tuple[int, int], tuple[int, int]]
) -> NDArray[np.float32]:
    """Return the anchors that a network has at another size of its input.

    Args:
        anchors: `(N, 4)`, centre y and x, height and width, as fractions of the picture; grid
            after grid, row after row.
        grids: Rows and columns of each grid → what they become.

    Raises:
        ModelError: These are not the anchors of such grids.
    """
    cells = sum(rows * columns for rows, columns in grids)
    kinds, rest = divmod(len(anchors), max(cells, 1))
    if rest or not kinds:
        raise ModelError(f"{len(anchors)} anchors do not fit grids of {list(grids)} cells")
    multiples, position = [], 0
    for rows, columns in grids:
        multiples.append(anchors[position : position + kinds, 2:] * (rows, columns))
        position += rows * columns * kinds
    if not np.allclose(_anchors(grids, multiples), anchors, atol=1e-5):
        raise ModelError(f"the anchors are not the same in every cell of grids of {list(grids)}")
    return _anchors(grids.values(), multiples)


def _anchors(
    grids: Iterable[tuple[int, int]], multiples: Iterable[NDArray[np.floating]]
) -> NDArray[np.float32]:
    """Lay out grids; `multiples` are `(A, 2)` heights and widths of a cell's anchors, in cells."""
    parts = []
    for (rows, columns), sizes in zip(grids, multiples, strict=True):
        grid = np.empty((rows, columns, len(sizes), 4), np.float32)
        grid[..., 0] = ((np.arange(rows) + 0.5) / rows)[:, None, None]
        grid[..., 1] = ((np.arange(columns) + 0.5) / columns)[:, None]
        grid[..., 2:] = sizes / (rows, columns)
        parts.append(grid.reshape(-1, 4))
    return np.concatenate(parts)
