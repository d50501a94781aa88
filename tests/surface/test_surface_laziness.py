"""A promise that is kept late gives what it would have given at once."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surface_pictures import (
    BT601,
    BT709,
    COLORIMETRIES,
    copies,
    cpu_surface,
    differences,
    noise_planes,
    same,
    smooth_planes,
)

from penstock.errors import UnknownNameError
from penstock.surface import FORMATS, CpuSurface

TARGETS = sorted(set(FORMATS) - {"P010_10LE"})
unit = st.floats(0, 1)


@st.composite
def steps(draw, *, bars):
    """One promise: a function from surface to surface."""
    kind = draw(st.sampled_from(["crop", "scale", "convert", "share"]))
    if kind == "crop":
        left, top, width, height = (draw(unit) for _ in range(4))

        def crop(surface):
            w, h = surface.size
            size = (max(w / 2, 24, width * w), max(h / 2, 24, height * h))
            return surface.crop((left * (w - size[0]), top * (h - size[1]), *size))

        return crop
    if kind == "scale":
        size = (draw(st.integers(40, 130)), draw(st.integers(40, 130)))
        how = draw(st.sampled_from(["bilinear", "area", "cubic"]))
        keep = draw(st.booleans()) if bars else False
        centred = draw(st.booleans())
        return lambda s: s.scale(size, interpolation=how, keep_aspect=keep, centred=centred)
    if kind == "convert":
        name = draw(st.sampled_from(TARGETS))
        colorimetry = draw(st.sampled_from([None, *COLORIMETRIES]))
        return lambda s: s.convert(name, colorimetry=colorimetry)
    return lambda s: s.share()


def eager(surface):
    """The same surface with everything done."""
    planes = copies(surface.planes())
    return CpuSurface.from_planes(planes, surface.format, colorimetry=surface.colorimetry)


def both_ways(name, seed, chain):
    surface = cpu_surface(name, (112, 88), seed=seed)
    late = now = surface
    for step in chain:
        late, now = step(late), eager(step(now))
        assert (late.size, late.format, late.colorimetry) == (now.size, now.format, now.colorimetry)
    return late, now


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    seed=st.integers(0, 999),
    chain=st.lists(steps(bars=False), max_size=5),
)
def test_late_is_as_good_as_at_once(name, seed, chain):
    late, now = both_ways(name, seed, chain)
    off = differences(late.planes("RGB"), now.planes("RGB"))
    # Every eager step rounds, and repeats or averages chroma, once more: 2 levels of chroma,
    # doubled in RGB, for each of up to 5 steps; enlarged crops of crops add to it at edges.
    assert off.mean() <= 4
    assert off.max() <= 24


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(["I420", "RGBA", "Y444"]),
    seed=st.integers(0, 999),
    chain=st.lists(steps(bars=True), max_size=4),
)
def test_late_bars_are_where_bars_at_once_are(name, seed, chain):
    late, now = both_ways(name, seed, chain)
    off = differences(late.planes("GRAY8"), now.planes("GRAY8"))
    # Bars may begin up to a pixel apart at each step, and eager ones are blurred when scaled.
    assert np.median(off) <= 4
    assert (off > 24).mean() <= 0.16


@pytest.mark.parametrize("name", FORMATS)
def test_an_untouched_surface_shows_the_memory_it_was_made_of(name):
    planes = noise_planes(name, (34, 22))
    surface = CpuSurface.from_planes(planes, name, colorimetry=BT601)
    seen = surface.planes()
    assert same(seen, planes)
    assert all(np.shares_memory(a, b) for a, b in zip(seen, planes, strict=True))


def test_a_promise_computes_nothing():
    surface = cpu_surface(size=(1920, 1080))
    tracemalloc.start()
    try:
        promised = surface.convert("RGBA").scale((1280, 720)).crop((7, 7, 801, 601)).share()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000
    assert (promised.format, promised.held_format, promised.size) == ("RGBA", "I420", (801, 601))


def test_a_look_is_computed_once_for_everyone_who_shares_it():
    surface = cpu_surface().scale((32, 24))
    first = surface.planes("RGBA")
    assert np.shares_memory(first[0], surface.planes("RGBA")[0])
    assert np.shares_memory(first[0], surface.share().planes("RGBA")[0])
    assert np.shares_memory(first[0], surface.convert("RGBA").planes()[0])


def test_a_look_is_forgotten_when_pixels_are_written():
    surface = cpu_surface(exclusive=True)
    before = surface.planes("RGB")[0].copy()
    surface.writable()[0][...] = 16
    after = surface.planes("RGB")[0]
    assert not np.array_equal(before, after)
    surface.writable()[0][...] = 235
    assert surface.planes("RGB")[0].mean() > after.mean() + 100


def test_writing_through_a_kept_array_is_seen_by_every_later_look():
    surface = cpu_surface("RGB")
    (plane,) = surface.writable()
    for level in (10, 200):
        plane[...] = level
        assert abs(int(surface.planes("GRAY8")[0][0, 0]) - level) <= 1
        assert surface.planes()[0][0, 0, 0] == level


def test_promising_another_format_leaves_what_is_held():
    surface = cpu_surface().convert("RGBA")
    assert (surface.format, surface.held_format) == ("RGBA", "I420")
    assert [p.shape for p in surface.writable()] == [(48, 64), (24, 32), (24, 32)]
    assert surface.planes()[0].shape == (48, 64, 4)


def test_writing_in_another_format_holds_it_from_then_on():
    surface = cpu_surface()
    (plane,) = surface.writable("RGBA")
    plane[...] = (255, 0, 0, 255)
    assert (surface.format, surface.held_format) == ("I420", "RGBA")
    assert surface.writable()[0].shape == (48, 64, 4)
    y, u, v = (int(p[0, 0]) for p in surface.planes())
    assert (y, u, v) == (81, 90, 240)


def test_writing_a_scaled_surface_does_not_go_through_rgb():
    planes = noise_planes("I420", (64, 48))
    surface = CpuSurface.from_planes(planes, "I420", colorimetry=BT601).scale((32, 24))
    seen = copies(surface.planes())
    assert surface.held_format == "I420"
    assert same(surface.writable(), seen)


def test_a_finished_scale_is_taken_over_when_nobody_looks_at_it_any_more():
    surface = cpu_surface().scale((32, 24))
    address = surface.planes()[0].ctypes.data
    assert surface.writable()[0].ctypes.data == address


def test_what_is_held_is_brought_to_the_promised_colorimetry_before_writing():
    surface = cpu_surface().convert("I420", colorimetry=BT709)
    expected = copies(surface.planes())
    assert same(surface.writable(), expected)
    assert surface.colorimetry == BT709


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("pending", [lambda s: s, lambda s: s.scale((41, 33), keep_aspect=True)])
def test_rendering_writes_what_looking_shows(target, pending):
    for name in FORMATS:
        surface = pending(cpu_surface(name, (50, 30)))
        out = FORMATS[target].allocate(surface.size)
        surface.render(target, out)
        assert same(out, surface.planes(target))
        again = FORMATS[target].allocate(surface.size)
        surface.render(target, again)
        assert same(out, again)


@pytest.mark.parametrize("target", ["RGB", "NV12", "RGBA"])
def test_rendering_into_arrays_of_any_layout(target):
    surface = cpu_surface(size=(22, 14))
    for step in (1, 2):
        out = tuple(
            np.zeros([n * step + 1 for n in shape], np.uint8)[
                tuple(slice(0, n * step, step) for n in shape)
            ]
            for shape in FORMATS[target].shapes((22, 14))
        )
        surface.render(target, out)
        assert same(out, surface.planes(target))


def test_rendering_into_the_wrong_place_says_what_would_fit():
    surface = cpu_surface(size=(64, 48))
    with pytest.raises(ValueError, match=r"NV12 has 2 plane\(s\) of uint8.*got \(48, 64\) uint8$"):
        surface.render("NV12", (np.zeros((48, 64), np.uint8),))
    with pytest.raises(ValueError, match=r"I420 64x48.*cannot be written into 32x24"):
        surface.render("GRAY8", (np.zeros((24, 32), np.uint8),))
    frozen = np.zeros((48, 64), np.uint8)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="cannot be written into 64x48, read-only"):
        surface.render("GRAY8", (frozen,))


def test_planes_that_do_not_fit_their_format_are_listed():
    planes = smooth_planes("I420", (17, 9))
    with pytest.raises(
        ValueError, match=r"1920x1080 .*\(540, 960\); got \(9, 17\) uint8, \(4, 8\)"
    ):
        CpuSurface.from_planes(
            (planes[0], *(p[:4, :8] for p in planes[1:])), "I420", colorimetry=BT601
        )
    with pytest.raises(ValueError, match="got none"):
        CpuSurface.from_planes((), "RGB", colorimetry=BT601)


def test_unknown_formats_are_refused_when_they_are_named():
    surface = cpu_surface()
    for ask in (surface.convert, surface.planes, surface.writable):
        with pytest.raises(UnknownNameError, match="'RGBX'; did you mean 'RGB'"):
            ask("RGBX")


def test_a_surface_introduces_itself():
    surface = cpu_surface().scale((32, 24)).convert("RGBA")
    assert repr(surface) == "<CpuSurface RGBA 32x24, holds I420 64x48>"
    assert surface.device == "cpu"
