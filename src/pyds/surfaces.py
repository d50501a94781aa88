"""The pixels of a buffer, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Surfaces
from penstock.surface import Surface
from pyds.buffers import batch_at
from pyds.casters import whole
from pyds.fields import INT32
from pyds.strings import address_argument

_PACKED = ("RGBA", "RGB")


def get_nvds_buf_surface(gst_buffer: int, batchID: int) -> NDArray[np.uint8]:  # noqa: N803
    """One frame's pixels; what is written to them is seen downstream.

    The array stays valid as long as it is held. What is written to it once the buffer has gone on
    from the probe may or may not be seen. No other holder of the frame, such as the other branch
    of a `tee`, sees it.

    Args:
        gst_buffer: The buffer's C address: `hash(info.get_buffer())`.
        batchID: The frame's `batch_id`.

    Returns:
        `(H, W, 4)` uint8, RGBA, or `(H, W, 3)`, RGB, as the caps say; writeable.

    Raises:
        RuntimeError: The buffer carries no pixels in memory:NVMM, or is gone; or its caps promise
            another format.
        IndexError: The batch has fewer frames.
    """
    surface = _surface(gst_buffer, batchID, "get_nvds_buf_surface")
    if surface.format not in _PACKED:
        raise RuntimeError(
            f"pyds.get_nvds_buf_surface: the frames are {surface.format}, only RGBA and RGB can be "
            'seen as one array: put nvvideoconvert and a capsfilter "video/x-raw(memory:NVMM), '
            'format=RGBA" in front of the probe'
        )
    (plane,) = surface.writable(surface.format)
    return plane


def unmap_nvds_buf_surface(gst_buffer: int, batchID: int) -> None:  # noqa: N803
    """Say that the array is no longer needed: nothing to do here; the arguments are checked.

    Raises:
        RuntimeError: The buffer carries no pixels in memory:NVMM, or is gone.
        IndexError: The batch has fewer frames.
    """
    _surface(gst_buffer, batchID, "unmap_nvds_buf_surface")


def get_nvds_buf_surface_gpu(
    gst_buffer: int,
    batchID: int,  # noqa: N803
) -> tuple[np.dtype[np.uint8], tuple[int, ...], tuple[int, ...], Any, int]:
    """One frame's pixels in the memory of a GPU.

    Returns:
        dtype, shape, strides, a capsule with the address, and the size in bytes.

    Raises:
        RuntimeError: The pixels are not on a GPU, or there are none.
        IndexError: The batch has fewer frames.
    """
    surface = _surface(gst_buffer, batchID, "get_nvds_buf_surface_gpu")
    raise RuntimeError(
        f"pyds.get_nvds_buf_surface_gpu: the pixels are in the memory of the {surface.device}, "
        "not on a GPU: use pyds.get_nvds_buf_surface; this one needs frames in CUDA memory"
    )


def _surface(gst_buffer: int, batch_id: int, function: str) -> Surface:
    surfaces = surfaces_at(gst_buffer, function)
    number = whole(batch_id, *INT32, f"pyds.{function}: batchID")
    if not 0 <= number < len(surfaces):
        raise IndexError(
            f"pyds.{function}: the batch has {len(surfaces)} frames, not one of batch_id {number}"
        )
    surface: Surface = surfaces[number]
    return surface


def surfaces_at(gst_buffer: int, function: str) -> Surfaces:
    """The pixels of the buffer at an address.

    Raises:
        TypeError: It is not an int.
        RuntimeError: No buffer with pixels lives there.
    """
    batch = batch_at(address_argument(gst_buffer, function, what="hash(gst_buffer)"))
    if batch is None or batch.surfaces is None:
        what = "carries no batch, or is gone" if batch is None else "has left memory:NVMM"
        raise RuntimeError(
            f"pyds.{function}: the buffer {what}: its pixels can be had behind nvstreammux and in "
            "front of what leaves memory:NVMM, while the probe runs; copy them for later"
        )
    return batch.surfaces
