"""How many sources share one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

_LARGEST = (1920, 1080)


@dataclass(frozen=True)
class Grid:
    """Rows and columns of tiles, and the size of the whole in pixels."""

    rows: int
    columns: int
    width: int
    height: int

    @classmethod
    def of(
        cls, sources: int, *, frame: tuple[int, int], largest: tuple[int, int] = _LARGEST
    ) -> Grid:
        """The grid for so many sources of one size.

        As near to a square as possible, wider rather than higher; tiles have the aspect ratio of
        the frames and even sides, and are never larger than they.

        Args:
            sources: At least 1.
            frame: `(width, height)` of a frame, pixels.
            largest: `(width, height)` that the whole may have, pixels.
        """
        columns = math.ceil(math.sqrt(sources))
        rows = math.ceil(sources / columns)
        width, height = frame
        scale = min(1.0, largest[0] / (columns * width), largest[1] / (rows * height))
        tile_width, tile_height = (max(2, round(side * scale / 2) * 2) for side in frame)
        return cls(rows, columns, columns * tile_width, rows * tile_height)
