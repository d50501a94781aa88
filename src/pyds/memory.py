"""Memory that applications handle by its address.

An address is an int that brings along what lies there: nothing has to be freed, nothing leaks, and
a wild address is refused where C would read it.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyds import live
from pyds.casters import described, whole
from pyds.pointed import Memory
from pyds.strings import Address, address_argument, text_at
from pyds.views import View

_MAX_BYTES = 2**31 - 1
_TIMESTAMP_BYTES = 25  # 2026-01-31T12:34:56.789Z and its NUL


class Block(Address):
    """The address of a block of bytes, which live as long as it does."""

    block: NDArray[np.uint8]

    @classmethod
    def over(cls, block: NDArray[np.uint8]) -> Block:
        """The address of an array, `(size,)` uint8 and contiguous."""
        address = cls(block.ctypes.data)
        address.block = block
        return address

    @classmethod
    def of_zeros(cls, size: int) -> Block:
        """The address of so many bytes, which cost no memory until they are written."""
        return cls.over(np.zeros(size, np.uint8))

    @classmethod
    def holding(cls, data: bytes) -> Block:
        """The address of a writeable copy of `data`."""
        return cls.over(np.frombuffer(bytearray(data or b"\0"), np.uint8))

    @property
    def text(self) -> str:  # type: ignore[override]
        """What stands in front of the first NUL."""
        return self.block.tobytes().partition(b"\0")[0].decode(errors="replace")


class Pointer(Address):
    """The address of an object; give it to the `cast` of its class, or to `memdup`."""

    target: Any
    text = None

    @classmethod
    def to(cls, target: Any) -> Pointer:
        """The address of a struct of pyds, or of what a list or a `void *` holds."""
        try:
            number = live.number_of(target._core if isinstance(target, View) else target)
        except TypeError:  # of a kind that cannot be found again by its number alone
            number = id(target)
        address = cls(number)
        address.target = target
        return address


def alloc_buffer(size: int) -> int:
    """The address of a new block of zeros.

    Args:
        size: Bytes, at least 1.

    Raises:
        TypeError: `size` is no whole number from 1 to 2**31 - 1.
    """
    return Block.of_zeros(whole(size, 1, _MAX_BYTES, "pyds.alloc_buffer: size"))


def alloc_char_buffer(size: int, /) -> int:
    """The old name of `alloc_buffer`."""
    return Block.of_zeros(whole(size, 1, _MAX_BYTES, "pyds.alloc_char_buffer: size"))


def free_gbuffer(buffer: object) -> None:
    """Give back what a `void *` field holds: nothing to do here, as often as you like."""


def strdup(ptr: int, /) -> int:
    """The address of a copy of the string at an address; 0 for 0.

    Raises:
        TypeError: `ptr` is not an int.
        ValueError: No string lives there.
    """
    text = text_at(ptr, "strdup")
    return 0 if text is None else Block.holding(text.encode(errors="replace") + b"\0")


def strdup2str(ptr: int, /) -> str:
    """The string at an address; "" for 0.

    Raises:
        TypeError: `ptr` is not an int.
        ValueError: No string lives there.
    """
    return text_at(ptr, "strdup2str") or ""


def memdup(ptr: int, size: int) -> int:
    """The address of a copy of what lies at an address; 0 for 0.

    Args:
        ptr: What `get_ptr`, `alloc_buffer` or a string field gave.
        size: Bytes to copy. A struct is copied whole: strings and pointers in it are shared, as
            in C.

    Raises:
        TypeError: `ptr` or `size` is not a whole number.
        ValueError: Nothing known lives there, or it is shorter than `size`.
    """
    address = address_argument(ptr, "memdup")
    count = whole(size, 0, _MAX_BYTES, "pyds.memdup: size")
    if address == 0:
        return 0
    if isinstance(address, Pointer):
        return _duplicate(address.target)
    if isinstance(address, Block):
        data = address.block.tobytes()
    elif isinstance(address, Address):
        data = (address.text or "").encode(errors="replace") + b"\0"
    else:
        raise ValueError(f"pyds.memdup: nothing known lives at {ptr}: pass what get_ptr gave")
    if count > len(data):
        raise ValueError(f"pyds.memdup: {len(data)} bytes live there, {count} were asked for")
    return Block.holding(data[:count])


def _duplicate(target: Any) -> Pointer:
    if not isinstance(target, View):
        raise ValueError(
            f"pyds.memdup copies structs and buffers, got the address of {described(target)}: "
            "cast it first"
        )
    twin = type(target)()
    target._copy_into(twin._core)
    return Pointer.to(twin)


def get_ptr(ptr: object) -> int:
    """The address of an object; 0 for None.

    Args:
        ptr: A struct; what a list or a `void *` field holds; memory such as `layer.buffer` or an
            array, whose address is that of its first element and may be given to `ctypes`.

    Raises:
        TypeError: A number, a str or the like, which has no place of its own.
    """
    if ptr is None:
        return 0
    if isinstance(ptr, Address):
        return ptr
    if isinstance(ptr, Memory):
        ptr = ptr.numbers
    if isinstance(ptr, np.ndarray):
        return Block.over(_bytes_of(ptr))
    carried = live.address_in(ptr)
    if carried is not None:
        return carried
    if isinstance(ptr, int | float | str | bytes):
        raise TypeError(f"pyds.get_ptr takes an object of pyds, got {described(ptr)}")
    return Pointer.to(ptr)


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    if not array.flags.c_contiguous:
        raise TypeError(
            "pyds.get_ptr takes arrays whose elements adjoin: copy it first, np.ascontiguousarray"
        )
    return array.reshape(-1).view(np.uint8)


def generate_ts_rfc3339(buffer: int, size: int) -> None:
    """Write the present time, UTC, as `YYYY-MM-DDTHH:MM:SS.mmmZ` and a NUL.

    Args:
        buffer: What `alloc_buffer` gave.
        size: Bytes that may be written; what does not fit is cut.

    Raises:
        TypeError: Not whole numbers.
        ValueError: `buffer` is not a block of at least `size` bytes.
    """
    address = address_argument(buffer, "generate_ts_rfc3339")
    count = whole(size, 1, _MAX_BYTES, "pyds.generate_ts_rfc3339: size")
    if not isinstance(address, Block) or not address.block.flags.writeable:
        raise ValueError(
            "pyds.generate_ts_rfc3339 writes to what pyds.alloc_buffer gave, got "
            f"{described(buffer)}"
        )
    if count > len(address.block):
        raise ValueError(
            f"pyds.generate_ts_rfc3339: the buffer has {len(address.block)} bytes, "
            f"size says {count}"
        )
    now = datetime.datetime.now(datetime.timezone.utc)
    text = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"
    data = text.encode()[: min(count, _TIMESTAMP_BYTES) - 1] + b"\0"
    address.block[: len(data)] = np.frombuffer(data, np.uint8)
