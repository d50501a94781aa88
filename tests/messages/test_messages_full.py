"""Full messages, key for key."""

import json
import re

import numpy as np
import pytest
from message_making import NO_CONFIG, TIME, van, writer
from test_messages_any_metadata import checked

from penstock.messages.json_text import quoted, real, whole, written
from penstock.meta import (
    ClassifierMeta,
    CustomMessage,
    EncodedImage,
    EventExtras,
    Face,
    FrameMeta,
    Joint,
    LabelInfo,
    ObjectMeta,
    Person,
    Pose,
    Product,
    Signature,
    Standing,
    UserMeta,
    Vehicle,
)

VAN = """\
{
  "messageid" : "ID",
  "mdsversion" : "1.0",
  "@timestamp" : "2031-02-03T04:05:06.789Z",
  "place" : {
    "id" : "9",
    "name" : "Depot",
    "type" : "yard",
    "location" : {
      "lat" : 1.5,
      "lon" : 2.5,
      "alt" : 3.0
    },
    "aisle" : {
      "id" : "A1",
      "name" : "North",
      "level" : "L0",
      "coordinate" : {
        "x" : 0.0,
        "y" : 1.0,
        "z" : 2.0
      }
    }
  },
  "sensor" : {
    "id" : "dock-7",
    "type" : "Camera",
    "description" : "Dock",
    "location" : {
      "lat" : 1.5,
      "lon" : 2.5,
      "alt" : 3.0
    },
    "coordinate" : {
      "x" : 0.0,
      "y" : 0.0,
      "z" : 0.0
    }
  },
  "analyticsModule" : {
    "id" : "m1",
    "description" : "counter",
    "source" : "demo",
    "version" : "1.0"
  },
  "object" : {
    "id" : "42",
    "speed" : 0.0,
    "direction" : 0.0,
    "orientation" : 0.0,
    "vehicle" : {
      "type" : "van",
      "make" : "Acme",
      "model" : "Z3",
      "color" : "red",
      "licenseState" : "NV",
      "license" : "AB12",
      "confidence" : 0.5
    },
    "bbox" : {
      "topleftx" : 100,
      "toplefty" : 50,
      "bottomrightx" : 220,
      "bottomrighty" : 130
    },
    "location" : {
      "lat" : 0.0,
      "lon" : 0.0,
      "alt" : 0.0
    },
    "coordinate" : {
      "x" : 0.0,
      "y" : 0.0,
      "z" : 0.0
    },
    "pose" : {  }
  },
  "event" : {
    "id" : "ID",
    "type" : "moving"
  },
  "videoPath" : ""
}"""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def told(event, **settings):
    """What the full message about an event says."""
    (payload,) = writer("full", **settings).from_events([event], FrameMeta())
    return checked(payload, "full")


def test_an_event_is_spelled_as_deepstream_spells_it():
    (payload,) = writer("full").from_events([van()], FrameMeta())
    text = payload.data.decode()
    ids = UUID.findall(text)
    assert UUID.sub("ID", text) == VAN
    assert len(set(ids)) == 2
    assert payload.message_id == ids[0]
    assert (payload.sensor_id, payload.content_type) == ("dock-7", "application/json")


def test_every_message_has_an_id_of_its_own():
    payloads = writer("full").from_events([van()] * 500, FrameMeta())
    assert len({payload.message_id for payload in payloads}) == 500


@pytest.mark.parametrize(
    ("number", "name", "kind", "part", "keys"),
    [
        (0, "entry", 0, "aisle", ("id", "name", "level")),
        (0, "entry", 6, "entrance", ("name", "lane", "level")),
        (1, "exit", 1, "entrance", ("name", "lane", "level")),
        (2, "moving", 1, "aisle", ("id", "name", "level")),
        (3, "stopped", 0, "aisle", ("id", "name", "level")),
        (4, "empty", 0, "parkingSpot", ("id", "type", "level")),
        (5, "parked", 1, "parkingSpot", ("id", "type", "level")),
    ],
)
def test_the_event_decides_what_a_place_tells(number, name, kind, part, keys):
    found = told(van(event_type=number, object_type=kind))
    assert found["event"]["type"] == name
    assert list(found["place"])[4:] == [part]
    values = ("A1", "North", "L0", {"x": 0.0, "y": 1.0, "z": 2.0})
    assert found["place"][part] == dict(zip((*keys, "coordinate"), values, strict=True))


def test_a_place_is_told_by_each_event_in_its_own_way():
    events = [van(event_type=number) for number in (0, 4, 2, 6, 4)]
    payloads = writer("full").from_events(events, FrameMeta())
    parts = [list(checked(payload, "full")["place"])[4:] for payload in payloads]
    assert parts == [["aisle"], ["parkingSpot"], ["aisle"], [], ["parkingSpot"]]


def test_other_events_have_no_part_and_unknown_ones_no_type():
    assert [len(told(van(event_type=n))["place"]) for n in (6, 257)] == [4, 4]
    assert told(van(event_type=6))["event"]["type"] == "reset"
    assert list(told(van(event_type=257))["event"]) == ["id"]


def test_what_the_configuration_does_not_have_is_null():
    found = told(van(sensor_id=3, place_id=3, module_id=3))
    assert [found[key] for key in ("sensor", "place", "analyticsModule")] == [None] * 3
    found = told(van(), config=NO_CONFIG)
    assert found["sensor"] is found["place"] is found["analyticsModule"] is None


@pytest.mark.parametrize(
    ("number", "details", "key", "said"),
    [
        (
            1,
            Person("male", "black", "none", "formal", 45),
            "person",
            {"age": 45, "gender": "male", "hair": "black", "cap": "none", "apparel": "formal"},
        ),
        (
            8,
            Face("f", "h", None, "g", "fh", "n", "e", 30),
            "face",
            {
                "age": 30,
                "gender": "f",
                "hair": "h",
                "cap": None,
                "glasses": "g",
                "facialhair": "fh",
                "name": "n",
                "eyecolor": "e",
            },
        ),
        (11, Product("b", "t", "s"), "product", {"brand": "b", "type": "t", "shape": "s"}),
        (12, Product("b", "t", "s"), "product", {"brand": "b", "type": "t", "shape": "s"}),
    ],
)
def test_every_kind_of_object_says_what_it_has(number, details, key, said):
    found = told(van(object_type=number, details=details))["object"][key]
    assert list(found) == [*said, *(["confidence"] if key != "product" else [])]
    assert found == {**said, **({"confidence": 0.5} if key != "product" else {})}


def test_without_details_the_texts_are_empty_and_the_confidence_is_1():
    found = told(van(details=None))["object"]["vehicle"]
    assert list(found.values()) == [""] * 6 + [1.0]
    assert told(van(object_type=1, details=None))["object"]["person"]["age"] == 0
    wrong = told(van(object_type=2, details=Vehicle("van")))["object"]["face"]
    assert wrong["gender"] == ""


@pytest.mark.parametrize("number", [3, 4, 5, 9, 10, 257, 300])
def test_bags_bicycles_and_the_like_say_nothing_of_themselves(number):
    keys = list(told(van(object_type=number))["object"])
    assert keys == [
        "id", "speed", "direction", "orientation", "bbox", "location", "coordinate", "pose",
    ]  # fmt: skip


def test_an_object_of_unknown_kind_is_called_by_its_name():
    assert told(van(object_type=258, object_id="forklift"))["object"]["forklift"] == {}
    assert told(van(object_type=258, object_id="person"))["object"]["person"] == {}
    assert "forklift" not in told(van(object_type=258, object_id=None))["object"]
    found = told(van(object_type=258, object_id="bbox"))["object"]
    assert found["bbox_"] == {}
    assert found["bbox"]["topleftx"] == 100


def test_outlines_signatures_and_places_are_told():
    outline = [[1, 2, 3, 4.5], np.array([[5, 6]], np.float32)]
    event = van(
        object_type=6,
        details=Vehicle("van", outline=outline),
        signature=Signature(np.array([0.25, -1])),
        location=(48.5, 9.0, 300),
        coordinate=(1, 2, 3),
        video="a/b.mp4",
        track_id=-1,
    )
    found = told(event)
    obj = found["object"]
    assert obj["maskoutline"] == [[1.0, 2.0, 3.0, 4.5], [5.0, 6.0]]
    assert obj["signature"] == [0.25, -1.0]
    assert obj["location"] == {"lat": 48.5, "lon": 9.0, "alt": 300.0}
    assert obj["coordinate"] == {"x": 1.0, "y": 2.0, "z": 3.0}
    assert found["videoPath"] == "a/b.mp4"
    assert obj["id"] == "18446744073709551615"
    event.object_type = 0
    assert "maskoutline" not in told(event)["object"]


def test_poses_embeddings_and_feet_are_told():
    seen = Joint(3.9, 4.1, 9, 0.5)
    flat = EventExtras(pose=Pose((seen, Joint(1, 1, 1, 0))))
    assert told(van(extras=flat))["object"]["pose"] == {"nose": {"x": 3, "y": 4, "confidence": 0.5}}
    extras = EventExtras(
        pose=Pose((seen, seen), 2),
        embedding=np.array([0.5, 2], np.float32),
        standing=Standing((1, 2), (3, 4), (5, 6, 7, 8)),
        visibility=0.75,
    )
    found = told(van(extras=extras))["object"]
    solid = {"x": 3, "y": 4, "z": 9, "confidence": 0.5}
    assert found["pose"] == {"pelvis": solid, "left-hip": solid}
    assert found["embedding"] == {"embedding_length": 2, "embedding_vector": [0.5, 2.0]}
    assert found["SV3DT"] == {
        "visibility": 0.75,
        "footLocation2D": [1.0, 2.0],
        "footLocation3D": [3.0, 4.0],
        "convexHull": [5, 6, 7, 8],
    }


def test_numbers_that_json_does_not_have_are_null_and_large_ones_fit_32_bits():
    nan, huge = float("nan"), 1e300
    found = told(van(box=(nan, -huge, 5, huge), confidence=float("inf")))["object"]
    assert list(found["bbox"].values()) == [None, -(2**31), None, 0]
    assert found["vehicle"]["confidence"] is None


def plain_frame():
    frame = FrameMeta(0, frame_num=60)
    obj = frame.add(ObjectMeta((1.9, 2, 3, 4), label="car", confidence=0.25, track_id=7))
    labels = [LabelInfo("red")]
    obj.classifiers += [ClassifierMeta(2, labels, "color"), ClassifierMeta(3, labels, "")]
    return frame


def objects_told(frame, **settings):
    return [checked(p, "full-objects") for p in writer("full", **settings).from_objects(frame)]


def test_plain_objects_are_told_by_their_label_with_what_classifiers_say():
    (found,) = objects_told(plain_frame())
    assert [*found] == [
        "messageid", "mdsversion", "@timestamp", "place", "sensor", "analyticsModule", "object",
        "event", "videoPath",
    ]  # fmt: skip
    assert found["object"] == {
        "id": "7",
        "speed": 0.0,
        "direction": 0.0,
        "orientation": 0.0,
        "car": {"confidence": 0.25, "color": "red"},
        "bbox": {"topleftx": 1, "toplefty": 2, "bottomrightx": 4, "bottomrighty": 6},
        "location": {},
        "coordinate": {},
    }
    assert list(found["place"]["place-sub-field"]) == ["id", "name", "level", "coordinate"]
    assert found["sensor"]["id"] == "dock-7"
    assert found["event"]["type"] == ""
    assert found["videoPath"] == ""


def test_plain_objects_are_told_with_the_sensor_of_their_source():
    frame = plain_frame()
    frame.source_id = 1
    (found,) = objects_told(frame)
    assert (found["sensor"]["id"], found["place"], found["analyticsModule"]) == ("gate", None, None)


def test_a_label_that_is_the_name_of_another_member_hides_nothing():
    frame = plain_frame()
    frame.objects[0].label = "id"
    frame.objects[0].classifiers[0].classifier_type = "confidence"
    (found,) = objects_told(frame)
    assert found["object"]["id"] == "7"
    assert found["object"]["id_"] == {"confidence": 0.25, "confidence_": "red"}


def test_pictures_are_told_where_that_is_asked_for():
    jpeg = bytes.fromhex("ffd8 ffe0 0004 0000 ffc0 000b 08 0030 0040 01 011100 ffd9")
    frame = plain_frame()
    frame.user.append(UserMeta(CustomMessage("hello"), meta_type=CustomMessage.META_TYPE))
    frame.objects[0].user.append(UserMeta(EncodedImage(np.frombuffer(jpeg, np.uint8))))
    frame.user.append(UserMeta(EncodedImage()))
    (found,) = objects_told(frame)
    assert found["customMessage"] == ["hello"]
    (found,) = objects_told(frame, images=True)
    time = found["@timestamp"]
    assert found["customMessage"] == [
        "hello",
        f"image;jpg;0x0;{time};;",
        f"image;jpg;64x48;{time};/9j/4AAEAAD/wAALCAAwAEABAREA/9k=;",
    ]


def test_text_that_utf_8_does_not_have_is_a_question_mark():
    found = told(van(details=Vehicle("a\ud800b\0"), sensor="ü"))
    assert found["object"]["vehicle"]["type"] == "a?b\0"


def test_a_missing_time_is_null():
    assert told(van(written_at=None))["@timestamp"] is None
    assert told(van())["@timestamp"] == TIME


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.9, "0.90000000000000002"),
        (float(np.float32(0.9)), "0.89999997615814209"),
        (0, "0.0"),
        (-5, "-5.0"),
        (1e300, "1.0000000000000001e+300"),
        (float("nan"), "null"),
        ("x", "null"),
    ],
)
def test_numbers_are_spelled_with_17_digits_and_a_point(number, text):
    assert real(number) == text


def test_maps_lists_and_texts_are_spelled_as_by_json_glib():
    assert written({"a": [1, None], "b": {}, "c": [], "d": "a/ü\n\x01"}) == (
        '{\n  "a" : [\n    1,\n    null\n  ],\n  "b" : {  },\n  "c" : [],\n'
        '  "d" : "a/ü\\n\\u0001"\n}'
    )
    assert json.loads(quoted('"\\')) == '"\\'
    assert [whole(n) for n in (-1.9, 2**40, "x")] == ["-1", str(2**31 - 1), "null"]
