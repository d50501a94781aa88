"""Numbers drawn in pictures, which survive scaling and encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_NUMBER_BITS, _CHECK_BITS = 16, 8
_BITS = _NUMBER_BITS + _CHECK_BITS
_BLACK, _WHITE = 16, 235
_ROWS = 18  # the stamp is one of so many rows, the last

Luma = npt.NDArray[np.uint8]


def draw_stamp(luma: Luma, number: int) -> None:
    """Draw a number along the lower edge, in bars.

    Args:
        luma: `(H, W)`, written to.
        number: Modulo 65536.
    """
    height, _ = luma.shape
    code = _code(number % (1 << _NUMBER_BITS))
    bars = np.array_split(luma[height - height // _ROWS :], _BITS, axis=1)
    for bit, bar in enumerate(bars):
        bar[:] = _WHITE if code >> bit & 1 else _BLACK


def read_stamp(luma: Luma) -> int | None:
    """The number in a picture of any size; none where it cannot be read for sure.

    Args:
        luma: `(H, W)`.
    """
    height, _ = luma.shape
    bars = np.array_split(luma[height - height * 3 // (4 * _ROWS) - 1 :], _BITS, axis=1)
    middle = (_BLACK + _WHITE) / 2
    code = sum(1 << bit for bit, bar in enumerate(bars) if np.median(bar) > middle)
    number = code % (1 << _NUMBER_BITS)
    return number if _code(number) == code else None


def _code(number: int) -> int:
    check = (number * 167 + 90) % 251
    return number | check << _NUMBER_BITS
