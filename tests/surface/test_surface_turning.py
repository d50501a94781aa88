"""Turned, mirrored and placed pictures."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surface_pictures import BT601, cpu_surface, differences, flat_planes, noise_planes, same

from penstock.geometry import Affine, Turn
from penstock.surface import FORMATS, CpuSurface, InputSpec

TURNS = [
    Turn(swap=s, mirror_x=x, mirror_y=y) for s, x, y in itertools.product([False, True], repeat=3)
]
turns = st.sampled_from(TURNS)
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
KEPT = [name for name in FORMATS if FORMATS[name].planes[-1].step in ((1, 1), (2, 2))]


def surface_of(planes, name):
    return CpuSurface.from_planes(planes, name, colorimetry=BT601)


def inverse(turn):
    return next(t for t in TURNS if t.array(turn.array(MARKS)).tolist() == MARKS.tolist())


MARKS = np.arange(6).reshape(2, 3)


@given(name=st.sampled_from(KEPT), size=sizes, turn=turns)
def test_every_plane_is_turned(name, size, turn):
    planes = noise_planes(name, size)
    turned = surface_of(planes, name).turn(turn)
    assert turned.size == turn.size(size)
    assert (turned.format, turned.held_format) == (name, name)
    assert same(turned.planes(), [turn.array(plane) for plane in planes])


@given(name=st.sampled_from(sorted(FORMATS)), size=sizes, turn=turns)
def test_turning_there_and_back_changes_nothing_but_chroma_that_lost_its_place(name, size, turn):
    planes = noise_planes(name, size)
    back = surface_of(planes, name).turn(turn).turn(inverse(turn))
    assert same(back.planes(), planes)


@pytest.mark.parametrize("name", ["Y42B"])
@pytest.mark.parametrize("turn", [t for t in TURNS if t.swap], ids=str)
def test_where_rows_become_columns_chroma_of_two_neighbours_is_kept(name, turn):
    planes = noise_planes(name, (32, 20))
    turned = surface_of(planes, name).turn(turn)
    assert turned.format == name
    assert turned.held_format == "Y444"
    wanted = [turn.array(p) for p in surface_of(planes, name).planes("Y444")]
    assert same(turned.planes("Y444"), wanted)


def test_turning_computes_nothing_until_somebody_looks():
    surface = cpu_surface("NV12", (64, 48))
    turned = surface.turn(Turn(swap=True)).scale((12, 16)).convert("RGBA")
    assert turned._picture._source.__name__ == "<lambda>"
    assert turned.planes()[0].shape == (16, 12, 4)


def test_a_turned_picture_is_its_own_and_the_first_stays_as_it_was():
    planes = noise_planes("I420", (32, 20))
    surface = surface_of(planes, "I420")
    turned = surface.turn(Turn(mirror_x=True))
    turned.writable()[0][...] = 7
    assert same(surface.planes(), planes)
    assert (turned.planes()[0] == 7).all()


def test_what_is_written_after_turning_is_not_seen():
    planes = noise_planes("I420", (32, 20))
    surface = surface_of(planes, "I420")
    turned = surface.turn(Turn(mirror_y=True))
    surface.writable()[0][...] = 7
    assert np.array_equal(turned.planes()[0], planes[0][::-1])


@given(turn=turns, box=st.tuples(*[st.integers(0, 15)] * 2, *[st.integers(1, 16)] * 2))
def test_a_crop_is_turned_as_numpy_turns_it(turn, box):
    (plane,) = planes = noise_planes("GRAY8", (31, 31))
    left, top, width, height = box
    cropped = surface_of(planes, "GRAY8").crop(box).turn(turn)
    wanted = turn.array(plane[top : top + height, left : left + width])
    assert np.array_equal(cropped.planes()[0], wanted)


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_network_sees_the_turned_picture(turn):
    surface = cpu_surface("I420", (64, 48))
    turned = surface.turn(turn)
    spec = InputSpec(size=turned.size)
    seen = np.empty((1, 3, turned.size[1], turned.size[0]), np.float32)
    turned.network_input([(0, 0, *turned.size)], spec, seen)
    assert differences(seen[0].transpose(1, 2, 0), turned.planes("RGB")[0]).max() < 12


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_boxes_follow_the_pixels(turn):
    plane = np.zeros((48, 64), np.uint8)
    plane[10:15, 20:50] = 255
    seen = surface_of((plane,), "GRAY8").turn(turn).planes()[0]
    left, top, width, height = map(int, Affine.turning(turn, (64, 48)).ltwh((20, 10, 30, 5)))
    assert seen[top : top + height, left : left + width].min() == 255
    assert np.count_nonzero(seen) == 30 * 5


# Placing


@given(
    name=st.sampled_from(sorted(FORMATS)),
    box=st.tuples(*[st.integers(0, 10)] * 2, *[st.integers(1, 20)] * 2),
)
def test_what_is_placed_lies_in_its_box_and_all_else_is_black(name, box):
    left, top, width, height = box
    colour = dict.fromkeys("RGBYUVAx", 90)
    placed = surface_of(flat_planes(name, (23, 17), colour), name).place(box, (30, 30))
    assert placed.size == (30, 30)
    seen = placed.planes("RGB" if FORMATS[name].model == "rgb" else "GRAY8")[0]
    inside = np.zeros((30, 30), bool)
    inside[top : top + height, left : left + width] = True
    assert (seen[inside] > 40).all() or name == "P010_10LE"
    assert (seen[~inside] == 0).all()


def test_placing_at_even_edges_is_scaling_into_a_window():
    surface = cpu_surface("I420", (64, 48))
    placed = surface.place((10, 20, 30, 24), (100, 80)).crop((10, 20, 30, 24))
    assert same(placed.planes(), surface.scale((30, 24)).planes())


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (0, 0, 0, 5), (6, 0, 5, 5), (0, 8, 2, 3)])
def test_a_place_outside_is_refused(box):
    with pytest.raises(ValueError, match=r"no part of 10x10"):
        cpu_surface("I420", (64, 48)).place(box, (10, 10))


def test_a_crop_that_is_placed_is_sampled_once():
    surface = cpu_surface("NV12", (64, 48)).crop((4, 4, 40, 40)).place((2, 2, 20, 20), (30, 30))
    assert repr(surface) == "<CpuSurface NV12 30x30, holds NV12 64x48>"
    assert not callable(surface._picture._source)


def test_detail_given_up_stays_given_up_when_placed():
    surface = cpu_surface("GRAY8", (64, 48), seed=1).scale((2, 2)).place((0, 0, 64, 48), (64, 48))
    coarse = cpu_surface("GRAY8", (64, 48), seed=1).scale((2, 2)).planes()[0]
    again = surface_of((np.array(coarse),), "GRAY8").scale((64, 48))
    assert same(surface.planes(), again.planes())
