import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osd_pictures import (
    ALL_FORMATS,
    BLACK,
    BT601,
    GREEN,
    HALF_RED,
    RED,
    SUBSAMPLED,
    WHITE,
    Picture,
    display_frame,
    expected_samples,
    rect,
)

from penstock.osd import Painter, PainterSettings
from penstock.osd.colors import Palette
from penstock.surface import Colorimetry

PAINTER = Painter(PainterSettings(display_text=False))
WILD = st.one_of(
    st.floats(-80, 140),
    st.floats(allow_nan=True, allow_infinity=True, width=32),
    st.sampled_from([1e9, -1e9, math.inf, -math.inf, math.nan, 2.0**31, 4294967295.0, 0.0]),
)


def region(size, x0, y0, x1, y1):
    """`(H, W)` bool: the pixels of a rectangle, clipped."""
    inside = np.zeros((size[1], size[0]), bool)
    inside[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    return inside


def cells_of(inside, step):
    """The cells that have any of the pixels."""
    rows, columns = (-(-n // s) for n, s in zip(inside.shape, step[::-1], strict=True))
    padded = np.zeros((rows * step[1], columns * step[0]), bool)
    padded[: inside.shape[0], : inside.shape[1]] = inside
    return padded.reshape(rows, step[1], columns, step[0]).any(axis=(1, 3))


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_a_border_lies_on_the_edge_with_its_odd_pixel_inside(pixel_format):
    picture = Picture(pixel_format, level=33)
    picture.paint(PAINTER, display_frame(rect(11, 9, 30, 20, border=3)))
    border = region((64, 48), 10, 8, 42, 30) & ~region((64, 48), 13, 11, 39, 27)
    for number, plane in enumerate(picture.made.planes):
        assert (picture.changed(number) == cells_of(border, plane.step)).all()
    for x, y in ((10, 8), (41, 29), (12, 20), (39, 20), (25, 10), (25, 27)):
        assert picture.samples(x, y) == expected_samples(pixel_format, RED)


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_a_background_fills_the_box_and_nothing_else(pixel_format):
    picture = Picture(pixel_format, level=33)
    picture.paint(PAINTER, display_frame(rect(11, 9, 30, 20, bg=GREEN)))
    inside = region((64, 48), 11, 9, 41, 29)
    for number, plane in enumerate(picture.made.planes):
        assert (picture.changed(number) == cells_of(inside, plane.step)).all()
    assert picture.samples(20, 20) == expected_samples(pixel_format, GREEN)


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
@pytest.mark.parametrize(
    "box", [(10, 8, 30, 20), (11, 9, 29, 19), (-5, -5, 90, 90), (20, 2, 4, 40), (2, 20, 60, 4)]
)
def test_a_translucent_border_covers_every_pixel_once(pixel_format, box):
    picture = Picture(pixel_format, level=33)
    picture.paint(PAINTER, display_frame(rect(*box, border=6, color=HALF_RED)))
    full = expected_samples(pixel_format, RED)
    half = {name: round((33 * 127 + value * 128) / 255) for name, value in full.items()}
    for number, plane in enumerate(picture.made.planes):
        values = picture.planes[number][picture.changed(number)].reshape(-1, len(plane.samples))
        assert (values == [half[name] for name in plane.samples]).all()


def test_a_translucent_background_lets_the_picture_through():
    picture = Picture("RGB", level=100)
    picture.planes[0][:, 20:] = 200
    picture.paint(PAINTER, display_frame(rect(10, 10, 20, 20, bg=(1.0, 0.0, 0.5, 0.25))))
    alpha = 64  # of 255
    for x, old in ((15, 100), (25, 200)):
        expected = [round((old * (255 - alpha) + new * alpha) / 255) for new in (255, 0, 128)]
        assert picture.planes[0][15, x].tolist() == expected


@pytest.mark.parametrize(
    ("colorimetry", "yuv"),
    [
        (Colorimetry("bt601", full_range=False), (81, 90, 240)),
        (Colorimetry("bt601", full_range=True), (76, 85, 255)),
        (Colorimetry("bt709", full_range=False), (63, 102, 240)),
        (Colorimetry("bt709", full_range=True), (54, 99, 255)),
    ],
)
def test_red_is_the_red_of_the_pictures_colorimetry(colorimetry, yuv):
    picture = Picture("I420", colorimetry=colorimetry)
    picture.paint(PAINTER, display_frame(rect(0, 0, 64, 48, bg=RED)))
    assert tuple(picture.samples(5, 5)[name] for name in "YUV") == yuv


def test_white_on_gray_pictures_is_full_white():
    picture = Picture("GRAY8").paint(PAINTER, display_frame(rect(0, 0, 64, 48, bg=WHITE)))
    assert picture.samples(3, 3) == {"Y": 255}


@pytest.mark.parametrize("pixel_format", ["RGBA", "BGRA"])
def test_drawing_leaves_a_frame_opaque(pixel_format):
    picture = Picture(pixel_format)
    picture.planes[0][..., 3] = 255
    picture.paint(PAINTER, display_frame(rect(4, 4, 30, 30, border=3, color=HALF_RED, bg=HALF_RED)))
    assert (picture.planes[0][..., 3] == 255).all()


def test_a_border_wider_than_its_box_fills_it():
    picture = Picture("I420").paint(PAINTER, display_frame(rect(20, 20, 4, 4, border=10)))
    assert (picture.changed() == region((64, 48), 15, 15, 29, 29)).all()


@pytest.mark.parametrize("pixel_format", SUBSAMPLED)
def test_a_one_pixel_border_is_coloured_too(pixel_format):
    picture = Picture(pixel_format).paint(PAINTER, display_frame(rect(21, 21, 20, 20, border=1)))
    assert picture.samples(21, 30) == expected_samples(pixel_format, RED)
    assert picture.changed().sum() == 4 * 19


@pytest.mark.parametrize(
    "box",
    [
        rect(10, 10, 0, 10, border=3, bg=RED),
        rect(10, 10, 10, -10, border=3, bg=RED),
        rect(math.nan, 10, 10, 10, border=3, bg=RED),
        rect(10, 10, 10, math.nan, border=3, bg=RED),
        rect(-math.inf, 0, math.inf, 10, border=3, bg=RED),
        rect(70, 60, 10, 10, border=3, bg=RED),
        rect(-40, 10, 20, 20, border=3, bg=RED),
        rect(10, 10, 20, 20, border=0, color=RED),
        rect(10, 10, 20, 20, border=3, color=(1.0, 0.0, 0.0, 0.0)),
        rect(10, 10, 20, 20, border=3, color=(1.0, 0.0, 0.0, math.nan)),
    ],
)
def test_a_box_without_area_place_or_colour_draws_nothing(box):
    picture = Picture("I420").paint(PAINTER, display_frame(box))
    assert not any(picture.changed(number).any() for number in range(3))


def test_a_box_around_the_whole_picture_shows_its_inner_half():
    picture = Picture("GRAY8").paint(PAINTER, display_frame(rect(0, 0, 64, 48, border=4)))
    assert (picture.changed() == ~region((64, 48), 2, 2, 62, 46)).all()


def test_a_box_with_infinite_edges_covers_the_picture():
    picture = Picture("I420")
    picture.paint(PAINTER, display_frame(rect(-1e9, -1e9, math.inf, 2e9, border=3, bg=RED)))
    assert all(picture.changed(number).all() for number in range(3))


@settings(deadline=None)
@given(
    pixel_format=st.sampled_from(ALL_FORMATS),
    size=st.tuples(st.integers(1, 41), st.integers(1, 41)),
    box=st.tuples(WILD, WILD, WILD, WILD),
    border=st.one_of(st.integers(-3, 12), st.sampled_from([10**9, 2**32 - 1])),
    alphas=st.tuples(*[st.sampled_from([0.0, 0.5, 1.0, math.nan, -3.0, 7.0])] * 2),
    has_bg=st.booleans(),
)
def test_any_box_changes_at_most_its_own_pixels(pixel_format, size, box, border, alphas, has_bg):
    picture = Picture(pixel_format, size)
    shape = rect(*box, border=border, color=(1.0, 0.2, 0.0, alphas[0]))
    if has_bg:
        shape.has_bg, shape.bg_color = 1, (0.0, 0.1, 1.0, alphas[1])
    picture.paint(PAINTER, display_frame(shape, size=size))
    assert picture.is_guarded()
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    reach = max(border, 0) / 2 + 1
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    inside = (columns >= left - reach) & (columns < right + reach)
    inside &= (rows >= top - reach) & (rows < bottom + reach)
    for number, plane in enumerate(picture.made.planes):
        assert not (picture.changed(number) & ~cells_of(inside, plane.step)).any()


@settings(deadline=None)
@given(
    left=st.integers(-20, 60),
    top=st.integers(-20, 45),
    width=st.integers(1, 70),
    height=st.integers(1, 60),
    border=st.integers(1, 9),
    pixel_format=st.sampled_from(SUBSAMPLED),
)
def test_yuv_boxes_are_the_rgb_boxes_in_luma(left, top, width, height, border, pixel_format):
    frame = display_frame(rect(left, top, width, height, border=border))
    in_yuv = Picture(pixel_format).paint(PAINTER, frame)
    in_rgb = Picture("RGB").paint(PAINTER, frame)
    assert (in_yuv.changed() == in_rgb.changed()).all()


def test_no_pixel_is_black_by_accident():
    picture = Picture("NV12", level=30).paint(PAINTER, display_frame(rect(4, 4, 9, 9, bg=BLACK)))
    assert picture.samples(6, 6) == expected_samples("NV12", BLACK, BT601)


def test_colours_that_change_with_every_frame_do_not_fill_memory():
    palette = Palette("I420", BT601)
    for number in range(5000):
        palette.ink((number / 5000, 0.0, 0.0, 1.0))
        palette.dye((number / 5000, 0.0, 0.0, 1.0))
    assert len(palette._inks) < 2000
    assert len(palette._dyes) < 2000
