"""Colours of the metadata as samples of a pixel format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Color
from penstock.osd.formats import drawable
from penstock.surface import Colorimetry
from penstock.surface.color import rgb_to_yuv
from penstock.surface.formats import PlaneFormat

__all__ = ["Dye", "DyePlane", "Ink", "InkPlane", "Palette", "pixel_type"]

T = TypeVar("T")

MAX_COLORS = 1024
NOTHING: Color = (0.0, 0.0, 0.0, 0.0)
PIXEL_TYPES = {1: "u1", 2: "u2", 3: "V3", 4: "u4"}


@dataclass(frozen=True, eq=False)
class InkPlane:
    """A colour to fill with, in one plane.

    Attributes:
        pixel: `()` array of the plane's pixel type: what to assign where the colour is opaque.
        values: The same as separate samples.
        lut: Old sample → new sample, `(1, 256)` or `(1, 256, C)` uint8; `None` where opaque.
    """

    pixel: NDArray[Any]
    values: tuple[int, ...]
    lut: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Ink:
    """A colour to fill with, plane by plane."""

    opaque: bool
    planes: tuple[InkPlane, ...]


@dataclass(frozen=True, eq=False)
class DyePlane:
    """What each coverage does to the samples of one plane: `new = keep · old / 255 + add`.

    Attributes:
        keep: By coverage, `(1, 256)` uint8; `None` where nothing of the picture is kept.
        add: By coverage, `(1, 256)` or `(1, 256, C)` uint8.
    """

    keep: NDArray[np.uint8] | None
    add: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Dye:
    """A colour to put through a coverage mask, with or without a ground, plane by plane."""

    planes: tuple[DyePlane, ...]


def pixel_type(plane: PlaneFormat) -> np.dtype[Any]:
    """A dtype that holds all samples of a pixel of a plane in one element."""
    return np.dtype(PIXEL_TYPES[len(plane.samples)])


class Palette:
    """The colours of one pixel format, each mixed once.

    Args:
        pixel_format: One of `PIXEL_FORMATS`.
        colorimetry: How YUV relates to RGB in the picture.

    Raises:
        UnknownNameError: The format cannot be drawn on.
    """

    def __init__(self, pixel_format: str, colorimetry: Colorimetry) -> None:
        self.format = drawable(pixel_format)
        gray = self.format.model == "gray"
        self._to_yuv = rgb_to_yuv(replace(colorimetry, full_range=True) if gray else colorimetry)
        self._inks: dict[Color, Ink | None] = {}
        self._dyes: dict[tuple[Color, Color], Dye | None] = {}

    def ink(self, color: Color) -> Ink | None:
        """The colour for filling; `None` where its alpha is 0."""
        try:
            return self._inks[color]
        except KeyError:
            return _remember(self._inks, color, self._mix_ink(color))

    def dye(self, color: Color, ground: Color = NOTHING) -> Dye | None:
        """The colour for a coverage mask; `None` where nothing would be seen.

        Args:
            color: What the shape gets, where coverage is 255.
            ground: What lies under the whole mask, covered or not.
        """
        key = (color, ground)
        try:
            return self._dyes[key]
        except KeyError:
            return _remember(self._dyes, key, self._mix_dye(color, ground))

    def _samples(self, color: Color) -> tuple[dict[str, float], float]:
        """Name of a sample → value in [0, 255]; and the alpha. Clips, and takes NaN for 0."""
        red, green, blue, alpha = (min(float(c), 1.0) if c > 0 else 0.0 for c in color)
        rgb = (255 * red, 255 * green, 255 * blue)
        yuv = np.clip(self._to_yuv @ [*rgb, 1.0], 0, 255).tolist()
        opaque = 255.0  # a frame is opaque, and stays so
        return dict(zip("RGBYUVAx", (*rgb, *yuv, opaque, opaque), strict=True)), alpha

    def _mix_ink(self, color: Color) -> Ink | None:
        samples, opacity = self._samples(color)
        alpha = round(255 * opacity)
        if alpha == 0:
            return None
        planes = tuple(_ink_plane(plane, samples, alpha) for plane in self.format.planes)
        return Ink(alpha == 255, planes)

    def _mix_dye(self, color: Color, ground: Color) -> Dye | None:
        over, opacity = self._samples(color)
        under, ground_opacity = self._samples(ground)
        if round(255 * opacity) == 0 and round(255 * ground_opacity) == 0:
            return None
        shape = opacity * np.arange(256) / 255
        keep = np.rint(255 * (1 - shape) * (1 - ground_opacity)).astype(np.uint8)
        kept = keep[None] if keep.any() else None
        planes = []
        for plane in self.format.planes:
            front = np.outer(shape, [over[name] for name in plane.samples])
            back = np.outer(1 - shape, [ground_opacity * under[name] for name in plane.samples])
            planes.append(DyePlane(kept, _table(np.rint(front + back))))
        return Dye(tuple(planes))


def _ink_plane(plane: PlaneFormat, samples: dict[str, float], alpha: int) -> InkPlane:
    values = tuple(round(samples[component]) for component in plane.samples)
    pixel = np.array(values, np.uint8).view(pixel_type(plane)).reshape(())
    if alpha == 255:
        return InkPlane(pixel, values, None)
    old = np.arange(256)[:, None]
    return InkPlane(
        pixel, values, _table((old * (255 - alpha) + np.array(values) * alpha + 127) // 255)
    )


def _table(values: NDArray[Any]) -> NDArray[np.uint8]:
    """`(256, C)` as OpenCV wants a look-up table: `(1, 256)` or `(1, 256, C)`."""
    table = values.astype(np.uint8)[None]
    return table[..., 0] if table.shape[-1] == 1 else table


def _remember(table: dict[Any, T], key: object, value: T) -> T:
    if len(table) >= MAX_COLORS:  # colours that change with every frame must not fill memory
        table.clear()
    table[key] = value
    return value
