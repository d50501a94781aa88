"""Frames, events and whatever an application may have written into them."""

import numpy as np
from hypothesis import strategies as st

from penstock.config import AnalyticsModule, MessagesConfig, Place, Sensor
from penstock.messages import PAYLOADS, PayloadSettings
from penstock.meta import (
    ClassifierMeta,
    EventExtras,
    EventMessage,
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
    Vehicle,
)

TIME = "2031-02-03T04:05:06.789Z"
CONFIG = MessagesConfig(
    file="config_msgconv.txt",
    sensors={
        0: Sensor("dock-7", "Camera", "Dock", (1.5, 2.5, 3.0), (0.0, 0.0, 0.0)),
        1: Sensor("gate"),
    },
    places={
        0: Place("9", "Depot", "yard", (1.5, 2.5, 3.0), (0.0, 1.0, 2.0), ("A1", "North", "L0"))
    },
    modules={0: AnalyticsModule("m1", "counter", "demo", "1.0")},
)
NO_CONFIG = MessagesConfig()


def writer(kind, *, config=CONFIG, **settings):
    return PAYLOADS.load(kind)(PayloadSettings(config=config, **settings))


def van(**more):
    """DeepStream's usual event: a vehicle that moves."""
    facts = {
        "event_type": 2,
        "object_type": 0,
        "box": (100.0, 50.0, 120.0, 80.0),
        "track_id": 42,
        "frame_num": 318,
        "confidence": 0.5,
        "written_at": TIME,
        "details": Vehicle("van", "Acme", "Z3", "red", "NV", "AB12"),
    }
    return EventMessage(**{**facts, **more})


anything = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
)
texts = st.one_of(
    st.none(),
    st.text(alphabet=st.characters() | st.sampled_from('\ud800\0"\\|'), max_size=20),
)
numbers = st.one_of(st.floats(), st.integers(), st.just(10**400), st.none(), st.just("x"))
boxes = st.one_of(st.tuples(numbers, numbers, numbers, numbers), st.none(), st.just((1, 2)))
points = st.one_of(st.tuples(numbers, numbers, numbers), st.none())
outlines = st.one_of(st.lists(st.lists(numbers, max_size=4), max_size=3), st.none(), st.just(7))
joints = st.builds(Joint, numbers, numbers, numbers, numbers)
details = st.one_of(
    st.none(),
    st.builds(Vehicle, texts, texts, texts, texts, texts, texts, outlines),
    st.builds(Person, texts, texts, texts, texts, numbers, outlines),
    st.builds(Face, texts, texts, texts, texts, texts, texts, texts, numbers, outlines),
    st.builds(Product, texts, texts, texts),
    anything,
)
vectors = st.one_of(
    st.lists(st.floats(width=32), max_size=3).map(lambda v: np.array(v, np.float32)), st.none()
)
extras = st.builds(
    EventExtras,
    pose=st.none() | st.builds(Pose, st.lists(joints, max_size=40).map(tuple), st.integers(-1, 3)),
    embedding=vectors,
    standing=st.none() | st.builds(Standing, points, points, st.lists(numbers, max_size=5)),
    visibility=numbers,
)
events = st.builds(
    EventMessage,
    event_type=st.sampled_from([*range(8), 256, 257]),
    object_type=st.sampled_from([*range(13), 256, 257, 258, 259]),
    box=boxes,
    location=points,
    coordinate=points,
    signature=st.none() | st.builds(Signature, vectors),
    sensor_id=st.integers(-1, 2),
    place_id=st.integers(-1, 2),
    module_id=st.integers(-1, 2),
    frame_num=st.integers(-1, 2**40),
    confidence=numbers,
    track_id=numbers,
    written_at=texts,
    object_id=texts,
    sensor=texts,
    video=texts,
    details=details,
    extras=st.none() | extras,
)


@st.composite
def frames(draw):
    frame = FrameMeta(draw(st.integers(-1, 2)), frame_num=draw(st.integers(0, 2**40)))
    for _ in range(draw(st.integers(0, 3))):
        obj = ObjectMeta((0, 0, 0, 0), label=draw(texts), confidence=draw(numbers))
        obj.track_id = draw(numbers)
        obj.rect.left, obj.rect.width = draw(numbers), draw(numbers)
        if draw(st.booleans()):
            answers = draw(st.lists(st.builds(LabelInfo, texts), max_size=2))
            obj.classifiers.append(ClassifierMeta(1, answers, draw(texts)))
        frame.add(obj)
    return frame
