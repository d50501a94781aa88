"""Matrices between YUV and RGB, on samples of 0 to 255."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from penstock.surface.formats import PixelFormat
from penstock.surface.protocol import Colorimetry

Matrix = NDArray[np.float64]

_RED_BLUE_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}


@cache
def luma_range(colorimetry: Colorimetry) -> tuple[float, float]:
    """`(black, levels from black to white)` of Y: `(16, 219)` or `(0, 255)`."""
    return (0.0, 255.0) if colorimetry.full_range else (16.0, 219.0)


@cache
def luma_weights(colorimetry: Colorimetry) -> tuple[float, float, float]:
    """Shares of R, G and B in Y."""
    red, blue = _RED_BLUE_WEIGHTS[colorimetry.matrix]
    return (red, 1 - red - blue, blue)


@cache
def rgb_to_yuv(colorimetry: Colorimetry) -> Matrix:
    """`(3, 4)`: rows Y, U, V; columns R, G, B, 1. ITU-R BT.601-7 and BT.709-6, section 3."""
    weights = np.array(luma_weights(colorimetry))
    black, luma_levels = luma_range(colorimetry)
    chroma_levels = 255.0 if colorimetry.full_range else 224.0
    unit = np.eye(3)
    rows = [
        weights * luma_levels,
        (unit[2] - weights) / (2 * (1 - weights[2])) * chroma_levels,
        (unit[0] - weights) / (2 * (1 - weights[0])) * chroma_levels,
    ]
    return np.column_stack([np.array(rows) / 255, [black, 128, 128]])


@cache
def yuv_to_rgb(colorimetry: Colorimetry) -> Matrix:
    """`(3, 4)`: rows R, G, B; columns Y, U, V, 1."""
    forward = rgb_to_yuv(colorimetry)
    back = np.linalg.inv(forward[:, :3])
    return np.column_stack([back, -back @ forward[:, 3]])


@cache
def yuv_to_yuv(source: Colorimetry, target: Colorimetry) -> Matrix:
    """`(3, 4)`: rows Y, U, V of `target`; columns Y, U, V of `source`, 1."""
    first, second = yuv_to_rgb(source), rgb_to_yuv(target)
    moved = second[:, :3] @ first
    moved[:, 3] += second[:, 3]
    return np.asarray(moved)


def full_range(colorimetry: Colorimetry) -> Colorimetry:
    """The same matrix over 0 to 255: what gray is measured in."""
    return Colorimetry(colorimetry.matrix, full_range=True)


def black(made: PixelFormat, colorimetry: Colorimetry) -> tuple[tuple[int, ...], ...]:
    """The samples of a black, opaque pixel, plane by plane."""
    unit = 256 if made.dtype == np.uint16 else 1
    luma = int(luma_range(colorimetry)[0]) if made.model == "yuv" else 0
    level = {"Y": luma, "U": 128, "V": 128, "A": 255, "x": 255}
    return tuple(
        tuple(level.get(name, 0) * unit for name in plane.samples) for plane in made.planes
    )
