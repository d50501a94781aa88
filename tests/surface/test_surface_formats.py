"""Pixel formats lie in memory as GStreamer lays them out."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surface_reference import gst_info

from penstock.errors import UnknownNameError
from penstock.surface import FORMATS, PlaneLayout, pixel_format

sizes = st.tuples(st.integers(1, 100), st.integers(1, 100))


@given(name=st.sampled_from(sorted(FORMATS)), size=sizes)
def test_the_default_layout_is_gstreamers(name, size):
    layout, info = PlaneLayout.default(name, size), gst_info(name, size)
    planes = len(layout.strides)
    assert planes == info.finfo.n_planes
    assert layout.strides == tuple(info.stride)[:planes]
    assert layout.offsets == tuple(info.offset)[:planes]
    assert layout.size_bytes == info.size


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(1920, 1080), (1918, 1078), (854, 480), (4096, 2160)])
def test_the_default_layout_is_gstreamers_for_video_sizes(name, size):
    layout, info = PlaneLayout.default(name, size), gst_info(name, size)
    assert layout.size_bytes == info.size
    assert layout.offsets == tuple(info.offset)[: len(layout.offsets)]


@given(name=st.sampled_from(sorted(FORMATS)), size=sizes)
def test_planes_never_overlap_and_stay_inside_their_memory(name, size):
    layout = PlaneLayout.default(name, size)
    block = np.zeros(layout.size_bytes, np.uint8)
    planes = layout.planes(block)
    assert [plane.shape for plane in planes] == list(pixel_format(name).shapes(size))
    for number, plane in enumerate(planes, 1):
        assert not plane.any()
        plane[...] = number
    assert all((plane == number).all() for number, plane in enumerate(planes, 1))


def test_chroma_of_an_odd_picture_is_rounded_up():
    assert pixel_format("NV12").shapes((17, 9)) == ((9, 17), (5, 9, 2))
    assert pixel_format("Y42B").shapes((17, 9)) == ((9, 17), (9, 9), (9, 9))
    assert pixel_format("I420").shapes((1, 1)) == ((1, 1), (1, 1), (1, 1))


def test_yv12_keeps_v_before_u():
    assert [plane.samples for plane in pixel_format("YV12").planes] == ["Y", "V", "U"]


def test_a_layout_with_other_strides_is_read_where_it_says():
    layout = PlaneLayout("GRAY8", (3, 2), strides=(8,), offsets=(1,))
    (plane,) = layout.planes(np.arange(16, dtype=np.uint8))
    assert plane.tolist() == [[1, 2, 3], [9, 10, 11]]


def test_the_last_row_needs_no_padding():
    layout = PlaneLayout("GRAY8", (3, 2), strides=(8,), offsets=(0,))
    (plane,) = layout.planes(bytes(11))
    assert plane.shape == (2, 3)
    assert not plane.flags.writeable


def test_memory_that_is_too_small_is_measured_in_the_message():
    layout = PlaneLayout.default("NV12", (640, 480))
    with pytest.raises(ValueError, match=r"NV12 640x480, plane UV: .*reach byte 460800; .*460799"):
        layout.planes(np.zeros(460799, np.uint8))


def test_a_stride_shorter_than_a_row_is_refused():
    with pytest.raises(ValueError, match="rows of 640 bytes, stride 320"):
        PlaneLayout("GRAY8", (640, 2), (320,), (0,)).planes(np.zeros(4000, np.uint8))


def test_memory_that_is_not_a_block_of_bytes_is_refused():
    with pytest.raises(ValueError, match="1-D contiguous uint8, got shape \\(4, 4\\)"):
        PlaneLayout.default("GRAY8", (4, 4)).planes(np.zeros((4, 4), np.uint8))


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'NV21'; did you mean 'NV12'.*Known: NV12, I420"):
        pixel_format("NV21")


def test_the_room_opens_without_opencv():
    check = (
        "import sys, penstock.surface as s; s.PlaneLayout; assert 'cv2' not in sys.modules; "
        "s.CpuSurface; assert 'cv2' in sys.modules; assert set(s.__all__) <= set(dir(s)) | "
        "{'CpuSurface'}"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_the_room_has_no_other_names():
    import penstock.surface

    with pytest.raises(AttributeError, match=r"'penstock.surface' has no attribute 'GpuSurface'"):
        _ = penstock.surface.GpuSurface
