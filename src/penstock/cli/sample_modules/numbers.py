"""`common.utils`: numbers as C has them."""

from __future__ import annotations


def long_to_uint64(number: int) -> int:
    """The number as an unsigned one of 64 bits."""
    return number & 0xFFFFFFFFFFFFFFFF
