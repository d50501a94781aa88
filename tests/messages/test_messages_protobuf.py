"""Protobuf messages, field for field."""

import numpy as np
import pytest
from message_making import NO_CONFIG, van, writer

from penstock.messages.protobuf_schema import message_class
from penstock.meta import (
    EventExtras,
    FrameMeta,
    Joint,
    ObjectMeta,
    Person,
    Pose,
    Product,
    Standing,
)

FIELDS = {
    "Frame": "version 1 id 2 timestamp 3 sensorId 4 objects 5",
    "Object": "id 1 bbox 2 type 3 confidence 4 info 5 embedding 6 pose 7 gaze 8 lipActivity 9 "
    "speed 10 dir 11 coordinate 12 location 13",
    "Bbox": "leftX 1 topY 2 rightX 3 bottomY 4",
    "Pose": "type 1 keypoints 2 actions 3",
    "Keypoint": "name 1 coordinates 2 quaternion 3",
    "Action": "type 1 confidence 2",
    "Embedding": "vector 1 info 2",
    "Gaze": "x 1 y 2 z 3 theta 4 phi 5",
    "LipActivity": "classLabel 1",
    "Coordinate": "x 1 y 2 z 3",
    "Location": "lat 1 lon 2 alt 3",
    "Event": "id 1 type 2 info 5",
    "AnalyticsModule": "id 1 description 2 source 3 version 4 info 5",
    "Sensor": "id 1 type 2 description 3 location 4 coordinate 5 info 6",
    "Place": "id 1 name 2 type 3 location 4 coordinate 5 info 6",
    "Message": "messageid 1 mdsversion 2 timestamp 3 place 4 sensor 5 analyticsModule 6 object 7 "
    "event 8 videoPath 9",
}


def told(events, *, frame=None, **settings):
    (payload,) = writer("protobuf", **settings).from_events(events, frame or FrameMeta())
    assert payload.content_type == "application/x-protobuf"
    return message_class("Frame").FromString(payload.data)


@pytest.mark.parametrize("name", FIELDS)
def test_the_schema_has_deepstreams_fields(name):
    fields = message_class(name).DESCRIPTOR.fields
    assert " ".join(f"{field.name} {field.number}" for field in fields) == FIELDS[name]


def test_a_frame_is_written_as_any_other_protobuf_writes_it():
    (payload,) = writer("protobuf").from_events([van(details=None, written_at=None)], FrameMeta())
    box = bytes.fromhex("0d0000c842 1500004842 1d00005c43 2500000243")
    info = b"\x0a\x0avisibility\x12\x080.000000"
    parts = (b"\x0a\x0242", b"\x12\x14" + box, b"\x1a\x07Vehicle", b"\x25\0\0\0\x3f")
    obj = b"".join(parts) + b"\x2a" + bytes([len(info)]) + info
    head = b"\x0a\x034.0\x12\x03318\x22\x06dock-7"
    assert payload.data == head + b"\x2a" + bytes([len(obj)]) + obj


def test_an_event_tells_box_time_and_details():
    found = told([van(location=(48.5, 9, 300), coordinate=(1, 2, 3))])
    assert (found.version, found.id, found.sensorId) == ("4.0", "318", "dock-7")
    assert found.timestamp.ToJsonString() == "2031-02-03T04:05:06.789Z"
    (obj,) = found.objects
    assert (obj.id, obj.type, obj.confidence) == ("42", "Vehicle", 0.5)
    assert [obj.bbox.leftX, obj.bbox.topY, obj.bbox.rightX, obj.bbox.bottomY] == [100, 50, 220, 130]
    assert dict(obj.info) == {
        "type": "van",
        "make": "Acme",
        "model": "Z3",
        "color": "red",
        "licenseState": "NV",
        "license": "AB12",
        "visibility": "0.000000",
    }
    assert (obj.location.lat, obj.location.alt, obj.coordinate.y) == (48.5, 300, 2)


def test_poses_embeddings_and_feet_are_told():
    extras = EventExtras(
        pose=Pose((Joint(1, 2, 3, 0.5),), 2),
        embedding=np.array([0.5, 2], np.float32),
        standing=Standing((1, 2), (3, 4), (5, 6)),
        visibility=0.25,
    )
    (obj,) = told([van(object_type=1, details=Person("f", age=30), extras=extras)]).objects
    assert (obj.pose.type, obj.pose.keypoints[0].name) == ("pose3D", "pelvis")
    assert list(obj.pose.keypoints[0].coordinates) == [1, 2, 3, 0.5]
    assert list(obj.embedding.vector) == [0.5, 2]
    assert (obj.info["age"], obj.info["hair"]) == ("30", "")
    assert (obj.info["visibility"], obj.info["footLocation3D"], obj.info["convexHull"]) == (
        "0.250000",
        "3.000000,4.000000",
        "5,6",
    )
    (obj,) = told([van(object_type=11, details=Product("b", "t", "s"))]).objects
    assert (obj.type, obj.info["shape"]) == ("Product", "s")


def test_a_time_that_cannot_be_read_is_left_out_and_the_message_is_not():
    found = told([van(written_at="yesterday")], config=NO_CONFIG)
    assert not found.HasField("timestamp")
    assert (found.sensorId, len(found.objects)) == ("0", 1)


def test_events_about_nothing_are_no_objects():
    assert len(told([van(object_type=10), van()]).objects) == 1
    frame = FrameMeta(1, frame_num=9)
    frame.ntp_ns = 5_000_000_000
    found = told([], frame=frame)
    assert (found.id, found.sensorId, found.timestamp.seconds) == ("9", "gate", 5)


def test_plain_objects_have_box_label_and_confidence():
    frame = FrameMeta(0, frame_num=30)
    frame.add(ObjectMeta((1, 2, 3, 4), label="car", confidence=0.5, track_id=3))
    (payload,) = writer("protobuf").from_objects(frame)
    found = message_class("Frame").FromString(payload.data)
    (obj,) = found.objects
    assert (found.id, found.sensorId, found.timestamp.seconds > 0) == ("30", "dock-7", True)
    assert (obj.id, obj.type, obj.confidence, obj.bbox.rightX) == ("3", "car", 0.5, 4)
    assert not obj.info
