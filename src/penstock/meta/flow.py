"""How the picture moves from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class OpticalFlowMeta(Referable):
    """Motion from the frame before to this one; attached to the frame.

    Attributes:
        vectors: `(rows, cols, 2)` int16: motion of one block of pixels along x and y, in 1/32 of
            a pixel (S10.5 fixed point).
        frame_num: Of its source.
    """

    META_TYPE: ClassVar[int] = 10

    vectors: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0, 2), np.int16))
    frame_num: int = 0

    def copy(self) -> OpticalFlowMeta:
        """An independent copy."""
        return OpticalFlowMeta(self.vectors.copy(), self.frame_num)

    def __repr__(self) -> str:
        rows, columns, _ = self.vectors.shape
        return f"<OpticalFlowMeta {columns}x{rows} blocks, frame {self.frame_num}>"
