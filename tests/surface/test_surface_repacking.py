"""Formats that pictures only come and leave in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surface_pictures import BT601, noise_planes, same
from surface_reference import gst_convert, gst_info

from penstock.surface import FORMATS, REPACKED, PlaneLayout, stored_format
from penstock.surface.repacking import pack, unpack

names = st.sampled_from(sorted(REPACKED))
sizes = st.tuples(st.integers(1, 40), st.integers(1, 30))


@given(name=names, size=sizes)
def test_the_layout_is_gstreamers(name, size):
    layout, info = PlaneLayout.default(name, size), gst_info(name, size)
    planes = len(layout.strides)
    assert planes == info.finfo.n_planes
    assert layout.strides == tuple(info.stride)[:planes]
    assert layout.offsets == tuple(info.offset)[:planes]
    assert layout.size_bytes <= info.size


@given(name=names, size=sizes)
def test_there_and_back_keeps_every_sample(name, size):
    planes = noise_planes(REPACKED[name], size)
    layout = PlaneLayout.default(name, size)
    stored = layout.planes(np.zeros(layout.size_bytes, np.uint8))
    pack(planes, stored, name, size)
    assert same(unpack(stored, name, size), planes)


@pytest.mark.parametrize("name", REPACKED)
@pytest.mark.parametrize("size", [(32, 20), (34, 6), (1920, 2)])
def test_gstreamer_reads_and_writes_the_same_samples(name, size):
    planes, twin = noise_planes(REPACKED[name], size), (REPACKED[name], size, BT601)
    stored = gst_convert(planes, twin, (name, size, BT601))
    ours = [np.zeros_like(plane) for plane in stored]
    pack(planes, ours, name, size)
    assert same(ours, stored)
    assert same(unpack(stored, name, size), planes)


def test_none_of_them_is_a_format_to_hold():
    assert not REPACKED.keys() & FORMATS.keys()
    assert set(REPACKED.values()) <= FORMATS.keys()
    assert stored_format("NV12") is FORMATS["NV12"]
