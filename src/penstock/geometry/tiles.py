"""Where the pictures of many sources lie in one."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, isqrt

Tile = tuple[int, int, int, int]
"""`left, top, width, height`, pixels, all even: chroma may be half as large."""


def grid_for(count: int) -> tuple[int, int]:
    """`(rows, columns)` of a grid that holds `count` pictures, about as many rows as columns."""
    rows = isqrt(max(count, 1))
    return rows, ceil(max(count, 1) / rows)


def square_for(count: int) -> tuple[int, int]:
    """`(rows, columns)` of the smallest square grid that holds `count` pictures."""
    side = ceil(max(count, 1) ** 0.5)
    return side, side


def row_by_row(
    places: Iterable[int], grid: tuple[int, int], size: tuple[int, int]
) -> dict[int, Tile]:
    """The tiles at some places of a grid.

    Args:
        places: Counted from 0, left to right, then down.
        grid: `(rows, columns)`.
        size: `(width, height)` of the whole, pixels.

    Returns:
        Place → tile. All are of one size; what the grid does not divide stays right and below.

    Raises:
        ValueError: A tile would have less than two pixels.
    """
    (rows, columns), (across, down) = grid, size
    width, height = across // columns // 2 * 2, down // rows // 2 * 2
    if not width or not height:
        raise ValueError(
            f"{columns} columns and {rows} rows do not fit into a picture of {across}x{down}"
        )
    return {n: (n % columns * width, n // columns * height, width, height) for n in places}


def percent_of(share: tuple[float, float, float, float], size: tuple[int, int]) -> Tile:
    """The tile that takes a share of a picture.

    Args:
        share: Left, top, width, height, percent of the whole.
        size: `(width, height)` of the whole, pixels.

    Raises:
        ValueError: It is not inside, or has less than two pixels.
    """
    left, top, width, height = share
    inside = left >= 0 and top >= 0 and left + width <= 100.001 and top + height <= 100.001
    x1, x2 = (round(edge * size[0] / 200) * 2 for edge in (left, left + width))
    y1, y2 = (round(edge * size[1] / 200) * 2 for edge in (top, top + height))
    x2, y2 = min(x2, size[0] // 2 * 2), min(y2, size[1] // 2 * 2)
    if not inside or x1 >= x2 or y1 >= y2:
        raise ValueError(
            f"a tile is left, top, width, height in percent of {size[0]}x{size[1]} and inside it, "
            f"got {share}"
        )
    return (x1, y1, x2 - x1, y2 - y1)
