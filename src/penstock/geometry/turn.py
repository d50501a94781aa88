"""Quarter turns and mirrorings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One of the eight ways to lay a rectangle on itself; the steps are taken in this order.

    Attributes:
        swap: Rows become columns: the top left corner stays where it is.
        mirror_x: Left and right change places.
        mirror_y: Top and bottom change places.
    """

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether everything stays where it is."""
        return not (self.swap or self.mirror_x or self.mirror_y)

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """`(width, height)` of what had `size` before."""
        return size[::-1] if self.swap else size

    def array(self, array: NDArray[Any]) -> NDArray[Any]:
        """A turned view of `(H, W)` or `(H, W, C)`."""
        if self.swap:
            array = np.swapaxes(array, 0, 1)
        if self.mirror_x:
            array = array[:, ::-1]
        return array[::-1] if self.mirror_y else array
