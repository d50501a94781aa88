"""Buffers in and out: creating, pushing, mapping."""

from __future__ import annotations

import ctypes
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
    """Push the buffer at `address` and give its reference away."""
    return Gst.FlowReturn(native.gst_pad_push(hash(pad), address))


class MappedBuffer:
    """A buffer's memory as long as this object lives.

    Args:
        buffer: Kept alive too.
        write: Map for writing; the buffer must be writable or freshly allocated.

    Raises:
        StreamError: The memory cannot be mapped.
    """

    __slots__ = ("__weakref__", "_buffer", "_info", "memory")

    def __init__(self, buffer: Gst.Buffer, *, write: bool = False) -> None:
        self._info = native.MapInfo()
        flags = int(Gst.MapFlags.WRITE if write else Gst.MapFlags.READ)
        self._buffer: Any = None
        if not native.gst_buffer_map(hash(buffer), ctypes.byref(self._info), flags):
            raise StreamError(
                f"the memory of a buffer of {buffer.get_size()} bytes cannot be mapped; "
                "put nvvideoconvert in front if it is a device's memory"
            )
        self._buffer = buffer
        array = (ctypes.c_uint8 * self._info.size).from_address(self._info.data or 0)
        self.memory: NDArray[np.uint8] = np.frombuffer(array, np.uint8)
        """`(size,)` uint8."""

    def __del__(self) -> None:
        if self._buffer is not None:
            native.gst_buffer_unmap(hash(self._buffer), ctypes.byref(self._info))
