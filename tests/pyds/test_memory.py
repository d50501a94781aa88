"""Addresses: buffers, copies of memory, pointers to structs and arrays."""

import ctypes
import re

import numpy as np
import pytest

import pyds
from penstock.meta import EventMessage


def test_a_buffer_is_an_address_that_a_timestamp_is_written_to():
    address = pyds.alloc_buffer(33)
    assert isinstance(address, int)
    assert pyds.get_string(address) == ""
    pyds.generate_ts_rfc3339(address, 32)
    text = pyds.get_string(address)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert ctypes.string_at(address) == text.encode()  # the memory is real


def test_a_timestamp_is_cut_to_the_size_that_was_given():
    address = pyds.alloc_char_buffer(33)
    pyds.generate_ts_rfc3339(address, 11)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", pyds.get_string(address))


def test_a_timestamp_needs_a_buffer_that_is_long_enough():
    with pytest.raises(ValueError, match=r"writes to what pyds.alloc_buffer gave, got 4711"):
        pyds.generate_ts_rfc3339(4711, 32)
    with pytest.raises(ValueError, match=r"the buffer has 10 bytes, size says 32"):
        pyds.generate_ts_rfc3339(pyds.alloc_buffer(10), 32)
    with pytest.raises(TypeError, match=r"alloc_buffer: size takes a whole number from 1"):
        pyds.alloc_buffer(0)


def test_the_time_of_a_message_is_what_its_buffer_holds_also_when_written_later():
    message = pyds.NvDsEventMsgMeta()
    message.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(message.ts, 32)
    assert message._core.time == pyds.get_string(message.ts)
    assert message._core.time.endswith("Z")


def test_strings_are_duplicated_to_addresses_of_their_own(car):
    car.text_params.display_text = "Überholer"
    address = car.text_params.display_text
    twin = pyds.strdup(address)
    assert twin != address
    assert pyds.get_string(twin) == pyds.strdup2str(twin) == "Überholer"
    assert pyds.strdup(0) == 0
    assert pyds.strdup2str(0) == ""


def test_nothing_is_duplicated_from_a_wild_address():
    for function in (pyds.strdup, pyds.strdup2str):
        with pytest.raises(ValueError, match=f"{function.__name__}: no string lives at 4711"):
            function(4711)
    with pytest.raises(ValueError, match=r"memdup: nothing known lives at 4711"):
        pyds.memdup(4711, 10)
    with pytest.raises(TypeError, match=r"memdup takes an address \(an int\), got 'text'"):
        pyds.memdup("text", 10)


def test_memory_is_duplicated_and_not_beyond_its_end():
    block = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(block, 32)
    twin = pyds.memdup(block, 33)
    text = pyds.get_string(block)
    pyds.generate_ts_rfc3339(block, 5)
    assert pyds.get_string(twin) == text
    with pytest.raises(ValueError, match=r"memdup: 33 bytes live there, 34 were asked for"):
        pyds.memdup(block, 34)
    assert pyds.memdup(0, 10) == 0


def test_a_struct_is_duplicated_through_its_address_as_c_assigns_it(car):
    message = pyds.NvDsEventMsgMeta()
    message.sensorStr, message.bbox.left, message.extMsg = "gate", 4.0, pyds.NvDsVehicleObject()
    twin = pyds.NvDsEventMsgMeta.cast(pyds.memdup(pyds.get_ptr(message), 200))
    message.sensorStr, message.bbox.left = "yard", 5.0
    assert pyds.get_string(twin.sensorStr) == "gate"
    assert twin.bbox.left == 4.0
    assert twin.extMsg is message.extMsg  # a pointer
    with pytest.raises(ValueError, match=r"memdup copies structs and buffers.*cast it first"):
        pyds.memdup(pyds.get_ptr(car._core), 10)


def test_the_address_of_a_struct_leads_back_to_it(frame, car):
    assert pyds.NvDsObjectMeta.cast(pyds.get_ptr(car)) == car
    assert pyds.NvDsObjectMeta.cast(pyds.get_ptr(frame.obj_meta_list.data)) == car
    assert pyds.get_ptr(None) == 0
    assert pyds.get_ptr(pyds.get_ptr(car)) == pyds.get_ptr(car)
    with pytest.raises(TypeError, match=r"get_ptr takes an object of pyds, got 1.5"):
        pyds.get_ptr(1.5)
    with pytest.raises(ValueError, match=r"get_string: no string lives at"):
        pyds.get_string(pyds.get_ptr(car))


def test_a_pointer_keeps_its_struct_alive():
    pointer = pyds.get_ptr(pyds.NvDsPersonObject.cast(_person("Ada")))
    assert pyds.get_string(pyds.NvDsPersonObject.cast(pointer).gender) == "Ada"


def _person(name):
    person = pyds.NvDsPersonObject()
    person.gender = name
    return person._core


def test_the_address_of_an_array_is_that_of_its_first_number():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    numbers = ctypes.cast(pyds.get_ptr(array), ctypes.POINTER(ctypes.c_float))
    assert np.ctypeslib.as_array(numbers, shape=(2, 3)).tolist() == array.tolist()
    with pytest.raises(TypeError, match=r"whose elements adjoin"):
        pyds.get_ptr(array.T)


def capsule(address, name=None):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(address, name, None)


NAME = b"acme.object"  # C keeps a pointer to it


@pytest.mark.parametrize("name", [None, NAME])
def test_the_address_in_a_capsule_is_read(name):
    assert pyds.get_ptr(capsule(4711, name)) == 4711


@pytest.mark.parametrize("name", [None, NAME])
def test_a_capsule_is_cast_to_what_lives_at_its_address(car, name):
    carried = capsule(int(pyds.get_ptr(car)), name)
    assert pyds.NvDsObjectMeta.cast(carried) == car
    with pytest.raises(ValueError, match=r"NvDsObjectMeta.cast: no struct of pyds lives at 4711"):
        pyds.NvDsObjectMeta.cast(capsule(4711, name))
    with pytest.raises(TypeError, match=r"NvDsFrameMeta.cast"):
        pyds.NvDsFrameMeta.cast(carried)


def test_an_address_that_became_a_plain_number_still_leads_to_its_struct(car):
    assert pyds.NvDsObjectMeta.cast(int(pyds.get_ptr(car))) == car
    assert pyds.NvDsObjectMeta.cast(int(pyds.get_ptr(car._core))) == car


def test_freeing_is_harmless_whatever_and_however_often():
    block = pyds.alloc_buffer(3)
    for _ in range(2):
        pyds.free_buffer(block)
        pyds.free_gbuffer(pyds.NvDsVehicleObject())
        pyds.free_gbuffer(None)


def test_structs_are_allocated_empty():
    for name in ("vehicle_object", "person_object", "face_object", "event", "payload"):
        made = getattr(pyds, f"alloc_nvds_{name}")()
        assert type(made).__name__.lower() == f"nvds{name.replace('_', '')}"
    assert pyds.alloc_nvds_event_msg_meta().objClassId == 0
    assert type(pyds.alloc_nvds_event_msg_meta()._core) is EventMessage
