# ruff: noqa: N815 - the names are DeepStream's
"""Pictures in memory, as C structs. They only read: NvBufSurfaceCreate fills them."""

from __future__ import annotations

import numpy as np

from pyds.arrays import Numbers
from pyds.embedded import Embedded
from pyds.enums import NvBufSurfaceColorFormat, NvBufSurfaceLayout, NvBufSurfaceMemType
from pyds.fields import Bool, Enumerated, Reference, Unsigned, Unsigned64, VoidPointer
from pyds.fixed import Derived, ReadOnly
from pyds.lists import Counted
from pyds.pointed import NumbersPointer
from pyds.records import (
    MAX_PLANES,
    MappedRecord,
    PlaneRecord,
    SurfaceOrder,
    SurfaceRecord,
    SurfacesRecord,
)
from pyds.views import View


class NvBufSurfacePlaneParams(View, of=PlaneRecord):
    """How the planes of a picture lie in memory; four numbers each, of which `num_planes` count."""

    __slots__ = ()

    num_planes = Unsigned("count", "How many planes there are.")
    width = Numbers("width", "Widths, pixels.")
    height = Numbers("height", "Heights, pixels.")
    pitch = Numbers("pitch", "Bytes from row to row.")
    offset = Numbers("offset", "First bytes.")
    psize = Numbers("size", "Sizes, bytes.")
    bytesPerPix = Numbers("bytes_per_pixel", "Bytes of a pixel.")


class NvBufSurfaceMappedAddr(View, of=MappedRecord):
    """Where the planes of a picture are mapped."""

    __slots__ = ()

    addr = Numbers("addresses", "Addresses; 0 for none.", dtype=np.uint64, length=MAX_PLANES)
    eglImage = ReadOnly(VoidPointer("egl_image", "None: there is no EGL."))


class NvBufSurfaceParams(View, of=SurfaceRecord):
    """One picture in memory."""

    __slots__ = ()

    width = ReadOnly(Unsigned("width", "Width, pixels."))
    height = ReadOnly(Unsigned("height", "Height, pixels."))
    pitch = ReadOnly(Unsigned("pitch", "Bytes from row to row of the first plane."))
    colorFormat = ReadOnly(
        Enumerated("color_format", "Pixel format.", kind=NvBufSurfaceColorFormat, stored=int)
    )
    layout = ReadOnly(
        Enumerated("layout", "How rows lie in memory.", kind=NvBufSurfaceLayout, stored=int)
    )
    bufferDesc = ReadOnly(Unsigned64("descriptor", "File descriptor of the memory."))
    dataSize = ReadOnly(Unsigned("size", "Bytes."))
    dataPtr = ReadOnly(NumbersPointer("data", "The bytes: for `get_ptr` or `numpy.asarray`."))
    planeParams = ReadOnly(
        Embedded("planes", "How the planes lie in memory.", kind=NvBufSurfacePlaneParams)
    )
    mappedAddr = ReadOnly(
        Embedded("mapped", "Where the planes are mapped.", kind=NvBufSurfaceMappedAddr)
    )


class NvBufSurface(View, of=SurfacesRecord):
    """A batch of pictures in memory."""

    __slots__ = ()

    gpuId = ReadOnly(Unsigned("gpu_id", "Number of the GPU."))
    batchSize = ReadOnly(Unsigned("batch_size", "Room for so many."))
    numFilled = ReadOnly(Counted("surfaces", "Pictures in it."))
    isContiguous = ReadOnly(Bool("contiguous", "Whether they share one memory."))
    memType = ReadOnly(
        Enumerated("memory_type", "Kind of memory.", kind=NvBufSurfaceMemType, stored=int)
    )
    surfaceList = Derived(Reference("first", "The first picture.", kind=lambda: NvBufSurfaceParams))


class NvBufSurfaceCreateParams(View, of=SurfaceOrder):
    """What pictures to make."""

    __slots__ = ()

    gpuId = ReadOnly(Unsigned("gpu_id", "Number of the GPU."))
    width = ReadOnly(Unsigned("width", "Width, pixels."))
    height = ReadOnly(Unsigned("height", "Height, pixels."))
    size = ReadOnly(Unsigned("size", "Bytes, or 0."))
    isContiguous = ReadOnly(Bool("contiguous", "Whether they share one memory."))
    colorFormat = ReadOnly(
        Enumerated("color_format", "Pixel format.", kind=NvBufSurfaceColorFormat, stored=int)
    )
    layout = ReadOnly(
        Enumerated("layout", "How rows lie in memory.", kind=NvBufSurfaceLayout, stored=int)
    )
    memType = ReadOnly(
        Enumerated("memory_type", "Kind of memory.", kind=NvBufSurfaceMemType, stored=int)
    )
