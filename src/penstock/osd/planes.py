"""One plane of a picture to draw on, in cells of that plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.osd.colors import DyePlane, InkPlane, pixel_type
from penstock.osd.stamps import StampPart
from penstock.surface.formats import PlaneFormat

__all__ = ["DrawnPlane", "Index", "ring"]

FRACTION_BITS = 4

Cells: TypeAlias = tuple[int, int, int, int]
"""A rectangle of cells: left, top, and the first column and row outside."""

Index: TypeAlias = tuple[slice, slice | int]
"""Rows and columns."""

Contours: TypeAlias = Sequence[NDArray[np.float64]]
"""Of one polygon: each `(N, 2)` corners x, y, in cells."""

NARROW = 4


class DrawnPlane:
    """A plane that is written to; what lies outside it is not drawn.

    Three views share its memory: `array` `(H, W)` or `(H, W, C)`; `_samples` `(H, W · C)`; and
    `_pixels` `(H, W)` with all samples of a pixel in one element, which fills several times faster.

    Args:
        array: Writeable uint8 samples, those of a row adjacent.
        plane: What they are.
    """

    def __init__(self, array: NDArray[Any], plane: PlaneFormat) -> None:
        channels = len(plane.samples)
        self.array = array
        self.channels = channels
        self.step = plane.step
        self.height, self.width = array.shape[:2]
        self._samples = self._pixels = array
        if channels > 1:
            self._samples = array.reshape(self.height, self.width * channels)
            self._pixels = array.view(pixel_type(plane))[..., 0]

    def cells(self, x0: int, y0: int, x1: int, y1: int) -> Cells:
        """The cells of the plane that have any pixel of a rectangle."""
        step_x, step_y = self.step
        return self._clipped(x0 // step_x, y0 // step_y, -(-x1 // step_x), -(-y1 // step_y))

    def inner_cells(self, x0: int, y0: int, x1: int, y1: int) -> Cells:
        """The cells of the plane that have only pixels of a rectangle."""
        step_x, step_y = self.step
        return self._clipped(-(-x0 // step_x), -(-y0 // step_y), x1 // step_x, y1 // step_y)

    def _clipped(self, left: int, top: int, right: int, bottom: int) -> Cells:
        width, height = self.width, self.height
        if 0 <= left <= right <= width and 0 <= top <= bottom <= height:
            return left, top, right, bottom
        return (
            min(max(left, 0), width),
            min(max(top, 0), height),
            min(max(right, 0), width),
            min(max(bottom, 0), height),
        )

    def fill(self, places: Sequence[Index], color: InkPlane) -> None:
        """Fill cells; a translucent colour takes no single columns."""
        if color.lut is None:
            pixels, pixel = self._pixels, color.pixel
            for place in places:
                pixels[place] = pixel
            return
        for place in places:
            region = self.array[place]
            if region.size:
                cv2.LUT(region, color.lut, region)

    def place(self, part: StampPart, x: int, y: int) -> tuple[Index, Index | None] | None:
        """Where a stamp's part goes whose first cell is that of the pixel `(x, y)`.

        Returns:
            What to index the samples of the plane with, and those of the part, `None` for all of
            it; `None` where nothing of it is inside.
        """
        left, top, channels = x // self.step[0], y // self.step[1], self.channels
        right, bottom = left + part.width, top + part.height
        cut = None
        if left < 0 or top < 0 or right > self.width or bottom > self.height:
            if right <= 0 or bottom <= 0 or left >= self.width or top >= self.height:
                return None
            rows = slice(max(-top, 0), self.height - top)
            cut = (rows, slice(max(-left, 0) * channels, (self.width - left) * channels))
            left, top = max(left, 0), max(top, 0)
            right, bottom = min(right, self.width), min(bottom, self.height)
        return (slice(top, bottom), slice(left * channels, right * channels)), cut

    def put(self, part: StampPart, place: tuple[Index, Index | None]) -> None:
        """Draw a stamp's part where `place` said."""
        index, cut = place
        keep = part.keep
        add = part.add if cut is None else part.add[cut]
        if keep is None:
            self._samples[index] = add
            return
        target = self._samples[index]
        cv2.multiply(target, keep if cut is None else keep[cut], target, 1 / 255)
        cv2.add(target, add, target)

    def blur(self, cells: Cells, grid: tuple[int, int], mask: NDArray[np.uint8] | None) -> None:
        """Replace cells by the averages of a coarse grid, interpolated.

        Args:
            cells: Which, at least one.
            grid: Columns and rows of the coarse grid.
            mask: `(rows, columns)` uint8 of `cells`: those with 0 keep what they have.
        """
        left, top, right, bottom = cells
        region = self.array[top:bottom, left:right]
        width, height = right - left, bottom - top
        columns, rows = coarse = (min(grid[0], width), min(grid[1], height))
        # Cells of whole pixels average twenty times faster; the rim that is left over has no part.
        whole = region[: height // rows * rows, : width // columns * columns]
        small = cv2.resize(whole, coarse, interpolation=cv2.INTER_AREA)
        if mask is None:
            cv2.resize(small, (width, height), region, interpolation=cv2.INTER_LINEAR)
        else:
            cv2.copyTo(cv2.resize(small, (width, height)), mask, region)

    def polygons(self, polygons: Sequence[Contours], color: InkPlane) -> None:
        """Fill polygons, in cells, with an opaque colour, each by the even-odd rule."""
        for contours in polygons:
            _fill_polygon(self.array, contours, color.values)

    def blend_polygons(self, polygons: Sequence[Contours], color: DyePlane) -> None:
        """The same through one coverage mask: for a translucent colour, or two channels."""
        corners = np.concatenate([contour for contours in polygons for contour in contours])
        size = np.array([self.width, self.height])
        left, top = np.clip(np.floor(corners.min(axis=0)) - 1, 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(corners.max(axis=0)) + 2, 0, size).astype(int).tolist()
        if left >= right or top >= bottom:
            return
        coverage = np.zeros((bottom - top, right - left), np.uint8)
        for contours in polygons:
            _fill_polygon(coverage, [contour - (left, top) for contour in contours], (255,))
        part = StampPart.of(coverage, color)
        place = self.place(part, left * self.step[0], top * self.step[1])
        if place is not None:
            self.put(part, place)


def _fill_polygon(array: NDArray[Any], contours: Contours, values: tuple[int, ...]) -> None:
    fixed = [np.rint(contour * (1 << FRACTION_BITS)).astype(np.int32) for contour in contours]
    cv2.fillPoly(array, fixed, values, cv2.LINE_AA, FRACTION_BITS)


def ring(outer: Cells, hole: Cells, *, columns: bool) -> list[Index]:
    """The parts of `outer` that are not in `hole`, none twice.

    Args:
        outer: Cells of a plane.
        hole: Cells inside it; without any, `outer` is one part.
        columns: Give narrow sides column by column, which fills several times faster.
    """
    left, top, right, bottom = outer
    hole_left, hole_top, hole_right, hole_bottom = hole
    if hole_left >= hole_right or hole_top >= hole_bottom:
        return [(slice(top, bottom), slice(left, right))]
    across, down = slice(left, right), slice(hole_top, hole_bottom)
    parts: list[Index] = [(slice(top, hole_top), across), (slice(hole_bottom, bottom), across)]
    if columns and hole_left - left <= NARROW and right - hole_right <= NARROW:
        parts += [(down, x) for x in range(left, hole_left)]
        parts += [(down, x) for x in range(hole_right, right)]
    else:
        parts += [(down, slice(left, hole_left)), (down, slice(hole_right, right))]
    return parts
