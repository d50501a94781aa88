"""Grids of cells: how many candidates a network of some size gives, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
"""Pixels between the cells of the three grids that most detectors have."""

STRIDE_SETS = (STRIDES, (*STRIDES, 64), (4, *STRIDES), (4, *STRIDES, 64), (16, 32))
"""What detectors are made with: usual, for large inputs, for small objects, for both, tiny."""


@dataclass(frozen=True, eq=False)
class Cells:
    """N cells of several grids, finest first, row by row.

    Attributes:
        corners: `(N, 2)` float32, column and row of each cell in its grid.
        strides: `(N, 1)` float32, pixels between its neighbours.
    """

    corners: NDArray[np.float32]
    strides: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.strides)


def grid_shape(size: tuple[int, int], stride: int) -> tuple[int, int]:
    """`(rows, columns)` of the grid with this stride on a network of `(width, height)` pixels."""
    return -(-size[1] // stride), -(-size[0] // stride)


def count_cells(size: tuple[int, int], strides: Sequence[int]) -> int:
    """The cells of all grids together."""
    return sum(rows * columns for rows, columns in (grid_shape(size, s) for s in strides))


def strides_of(
    size: tuple[int, int], candidates: int | None, *, anchors: int = 1
) -> tuple[int, ...] | None:
    """The strides with which a network of `size` gives so many candidates, or `None`.

    Args:
        size: `(width, height)` of the network's input, pixels.
        candidates: How many there are.
        anchors: How many stand in each cell.
    """
    fitting = (s for s in STRIDE_SETS if anchors * count_cells(size, s) == candidates)
    return next(fitting, None)


def make_cells(size: tuple[int, int], strides: Sequence[int]) -> Cells:
    """All cells of a network of `(width, height)` pixels."""
    corners, scales = [], []
    for stride in strides:
        rows, columns = grid_shape(size, stride)
        row, column = np.divmod(np.arange(rows * columns), columns)
        corners.append(np.stack([column, row], axis=1))
        scales.append(np.full((rows * columns, 1), stride))
    return Cells(
        np.concatenate(corners).astype(np.float32), np.concatenate(scales).astype(np.float32)
    )
