"""What `penstock.surface.Surface` promises, for every kind of surface there is."""

import inspect
import weakref

import numpy as np
import pytest
from surface_pictures import BT601, BT709, copies, differences, noise_planes, same, smooth_planes

from penstock.errors import UnknownNameError
from penstock.geometry import Affine
from penstock.surface import FORMATS, CpuSurface, InputSpec, Surface

KINDS = {"cpu": CpuSurface.from_planes}
TARGETS = [name for name in FORMATS if name != "P010_10LE"]
SIZE = (66, 44)


@pytest.fixture(params=KINDS)
def make(request):
    """Makes a surface from planes in ordinary memory."""

    def build(name="I420", *, colorimetry=BT601, planes=None, **more):
        planes = planes or smooth_planes(name, SIZE)
        return KINDS[request.param](planes, name, colorimetry=colorimetry, **more)

    return build


def test_it_has_everything_the_protocol_names(make):
    kind = type(make())
    for name, promised in vars(Surface).items():
        if name.startswith("_"):
            continue
        found = inspect.getattr_static(kind, name)
        assert isinstance(found, type(promised)), name
        if callable(promised):
            promised_names = list(inspect.signature(promised).parameters)
            assert list(inspect.signature(found).parameters) == promised_names, name


def test_it_knows_itself(make):
    surface = make("NV12", colorimetry=BT709)
    assert surface.size == SIZE
    assert (surface.format, surface.held_format) == ("NV12", "NV12")
    assert surface.colorimetry == BT709
    assert isinstance(surface.device, str)


@pytest.mark.parametrize("name", FORMATS)
def test_it_shows_the_planes_it_was_given(make, name):
    planes = noise_planes(name, SIZE)
    seen = make(name, planes=planes).planes()
    assert same(seen, planes)
    assert not any(plane.flags.writeable for plane in seen)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("target", TARGETS)
def test_it_shows_itself_in_every_format_whatever_it_holds(make, name, target):
    surface = make(name)
    for planes in (surface.planes(target), surface.convert(target).planes()):
        assert [plane.shape for plane in planes] == list(FORMATS[target].shapes(SIZE))
        assert {plane.dtype for plane in planes} == {np.dtype(np.uint8)}
    assert (surface.format, surface.held_format) == (name, name)


def test_promises_change_what_is_promised_and_not_what_is_held(make):
    surface = make()
    promised = surface.convert("RGBA", colorimetry=BT709).scale((30, 20)).crop((2, 2, 11, 7))
    assert (promised.format, promised.held_format) == ("RGBA", "I420")
    assert (promised.size, promised.colorimetry) == ((11, 7), BT709)
    assert (surface.format, surface.size, surface.colorimetry) == ("I420", SIZE, BT601)
    assert promised.convert("BGR").colorimetry == BT709


def test_kept_aspect_fits_inside(make):
    scaled = make("RGB").scale((66, 88), keep_aspect=True)
    (plane,) = scaled.planes()
    assert plane.shape == (88, 66, 3)
    assert not plane[:22].any()
    assert plane[22:66].any()
    assert not plane[66:].any()


@pytest.mark.parametrize("name", FORMATS)
def test_a_write_is_seen_by_the_writer_only(make, name):
    surface = make(name)
    twin, cropped, view = surface.share(), surface.crop((0, 0, 8, 8)), surface.planes()
    before = copies(view)
    for plane in surface.writable():
        plane[...] = 99
    assert all((plane == 99).all() for plane in surface.planes())
    assert same(view, before)
    assert same(twin.planes(), before)
    assert np.array_equal(cropped.planes()[0], before[0][:8, :8])


def test_a_share_taken_while_writing_is_not_written(make):
    surface = make()
    (luma, *_) = surface.writable()
    twin = surface.share()
    before = copies(twin.planes())
    luma[...] = 1
    assert same(twin.planes(), before)
    assert (surface.planes()[0] == 1).all()


def test_writing_in_a_format_holds_it(make):
    surface = make()
    expected = copies(surface.planes("RGBA"))
    assert same(surface.writable("RGBA"), expected)
    assert (surface.format, surface.held_format) == ("I420", "RGBA")
    assert differences(surface.planes(), smooth_planes("I420", SIZE)).max() <= 3


@pytest.mark.parametrize("target", TARGETS)
def test_rendering_fills_every_sample(make, target):
    surface = make().scale((50, 50), keep_aspect=True)
    outs = []
    for rubbish in (0, 255):
        out = tuple(np.full(s, rubbish, np.uint8) for s in FORMATS[target].shapes((50, 50)))
        surface.render(target, out)
        outs.append(out)
    assert same(*outs)


def test_a_network_sees_every_region_and_learns_where_it_was(make):
    surface = make("NV12")
    spec = InputSpec(size=(16, 8), scale=1 / 255)
    rois = [(0, 0, *SIZE), (10, 4, 32, 16), (60, 40, 20, 20)]
    outs = [np.full((3, 3, 8, 16), rubbish, np.float32) for rubbish in (-1, 7)]
    for out in outs:
        affines = surface.network_input(rois, spec, out)
        assert affines[1] == Affine(0.5, 0.5, -5, -2)
        assert [(a.sx, a.sy) for a in affines[::2]] == [(16 / 66, 8 / 44), (0.8, 0.4)]
    assert np.array_equal(*outs)
    assert outs[0].min() >= 0
    assert outs[0].max() <= 1


def test_a_region_without_area_is_an_error(make):
    with pytest.raises(ValueError, match=r"\(3, 4, 0, 5\)"):
        make().network_input([(3, 4, 0, 5)], InputSpec(size=(8, 8)), np.zeros((1, 3, 8, 8), "f"))


def test_unknown_formats_are_errors_that_list_the_known(make):
    for ask in (make().convert, make().planes, make().writable):
        with pytest.raises(UnknownNameError, match="Known: NV12"):
            ask("YUV9")


def test_the_owner_lives_as_long_as_anybody_needs_its_pixels(make):
    owner = type("Owner", (), {})()
    gone = weakref.ref(owner)
    surface = make("I420", owner=owner)
    del owner
    view = surface.crop((0, 0, 10, 10)).share().planes()
    del surface
    assert gone() is not None
    del view
    assert gone() is None
