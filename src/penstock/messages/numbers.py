"""Numbers of the metadata, whatever an application wrote there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

_WRONG = (TypeError, ValueError, OverflowError)
_NO_BOX = (math.nan,) * 4


def corners(ltwh: Any) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box in ltwh, pixels; NaN where it is no box."""
    try:
        left, top, width, height = ltwh
        return left, top, left + width, top + height
    except _WRONG:
        return _NO_BOX


def short(value: Any) -> str:
    """Six significant digits, as C++ prints a float: `1834.25`, `1e+06`, `nan`."""
    try:
        return f"{value:g}"
    except _WRONG:
        return "nan"


def fixed(value: Any) -> str:
    """Six decimals."""
    try:
        return f"{value:.6f}"
    except _WRONG:
        return "nan"


def cut(value: Any) -> int | None:
    """A whole number, cut towards 0; None where it is not finite or no number."""
    try:
        return int(value)
    except _WRONG:
        return None


def real_or_none(value: Any) -> float | None:
    """A number with a fraction; None where it is no number."""
    try:
        return float(value)
    except _WRONG:
        return None


def unsigned(track_id: Any) -> str:
    """An id as 64 bits without sign; -1, which is no track, is all ones."""
    try:
        return str(int(track_id) & 0xFFFF_FFFF_FFFF_FFFF)
    except _WRONG:
        return "0"


def floats(values: Any) -> list[float]:
    """The numbers of an array or nested list, one after the other; none where some are none."""
    try:
        found: list[float] = np.asarray(values, np.float64).ravel().tolist()
    except _WRONG:
        return []
    return found


def outline_of(details: Any) -> list[list[float]]:
    """The polygons around an object, each flat, frame pixels."""
    polygons = getattr(details, "outline", None)
    found = [floats(polygon) for polygon in polygons] if isinstance(polygons, Iterable) else []
    return [polygon for polygon in found if polygon]
