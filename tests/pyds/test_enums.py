"""Enums compare with numbers, print their names and are names of the module."""

import pytest

import pyds
from penstock.meta import UserMeta
from pyds.enums import BoundEnum

ENUMS = BoundEnum.__subclasses__()


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_every_member_is_a_name_of_the_module_and_a_number(kind):
    assert getattr(pyds, kind.__name__) is kind
    for name, member in kind.__members__.items():
        assert getattr(pyds, name) is member
        assert kind(int(member)) is member
    for member in kind:  # without older names
        assert str(member) == f"{member}" == f"{kind.__name__}.{member.name}"


def test_numbers_of_deepstream():
    assert len(ENUMS) == 13
    assert (pyds.NVDS_USER_META, pyds.NVDSINFER_SEGMENTATION_META) == (7, 13)
    assert (pyds.NVDS_START_USER_META, pyds.NVBUF_MEM_CUDA_UNIFIED) == (8193, 3)
    assert (pyds.NVDS_OBJECT_TYPE_FACE_EXT, pyds.NVDS_EVENT_CUSTOM, pyds.INT32) == (8, 257, 3)
    assert pyds.NVDS_INVALID_META == -1


def test_a_type_outside_the_enum_still_compares_by_number():
    number = pyds.nvds_get_user_meta_type("ACME.BOXES.USER_META")
    meta_type = pyds.NvDsMetaType(number)

    assert meta_type == number
    assert hash(meta_type) == hash(number)
    assert {number: "mine"}[meta_type] == "mine"
    assert str(meta_type) == "NvDsMetaType.???"
    assert f"{int(meta_type)}" == str(number)
    with pytest.raises(ValueError, match=r"'x' is not a valid NvDsMetaType"):
        pyds.NvDsMetaType("x")
    with pytest.raises(ValueError, match=r"is not a valid NvDsMetaType"):
        pyds.NvDsMetaType(2**40)


def test_a_descriptor_keeps_its_number_and_has_it_alone():
    first = pyds.nvds_get_user_meta_type("ACME.ONE.USER_META")
    other = pyds.nvds_get_user_meta_type("ACME.TWO.USER_META")
    assert type(first) is int
    assert first > pyds.NVDS_START_USER_META
    assert first != other
    assert pyds.nvds_get_user_meta_type("ACME.ONE.USER_META") == first
    with pytest.raises(
        TypeError, match=r"nvds_get_user_meta_type: meta_descriptor takes a str, got"
    ):
        pyds.nvds_get_user_meta_type(5)


def test_metadata_that_the_core_calls_by_name_is_found_by_the_descriptors_number():
    name = "NVIDIA.DSANALYTICSOBJ.USER_META"
    user = pyds.NvDsUserMeta.cast(UserMeta(meta_type=name))
    assert user.base_meta.meta_type == pyds.nvds_get_user_meta_type(name)

    mine = pyds.NvDsUserMeta()
    mine.base_meta.meta_type = pyds.NvDsMetaType(pyds.nvds_get_user_meta_type(name))
    assert mine._core.meta_type == name
    mine.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    assert mine._core.meta_type == 9


def test_a_plain_number_as_meta_type_is_refused_with_the_way_to_write_it():
    user = pyds.NvDsUserMeta()
    with pytest.raises(
        TypeError, match=r"meta_type takes .* got 9 \(int\): write pyds.NvDsMetaTyp"
    ):
        user.base_meta.meta_type = 9
