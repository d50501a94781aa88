import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.osd import CLASS_COLORS, draw_class_map

SIZE = (24, 16)
HALVES = np.array([[3, 7]], np.int32)


def drawn(class_map, box, *, level=99, **options):
    """A gray picture after a map was drawn on it."""
    picture = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
    draw_class_map(picture, np.asarray(class_map, np.int32), box, **options)
    return picture


def color(class_id):
    return CLASS_COLORS[class_id + 1]


def test_twenty_one_classes_can_be_told_apart():
    near = np.abs(CLASS_COLORS[:22, None].astype(int) - CLASS_COLORS[:22]).max(axis=2)
    assert near[~np.eye(22, dtype=bool)].min() > 20
    assert (CLASS_COLORS[0] == 0).all()


def test_a_map_is_stretched_over_its_box_and_nothing_is_mixed():
    picture = drawn(HALVES, (4, 2, 16, 10))
    assert (picture[2:12, 4:12] == color(3)).all()
    assert (picture[2:12, 12:20] == color(7)).all()
    picture[2:12, 4:20] = 99
    assert (picture == 99).all()


def test_a_box_over_the_rim_shows_its_visible_part():
    picture = drawn(HALVES, (-12, -4, 24, 40))
    assert (picture[:, :12] == color(7)).all()
    assert (picture[:, 12:] == 99).all()


def test_what_has_no_class_is_black_or_stays_as_it_is():
    none = [[-1, 3]]
    assert (drawn(none, (0, 0, *SIZE))[:, :12] == 0).all()
    kept = drawn(none, (0, 0, *SIZE), kept=-2)
    assert (kept[:, :12] == 99).all()
    assert (kept[:, 12:] == color(3)).all()
    assert (drawn(HALVES, (0, 0, *SIZE), kept=3)[:, :12] == 99).all()


def test_colours_may_let_the_picture_through():
    picture = drawn([[5]], (0, 0, *SIZE), alpha=0.25)
    np.testing.assert_allclose(picture[0, 0], color(5) * 0.25 + 99 * 0.75, atol=1)


def test_there_may_be_more_classes_than_colours():
    assert (drawn([[255]], (0, 0, *SIZE)) == color(0)).all()


@pytest.mark.parametrize(
    "box",
    [
        *((30, 0, 4, 4), (0, 0, 0, 4), (4, 4, -8, 4)),
        *((math.nan, 0, 4, 4), (0, 0, math.nan, 4), (-math.inf, 0, math.inf, 4), (0, 0, 1e308, 4)),
    ],
)
def test_a_box_outside_or_without_an_area_or_a_finite_place_draws_nothing(box):
    assert (drawn(HALVES, box) == 99).all()
    assert (drawn(np.empty((0, 0)), (0, 0, *SIZE)) == 99).all()


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 90), st.floats(0.1, 90))
def test_every_pixel_has_the_colour_of_the_cell_under_its_centre(left, top, width, height):
    cells = np.arange(12, dtype=np.int32).reshape(3, 4)
    picture = drawn(cells, (left, top, width, height))
    rows, columns = np.nonzero((picture != 99).any(axis=2))
    for row, column in zip(rows[::7], columns[::7], strict=True):
        x = min(max(int((column + 0.5 - left) / width * 4), 0), 3)
        y = min(max(int((row + 0.5 - top) / height * 3), 0), 2)
        assert (picture[row, column] == color(cells[y, x])).all()
