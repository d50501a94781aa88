"""Strings of C: addresses that bring their text, arrays of 128 bytes."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyds


def test_a_string_field_reads_as_a_number_that_get_string_turns_into_text(car):
    car.text_params.display_text = "Car 12"
    address = car.text_params.display_text

    assert isinstance(address, int)
    assert address > 0
    assert str(address).isdigit()
    assert f"{address}".isdigit()
    assert pyds.get_string(address) == "Car 12"


def test_the_text_of_an_address_outlives_a_later_write(car):
    car.text_params.display_text = "before"
    address = car.text_params.display_text
    car.text_params.display_text = "after"
    assert pyds.get_string(address) == "before"


@pytest.mark.parametrize("text", ["Car 12", "", "Zürich 車", np.str_("subclass"), "x" * 500])
def test_the_text_lies_at_its_address_as_in_c(car, text):
    car.text_params.display_text = text
    address = car.text_params.display_text
    assert ctypes.string_at(address) == text.encode()
    assert ctypes.cast(address, ctypes.c_char_p).value == text.encode()
    assert pyds.get_string(address) == text


def test_a_text_that_no_field_takes_is_read_all_the_same(car, core):
    core.frames[0].objects[0].text.text = "\udc80"
    assert pyds.get_string(car.text_params.display_text) == "\udc80"


def test_a_field_that_reads_as_text_may_be_decoded_too(car):
    assert pyds.get_string(car.obj_label) == "Car"


def test_an_empty_text_has_an_address_and_no_text_has_none(car):
    assert car.text_params.display_text == 0
    assert pyds.get_string(0) is None
    assert pyds.get_string(car.text_params.font_params.font_name) is None
    car.text_params.display_text = ""
    assert car.text_params.display_text != 0
    assert pyds.get_string(car.text_params.display_text) == ""


def test_a_font_name_is_written_as_text_and_read_as_an_address(car):
    car.text_params.font_params.font_name = "Serif"
    assert isinstance(car.text_params.font_params.font_name, int)
    assert pyds.get_string(car.text_params.font_params.font_name) == "Serif"


def test_an_address_assigned_to_a_string_field_is_refused_with_the_way_to_write_it(car):
    car.text_params.display_text = "one"
    other = pyds.NvOSD_TextParams()
    with pytest.raises(TypeError, match=r"reads as an address, write pyds.get_string\(...\)"):
        other.display_text = car.text_params.display_text
    other.display_text = pyds.get_string(car.text_params.display_text)
    assert pyds.get_string(other.display_text) == "one"


def test_freeing_a_text_and_then_assigning_or_freeing_again_is_harmless(car):
    car.text_params.display_text = "old"
    address = car.text_params.display_text
    pyds.free_buffer(address)
    pyds.free_buffer(address)
    car.text_params.display_text = "new"
    pyds.free_buffer(0)
    assert pyds.get_string(car.text_params.display_text) == "new"


def test_a_number_that_no_field_gave_is_no_string():
    with pytest.raises(
        ValueError, match=r"pyds.get_string: no string lives at 4711: pass what the"
    ):
        pyds.get_string(4711)
    with pytest.raises(TypeError, match=r"takes what a string field reads as .* got 1\.5"):
        pyds.get_string(1.5)
    with pytest.raises(TypeError, match=r"pyds.free_buffer takes an address"):
        pyds.free_buffer("text")


def test_a_text_ends_at_its_first_nul_as_in_c(car):
    car.obj_label = "Car\0Bus"
    car.text_params.display_text = "one\0two"
    assert car.obj_label == "Car"
    assert pyds.get_string(car.text_params.display_text) == "one"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_label_keeps_what_127_bytes_hold_and_never_half_a_character(text):
    label = pyds.NvDsLabelInfo()
    label.result_label = text
    kept, whole = label.result_label, text.split("\0")[0]

    assert whole.startswith(kept)
    assert len(kept.encode()) <= 127
    if kept != whole:
        assert len(whole[: len(kept) + 1].encode()) > 127


def test_a_longer_label_of_the_core_is_cut_when_read(car):
    car._core.label = "é" * 100
    assert car.obj_label == "é" * 63
    car._core.label = "e" * 127
    assert car.obj_label == "e" * 127
