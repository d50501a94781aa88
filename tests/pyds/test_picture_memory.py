"""`NvBufSurface*`: pictures in memory of their own."""

import ctypes

import pytest

import pyds
from pyds.records import SurfaceOrder

RGBA = pyds.NvBufSurfaceColorFormat.NVBUF_COLOR_FORMAT_RGBA
NV12 = pyds.NvBufSurfaceColorFormat.NVBUF_COLOR_FORMAT_NV12_709
READ = pyds.NvBufSurfaceMemMapFlags.NVBUF_MAP_READ_WRITE


def made(*, number=2, color_format=NV12, width=6, height=4):
    surf = pyds.NvBufSurface()
    order = SurfaceOrder(width=width, height=height, color_format=int(color_format))
    answer = pyds.NvBufSurfaceCreate(surf, number, pyds.NvBufSurfaceCreateParams.cast(order))
    assert answer == 0
    return surf


def test_pictures_are_made_with_their_planes():
    surf = made()
    assert (surf.batchSize, surf.numFilled) == (2, 2)
    picture = surf.surfaceList
    assert (picture.width, picture.height, picture.pitch) == (6, 4, 8)
    assert (picture.colorFormat, picture.dataSize) == (NV12, 48)
    planes = picture.planeParams
    assert planes.num_planes == 2
    assert planes.width[:2].tolist() == [6, 3]
    assert planes.height[:2].tolist() == [4, 2]
    assert planes.bytesPerPix[:2].tolist() == [1, 2]
    assert planes.offset[:2].tolist() == [0, 32]


def test_mapped_planes_have_addresses_of_real_memory():
    surf = made(color_format=RGBA)
    assert pyds.NvBufSurfaceMemSet(surf, 0, 0, 7) == 0
    assert surf.surfaceList.mappedAddr.addr.tolist() == [0, 0, 0, 0]
    assert pyds.NvBufSurfaceMap(surf, -1, -1, READ) == 0
    address = int(surf.surfaceList.mappedAddr.addr[0])
    assert ctypes.string_at(address, 4) == b"\7\7\7\7"
    assert pyds.NvBufSurfaceSyncForCpu(surf, 0, 0) == 0
    assert pyds.NvBufSurfaceSyncForDevice(surf, -1, -1) == 0
    assert pyds.NvBufSurfaceUnMap(surf, 0, 0) == 0
    assert surf.surfaceList.mappedAddr.addr[0] == 0
    assert surf._core.surfaces[1].mapped.addresses[0] != 0


def test_pictures_are_copied_where_they_fit():
    source, target = made(), made()
    pyds.NvBufSurfaceMemSet(source, 1, 1, 9)
    assert pyds.NvBufSurfaceCopy(source, target) == 0
    assert target._core.surfaces[1].data[32:].max() == 9
    assert target._core.surfaces[0].data.max() == 0
    assert pyds.NvBufSurfaceCopy(source, made(width=8)) == -1
    assert pyds.NvBufSurfaceCopy(source, made(number=1)) == -1


def test_what_is_not_there_is_answered_as_in_c():
    surf = made()
    for function in (pyds.NvBufSurfaceUnMap, pyds.NvBufSurfaceSyncForCpu):
        assert function(surf, 2, 0) == -1
        assert function(surf, 0, 2) == -1
    assert pyds.NvBufSurfaceFromFd(3, None) == -1
    assert pyds.NvBufSurfaceMapEglImage(surf, 0) == -1
    unknown = pyds.NvBufSurfaceCreateParams.cast(SurfaceOrder(width=4, height=4))
    assert pyds.NvBufSurfaceCreate(pyds.NvBufSurface(), 1, unknown) == -1
    assert pyds.NvBufSurfaceDestroy(surf) == 0
    assert (surf.surfaceList, surf.numFilled) == (None, 0)


def test_arguments_are_checked():
    with pytest.raises(TypeError, match=r"NvBufSurfaceMap: type takes a pyds.NvBufSurfaceMemMap"):
        pyds.NvBufSurfaceMap(made(), 0, 0, 2)
    with pytest.raises(TypeError, match=r"value takes a whole number from 0 to 255, got 256"):
        pyds.NvBufSurfaceMemSet(made(), 0, 0, 256)
    with pytest.raises(TypeError, match=r"surf takes a pyds.NvBufSurface, got None"):
        pyds.NvBufSurfaceDestroy(None)
