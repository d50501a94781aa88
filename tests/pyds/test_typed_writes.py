"""Writes are typed as pybind11 types them; every refusal is a TypeError that names the field."""

import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyds

COORDINATES = ("left", "top", "width", "height")


@pytest.mark.parametrize("value", [2, 2.5, True, np.float32(2.5), np.int64(3), np.float64(1)])
def test_a_float_field_takes_any_number(value):
    rect = pyds.NvOSD_RectParams()
    rect.left = value
    assert rect.left == float(value)
    assert type(rect.left) is float


@pytest.mark.parametrize("value", ["2", b"2", None, [2.0], 10**400])
def test_a_float_field_refuses_what_is_no_number(value):
    rect = pyds.NvOSD_RectParams()
    with pytest.raises(TypeError, match=r"NvOSD_RectParams.left takes a number, got"):
        rect.left = value
    assert rect.left == 0.0


@pytest.mark.parametrize("value", [3, True, np.uint8(3), np.float32(3.7), Decimal(3)])
def test_an_unsigned_field_takes_what_counts_as_a_whole_number(value):
    rect = pyds.NvOSD_RectParams()
    rect.border_width = value
    assert rect.border_width == int(value)
    assert type(rect.border_width) is int


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            2.0,
            "NvOSD_RectParams.border_width takes a whole number, got 2.0 (float); write int(...)",
        ),
        (np.float64(2), "takes a whole number, got"),
        (-1, "NvOSD_RectParams.border_width takes a whole number from 0 to 4294967295, got -1"),
        (2**32, "from 0 to 4294967295, got 4294967296"),
        ("3", "NvOSD_RectParams.border_width takes a whole number, got '3' (str)"),
        (None, "NvOSD_RectParams.border_width takes a whole number, got None"),
        (np.float32("nan"), "takes a whole number, got"),
    ],
)
def test_an_unsigned_field_refuses_floats_negatives_and_the_rest(value, message):
    rect = pyds.NvOSD_RectParams()
    with pytest.raises(TypeError, match=re.escape(message)):
        rect.border_width = value
    assert rect.border_width == 0


def test_a_signed_field_takes_negatives_and_a_64_bit_one_takes_all_ones(car):
    car.class_id = -1
    car.unique_component_id = -5
    car.object_id = 2**64 - 1
    assert (car.class_id, car.unique_component_id) == (-1, -5)
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.class_id takes a whole number from -2147"):
        car.class_id = 2**31
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.object_id takes a whole number from 0 to"):
        car.object_id = -1
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.object_id"):
        car.object_id = 2**64


@given(st.integers(-(2**70), 2**70))
def test_an_unsigned_64_bit_field_keeps_every_number_it_accepts(number):
    obj = pyds.NvDsObjectMeta()
    if 0 <= number < 2**64:
        obj.object_id = number
        assert obj.object_id == number
        assert -(2**63) <= obj._core.track_id < 2**63
    else:
        with pytest.raises(TypeError):
            obj.object_id = number


def test_a_switch_takes_one_and_true():
    text = pyds.NvOSD_TextParams()
    text.set_bg_clr = True
    rect = pyds.NvOSD_RectParams()
    rect.has_bg_color = 1
    assert (text.set_bg_clr, rect.has_bg_color) == (1, 1)
    assert type(text.set_bg_clr) is int


def test_a_string_field_takes_bytes_as_the_text_that_they_are(car):
    car.obj_label = b"Auto"
    car.text_params.display_text = "größer".encode() + b"\0 cut"
    assert car.obj_label == "Auto"
    assert pyds.get_string(car.text_params.display_text) == "größer"


@pytest.mark.parametrize("value", [5, 2.5, bytearray(b"car"), ["car"]])
def test_a_string_field_refuses_what_is_no_str(car, value):
    with pytest.raises(TypeError, match=r"NvDsObjectMeta.obj_label takes a str, got"):
        car.obj_label = value
    with pytest.raises(TypeError, match=r"NvOSD_TextParams.display_text takes a str, got"):
        car.text_params.display_text = value
    assert car.obj_label == "Car"


def test_a_string_field_says_how_to_clear_it(car):
    with pytest.raises(TypeError, match='display_text takes a str, got None: write "" to clear it'):
        car.text_params.display_text = None


def test_text_that_utf_8_cannot_hold_is_refused_at_the_write(car):
    with pytest.raises(TypeError, match=r"takes text that UTF-8 can hold, got .*surrogates"):
        car.text_params.display_text = "bad \ud800"


def test_an_enum_field_refuses_a_plain_number_and_says_what_to_write():
    arrow = pyds.NvOSD_ArrowParams()
    arrow.arrow_head = pyds.NvOSD_Arrow_Head_Direction.BOTH_HEAD
    assert arrow.arrow_head == pyds.BOTH_HEAD == 2
    message = re.escape("takes a pyds.NvOSD_Arrow_Head_Direction, got 1 (int): write pyds.NvOSD_")
    with pytest.raises(TypeError, match=message):
        arrow.arrow_head = 1


def test_a_struct_field_refuses_another_struct(car):
    with pytest.raises(
        TypeError, match=r"rect_params takes a pyds.NvOSD_RectParams, got <pyds.NvO"
    ):
        car.rect_params = pyds.NvOSD_TextParams()
    with pytest.raises(
        TypeError, match=r"border_color takes a pyds.NvOSD_ColorParams, got .*tuple"
    ):
        car.rect_params.border_color = (1.0, 0.0, 0.0, 1.0)


def test_a_colour_refuses_what_is_no_number_and_stays_as_it_was(car):
    color = car.rect_params.bg_color
    with pytest.raises(TypeError, match=r"NvOSD_ColorParams.set takes a number, got 'red'"):
        color.set("red", 0, 0, 1)
    with pytest.raises(TypeError, match=r"NvOSD_ColorParams.alpha takes a number, got None"):
        color.alpha = None
    assert car._core.rect.bg_color == (0.0, 0.0, 0.0, 0.0)


def test_a_list_takes_its_own_nodes_or_none_and_no_other_list(frame, car, core):
    frame.obj_meta_list = frame.obj_meta_list.next
    assert [obj.track_id for obj in core.frames[0].objects] == [11, 12]
    with pytest.raises(
        AttributeError, match=r"obj_meta_list cannot be assigned another list: copy"
    ):
        frame.obj_meta_list = car.classifier_meta_list
    with pytest.raises(TypeError, match=r"NvDsFrameMeta.obj_meta_list takes a pyds.GList, got"):
        frame.obj_meta_list = [car]
    frame.obj_meta_list = None
    assert core.frames[0].objects == []


def test_a_count_that_agrees_is_accepted_and_one_that_does_not_is_warned_about(frame):
    frame.num_obj_meta = 3
    with pytest.warns(
        RuntimeWarning, match=r"num_obj_meta counts its list, which has 3: writing 9"
    ):
        frame.num_obj_meta = 9
    assert frame.num_obj_meta == 3
    with pytest.raises(TypeError, match=r"NvDsFrameMeta.num_obj_meta takes a whole number"):
        frame.num_obj_meta = 1.5


def test_the_label_count_of_a_classifier_may_be_set_by_hand():
    classifier = pyds.NvDsClassifierMeta()
    classifier.num_labels = 1
    assert classifier.num_labels == 0


@given(st.sampled_from(COORDINATES), st.floats(allow_nan=False, width=32))
def test_a_coordinate_reads_as_it_was_written(name, value):
    rect = pyds.NvOSD_RectParams()
    setattr(rect, name, value)
    assert getattr(rect, name) == value
