"""Display metadata: 16 elements of each kind, of which the core sees those that count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyds

KINDS = (
    ("num_rects", "rect_params", "rects"),
    ("num_labels", "text_params", "texts"),
    ("num_lines", "line_params", "lines"),
    ("num_arrows", "arrow_params", "arrows"),
    ("num_circles", "circle_params", "circles"),
)


@pytest.fixture
def display(batch):
    return pyds.nvds_acquire_display_meta_from_pool(batch)


@pytest.mark.parametrize(("count", "array", "drawn"), KINDS)
def test_each_kind_has_16_elements_of_which_the_count_is_drawn(display, count, array, drawn):
    assert len(getattr(display, array)) == pyds.MAX_ELEMENTS_IN_DISPLAY_META
    assert getattr(display._core, drawn) == []
    setattr(display, count, 3)
    assert getattr(display, count) == len(getattr(display._core, drawn)) == 3
    first = getattr(display, array)[0]
    assert first._core is getattr(display._core, drawn)[0]


@pytest.mark.parametrize(("count", "array", "drawn"), KINDS)
def test_more_than_16_elements_are_refused(display, count, array, drawn):
    setattr(display, count, 16)
    with pytest.raises(ValueError, match=rf"NvDsDisplayMeta.{count} is at most 16, got 17: acq"):
        setattr(display, count, 17)
    with pytest.raises(TypeError, match=rf"NvDsDisplayMeta.{count} takes a whole number from 0"):
        setattr(display, count, -1)
    assert getattr(display, count) == 16


def test_elements_may_be_written_before_and_after_the_count_is_set(display):
    display.text_params[1].display_text = "second"
    display.num_labels = 2
    display.text_params[0].display_text = "first"
    held = display.text_params[1]
    held.x_offset = 5

    assert [(text.text, text.x) for text in display._core.texts] == [("first", 0), ("second", 5)]


def test_lowering_the_count_hides_elements_and_raising_it_brings_them_back(display):
    display.num_rects = 2
    display.rect_params[1].width = 9
    display.num_rects = 1
    assert [rect.width for rect in display._core.rects] == [0.0]
    display.num_rects = 2
    assert [rect.width for rect in display._core.rects] == [0.0, 9.0]


def test_every_read_builds_a_new_list_of_references(display):
    one, other = display.text_params, display.text_params
    assert one is not other
    assert one == other
    one[0] = pyds.NvOSD_TextParams()
    assert display.text_params[0] == other[0]


def test_a_display_meta_found_in_the_frame_is_the_one_that_was_added(batch, frame, display):
    display.text_params[4].display_text = "waits"
    display.num_labels = 1
    pyds.nvds_add_display_meta_to_frame(frame, display)
    found = pyds.NvDsDisplayMeta.cast(frame.display_meta_list.data)

    assert found == display
    assert pyds.get_string(found.text_params[4].display_text) == "waits"
    pyds.nvds_remove_display_meta_from_frame(frame, found)
    assert frame.display_meta_list is None


def test_shapes_reach_the_core_under_its_own_names(display):
    display.num_lines = display.num_arrows = display.num_circles = 1
    line, arrow, circle = (
        display.line_params[0], display.arrow_params[0], display.circle_params[0],
    )  # fmt: skip
    line.x1, line.y1, line.x2, line.y2, line.line_width = 1, 2, 3, 4, 5
    line.line_color.set(1, 0, 0, 1)
    arrow.arrow_width, arrow.arrow_head = 2, pyds.NvOSD_Arrow_Head_Direction.END_HEAD
    circle.xc, circle.yc, circle.radius, circle.has_bg_color = 7, 8, 9, 1
    circle.bg_color.set(0, 1, 0, 0.5)

    core = display._core
    assert (core.lines[0].x2, core.lines[0].width) == (3, 5)
    assert core.lines[0].color == (1.0, 0.0, 0.0, 1.0)
    assert core.arrows[0].head.name == "END"
    assert (core.circles[0].x, core.circles[0].radius) == (7, 9)
    assert core.circles[0].bg_color == (0.0, 1.0, 0.0, 0.5)


def test_a_copy_of_the_metadata_holds_what_is_drawn_and_is_apart(batch, frame, display):
    display.num_labels = 1
    display.text_params[0].display_text = "one"
    pyds.nvds_add_display_meta_to_frame(frame, display)
    copied = pyds.NvDsDisplayMeta.cast(frame._core.copy().display[0])
    copied.text_params[0].display_text = "two"
    copied.num_labels = 2

    assert pyds.get_string(display.text_params[0].display_text) == "one"
    assert (display.num_labels, copied.num_labels) == (1, 2)


@given(st.lists(st.tuples(st.integers(0, 16), st.integers(0, 15))))
def test_whatever_the_order_the_core_draws_the_first_elements_of_the_array(steps):
    display, radii = pyds.NvDsDisplayMeta(), [0] * 16
    for number, (count, index) in enumerate(steps, start=1):
        display.num_circles = count
        display.circle_params[index].radius = radii[index] = number
        assert [circle.radius for circle in display._core.circles] == radii[:count]
        assert [circle.radius for circle in display.circle_params] == radii
