"""A batch on a real buffer, small enough to count by eye."""

import pytest

import pyds
from penstock.meta import (
    BatchMeta,
    ClassifierMeta,
    FrameMeta,
    LabelInfo,
    ObjectMeta,
    Surfaces,
    UserMeta,
)


@pytest.fixture
def core():
    """Two frames: a vehicle and two people in the first, nothing in the second."""
    batch = BatchMeta(max_frames=4, surfaces=Surfaces())
    street = batch.add(FrameMeta(0, frame_num=7, pts_ns=280_000_000, size=(1920, 1080)))
    batch.add(FrameMeta(3, frame_num=9, pts_ns=-1, size=(1920, 1080), source_size=(640, 480)))
    car = ObjectMeta((10.0, 20.0, 30.0, 40.0), class_id=0, label="Car", confidence=0.9)
    car.classifiers.append(ClassifierMeta(2, [LabelInfo("red", 4, 0, 0.8, 12)]))
    street.add(car)
    street.add(ObjectMeta((50.0, 60.0, 7.0, 8.0), class_id=2, label="Person", track_id=11))
    street.add(ObjectMeta((90.0, 60.0, 7.0, 8.0), class_id=2, label="Person", track_id=12))
    street.user.append(UserMeta("note"))
    return batch


@pytest.fixture
def buffer(core):
    """A `Gst.Buffer` that carries `core`."""
    from penstock.gst import Gst, attach

    buffer = Gst.Buffer.new()
    attach(buffer, core)
    return buffer


@pytest.fixture
def batch(core):
    return pyds.NvDsBatchMeta.cast(core)


@pytest.fixture
def frame(core):
    return pyds.NvDsFrameMeta.cast(core.frames[0])


@pytest.fixture
def car(core):
    return pyds.NvDsObjectMeta.cast(core.frames[0].objects[0])
