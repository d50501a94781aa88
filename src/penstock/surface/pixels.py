"""A picture in one format: the arrays, and what their numbers mean."""

from __future__ import annotations

from typing import Any, NamedTuple

from penstock.surface.formats import PixelFormat, pixel_format
from penstock.surface.protocol import Colorimetry, Planes


class Pixels(NamedTuple):
    """Planes with their meaning.

    Attributes:
        planes: One array a plane, shaped as `format.shapes(size)`.
        format: How they are cut.
        colorimetry: How YUV relates to RGB; of no meaning inside RGB and gray.
    """

    planes: Planes
    format: PixelFormat
    colorimetry: Colorimetry

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)`, pixels; of luma where chroma is subsampled."""
        rows, columns = self.planes[0].shape[:2]
        return (columns, rows)

    def means(self, wanted: PixelFormat, colorimetry: Colorimetry) -> bool:
        """Whether the same numbers serve as `wanted` with `colorimetry`."""
        same = self.format is wanted
        return same and (wanted.model != "yuv" or self.colorimetry == colorimetry)

    @classmethod
    def allocate(
        cls, wanted: PixelFormat, colorimetry: Colorimetry, size: tuple[int, int]
    ) -> Pixels:
        """Room for a picture, contents undefined."""
        return cls(wanted.allocate(size), wanted, colorimetry)


def check_planes(planes: Any, name: str) -> tuple[int, int]:
    """Return `(width, height)` of planes that fit the format called `name`.

    Raises:
        ValueError: Their number, shapes or dtype do not; the message lists both sides.
    """
    made = pixel_format(name)
    first: tuple[int, ...] = planes[0].shape if len(planes) else ()
    size = (first[1], first[0]) if len(first) >= 2 else (0, 0)
    wanted = made.shapes(size)
    fits = [(plane.shape, plane.dtype) for plane in planes] == [(s, made.dtype) for s in wanted]
    if not fits or not all(size):
        got = ", ".join(f"{plane.shape} {plane.dtype}" for plane in planes) or "none"
        example = ", ".join(map(str, made.shapes((1920, 1080))))
        raise ValueError(
            f"{name} has {len(wanted)} plane(s) of {made.dtype.__name__}, for 1920x1080 {example}; "
            f"got {got}"
        )
    return size
