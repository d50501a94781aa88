"""Small pictures, made once and drawn often: a coverage mask in the samples of a pixel format."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.osd.colors import Dye, DyePlane
from penstock.surface import PixelFormat

__all__ = ["Stamp", "StampPart", "make_stamp", "phase_of", "shrink"]


@dataclass(frozen=True, eq=False)
class StampPart:
    """A stamp in one plane: `new = keep · old / 255 + add`.

    Attributes:
        width: Cells.
        height: Cells.
        keep: `(height, width · C)` uint8; `None` where nothing of the picture is kept.
        add: `(height, width · C)` uint8.
    """

    width: int
    height: int
    keep: NDArray[np.uint8] | None
    add: NDArray[np.uint8]

    @staticmethod
    def of(coverage: NDArray[np.uint8], color: DyePlane) -> StampPart:
        """Dye a coverage mask, `(height, width)` uint8."""
        height, width = coverage.shape
        channels = color.add.shape[-1] if color.add.ndim == 3 else 1
        spread = cv2.merge([coverage] * channels) if channels > 1 else coverage
        flat = (height, width * channels)
        add = cv2.LUT(spread, color.add).reshape(flat)
        keep = None if color.keep is None else cv2.LUT(spread, color.keep).reshape(flat)
        return StampPart(width, height, keep, add)


@dataclass(frozen=True, eq=False)
class Stamp:
    """A picture ready to be put down, one part a plane."""

    parts: tuple[StampPart, ...]

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return sum(p.add.nbytes + (0 if p.keep is None else p.keep.nbytes) for p in self.parts)


def phase_of(made: PixelFormat, x: int, y: int) -> tuple[int, int]:
    """Where in a chroma cell the pixel `(x, y)` lies; a stamp fits places of one phase only."""
    step_x, step_y = made.planes[-1].step
    return x % step_x, y % step_y


def make_stamp(
    coverage: NDArray[np.uint8], dye: Dye, made: PixelFormat, phase: tuple[int, int]
) -> Stamp:
    """Dye a coverage mask for every plane.

    Args:
        coverage: `(H, W)` uint8, pixels; 255 is fully covered.
        dye: Its colours in that pixel format.
        made: The pixel format.
        phase: Of the place for its top left corner, from `phase_of`.
    """
    masks = {(1, 1): coverage}
    parts = []
    for plane, color in zip(made.planes, dye.planes, strict=True):
        if plane.step not in masks:
            masks[plane.step] = shrink(coverage, plane.step, phase)
        parts.append(StampPart.of(masks[plane.step], color))
    return Stamp(tuple(parts))


def shrink(
    coverage: NDArray[np.uint8], step: tuple[int, int], phase: tuple[int, int]
) -> NDArray[np.uint8]:
    """Average a coverage mask over each cell of a plane.

    Args:
        coverage: `(H, W)` uint8, pixels.
        step: Of the plane.
        phase: Of the place of its top left corner, from `phase_of`.
    """
    height, width = coverage.shape
    left, top = phase
    columns, rows = -(-(width + left) // step[0]), -(-(height + top) // step[1])
    padded = np.zeros((rows * step[1], columns * step[0]), np.uint8)
    padded[top : top + height, left : left + width] = coverage
    shrunk: NDArray[np.uint8] = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    return shrunk
