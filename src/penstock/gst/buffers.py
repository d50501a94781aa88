"""Buffers in and out: creating, pushing, mapping."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import StreamError
from penstock.gst import native
from penstock.gst.gi import Gst

_UNKNOWN = 2**64 - 1


def new_buffer(*, pts_ns: int = -1, duration_ns: int = -1) -> int:
    """Create a buffer without memory and return its C address, for `push`.

    A buffer made by PyGObject would keep a second reference after the push, and the next element
    that works in place would have to copy.
    """
    address: int = native.gst_buffer_new()
    fields = native.BufferFields.from_address(address)
    fields.pts = pts_ns if pts_ns >= 0 else _UNKNOWN
    fields.duration = duration_ns if duration_ns >= 0 else _UNKNOWN
    return address


def push(pad: Gst.Pad, address: int) -> Gst.FlowReturn:
    """Push the buffer at `address` and give its reference away, whatever comes of it."""
    flow = native.gst_pad_push(hash(pad), address)
    try:
        return Gst.FlowReturn(flow)
    except ValueError:  # an element's own number, which PyGObject does not know
        return Gst.FlowReturn.CUSTOM_SUCCESS if flow > 0 else Gst.FlowReturn.CUSTOM_ERROR


def is_sole(buffer: Gst.Buffer) -> bool:
    """Whether a buffer given to a transform is nobody else's: no branch of a `tee` has it too."""
    return bool(native.gst_mini_object_is_writable(hash(buffer)))


class MappedBuffer:
    """A buffer's memory, mapped until nobody looks at it any more.

    Args:
        buffer: Kept alive too.
        write: Map for writing; the buffer must be writable or freshly allocated.

    Raises:
        StreamError: The memory cannot be mapped.
    """

    __slots__ = ("__weakref__", "memory")

    def __init__(self, buffer: Gst.Buffer, *, write: bool = False) -> None:
        if not isinstance(buffer, Gst.Buffer):  # C would follow any address
            raise StreamError(f"wanted a buffer to map, got {type(buffer).__name__}")
        self.memory: NDArray[np.uint8] = np.asarray(_Mapping(buffer, write=write))
        """`(size,)` uint8, read-only unless mapped for writing; valid as long as it is held."""


class _Mapping:
    """What NumPy takes as the base of the array, and so keeps alive with it."""

    __slots__ = ("__array_interface__", "_buffer", "_info")

    def __init__(self, buffer: Gst.Buffer, *, write: bool) -> None:
        self._buffer: Any = None  # until it is mapped
        if write and not native.gst_mini_object_is_writable(hash(buffer)):
            raise StreamError(
                "a buffer that somebody else holds too cannot be written: copy it first"
            )
        self._info = native.MapInfo()
        flags = int(Gst.MapFlags.WRITE if write else Gst.MapFlags.READ)
        if not native.gst_buffer_map(hash(buffer), ctypes.byref(self._info), flags):
            raise StreamError(
                f"the memory of a buffer of {buffer.get_size()} bytes cannot be mapped; "
                "put nvvideoconvert in front if it is a device's memory"
            )
        self._buffer = buffer
        self.__array_interface__ = {
            "data": (self._info.data or ctypes.addressof(self._info), not write),
            "shape": (self._info.size,),
            "typestr": "|u1",
            "version": 3,
        }

    def __del__(self, unmap: Callable[..., None] = native.gst_buffer_unmap) -> None:
        if self._buffer is not None:
            unmap(hash(self._buffer), ctypes.byref(self._info))
