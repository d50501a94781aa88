"""Crops and scales put pixels where they belong."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surface_pictures import (
    BT601,
    COLORIMETRIES,
    cpu_surface,
    differences,
    flat_planes,
    noise_planes,
    same,
    smooth_planes,
)
from surface_reference import gst_convert

from penstock.surface import FORMATS, CpuSurface, InputSpec, placement

METHODS = {"bilinear": "bilinear", "nearest-neighbour": "nearest", "catrom": "cubic"}
SIZES = [
    ((160, 120), (64, 48)),
    ((160, 120), (200, 90)),
    ((161, 121), (63, 47)),
    ((64, 48), (320, 240)),
]
sizes = st.tuples(st.integers(1, 70), st.integers(1, 70))
names = st.sampled_from(sorted(FORMATS))


def surface_of(planes, name):
    return CpuSurface.from_planes(planes, name, colorimetry=BT601)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("before", "after"), SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_gstreamer_scales_alike(name, before, after, method):
    planes = smooth_planes(name, before, seed=3)
    element = f"videoscale add-borders=false method={method}"
    wanted = gst_convert(planes, (name, before, BT601), (name, after, BT601), elements=element)
    scaled = surface_of(planes, name).scale(after, interpolation=METHODS[method]).planes()
    unit = 256 if name == "P010_10LE" else 1
    off = differences(scaled, wanted, name) / unit
    # Catmull-Rom filters over more pixels when it shrinks, OpenCV's cubic does not; a nearest
    # neighbour may be the other one on a tie.
    assert off.max() <= {"bilinear": 3, "nearest-neighbour": 4, "catrom": 9}[method]
    assert off.mean() <= 0.8


@given(name=names, size=sizes, seed=st.integers(0, 99))
def test_a_picture_of_one_colour_keeps_it_at_any_size(name, size, seed):
    colour = dict(zip("YUVRGBAx", np.random.default_rng(seed).integers(0, 255, 8), strict=True))
    surface = surface_of(flat_planes(name, (23, 17), colour), name)
    for interpolation in ("nearest", "bilinear", "area", "cubic", "lanczos"):
        scaled = surface.scale(size, interpolation=interpolation).planes()
        assert same(scaled, flat_planes(name, size, colour))


@pytest.mark.parametrize("name", FORMATS)
def test_an_even_crop_is_a_view_of_what_is_held(name):
    planes = noise_planes(name, (40, 30))
    cropped = surface_of(planes, name).crop((10, 4, 21, 13)).planes()
    assert np.array_equal(cropped[0], planes[0][4:17, 10:31])
    assert all(np.shares_memory(a, b) for a, b in zip(cropped, planes, strict=True))
    assert all(not plane.flags.writeable for plane in cropped)


def test_an_odd_crop_keeps_luma_and_moves_chroma_by_half_a_sample():
    luma, chroma = noise_planes("NV12", (40, 30))
    shown, colour = surface_of((luma, chroma), "NV12").crop((11, 4, 20, 10)).planes()
    assert np.array_equal(shown, luma[4:14, 11:31])
    between = (chroma[2:7, 5:15].astype(int) + chroma[2:7, 6:16]) / 2
    assert np.abs(colour - between).max() <= 1


def test_a_crop_is_rounded_to_whole_pixels_and_clipped():
    (plane,) = noise_planes("GRAY8", (40, 30))
    surface = surface_of((plane,), "GRAY8")
    assert np.array_equal(surface.crop((3.6, -5, 10.2, 9.4)).planes()[0], plane[0:4, 4:14])
    assert surface.crop((30, 20, 100, 100)).size == (10, 10)


@pytest.mark.parametrize("box", [(40, 0, 5, 5), (-9, 0, 8, 8), (3.2, 3.2, 0.1, 4)])
def test_a_crop_without_pixels_says_so(box):
    with pytest.raises(ValueError, match=r"crop \(.*has no pixel of 40x30"):
        cpu_surface(size=(40, 30)).crop(box)


@pytest.mark.parametrize("box", [(1, 1, 0, 5), (1, 1, 5, -1), (float("nan"), 0, 5, 5)])
def test_a_crop_without_area_says_so(box):
    with pytest.raises(ValueError, match="positive width and height, got"):
        cpu_surface(size=(40, 30)).crop(box)


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (10.5, 10)])
def test_an_impossible_size_says_so(size):
    with pytest.raises(ValueError, match="positive whole pixels, got"):
        cpu_surface().scale(size)
    with pytest.raises(ValueError, match="positive whole pixels, got"):
        cpu_surface().scale(size, keep_aspect=True)


@pytest.mark.parametrize("colorimetry", COLORIMETRIES)
@pytest.mark.parametrize("name", [n for n in FORMATS if n != "P010_10LE"])
def test_bars_are_black_and_the_picture_is_between_them(name, colorimetry):
    surface = cpu_surface(name, (64, 32), colorimetry=colorimetry)
    scaled = surface.scale((40, 40), keep_aspect=True)
    (rgb,) = scaled.planes("RGB")
    assert not rgb[:10].any()
    assert not rgb[30:].any()
    inner = surface.scale((40, 20)).planes("RGB")[0]
    assert differences([rgb[10:30]], [inner]).max() <= 2


def test_bars_are_opaque():
    scaled = cpu_surface("RGBA", (64, 32)).scale((40, 40), keep_aspect=True)
    assert (scaled.planes()[0][..., 3] == 255).all()


@given(
    left=st.floats(0, 60),
    width=st.floats(20, 130),
    out=st.integers(5, 200),
    how=st.sampled_from(["bilinear", "nearest", "cubic", "area"]),
)
def test_a_ramp_is_sampled_at_pixel_centres(left, width, out, how):
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8), (8, 200))
    surface = surface_of((np.ascontiguousarray(ramp),), "GRAY8")
    spec = InputSpec(size=(out, 8), color="GRAY", interpolation=how)
    tensor = np.empty((1, 1, 8, out), np.float32)
    surface.network_input([(left, 0, width, 8)], spec, tensor)
    step = width / out
    wanted = left + (np.arange(out) + 0.5) * step - 0.5
    # Edges repeat the outermost pixel; averaging rounds half a level up each time it halves.
    inner = slice(1, -1) if step <= 1 or how == "area" else slice(None)
    off = np.abs(tensor[0, 0] - wanted)[:, inner]
    assert off.max() <= {"bilinear": 0.6, "nearest": 0.55, "cubic": 1.1, "area": 1.6}[how]


def test_chroma_of_an_odd_picture_is_scaled_as_a_whole_plane():
    luma, chroma = noise_planes("NV12", (161, 121))
    scaled = surface_of((luma, chroma), "NV12").scale((64, 48))
    wanted = cv2.resize(chroma, (32, 24), interpolation=cv2.INTER_LINEAR)
    assert np.array_equal(scaled.planes()[1], wanted)


def test_bars_of_p010_are_black():
    scaled = cpu_surface("P010_10LE", (64, 32)).scale((40, 40), keep_aspect=True)
    assert not scaled.planes("RGB")[0][:10].any()
    assert set(scaled.planes()[0][:10].ravel()) == {16 << 8}


def test_bars_can_be_right_and_below_only():
    (rgb,) = cpu_surface("RGB", (64, 32)).scale((40, 40), keep_aspect=True, centred=False).planes()
    assert rgb[:20].all(axis=-1).any()
    assert not rgb[20:].any()


@given(
    picture=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    size=st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
    centred=st.booleans(),
    even=st.booleans(),
)
def test_placing_fills_one_axis_and_keeps_the_other_inside(picture, size, centred, even):
    x1, y1, x2, y2 = placement(picture, size, keep_aspect=True, centred=centred, even=even)
    assert 0 <= x1 < x2 <= size[0]
    assert 0 <= y1 < y2 <= size[1]
    assert x2 - x1 == size[0] or y2 - y1 == size[1]
    factor = min(size[0] / picture[0], size[1] / picture[1])
    for length, have in ((x2 - x1, picture[0]), (y2 - y1, picture[1])):
        assert length == 1 or abs(length - have * factor) <= (1 if even else 0.5) + 1e-9
    assert centred or (x1, y1) == (0, 0)


def test_bars_begin_at_even_pixels():
    assert placement((1920, 1080), (416, 416), keep_aspect=True, centred=True) == (0, 91, 416, 325)
    even = placement((1920, 1080), (416, 416), keep_aspect=True, centred=True, even=True)
    assert even == (0, 90, 416, 324)
    even = placement((1920, 1080), (418, 418), keep_aspect=True, even=True)
    assert even == (0, 0, 418, 236)


def test_area_averages_what_bilinear_skips():
    planes = noise_planes("GRAY8", (640, 480))
    surface = surface_of(planes, "GRAY8")
    spread = {
        how: surface.scale((100, 75), interpolation=how).planes()[0].std()
        for how in ("bilinear", "area")
    }
    assert spread["bilinear"] > 30
    assert spread["area"] < 17  # true averaging of 6.4 by 6.4 pixels would leave 12


def test_what_was_pixelated_stays_pixelated():
    surface = surface_of(noise_planes("GRAY8", (64, 64)), "GRAY8")
    hidden = surface.scale((4, 4), interpolation="area").scale((64, 64), interpolation="nearest")
    (plane,) = hidden.planes()
    assert all(len(set(plane[y, x : x + 16])) == 1 for y in range(64) for x in range(0, 64, 16))
    blurred = surface.scale((4, 4)).scale((64, 64)).planes()[0]
    assert np.abs(np.diff(blurred.astype(int), axis=1)).max() <= 20


@settings(max_examples=50)
@given(name=names, before=sizes, after=sizes, box=st.tuples(*[st.floats(0, 40)] * 4))
def test_any_size_and_any_crop_of_it_can_be_looked_at(name, before, after, box):
    surface = surface_of(noise_planes(name, before), name)
    for interpolation in ("nearest", "bilinear", "area", "cubic", "lanczos"):
        scaled = surface.scale(after, interpolation=interpolation, keep_aspect=True)
        planes = scaled.planes()
        assert [p.shape for p in planes] == list(FORMATS[name].shapes(after))
        left, top = box[0] % after[0], box[1] % after[1]
        inside = scaled.crop((left - 0.5, top - 0.5, box[2] + 2, box[3] + 2))
        assert inside.planes("RGB")[0].shape == (*inside.size[::-1], 3)
