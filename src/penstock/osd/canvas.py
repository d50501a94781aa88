"""One picture to draw on, in its pixels, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Color
from penstock.osd.colors import Palette
from penstock.osd.planes import DrawnPlane, ring
from penstock.osd.stamps import Stamp, phase_of, shrink
from penstock.surface import PixelFormat, Planes

__all__ = ["Canvas", "Contour"]

Contour: TypeAlias = NDArray[np.float64]
"""`(N, 2)` corners x, y of a polygon, pixels; whole numbers are the centres of pixels."""

SMOOTH_CHANNELS = (1, 3, 4)
"""OpenCV smooths edges in planes of so many; interleaved chroma goes through a mask."""


class Canvas:
    """A picture that is written to in place; what lies outside it is not drawn.

    In a subsampled plane a cell is painted when any of its pixels is.

    Args:
        planes: Writeable uint8 arrays, as `Surface.writable(pixel_format)` returns.
        palette: The colours of that pixel format.

    Raises:
        ValueError: The arrays are not planes of that format.
    """

    def __init__(self, planes: Planes, palette: Palette) -> None:
        _check(planes, palette.format)
        self.palette = palette
        self.planes = [DrawnPlane(a, p) for a, p in zip(planes, palette.format.planes, strict=True)]
        self.width, self.height = self.planes[0].width, self.planes[0].height

    def fill(self, box: tuple[int, int, int, int], color: Color) -> None:
        """Fill `x0, y0, x1, y1`, pixels; the last two are the first column and row outside."""
        ink = self.palette.ink(color)
        x0, y0, x1, y1 = box
        if ink is None or x0 >= x1 or y0 >= y1:
            return
        for plane, plane_ink in zip(self.planes, ink.planes, strict=True):
            left, top, right, bottom = plane.cells(x0, y0, x1, y1)
            plane.fill([(slice(top, bottom), slice(left, right))], plane_ink)

    def border(self, box: tuple[int, int, int, int], width: int, color: Color) -> None:
        """Draw a frame along the inside of `box`; without room for a hole it fills it.

        Args:
            box: `x0, y0, x1, y1`, pixels; the last two are the first column and row outside.
            width: Of the frame, pixels, at least 1.
            color: No pixel gets it twice.
        """
        ink = self.palette.ink(color)
        x0, y0, x1, y1 = box
        if ink is None or x0 >= x1 or y0 >= y1:
            return
        inner = (x0 + width, y0 + width, x1 - width, y1 - width)
        step = None
        for plane, plane_ink in zip(self.planes, ink.planes, strict=True):
            if plane.step != step:  # U and V of a format lie alike
                step = plane.step
                parts = ring(plane.cells(*box), plane.inner_cells(*inner), columns=ink.opaque)
            plane.fill(parts, plane_ink)

    def put(self, stamp: Stamp, x: int, y: int) -> None:
        """Draw a stamp with its top left corner at `(x, y)`, whose phase it was made for."""
        step = place = None
        for plane, part in zip(self.planes, stamp.parts, strict=True):
            if plane.step != step:
                step = plane.step
                place = plane.place(part, x, y)
            if place is not None:
                plane.put(part, place)

    def blur(
        self,
        box: tuple[int, int, int, int],
        grid: tuple[int, int],
        coverage: NDArray[np.uint8] | None,
    ) -> None:
        """Replace pixels by the averages of a coarse grid, interpolated.

        Args:
            box: `x0, y0, x1, y1`, pixels, inside the picture and not empty.
            grid: Columns and rows of the coarse grid.
            coverage: `(y1 - y0, x1 - x0)` uint8: pixels with 0 keep what they have.
        """
        phase = phase_of(self.palette.format, *box[:2])
        for plane in self.planes:
            mask = coverage
            if coverage is not None and plane.step != (1, 1):
                mask = shrink(coverage, plane.step, phase)
            plane.blur(plane.cells(*box), grid, mask)

    def polygons(self, polygons: Sequence[Sequence[Contour]], color: Color) -> None:
        """Fill polygons as one shape; in each, inside an even number of its contours is a hole."""
        ink, dye = self.palette.ink(color), self.palette.dye(color)
        if ink is None or dye is None:
            return
        every = [contour for contours in polygons for contour in contours]
        low = np.min([contour.min(axis=0) for contour in every], axis=0)
        high = np.max([contour.max(axis=0) for contour in every], axis=0)
        if (high < -1).any() or low[0] > self.width or low[1] > self.height:
            return
        for plane, opaque, blended in zip(self.planes, ink.planes, dye.planes, strict=True):
            scale = np.array(plane.step)
            cells = [[(c + 0.5) / scale - 0.5 for c in contours] for contours in polygons]
            if ink.opaque and plane.channels in SMOOTH_CHANNELS:
                plane.polygons(cells, opaque)
            else:
                plane.blend_polygons(cells, blended)


def _check(planes: Planes, made: PixelFormat) -> None:
    if len(planes) != len(made.planes):
        raise ValueError(f"{made.name} has {len(made.planes)} planes, got {len(planes)}")
    height, width = planes[0].shape[:2]
    for array, plane in zip(planes, made.planes, strict=True):
        shape, channels = plane.shape((width, height)), len(plane.samples)
        inner = (channels, 1) if channels > 1 else (1,)
        if array.shape != shape or array.dtype != np.uint8 or array.strides[1:] != inner:
            raise ValueError(
                f"plane {plane.samples} of {made.name} {width}x{height} is {shape} uint8 with the "
                f"samples of a row adjacent, got {array.shape} {array.dtype}, "
                f"strides {array.strides}"
            )
