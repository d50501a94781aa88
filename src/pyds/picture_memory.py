# ruff: noqa: N802, N803 - the names are DeepStream's
"""Pictures in memory of their own: the `NvBufSurface` calls, in ordinary memory.

They answer 0, or -1 where C does. Nothing here touches the pixels of a buffer: for those there is
`get_nvds_buf_surface`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from penstock.surface import PlaneLayout, pixel_format
from pyds.attaching import argument
from pyds.casters import instance, whole
from pyds.enums import NvBufSurfaceColorFormat, NvBufSurfaceMemMapFlags
from pyds.fields import INT32, UINT32
from pyds.nvbufsurface import NvBufSurface, NvBufSurfaceCreateParams
from pyds.records import SurfaceOrder, SurfaceRecord, SurfacesRecord

_FAILED = -1
_PREFIX = "NVBUF_COLOR_FORMAT_"
_YUV = {"YUV420": "I420", "YVU420": "YV12", "NV12": "NV12", "YUV444": "Y444"}
_PLAIN = ("RGBA", "BGRA", "RGBx", "BGRx", "RGB", "BGR", "GRAY8")


def NvBufSurfaceCreate(surf: NvBufSurface, batchSize: int, params: NvBufSurfaceCreateParams) -> int:
    """Fill `surf` with pictures of zeros; -1 for a format that is not made here, or no size."""
    name = "NvBufSurfaceCreate"
    core: SurfacesRecord = argument(surf, NvBufSurface, name, "surf")
    order: SurfaceOrder = argument(params, NvBufSurfaceCreateParams, name, "params")
    number = whole(batchSize, 0, UINT32[1], f"pyds.{name}: batchSize")
    made = _format_of(order.color_format)
    if made is None or not order.width or not order.height:
        return _FAILED
    core.gpu_id, core.memory_type = order.gpu_id, order.memory_type
    core.batch_size, core.contiguous = number, order.contiguous
    core.surfaces = [_picture(order, made) for _ in range(number)]
    return 0


def NvBufSurfaceDestroy(surf: NvBufSurface) -> int:
    """Let go of the pictures."""
    core: SurfacesRecord = argument(surf, NvBufSurface, "NvBufSurfaceDestroy", "surf")
    core.surfaces, core.batch_size = [], 0
    return 0


def NvBufSurfaceMap(
    surf: NvBufSurface,
    index: int,
    plane: int,
    type: NvBufSurfaceMemMapFlags,  # noqa: A002
) -> int:
    """Give planes an address in `mappedAddr`; index and plane -1 for all."""
    name = "NvBufSurfaceMap"
    instance(type, NvBufSurfaceMemMapFlags, f"pyds.{name}: type")
    return _each_plane(surf, index, plane, name, _map)


def NvBufSurfaceUnMap(surf: NvBufSurface, index: int, plane: int) -> int:
    """Take the addresses away; index and plane -1 for all."""
    return _each_plane(surf, index, plane, "NvBufSurfaceUnMap", _unmap)


def NvBufSurfaceSyncForCpu(surf: NvBufSurface, index: int, plane: int) -> int:
    """Nothing to do in ordinary memory; -1 where there is no such picture or plane."""
    return _each_plane(surf, index, plane, "NvBufSurfaceSyncForCpu", _nothing)


def NvBufSurfaceSyncForDevice(surf: NvBufSurface, index: int, plane: int) -> int:
    """Nothing to do in ordinary memory; -1 where there is no such picture or plane."""
    return _each_plane(surf, index, plane, "NvBufSurfaceSyncForDevice", _nothing)


def NvBufSurfaceMemSet(surf: NvBufSurface, index: int, plane: int, value: int) -> int:
    """Set every byte of planes to a value from 0 to 255; index and plane -1 for all."""
    name = "NvBufSurfaceMemSet"
    byte = whole(value, 0, 255, f"pyds.{name}: value")

    def fill(picture: SurfaceRecord, number: int) -> None:
        begin = int(picture.planes.offset[number])
        picture.data[begin : begin + int(picture.planes.size[number])] = byte

    return _each_plane(surf, index, plane, name, fill)


def NvBufSurfaceCopy(srcSurf: NvBufSurface, dstSurf: NvBufSurface) -> int:
    """Copy the pictures; -1 where number, format or size differ."""
    name = "NvBufSurfaceCopy"
    source: SurfacesRecord = argument(srcSurf, NvBufSurface, name, "srcSurf")
    target: SurfacesRecord = argument(dstSurf, NvBufSurface, name, "dstSurf")
    if [_kind(one) for one in source.surfaces] != [_kind(one) for one in target.surfaces]:
        return _FAILED
    for one, other in zip(source.surfaces, target.surfaces, strict=True):
        np.copyto(other.data, one.data)
    return 0


def NvBufSurfaceFromFd(dmabuf: int, buffer: object) -> int:
    """-1: there are no DMA buffers here."""
    whole(dmabuf, *INT32, "pyds.NvBufSurfaceFromFd: dmabuf")
    return _FAILED


def NvBufSurfaceMapEglImage(surf: NvBufSurface, index: int) -> int:
    """-1: there is no EGL here."""
    argument(surf, NvBufSurface, "NvBufSurfaceMapEglImage", "surf")
    whole(index, *INT32, "pyds.NvBufSurfaceMapEglImage: index")
    return _FAILED


def _format_of(number: int) -> str | None:
    """GStreamer's name of a format; none where it is not made here."""
    name = NvBufSurfaceColorFormat(number).name.removeprefix(_PREFIX)
    return name if name in _PLAIN else _YUV.get(name.partition("_")[0])


def _picture(order: SurfaceOrder, made: str) -> SurfaceRecord:
    layout = PlaneLayout.default(made, (order.width, order.height))
    data = np.zeros(layout.size_bytes, np.uint8)
    picture = SurfaceRecord(
        order.width, order.height, layout.strides[0], order.color_format, order.layout,
        size=data.size, data=data,
    )  # fmt: skip
    shapes = pixel_format(made).shapes((order.width, order.height))
    picture.planes.count = len(shapes)
    for number, shape in enumerate(shapes):
        pitch = layout.strides[number]
        picture.planes.height[number], picture.planes.width[number] = shape[:2]
        picture.planes.pitch[number], picture.planes.offset[number] = pitch, layout.offsets[number]
        picture.planes.size[number] = pitch * shape[0]
        picture.planes.bytes_per_pixel[number] = shape[2] if len(shape) == 3 else 1
    return picture


def _kind(picture: SurfaceRecord) -> tuple[int, int, int]:
    return (picture.width, picture.height, picture.color_format)


def _each_plane(surf: object, index: int, plane: int, function: str, act: Any) -> int:
    core: SurfacesRecord = argument(surf, NvBufSurface, function, "surf")
    number = whole(index, *INT32, f"pyds.{function}: index")
    wanted = whole(plane, *INT32, f"pyds.{function}: plane")
    chosen = list(_chosen(core, number, wanted))
    for picture, which in chosen:
        act(picture, which)
    return 0 if chosen else _FAILED


def _chosen(core: SurfacesRecord, index: int, plane: int) -> Iterator[tuple[SurfaceRecord, int]]:
    for number, picture in enumerate(core.surfaces):
        for which in range(picture.planes.count):
            if index in (-1, number) and plane in (-1, which):
                yield picture, which


def _map(picture: SurfaceRecord, number: int) -> None:
    begin = picture.data.ctypes.data + int(picture.planes.offset[number])
    picture.mapped.addresses[number] = begin


def _unmap(picture: SurfaceRecord, number: int) -> None:
    picture.mapped.addresses[number] = 0


def _nothing(_picture: SurfaceRecord, _number: int) -> None:
    """Ordinary memory is always the same for everybody."""
