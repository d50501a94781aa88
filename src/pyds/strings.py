"""C strings: a string field reads as an address, here an int that brings its text along."""

from __future__ import annotations

import ctypes
import sys

from pyds.casters import described

_HEADER_BYTES = sys.getsizeof("") - 1  # CPython keeps an ASCII text and its NUL behind them
_utf8_of = ctypes.pythonapi.PyUnicode_AsUTF8
_utf8_of.restype, _utf8_of.argtypes = ctypes.c_void_p, [ctypes.py_object]


class Address(int):
    """What a `char *` field reads as: prints as a number, `get_string` gives its text.

    The text in UTF-8 and its NUL do lie there, for `ctypes`, as long as the field or this holds it.
    """

    text: str | None
    """None where something else than a string lives there."""

    @classmethod
    def of(cls, text: str | None) -> int:
        """The address of a text; 0 for None, as for a null pointer."""
        if text is None:
            return 0
        is_plain = type(text) is str and text.isascii()
        address = cls(id(text) + _HEADER_BYTES if is_plain else _place_of(text))
        address.text = text
        return address


def _place_of(text: str) -> int:
    try:
        return int(_utf8_of(text))
    except UnicodeEncodeError:  # no field takes such a text, but Penstock's own objects may hold it
        return id(text)


def get_string(ptr: int | str) -> str | None:
    """The text at an address that a string field, `strdup` or `alloc_buffer` gave; None for 0.

    What is a text already stays one, so that it does not matter how a field reads.

    Raises:
        TypeError: `ptr` is neither int nor str.
        ValueError: A number that nothing of these gave: C would read wild memory.
    """
    if type(ptr) is Address:
        return ptr.text
    if isinstance(ptr, str):
        return ptr
    return text_at(ptr, "get_string")


def free_buffer(buffer: int) -> None:
    """Give back the memory behind an address: nothing to do here, as often as you like.

    Raises:
        TypeError: `buffer` is not an int.
    """
    address_argument(buffer, "free_buffer")


def text_at(ptr: object, function: str) -> str | None:
    """The text at an address, None for 0; `function` is named where there is none."""
    address = address_argument(ptr, function, what="what a string field reads as")
    if address == 0:
        return None
    text = address.text if isinstance(address, Address) else None
    if text is None:
        raise ValueError(
            f"pyds.{function}: no string lives at {int(address)}: "
            "pass what the field gave, as it is"
        )
    return text


def address_argument(value: object, function: str, *, what: str = "an address") -> int:
    """An argument that is an address.

    Raises:
        TypeError: It is not an int.
    """
    if not isinstance(value, int):
        raise TypeError(f"pyds.{function} takes {what} (an int), got {described(value)}")
    return value
