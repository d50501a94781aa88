"""What pixels look like: soft colours and gradient directions, for many pictures at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.trackers.base import Crops

HUES = 6
"""Red, yellow, green, cyan, blue, magenta."""
DIRECTIONS = 8
"""Channels of `gradients`."""

_FAR = 1e6  # pixels: further than any frame reaches
_BITS = 5  # of each of red, green and blue in the table
_GRAY = 0.04  # of the range: pixels whose channels differ by less have little of a hue
_FLOOR = 16.0  # of a gradient's length: less is noise
_TURN = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
_AXES = np.stack([np.cos(_TURN), np.sin(_TURN)]).astype(np.float32)
_NEXT = np.float32(np.cos(np.pi / DIRECTIONS))  # what the neighbouring direction sees of a gradient


def cut_out(crops: Crops, boxes: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`(K, height, width, 3)` RGB of `boxes`, `(4, K)` xyxy, frame pixels, however far away."""
    return crops(np.clip(boxes.T, -_FAR, _FAR).astype(np.float32), size)


def soft_colors(pictures: NDArray[np.uint8], *, shades: int) -> NDArray[np.float32]:
    """How much of each colour every pixel is: in place of the colour names that people learned.

    A pixel is partly gray, the more the closer its channels are, and partly of a hue; each part is
    divided linearly between the two nearest shades or hues.

    Args:
        pictures: `(..., 3)` RGB.
        shades: How many grays there are from black to white.

    Returns:
        `(..., shades + HUES)` float32 in [0, 1], each pixel's sum 1.
    """
    bits = pictures >> (8 - _BITS)
    index = bits[..., 0].astype(np.int32)
    for channel in (1, 2):
        index <<= _BITS
        index |= bits[..., channel]
    return np.asarray(np.take(_table(shades), index, axis=0), np.float32)


def gradients(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of gradients, one cell a pixel (Dalal and Triggs, CVPR 2005).

    Directions without their sign, each seen by the two nearest of `DIRECTIONS`, averaged over 3 by
    3 pixels and divided by their length, so that strong edges do not drown weak ones.

    Args:
        pictures: `(N, h, w, 3)` RGB.

    Returns:
        `(N, h, w, DIRECTIONS)` float32 in [0, 1].
    """
    gray = pictures.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    padded = np.pad(gray, ((0, 0), (1, 1), (1, 1)), mode="edge")
    dx = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    dy = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    length = np.sqrt(dx * dx + dy * dy)
    cells = np.abs(np.stack([dx, dy], axis=-1) @ _AXES)
    cells -= (length * _NEXT)[..., None]
    np.maximum(cells, 0, out=cells)
    cells = _blurred(cells)
    cells /= np.sqrt(np.einsum("...d,...d->...", cells, cells) + np.float32(_FLOOR))[..., None]
    return cells


def _blurred(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 3 by 3 pixels."""
    across = cells.copy()
    across[:, :, 1:] += cells[:, :, :-1]
    across[:, :, :-1] += cells[:, :, 1:]
    down = across.copy()
    down[:, 1:] += across[:, :-1]
    down[:, :-1] += across[:, 1:]
    down /= 9
    return down


@lru_cache(maxsize=4)
def _table(shades: int) -> NDArray[np.float32]:
    """`(2 ** (3 * _BITS), shades + HUES)`: the colours of every RGB, in steps."""
    levels = (np.arange(1 << _BITS, dtype=np.float32) + 0.5) / (1 << _BITS)
    rgb = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    high, low = rgb.max(axis=1), rgb.min(axis=1)
    gray = np.exp(-np.square((high - low) / _GRAY) / 2)
    table = np.zeros((len(rgb), shades + HUES), np.float32)
    _divide(table[:, :shades], rgb.mean(axis=1) * (shades - 1), gray)
    _divide(table[:, shades:], _hue(rgb, high, high - low), 1 - gray, ring=True)
    return table


def _hue(rgb: Any, high: Any, chroma: Any) -> NDArray[np.float32]:
    """0 red, 1 yellow, 2 green, … below 6."""
    red, green, blue = rgb.T
    divisor = np.maximum(chroma, 1e-6)
    hue = np.where(
        high == red,
        (green - blue) / divisor,
        np.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    return np.asarray(hue % HUES, np.float32)


def _divide(bins: Any, place: Any, amount: Any, *, ring: bool = False) -> None:
    """Add `amount` to the two bins nearest to `place`."""
    count = bins.shape[1]
    first = np.minimum(place.astype(np.int64), count - 1)
    second = (first + 1) % count if ring else np.minimum(first + 1, count - 1)
    share = place - first
    rows = np.arange(len(bins))
    np.add.at(bins, (rows, first), amount * (1 - share))
    np.add.at(bins, (rows, second), amount * share)
