"""Pictures in memory that GStreamer can take over: what was drawn leaves NVMM without a copy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import StreamError
from penstock.gst import native
from penstock.gst.gi import Gst
from penstock.surface import PlaneLayout, Planes, allocate_with

_LARGE_BYTES = 256 << 20


class _Block:
    """What NumPy takes as the base of the array: a `GstMemory`, and a reference to it."""

    __slots__ = ("__array_interface__", "_info", "address")
    __array_interface__: dict[str, Any]

    def __init__(self, size_bytes: int) -> None:
        self.address: int | None = native.gst_allocator_alloc(None, size_bytes, None)
        self._info = native.MapInfo()
        flags = int(Gst.MapFlags.READ | Gst.MapFlags.WRITE)
        if not self.address or not native.gst_memory_map(
            self.address, ctypes.byref(self._info), flags
        ):
            raise StreamError(f"GStreamer has no {size_bytes} bytes of memory for a picture")
        self.__array_interface__ = {
            "data": (self._info.data or ctypes.addressof(self._info), False),
            "shape": (size_bytes,),
            "typestr": "|u1",
            "version": 3,
        }

    def __del__(
        self,
        unmap: Callable[..., None] = native.gst_memory_unmap,
        unref: Callable[..., None] = native.gst_mini_object_unref,
    ) -> None:
        if self.address:
            unmap(self.address, ctypes.byref(self._info))
            unref(self.address)


def _allocate(size_bytes: int) -> NDArray[np.uint8]:
    if size_bytes > _LARGE_BYTES:  # without room GLib ends the process, NumPy raises
        return np.empty(size_bytes, np.uint8)
    return np.asarray(_Block(size_bytes))


allocate_with(_allocate)


def hand_over(planes: Planes, layout: PlaneLayout, buffer: Gst.Buffer) -> bool:
    """Make the memory under `planes` the memory of a writable buffer.

    Args:
        planes: All planes of one picture; nobody writes to them any more.
        layout: How the receiver wants them.
        buffer: What it had before is freed.

    Returns:
        Whether that was possible: the planes lie in one block of ours, as `layout` says.
    """
    block = _block_under(planes[0])
    if block is None:
        return False
    start = block.__array_interface__["data"][0]
    lie = tuple(plane.__array_interface__["data"][0] - start for plane in planes)
    strides = tuple(plane.strides[0] for plane in planes)
    size = block.__array_interface__["shape"][0]
    if (lie, strides, size) != (layout.offsets, layout.strides, layout.size_bytes):
        return False
    memory = native.gst_mini_object_ref(block.address)
    native.gst_buffer_replace_memory_range(hash(buffer), 0, -1, memory)
    return True


def _block_under(array: Any) -> _Block | None:
    """Whose memory an array is a view of, however many views are in between."""
    while array is not None and not isinstance(array, _Block):
        array = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
    return array
