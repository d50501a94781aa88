"""`copy` and `pickle` of what pyds gives: numbers can be copied, structs cannot."""

import copy
import json
import pickle

import pytest

import pyds


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_structs_and_list_nodes_are_refused_with_what_to_do(copied, frame, car):
    for view in (frame, car, car.rect_params, car.rect_params.border_color, frame.obj_meta_list):
        with pytest.raises(TypeError, match=rf"a pyds\.{type(view).__name__} cannot be copied or"):
            copied(view)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("number", [7, 9999], ids=["named", "unnamed"])
def test_an_enum_stays_what_it_is(copied, number):
    member = copied(pyds.NvDsMetaType(number))
    assert type(member) is pyds.NvDsMetaType
    assert member == number
    assert str(member) == str(pyds.NvDsMetaType(number))


def test_an_address_travels_as_a_number_or_with_its_text(car):
    car.text_params.display_text = "car"
    address = car.text_params.display_text
    assert json.loads(json.dumps([address])) == [address]
    assert pyds.get_string(copy.deepcopy(address)) == "car"
