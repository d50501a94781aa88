"""What analytics found, through pyds: lists and maps that read as copies."""

import pytest

import pyds
from penstock.meta import FrameAnalytics, ObjectAnalytics, UserMeta


def test_an_object_is_found_by_its_descriptor_and_reads_as_deepstreams_app_reads_it():
    core = ObjectAnalytics(["gate"], [], ["exit"], "South", "", 5)
    user = pyds.NvDsUserMeta.cast(UserMeta(core, meta_type=ObjectAnalytics.META_TYPE))
    wanted = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSOBJ.USER_META")
    assert user.base_meta.meta_type == wanted
    info = pyds.NvDsAnalyticsObjInfo.cast(user.user_meta_data)

    assert info.dirStatus
    assert f"{info.dirStatus} {info.lcStatus} {info.roiStatus}" == "South ['exit'] ['gate']"
    assert (info.ocStatus, info.objStatus, info.unique_id) == ([], "", 5)


def test_a_frame_reads_as_counts_by_name():
    core = FrameAnalytics({"gate": True}, {"gate": 2}, {"exit": 1}, {"exit": 7}, {0: 3}, 5)
    user = pyds.NvDsUserMeta.cast(UserMeta(core, meta_type=FrameAnalytics.META_TYPE))
    wanted = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSFRAME.USER_META")
    assert user.base_meta.meta_type == wanted
    frame = pyds.NvDsAnalyticsFrameMeta.cast(data=user.user_meta_data)

    assert (frame.ocStatus, frame.objInROIcnt) == ({"gate": True}, {"gate": 2})
    assert (frame.objLCCurrCnt, frame.objLCCumCnt) == ({"exit": 1}, {"exit": 7})
    assert (frame.objCnt, frame.unique_id) == ({0: 3}, 5)


def test_what_is_read_is_a_copy_and_what_is_written_is_kept():
    info, frame = pyds.NvDsAnalyticsObjInfo(), pyds.NvDsAnalyticsFrameMeta()
    info.roiStatus.append("lost")
    frame.objCnt[1] = 2
    assert (info.roiStatus, frame.objCnt) == ([], {})
    info.roiStatus, frame.objCnt = ("gate",), {1: 2}
    assert (info.roiStatus, frame.objCnt) == (["gate"], {1: 2})
    twin = info._core.copy()
    twin.regions.append("later")
    assert info.roiStatus == ["gate"]
    counted = frame._core.copy()
    counted.objects[1] = 9
    assert frame.objCnt == {1: 2}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("objInROIcnt", [1], r"objInROIcnt takes a dict, got \[1\]"),
        ("objInROIcnt", {1: 1}, r"objInROIcnt takes a str, got 1"),
        ("objInROIcnt", {"gate": -1}, r"takes a whole number from 0 to 4294967295, got -1"),
        ("objLCCumCnt", {"exit": 2**64}, r"objLCCumCnt takes a whole number"),
        ("objCnt", {"person": 1}, r"objCnt takes a whole number, got 'person'"),
        ("ocStatus", {"gate": "yes"}, r"ocStatus takes a whole number, got 'yes'"),
    ],
)
def test_counts_are_typed(name, value, message):
    frame = pyds.NvDsAnalyticsFrameMeta()
    with pytest.raises(TypeError, match=message):
        setattr(frame, name, value)
    assert getattr(frame, name) == {}


@pytest.mark.parametrize("value", ["gate", 5, [1], None])
def test_a_list_of_names_takes_names(value):
    info = pyds.NvDsAnalyticsObjInfo()
    with pytest.raises(TypeError, match=r"NvDsAnalyticsObjInfo.roiStatus takes a (list of )?str"):
        info.roiStatus = value
