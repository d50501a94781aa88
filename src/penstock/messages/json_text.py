"""JSON as DeepStream's converter spells it: two blanks a level, `"key" : value`, 17 digits.

Text cannot be invalid: what no JSON number can hold is `null`, lone surrogates become `?`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_NO_NUMBER = (TypeError, ValueError, OverflowError)
_DIGITS = frozenset("-0123456789")


def quoted(text: object) -> str:
    """A string; `null` for None."""
    return "null" if text is None else encode_basestring(str(text))


def real(value: Any) -> str:
    """A number that always shows it has a fraction; `null` for what is not finite or no number."""
    try:
        number = float(value)
    except _NO_NUMBER:
        return "null"
    if not math.isfinite(number):
        return "null"
    text = f"{number:.17g}"
    return f"{text}.0" if _DIGITS.issuperset(text) else text


def whole(value: Any) -> str:
    """A number cut to 32 bits and towards 0; `null` for what is not finite or no number."""
    try:
        return str(max(INT_MIN, min(INT_MAX, int(value))))
    except _NO_NUMBER:
        return "null"


def written(value: Any, *, level: int = 0) -> str:
    """Maps, lists, texts, numbers and None.

    Args:
        value: An int is cut to 32 bits; any other number is written with a fraction.
        level: How deep it stands.
    """
    if value is None or isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        pairs = ((key, written(item, level=level + 1)) for key, item in value.items())
        return members(pairs, level)
    if isinstance(value, (list, tuple)):
        return items((written(item, level=level + 1) for item in value), level)
    return whole(value) if isinstance(value, int) else real(value)


def members(pairs: Iterable[tuple[str, str]], level: int) -> str:
    """A map of texts that are JSON already."""
    blank = "  " * (level + 1)
    inside = ",\n".join(f"{blank}{quoted(key)} : {text}" for key, text in pairs)
    return f"{{\n{inside}\n{'  ' * level}}}" if inside else "{  }"


def items(texts: Iterable[str], level: int) -> str:
    """A list of texts that are JSON already."""
    blank = "  " * (level + 1)
    inside = ",\n".join(f"{blank}{text}" for text in texts)
    return f"[\n{inside}\n{'  ' * level}]" if inside else "[]"


def encoded(text: str) -> bytes:
    """The text in UTF-8."""
    return text.encode(errors="replace")
