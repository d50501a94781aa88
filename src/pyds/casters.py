"""What may be written to a C field: the rules of pybind11's type casters.

Every caster returns the value to store and raises TypeError, never anything else, with the name of
the field, what it takes and what it got.
"""

from __future__ import annotations

import operator
from typing import Any, TypeVar

MAX_CHAR_BYTES = 4  # of one character in UTF-8

T = TypeVar("T")


def whole(value: object, low: int, high: int, label: str) -> int:
    """An integer field: anything that counts as a whole number, but no float and no string.

    Args:
        value: What the application wrote.
        low: Smallest number that the C type holds.
        high: Largest number that the C type holds.
        label: Name of the field, for the message.

    Raises:
        TypeError: Not a whole number, or outside the C type.
    """
    number = None if isinstance(value, float) else _as_int(value)
    if number is None:
        hint = "; write int(...) around it" if isinstance(value, float) else ""
        raise TypeError(f"{label} takes a whole number, got {described(value)}{hint}")
    if not low <= number <= high:
        raise TypeError(f"{label} takes a whole number from {low} to {high}, got {number}")
    return number


def _as_int(value: Any) -> int | None:
    try:
        return operator.index(value)
    except TypeError:
        pass
    # numpy.float32 is no float and has no __index__: pybind11 takes it, cut to an integer.
    if not hasattr(type(value), "__int__"):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def real(value: Any, label: str) -> float:
    """A float field: any number.

    Raises:
        TypeError: Not a number.
    """
    kind = type(value)
    if kind is float:
        number: float = value
        return number
    if hasattr(kind, "__float__") or hasattr(kind, "__index__"):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise TypeError(f"{label} takes a number, got {described(value)}")


def text(value: object, label: str) -> str:
    """A string field: a str, or bytes of UTF-8, cut at its first NUL as C would read it.

    Raises:
        TypeError: Neither, or a str that UTF-8 cannot hold.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        raise TypeError(f"{label} takes a str, got {described(value)}{_string_hint(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise TypeError(
                f"{label} takes text that UTF-8 can hold, got {value!a}: {error.reason}"
            ) from None
    return value if "\0" not in value else value[: value.index("\0")]


def _string_hint(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return ": a string field reads as an address, write pyds.get_string(...) around it"
    return ': write "" to clear it' if value is None else ""


def fitting(value: str, size: int) -> str:
    """Cut to what a `char[size]` holds, never in the middle of a character."""
    most = size - 1  # the last byte is the terminator
    if len(value) * MAX_CHAR_BYTES <= most:
        return value
    encoded = value.encode("utf-8", "replace")
    return value if len(encoded) <= most else encoded[:most].decode("utf-8", "ignore")


def instance(value: object, wanted: type[T], label: str) -> T:
    """A field or argument that takes objects of one pyds class.

    Raises:
        TypeError: Of another class, or None.
    """
    if isinstance(value, wanted):
        return value
    hint = ""
    if isinstance(value, int) and issubclass(wanted, int):
        hint = f": write pyds.{wanted.__name__}({value})"
    elif hasattr(wanted, "cast") and not isinstance(value, int) and value is not None:
        hint = f": cast it first, pyds.{wanted.__name__}.cast(...)"
    raise TypeError(f"{label} takes a pyds.{wanted.__name__}, got {described(value)}{hint}")


def described(value: object) -> str:
    """A value and its type, short, for a message."""
    if value is None:
        return "None"
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} ({type(value).__name__})"
