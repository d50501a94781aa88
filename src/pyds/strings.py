"""C strings: a string field reads as an address, here an int that brings its text along."""

from __future__ import annotations

from pyds.casters import described


class Address(int):
    """What a `char *` field reads as: prints as a number, `get_string` gives its text."""

    text: str | None
    """None where something else than a string lives there."""

    @classmethod
    def of(cls, text: str | None) -> int:
        """The address of a text; 0 for None, as for a null pointer."""
        if text is None:
            return 0
        address = cls(id(text))
        address.text = text
        return address


def get_string(ptr: int) -> str | None:
    """The text at an address that a string field, `strdup` or `alloc_buffer` gave; None for 0.

    Raises:
        TypeError: `ptr` is not an int.
        ValueError: A number that nothing of these gave: C would read wild memory.
    """
    if type(ptr) is Address:
        return ptr.text
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
