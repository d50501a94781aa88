"""Networks see the region they asked for, in the numbers they were trained on."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surface_pictures import BT601, BT709, COLORIMETRIES, cpu_surface, flat_planes, smooth_planes

from penstock.surface import FORMATS, CpuSurface, InputSpec

WEIGHTS = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}


def sampled(surface, spec, *rois):
    """The tensor, filled with rubbish before, and the transforms."""
    channels = 1 if spec.color == "GRAY" else 3
    width, height = spec.size
    one = (channels, height, width) if spec.layout == "NCHW" else (height, width, channels)
    out = np.full((len(rois), *one), 77, spec.dtype)
    return out, surface.network_input(rois, spec, out)


def whole(surface):
    return (0, 0, *surface.size)


def reference(surface, spec):
    """Everything at full size and in floating point: RGB first, then scaled, then normalised."""
    rgb = surface.planes("RGB")[0].astype(np.float32)
    if spec.color == "GRAY":
        rgb = rgb @ np.array(WEIGHTS[surface.colorimetry.matrix], np.float32)
    elif spec.color == "BGR":
        rgb = rgb[..., ::-1]
    small = cv2.resize(rgb, spec.size, interpolation=cv2.INTER_LINEAR)
    small = small.reshape(*small.shape[:2], -1) - np.array(spec.offsets or 0, np.float32)
    small = (small - (0 if spec.mean is None else spec.mean)) * spec.scale
    return small if spec.layout == "NHWC" else np.moveaxis(small, 2, 0)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    color=st.sampled_from(["RGB", "BGR", "GRAY"]),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    colorimetry=st.sampled_from(COLORIMETRIES),
    size=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    scale=st.sampled_from([1.0, 1 / 255, 0.0173]),
    centre=st.booleans(),
    mean=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_whole_frame_is_what_converting_scaling_and_normalising_gives(
    *, name, color, layout, colorimetry, size, scale, centre, mean, seed
):
    surface = cpu_surface(name, (96, 64), seed=seed, colorimetry=colorimetry)
    channels = 1 if color == "GRAY" else 3
    spec = InputSpec(
        size=size,
        color=color,
        layout=layout,
        scale=scale,
        offsets=(123.7, 116.3, 103.5)[:channels] if centre else (),
        mean=smooth_mean(size, channels) if mean else None,
    )
    (tensor,), (affine,) = sampled(surface, spec, whole(surface))
    off = np.abs(tensor - reference(surface, spec)) / scale
    # Chroma is blended here and repeated in the reference, whose picture is rounded to 8 bits.
    assert off.max() <= 9
    assert off.mean() <= 2
    assert (affine.sx, affine.sy, affine.tx, affine.ty) == (size[0] / 96, size[1] / 64, 0, 0)


def smooth_mean(size, channels):
    planes = smooth_planes("RGB", size, seed=7)[0].astype(np.float32)
    return np.ascontiguousarray(planes[..., :channels])


@pytest.mark.parametrize("name", FORMATS)
def test_channels_are_scaled_after_their_offset(name):
    unit = 256 if name == "P010_10LE" else 1
    levels = {"Y": 81 * unit, "U": 90 * unit, "V": 240 * unit, "R": 255, "G": 0, "B": 0}
    planes = flat_planes(name, (16, 16), {**levels, "A": 255, "x": 255})
    surface = CpuSurface.from_planes(planes, name, colorimetry=BT601)
    if name == "GRAY8":
        surface = surface.convert("RGB")
        surface.writable("RGB")[0][...] = (255, 0, 0)
    for color, offsets in (("RGB", (100, 10, 20)), ("BGR", (20, 10, 100))):
        spec = InputSpec(size=(8, 4), color=color, scale=0.5, offsets=offsets)
        (tensor,), _ = sampled(surface, spec, whole(surface))
        red, green, blue = tensor if color == "RGB" else tensor[::-1]
        assert np.abs(red - 77.5).max() <= 1
        assert np.abs(green + 5).max() <= 1
        assert np.abs(blue + 10).max() <= 1


def test_bars_are_normalised_black():
    surface = cpu_surface("RGB", (64, 32))
    mean = np.full((40, 40, 3), 3, np.float32)
    spec = InputSpec(
        size=(40, 40), scale=0.5, offsets=(1, 2, 5), mean=mean, keep_aspect=True, centred=True
    )
    (tensor,), (affine,) = sampled(surface, spec, whole(surface))
    for bar in (tensor[:, :10], tensor[:, 30:]):
        assert [set(channel.ravel()) for channel in bar] == [{-2.0}, {-2.5}, {-4.0}]
    assert (tensor[:, 10:30] > 0).all()
    assert (affine.sx, affine.sy, affine.tx, affine.ty) == (0.625, 0.625, 0, 10)


def test_bars_are_right_and_below_unless_centred():
    spec = InputSpec(size=(40, 40), keep_aspect=True)
    (tensor,), (affine,) = sampled(cpu_surface("RGB", (64, 32)), spec, (0, 0, 64, 32))
    assert tensor[:, :20].all()
    assert not tensor[:, 20:].any()
    assert (affine.tx, affine.ty) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["I420", "NV12", "RGBA", "Y444", "GRAY8"]),
    spot=st.tuples(st.integers(20, 180), st.integers(20, 130)),
    roi=st.tuples(st.floats(-40, 60), st.floats(-30, 50), st.floats(120, 260), st.floats(100, 200)),
    keep=st.booleans(),
    centred=st.booleans(),
    pending=st.sampled_from(["nothing", "crop", "scale", "bars"]),
    how=st.sampled_from(["bilinear", "area", "nearest"]),
)
def test_the_transform_says_where_a_thing_went(name, spot, roi, keep, centred, pending, how):
    surface, (x, y) = with_spot(name, spot, pending)
    spec = InputSpec(
        size=(150, 130), color="GRAY", keep_aspect=keep, centred=centred, interpolation=how
    )
    left, top, width, height = roi
    if not (left < x < left + width and top < y < top + height):
        return
    (tensor,), (affine,) = sampled(surface, spec, roi)
    to_x, to_y = affine.ltwh((x, y, 1, 1))[:2]
    weight = np.clip(tensor[0] - 60, 0, None)
    found_y, found_x = np.array(np.nonzero(weight == weight.max())).mean(axis=1) + 0.5
    # The spot is 12 pixels wide; its middle is sought, at the resolution of the network.
    near = 0 < to_x < 150 and 0 < to_y < 130
    cut_off = not (left + 9 < x < left + width - 9 and top + 9 < y < top + height - 9)
    if near and not cut_off:
        assert abs(found_x - to_x) <= 1.6
        assert abs(found_y - to_y) <= 1.6


def with_spot(name, spot, pending):
    """A surface of 200x150 with a bright blob; where its middle is, surface px."""
    (x, y), gray = spot, np.full((150, 200), 20, np.float32)
    rows, columns = np.mgrid[0:150, 0:200] + 0.5
    gray += 220 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 30)
    made = CpuSurface.from_planes((np.rint(gray).astype(np.uint8),), "GRAY8", colorimetry=BT601)
    planes = tuple(np.array(p) for p in made.planes(name))
    surface = CpuSurface.from_planes(planes, name, colorimetry=BT601)
    if pending == "crop":
        return surface.crop((9, 7, 191, 143)), (x - 9, y - 7)
    if pending == "scale":
        return surface.scale((160, 180)), (x * 0.8, y * 1.2)
    if pending == "bars":
        return surface.scale((240, 150), keep_aspect=True), (x + 20, y)
    return surface, (x, y)


@pytest.mark.parametrize("name", ["I420", "RGBA"])
def test_pending_work_is_not_done_first(name):
    surface = cpu_surface(name, (200, 150))
    spec = InputSpec(size=(64, 48))
    (direct,), _ = sampled(surface, spec, (20, 10, 100, 80))
    promised = surface.crop((10, 10, 150, 100)).scale((300, 200)).convert("RGBA")
    (tensor,), (affine,) = sampled(promised, spec, (20, 0, 200, 160))
    assert np.array_equal(direct, tensor)
    assert (affine.sx, affine.tx) == (64 / 200, -20 * 64 / 200)


def test_what_lies_outside_the_picture_is_black():
    surface = cpu_surface("RGB", (60, 40))
    spec = InputSpec(size=(80, 80), offsets=(5, 5, 5))
    (beside, corner), _ = sampled(surface, spec, (100, 100, 20, 20), (-20, -20, 40, 40))
    assert (beside == -5).all()
    assert (corner[:, :40] == -5).all()
    assert (corner[:, :, :40] == -5).all()
    assert (corner[:, 40:, 40:] > 0).all()


def test_many_regions_fill_one_tensor():
    surface = cpu_surface("NV12", (200, 150))
    spec = InputSpec(size=(32, 24), keep_aspect=True)
    rois = [(0, 0, 200, 150), (20.5, 30.25, 33.3, 80.1), (10, 10, 2, 2), (0, 0, 0.4, 0.4)]
    together, affines = sampled(surface, spec, *rois)
    assert len(affines) == 4
    for roi, tensor, affine in zip(rois, together, affines, strict=True):
        (alone,), (same,) = sampled(surface, spec, roi)
        assert np.array_equal(alone, tensor)
        assert same == affine


def test_no_regions_are_no_work():
    assert sampled(cpu_surface(), InputSpec(size=(8, 8)))[1] == []


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_other_tensor_types_hold_the_same_values(layout):
    surface = cpu_surface(size=(64, 48))
    exact = sampled(surface, InputSpec(size=(32, 24), layout=layout), whole(surface))[0]
    half = InputSpec(size=(32, 24), layout=layout, dtype=np.float16)
    assert np.abs(sampled(surface, half, whole(surface))[0] - exact).max() <= 0.07
    byte = InputSpec(size=(32, 24), layout=layout, dtype=np.uint8)
    assert np.array_equal(sampled(surface, byte, whole(surface))[0], exact)


def test_integer_tensors_are_rounded_and_saturate():
    surface = CpuSurface.from_planes((np.full((4, 4), 100, np.uint8),), "GRAY8", colorimetry=BT601)
    for scale, offset, level in ((0.999, 0, 100), (3, 0, 255), (1, 150, 0)):
        spec = InputSpec(size=(4, 4), color="GRAY", scale=scale, offsets=(offset,), dtype=np.uint8)
        assert set(sampled(surface, spec, whole(surface))[0].ravel()) == {level}


def test_a_gray_promise_is_what_the_network_sees():
    surface = cpu_surface("RGB", (64, 48)).convert("GRAY8")
    (tensor,), _ = sampled(surface, InputSpec(size=(64, 48)), whole(surface))
    assert np.array_equal(tensor[0], tensor[1])
    assert np.array_equal(tensor[0], surface.planes()[0])


def test_gray_of_rgb_follows_the_promised_matrix():
    planes = flat_planes("RGB", (8, 8), {"R": 250, "G": 10, "B": 10})
    surface = CpuSurface.from_planes(planes, "RGB", colorimetry=BT601)
    for colorimetry, luma in ((BT601, 81.8), (BT709, 61.0)):
        promised = surface.convert("RGB", colorimetry=colorimetry)
        (tensor,), _ = sampled(promised, InputSpec(size=(8, 8), color="GRAY"), (0, 0, 8, 8))
        assert np.abs(tensor - luma).max() <= 1


@pytest.mark.parametrize(
    "roi",
    [(1, 2, 0, 5), (1, 2, 5, 0), (1, 2, -3, 5), (float("nan"), 0, 1, 1), (0, 0, float("inf"), 1)],
)
def test_a_region_without_area_is_refused_with_its_numbers(roi):
    with pytest.raises(ValueError, match=r"positive width and height, got \(l, t, w, h\) = \("):
        sampled(cpu_surface(), InputSpec(size=(8, 8)), (0, 0, 4, 4), roi)


def test_a_tensor_of_the_wrong_shape_is_refused_with_both_shapes():
    surface, out = cpu_surface(), np.empty((1, 3, 8, 8), np.float32)
    wanted = r"2 region\(s\) as RGB NCHW fill \(2, 3, 8, 8\) of float32; out is \(1, 3, 8, 8\)"
    with pytest.raises(ValueError, match=wanted):
        surface.network_input([(0, 0, 4, 4)] * 2, InputSpec(size=(8, 8)), out)
    with pytest.raises(ValueError, match=r"of float16; out is .* of float32"):
        surface.network_input([(0, 0, 4, 4)], InputSpec(size=(8, 8), dtype=np.float16), out)


def test_normalisation_that_does_not_fit_is_refused():
    surface = cpu_surface()
    with pytest.raises(ValueError, match=r"one value for each of 3 channel\(s\), got \(1, 2\)"):
        sampled(surface, InputSpec(size=(8, 8), offsets=(1, 2)), (0, 0, 4, 4))
    mean = np.zeros((8, 9, 3), np.float32)
    with pytest.raises(ValueError, match=r"must be \(9, 8, 3\), got \(8, 9, 3\)"):
        sampled(surface, InputSpec(size=(8, 9), mean=mean), (0, 0, 4, 4))
