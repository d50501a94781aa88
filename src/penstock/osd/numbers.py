"""Coordinates of the metadata, which may be anything, as numbers that can be computed with."""

from __future__ import annotations

import math

__all__ = ["FAR_PX", "finite", "whole"]

FAR_PX = 1 << 20
"""Farther away than any picture reaches, pixels."""


def whole(value: float) -> int:
    """The nearest pixel, kept within `±FAR_PX`; NaN is far away too: `-FAR_PX`."""
    if -FAR_PX < value < FAR_PX:
        return math.floor(value + 0.5)
    return FAR_PX if value > 0 else -FAR_PX


def finite(*values: float) -> tuple[float, ...] | None:
    """The values as floats; `None` where one is NaN, infinite or beyond any sense."""
    try:
        numbers = tuple(float(value) for value in values)
    except OverflowError:
        return None
    return numbers if all(abs(number) < 1e15 for number in numbers) else None
