"""C strings: a string field reads as an address, here an int that brings its text along."""

from __future__ import annotations

from pyds.casters import described


class Address(int):
    """What a `char *` field reads as: prints as a number, `get_string` gives its text."""

    text: str

    @classmethod
    def of(cls, text: str | None) -> int:
        """The address of a text; 0 for None, as for a null pointer."""
        if text is None:
            return 0
        address = cls(id(text))
        address.text = text
        return address


def get_string(ptr: int) -> str | None:
    """The text at an address that a string field gave; None for 0.

    Raises:
        TypeError: `ptr` is not an int.
        ValueError: A number that no string field gave: C would read wild memory.
    """
    if isinstance(ptr, Address):
        return ptr.text
    if not isinstance(ptr, int):
        raise TypeError(
            f"pyds.get_string takes what a string field reads as (an int), got {described(ptr)}"
        )
    if ptr == 0:
        return None
    raise ValueError(
        f"pyds.get_string: no string lives at {ptr}: pass what the field gave, as it is"
    )


def free_buffer(buffer: int) -> None:
    """Give back the memory behind an address: nothing to do here, as often as you like.

    Raises:
        TypeError: `buffer` is not an int.
    """
    if not isinstance(buffer, int):
        raise TypeError(f"pyds.free_buffer takes an address (an int), got {described(buffer)}")
