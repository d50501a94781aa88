import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osd_pictures import (
    ALL_FORMATS,
    BLUE,
    GREEN,
    HALF_RED,
    RED,
    SUBSAMPLED,
    Picture,
    display_frame,
    expected_samples,
)

from penstock.meta import Arrow, ArrowHead, Circle, Line, Polygon
from penstock.osd import Painter, PainterSettings

PAINTER = Painter(PainterSettings(display_text=False))
SIZE = (96, 64)
INT = st.one_of(
    st.integers(-30, 130),
    st.sampled_from([10**9, -(10**9), 2**32 - 1, 2**31, 10**14, -(10**20), 10**400]),
    st.sampled_from([math.nan, math.inf, 1e300]),
)
WIDTH = st.one_of(st.integers(-1, 9), st.sampled_from([10**9, 2**32 - 1, 10**400]))

TRIANGLE = [(20, 10), (70, 20), (40, 50)]


def drawn(pixel_format, *shapes, level=33, size=SIZE):
    picture = Picture(pixel_format, size, level=level)
    return picture.paint(PAINTER, display_frame(*shapes, size=size))


def covered(shape):
    """`(H, W)` bool: pixels that are at least half red."""
    return drawn("RGB", shape, level=0).planes[0][..., 0] >= 128


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("ends", [(20, 30, 70, 30), (70, 30, 20, 30)])
def test_a_line_is_as_wide_as_it_says(width, ends):
    column = covered(Line(*ends, width, RED))[:, 45]
    rows = np.nonzero(column)[0]
    assert width <= len(rows) <= width + 1
    assert abs(rows.mean() - 30) <= 0.5


def test_a_line_reaches_its_ends():
    across = np.nonzero(covered(Line(20, 30, 70, 30, 1, RED)).any(axis=0))[0]
    assert (across[0], across[-1]) == (20, 70)


def test_a_slanted_line_passes_through_its_points():
    line = covered(Line(10, 10, 70, 50, 3, RED))
    assert all(line[round(10 + t * 40), round(10 + t * 60)] for t in np.linspace(0, 1, 20))
    assert not line[45, 15]
    assert line.sum() == pytest.approx(3.5 * math.hypot(60, 40), rel=0.15)


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_lines_have_their_colour_in_every_format(pixel_format):
    picture = drawn(pixel_format, Line(10, 10, 80, 10, 5, RED), Line(40, 20, 40, 60, 5, HALF_RED))
    assert picture.samples(44, 10) == expected_samples(pixel_format, RED)
    half = {
        name: 33 + 128 / 255 * (v - 33) for name, v in expected_samples(pixel_format, RED).items()
    }
    assert picture.samples(40, 44) == pytest.approx(half, abs=1.5)


@pytest.mark.parametrize("pixel_format", SUBSAMPLED)
@pytest.mark.parametrize(
    "shape",
    [
        Line(10, 12, 80, 50, 4, RED),
        Arrow(10, 50, 80, 12, 4, ArrowHead.END, RED),
        Circle(48, 32, 20, RED, 1, RED),
        Polygon(TRIANGLE, 4, RED, 1, RED),
    ],
)
def test_chroma_lies_under_its_luma(pixel_format, shape):
    picture = drawn(pixel_format, shape)
    luma = picture.changed()
    solid = picture.planes[0] == expected_samples(pixel_format, RED)["Y"]
    for number, plane in enumerate(picture.made.planes[1:], start=1):
        columns, rows = plane.step
        cells = luma.reshape(SIZE[1] // rows, rows, SIZE[0] // columns, columns)
        chroma = picture.changed(number)
        assert chroma[solid.reshape(cells.shape).all(axis=(1, 3))].all()
        near = cv2.dilate(cells.any(axis=(1, 3)).astype(np.uint8), np.ones((3, 3))) > 0
        assert not (chroma & ~near).any()


@pytest.mark.parametrize("shape", [Line(20, 20, 60, 40, 0, RED), Arrow(20, 20, 60, 40, 0)])
def test_a_line_without_width_is_not_drawn(shape):
    assert not drawn("I420", shape).changed().any()


def test_a_line_of_no_length_is_a_dot():
    dot = covered(Line(20, 20, 20, 20, 5, RED))
    assert dot[20, 20]
    assert 12 <= dot.sum() <= 25


def test_an_arrow_is_widest_at_its_heads_base_and_ends_at_its_tip():
    heights = {}
    for head in ArrowHead:
        arrow = covered(Arrow(10, 32, 80, 32, 3, head, RED))
        columns = np.nonzero(arrow.any(axis=0))[0]
        assert (columns[0], columns[-1]) == (10, 80)
        heights[head] = arrow.sum(axis=0)
    assert heights[ArrowHead.END][66] > 2 * heights[ArrowHead.END][30]
    assert heights[ArrowHead.START][24] > 2 * heights[ArrowHead.START][60]
    both = heights[ArrowHead.BOTH]
    assert min(both[66], both[24]) > 2 * both[45]


def test_an_arrow_of_no_length_is_a_dot():
    dot = covered(Arrow(20, 20, 20, 20, 3, ArrowHead.BOTH, RED))
    assert dot[20, 20]
    assert dot.sum() <= 25


def test_a_circle_is_round_and_two_pixels_wide():
    ring = covered(Circle(48, 32, 20, RED))
    rows, columns = np.nonzero(ring)
    distances = np.hypot(rows - 32, columns - 48)
    assert distances.min() >= 18
    assert distances.max() <= 22
    assert ring.sum() == pytest.approx(2 * math.pi * 20 * 2, rel=0.25)


def test_a_circle_with_a_ground_is_filled():
    picture = drawn("RGB", Circle(48, 32, 20, RED, 1, GREEN))
    assert picture.samples(48, 32) == {"R": 0, "G": 255, "B": 0}
    assert picture.samples(68, 32) == {"R": 255, "G": 0, "B": 0}
    assert not picture.changed()[5, 48]


def test_a_circle_around_the_whole_picture_fills_it():
    assert drawn("I420", Circle(50, 30, 10**9, RED, 1, BLUE)).changed().all()


def test_a_line_from_far_away_keeps_its_direction():
    line = covered(Line(-(10**9) + 48, -(10**9) + 32, 10**9 + 48, 10**9 + 32, 3, RED))
    for offset in range(-30, 31, 10):
        assert line[32 + offset, 48 + offset]
    assert not line[10, 80]


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_a_translucent_shape_has_the_form_of_the_opaque_one(pixel_format):
    for solid, veil in (
        (Line(10, 12, 80, 50, 3, RED), Line(10, 12, 80, 50, 3, HALF_RED)),
        (Circle(48, 32, 20, RED), Circle(48, 32, 20, HALF_RED)),
        (Arrow(9, 9, 90, 50, 2, color=RED), Arrow(9, 9, 90, 50, 2, color=HALF_RED)),
        (Polygon(TRIANGLE, 0, RED, 1, RED), Polygon(TRIANGLE, 0, RED, 1, HALF_RED)),
    ):
        opaque, translucent = drawn(pixel_format, solid), drawn(pixel_format, veil)
        for number in range(len(opaque.planes)):
            where = opaque.planes[number].astype(int), translucent.planes[number].astype(int)
            full, half = (np.abs(plane - 33) for plane in where)
            assert np.abs(full * 128 / 255 - half).max() <= 3


def test_a_translucent_outline_covers_every_pixel_once():
    for shape in (
        Line(20, 20, 70, 50, 8, HALF_RED),
        Arrow(20, 20, 70, 50, 8, color=HALF_RED),
        Polygon(TRIANGLE, 8, HALF_RED),
    ):
        red = drawn("RGB", shape, level=0).planes[0][..., 0]
        assert red.max() == 128


def test_a_polygon_is_closed_and_as_wide_as_it_says():
    square = covered(Polygon([(20, 10), (60, 10), (60, 50), (20, 50)], 4, RED))
    for line in (square[:, 40], square[30, :]):  # through two sides each
        places = np.nonzero(line)[0]
        assert 8 <= len(places) <= 10
    assert square[50, 20]
    assert not square[15:45, 25:55].any()


def test_a_polygon_with_a_ground_is_filled_up_to_its_outline():
    picture = drawn("RGB", Polygon(TRIANGLE, 3, RED, 1, GREEN))
    assert picture.samples(45, 25) == {"R": 0, "G": 255, "B": 0}
    assert picture.samples(20, 10) == {"R": 255, "G": 0, "B": 0}
    assert not picture.changed()[50, 70]


def test_a_polygon_that_crosses_itself_has_a_hole():
    star = [(48 + 28 * math.sin(a * math.tau / 5), 32 - 28 * math.cos(a * math.tau / 5))
            for a in (0, 2, 4, 1, 3)]  # fmt: skip
    picture = drawn("RGB", Polygon(star, has_bg=1, bg_color=RED))
    assert not picture.changed()[32, 48]
    assert picture.changed()[10, 48]


@pytest.mark.parametrize(
    "points",
    [[], [(20, 20)], [(20, 20), (math.nan, 5), (40, 40)], [(20, 20), (10**400, 5), (9, 9)]],
)
def test_a_polygon_without_sides_or_with_a_corner_nowhere_is_not_drawn(points):
    assert not drawn("I420", Polygon(points, 3, RED, 1, RED)).changed().any()


def test_a_polygon_around_the_whole_picture_fills_it():
    far = [(-(10**9), -(10**9)), (10**9, -(10**9)), (0, 10**9)]
    assert drawn("NV12", Polygon(far, 5, BLUE, 1, RED)).changed().all()


@given(
    pixel_format=st.sampled_from(ALL_FORMATS),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    points=st.lists(st.tuples(INT, INT), max_size=5),
    width=WIDTH,
    alpha=st.sampled_from([0.5, 1.0]),
)
def test_any_polygon_stays_in_the_picture(pixel_format, size, points, width, alpha):
    color = (1.0, 0.0, 0.0, alpha)
    shape = Polygon(points, width, color, 1, color)
    assert drawn(pixel_format, shape, size=size).is_guarded()


@settings(deadline=None)
@given(
    pixel_format=st.sampled_from(ALL_FORMATS),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    places=st.lists(INT, min_size=4, max_size=4),
    width=WIDTH,
    alpha=st.sampled_from([0.5, 1.0]),
    kind=st.sampled_from(["line", "arrow", "circle"]),
    head=st.sampled_from(ArrowHead),
)
def test_any_shape_stays_in_the_picture_and_near_its_place(
    pixel_format, size, places, width, alpha, kind, head
):
    color = (1.0, 0.0, 0.0, alpha)
    if kind == "circle":
        shape = Circle(places[0], places[1], places[2], color, 1, color)
    elif kind == "line":
        shape = Line(*places, width, color)
    else:
        shape = Arrow(*places, width, head, color)
    picture = drawn(pixel_format, shape, size=size)
    assert picture.is_guarded()
    if kind == "line" and all(-200 < place < 200 for place in places):
        x0, x1 = sorted((places[0], places[2]))
        reach = min(max(width, 0), 10**6) / 2 + 4
        outside = np.arange(size[0])
        outside = (outside < x0 - reach) | (outside > x1 + reach)
        assert not picture.changed()[:, outside].any()
