"""Minimal messages: one for each frame, one line for each object."""

import numpy as np
import pytest
from message_making import CONFIG, NO_CONFIG, TIME, van, writer
from test_messages_any_metadata import checked

from penstock.meta import (
    ClassifierMeta,
    CustomMessage,
    EventExtras,
    Face,
    FrameMeta,
    Joint,
    LabelInfo,
    ObjectMeta,
    Person,
    Pose,
    Product,
    Standing,
    UserMeta,
    Vehicle,
)

TEXT = """\
{
  "version" : "4.0",
  "id" : "318",
  "@timestamp" : "2031-02-03T04:05:06.789Z",
  "sensorId" : "dock-7",
  "objects" : [
    "42|100|50|220|130|Vehicle|#|van|Acme|Z3|red|AB12|NV|0.87"
  ]
}"""


def told(events, *, frame=None, **settings):
    (payload,) = writer("minimal", **settings).from_events(events, frame or FrameMeta())
    return checked(payload, "minimal")


def line(event):
    return told([event])["objects"][0]


def test_a_frame_is_spelled_as_deepstream_spells_it():
    (payload,) = writer("minimal").from_events([van(confidence=0.87)], FrameMeta(0, frame_num=1))
    assert payload.data.decode() == TEXT
    assert payload.sensor_id == "dock-7"
    assert payload.message_id


@pytest.mark.parametrize(
    ("facts", "tail"),
    [
        ({"object_type": 6}, "Unknown|#|van|Acme|Z3|red|AB12|NV|0.5"),
        (
            {"object_type": 1, "details": Person("male", None, "none", "formal", 45)},
            "Person|#|male|45||none|formal|0.5",
        ),
        (
            {"object_type": 2, "details": Face("f", "h", "c", "g", "fh", "n", "e", 30)},
            "Face|#|f|30|h|c|g|fh|n||e|0.5",
        ),
        ({"object_type": 11, "details": Product("b", "t", "s")}, "Product|#|b|t|s|0.5"),
        ({"object_type": 3, "details": None}, "Bag|#|||||||0.5"),
        ({"object_type": 4, "details": Vehicle()}, "Bicycle|0.5"),
        ({"object_type": 257, "details": {"own": 1}}, "Custom|0.5"),
        (
            {"object_type": 258, "object_id": "forklift", "details": None},
            "forklift|#|||||||0.5",
        ),
        ({"object_type": 258, "details": None}, "Unknown|#|||||||0.5"),
        ({"object_type": 5, "details": None, "confidence": 1e6}, "RoadSign|#|||||||1e+06"),
    ],
)
def test_every_kind_of_object_has_its_line(facts, tail):
    assert line(van(**facts)) == f"42|100|50|220|130|{tail}"


def test_edges_have_six_digits_and_an_id_has_no_sign():
    event = van(box=(1834.25, 1e6, 0.125, float("nan")), track_id=-1)
    assert line(event).startswith("18446744073709551615|1834.25|1e+06|1834.38|nan|Vehicle|")


def test_outlines_stand_in_masks():
    outline = [[1, 2, 3.5, 4], [5, 6]]
    event = van(object_type=7, details=Person(outline=outline))
    assert told([van(), event])["masks"] == ["42|2|1|2|3.5|4|#|5|6"]
    assert "masks" not in told([van()])


def test_poses_embeddings_and_feet_are_tails():
    extras = EventExtras(
        pose=Pose((Joint(1, 2, 3, 0.5), Joint())),
        embedding=np.array([0.5, 2e-9], np.float32),
        standing=Standing((1, 2), (3, 4), (5, 6)),
        visibility=0.25,
    )
    person = van(object_type=1, details=Person("f"), extras=extras)
    pose = "|#|pose2D|nose,1.000000,2.000000,0.500000|neck,0.000000,0.000000,0.000000||0.5"
    tails = "|#|embedding|0.5,2e-09|#|SV3DT|0.250000|1.000000,2.000000|3.000000,4.000000|5,6|"
    assert line(person) == f"42|100|50|220|130|Person|#|f|0|||{pose}{tails}"
    person.object_type = 7
    assert "pose" not in line(person)
    person.object_type = 10
    assert line(person) == tails
    deep = EventExtras(pose=Pose((Joint(1, 2, 3, 0.5),), 1))
    text = line(van(object_type=1, details=Person(), extras=deep))
    assert "|#|pose25D|pelvis,1.000000,2.000000,3.000000,0.500000||0.5" in text
    unseen = EventExtras(pose=Pose())
    assert "pose" not in line(van(object_type=1, details=Person(), extras=unseen))


def test_the_first_event_tells_frame_time_and_sensor():
    found = told([van(frame_num=5, sensor="gate-2"), van()])
    assert (found["id"], found["@timestamp"], found["sensorId"]) == ("5", TIME, "gate-2")
    assert told([van(sensor_id=3)])["sensorId"] == ""
    assert told([van()], config=NO_CONFIG)["sensorId"] == "0"


def test_a_frame_without_events_tells_of_itself():
    frame = FrameMeta(1, frame_num=9)
    frame.ntp_ns = 1_000_000_000_123_000_000
    found = told([], frame=frame)
    assert found == {
        "version": "4.0",
        "id": "9",
        "@timestamp": "2001-09-09T01:46:40.123Z",
        "sensorId": "gate",
        "objects": [],
    }


def test_a_frame_that_nobody_knows_the_time_of_is_told_as_of_now():
    assert told([])["@timestamp"] > "2024"


def test_plain_objects_have_their_confidence_only_with_classifiers():
    frame = FrameMeta(2, frame_num=30)
    frame.add(ObjectMeta((1, 2.5, 3, 4), label="car", confidence=0.5))
    seen = frame.add(ObjectMeta((1, 2, 3, 4), label="car", confidence=0.25, track_id=3))
    seen.classifiers.append(ClassifierMeta(1, [LabelInfo("red"), LabelInfo("van")], "look"))
    for text in (CustomMessage("one"), "two", b"three"):
        frame.user.append(UserMeta(text, meta_type=CustomMessage.META_TYPE))
    (payload,) = writer("minimal", config=CONFIG).from_objects(frame)
    found = checked(payload, "minimal")
    assert found["objects"] == [
        "18446744073709551615|1|2.5|4|6.5|car",
        "3|1|2|4|6|car|#|red|van|0.25",
    ]
    assert (found["id"], found["sensorId"]) == ("30", "0")
    assert found["customMessage"] == ["one", "two", "three"]
