import threading

import numpy as np
import pytest

from penstock.geometry import Lens, View
from penstock.surface import Colorimetry, CpuSurface
from penstock.surface.warping import Warp

W, H = 160, 120


def same(x, y):
    return x, y


def surface(picture, promised="BGR"):
    made = CpuSurface.from_planes(
        (np.ascontiguousarray(picture),), "BGR", colorimetry=Colorimetry()
    )
    return made.convert(promised)


def held_as(name, picture):
    """A surface that holds the picture in a format."""
    planes = tuple(plane.copy() for plane in surface(picture).planes(name))
    return CpuSurface.from_planes(planes, name, colorimetry=Colorimetry(), exclusive=True)


@pytest.fixture
def picture():
    """Smooth, so that sampling between pixels says little."""
    y, x = np.mgrid[:H, :W]
    return np.stack([x, y, 255 - x], axis=2).astype(np.uint8)


@pytest.mark.parametrize("held", ["BGR", "RGBA", "NV12", "I420", "Y42B", "Y444", "GRAY8"])
def test_a_warp_that_moves_nothing_is_the_identity(held, picture):
    source = held_as(held, picture)
    made = Warp((W, H), (W, H), same).apply(source)
    assert (made.format, made.held_format, made.size) == (held, held, (W, H))
    for plane, expected in zip(made.planes(), source.planes(), strict=True):
        assert np.array_equal(plane, expected)


def test_a_picture_of_ten_bits_is_made_in_eight(picture):
    luma, chroma = held_as("NV12", picture).planes()
    planes = (luma.astype(np.uint16) << 8, chroma.astype(np.uint16) << 8)
    deep = CpuSurface.from_planes(planes, "P010_10LE", colorimetry=Colorimetry())
    made = Warp((W, H), (W, H), same).apply(deep.convert("NV12"))
    assert (made.format, made.held_format) == ("NV12", "NV12")
    assert np.array_equal(made.planes()[0], luma)


@pytest.mark.parametrize("held", ["BGR", "NV12", "I420", "Y42B", "Y444"])
def test_chroma_moves_with_luma(held, picture):
    moved = Warp((W, H), (W - 20, H - 10), lambda x, y: (x + 20, y + 10)).apply(
        held_as(held, picture)
    )
    off = np.abs(moved.planes("BGR")[0].astype(int) - picture[10:, 20:])
    assert np.median(off) <= 2
    assert off[2:-2, 2:-2].max() <= 6


@pytest.mark.parametrize("held", ["BGR", "RGBA", "NV12", "I420"])
@pytest.mark.parametrize(("draws_edge_out", "expected"), [(False, (0, 0, 0)), (True, (0, 60, 255))])
def test_outside_lies_black_or_the_edge_drawn_out(held, draws_edge_out, expected, picture):
    warp = Warp((W, H), (W, H), lambda x, y: (x - 40, y), draws_edge_out=draws_edge_out)
    made = warp.apply(held_as(held, picture)).planes("BGR")[0]
    assert np.abs(made[60, 10].astype(int) - expected).max() <= 4
    assert np.abs(made[60, 100].astype(int) - picture[60, 60]).max() <= 4


@pytest.mark.parametrize("held", ["BGR", "NV12", "I420"])
@pytest.mark.parametrize("draws_edge_out", [False, True])
def test_nowhere_is_black_whatever_the_border(held, draws_edge_out, picture):
    warp = Warp(
        (W, H),
        (W, H),
        lambda x, y: (np.where(x < 40, np.nan, x), y),
        draws_edge_out=draws_edge_out,
    )
    made = warp.apply(held_as(held, picture)).planes("BGR")[0]
    assert made[:, :38].max() <= 3
    assert np.abs(made[60, 100].astype(int) - picture[60, 100]).max() <= 4


def test_far_outside_is_as_outside(picture):
    warp = Warp((W, H), (W, H), lambda x, y: (x + 1e9, y - 1e9))
    assert warp.apply(surface(picture)).planes("BGR")[0].max() == 0


def test_nothing_is_worked_out_before_somebody_looks_and_then_once(picture):
    asked = []

    def where(x, y):
        asked.append(x.shape)
        return x, y

    warp = Warp((W, H), (W, H), where)
    first, second = (warp.apply(held_as("I420", picture)) for _ in range(2))
    assert asked == []
    first.scale((80, 60)).planes()
    second.planes("RGB")
    assert asked == [(H, W), (H // 2, W // 2)]


def test_the_pictures_made_are_their_own_and_the_source_stays(picture):
    source = surface(picture)
    warp = Warp((W, H), (W, H), same)
    one, other = warp.apply(source), warp.apply(source)
    one.writable()[0][:] = 7
    assert np.array_equal(other.planes()[0], picture)
    assert np.array_equal(source.planes()[0], picture)
    later = warp.apply(source)
    source.writable()[0][:] = 9
    assert np.array_equal(later.planes()[0], picture)


def test_many_threads_may_use_one_warp(picture):
    warp, made = Warp((W, H), (W, H), same), []

    def work():
        made.append(warp.apply(surface(picture)).planes("NV12")[0].copy())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(plane, made[0]) for plane in made)
    assert len(made) == 8


def test_a_picture_of_another_size_is_refused(picture):
    with pytest.raises(ValueError, match=r"^wanted a picture of \(99, 99\), got \(160, 120\)$"):
        Warp((99, 99), (W, H), same).apply(surface(picture))


def test_a_picture_seen_by_a_fisheye_becomes_straight_again():
    """A board of squares, as a fisheye sees it and looked at through a straight lens again."""
    y, x = np.mgrid[:480, :640]
    board = (((x // 40 + y // 40) % 2) * 200 + 20).astype(np.uint8)
    scene = Lens("perspective", (300, 300), (319.5, 239.5))
    camera = Lens("fisheye", (260, 260), (299.5, 299.5))
    flat = surface(np.dstack([board] * 3))
    seen = Warp((640, 480), (600, 600), View(scene, camera).source_px).apply(flat)
    again = Warp((600, 600), (640, 480), View(camera, scene).source_px).apply(seen)
    off = np.abs(again.planes("BGR")[0][..., 0].astype(int) - board)
    bent = np.abs(seen.planes("BGR")[0][60:540, :, 0].astype(int)[:, :600] - board[:, :600])
    assert off[120:360, 160:480].mean() < 8
    assert bent.mean() > 40
