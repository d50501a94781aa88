"""Metadata as bytes: whatever was written is read again, and nothing else ever comes of bytes."""

import contextlib
import json
import math
import pickle
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyds
from penstock.bitstream import VERSION, DamagedError, ReadBatch, pack, unpack
from penstock.bitstream.kinds import KINDS, fields_of
from penstock.geometry import Affine
from penstock.gst.read_facts import take_over
from penstock.meta import (
    KEYPOINTS,
    BatchMeta,
    ClassifierMeta,
    DisplayMeta,
    FrameAnalytics,
    FrameMeta,
    LabelInfo,
    Line,
    Mask,
    ObjectAnalytics,
    ObjectMeta,
    OpticalFlowMeta,
    Polygon,
    ReidVector,
    SegmentationMeta,
    UserMeta,
)

numbers = st.floats(-1e6, 1e6, width=32)
boxes = st.tuples(numbers, numbers, numbers, numbers)
objects = st.builds(
    ObjectMeta,
    boxes,
    class_id=st.integers(-1, 99),
    label=st.text(max_size=9),
    confidence=st.floats(0, 1),
    track_id=st.integers(-1, 2**63 - 1),
    component_id=st.integers(0, 99),
)


def rich_batch():
    """A batch with everything that is written."""
    frame = FrameMeta(3, frame_num=7, pts_ns=5, size=(640, 360), to_source=Affine(3, 2, 1, 0.5))
    frame.ntp_ns, frame.infer_done, frame.pad_index = 123, True, 4
    frame.misc[:] = range(4)
    person = frame.add(ObjectMeta((1.5, 2.25, 30, 40.125), label="人", confidence=0.1, track_id=9))
    person.text.text, person.rect.border_color = 'a "b"\n', (0.1, 0.2, 0.3, 1.0)
    person.classifiers.append(ClassifierMeta(2, [LabelInfo("red", 1, 0, 0.75, 3)], "colour"))
    person.mask = Mask(np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3), 0.4)
    person.misc[1] = -5
    points = np.arange(6, dtype=np.float32).reshape(2, 3)
    for data, meta_type in (
        (points, KEYPOINTS),
        (ReidVector(np.ones(4, np.float32)), 17),
        (ObjectAnalytics(["zone"], lines=["exit"], dwell_s={"zone": 1.5}), "analytics"),
        ({"speed": 3, 4: [None, True, (1, "x")]}, "acme"),
    ):
        person.user.append(UserMeta(data, meta_type=meta_type))
    frame.add(ObjectMeta((0, 0, 5, 5), label="hat"), parent=person)
    frame.display.append(DisplayMeta(lines=[Line(1, 2, 3, 4, 5, (1.0, 0.0, 0.0, 1.0))]))
    for data in (
        FrameAnalytics(in_region={"zone": 2}, objects={0: 3}, heat=np.ones((2, 2), np.float32)),
        OpticalFlowMeta(np.arange(12, dtype=np.int16).reshape(2, 3, 2), 7),
        SegmentationMeta(np.full((2, 2), -1, np.int32), None, 5, 2),
    ):
        frame.user.append(UserMeta(data, meta_type=data.META_TYPE))
    batch = BatchMeta([frame, FrameMeta(5)], max_frames=4)
    batch.frames[1].batch_id = 0  # as behind the tiler
    batch.user.append(UserMeta("hello", meta_type=99))
    return batch


def test_everything_is_read_as_it_was_written():
    written = rich_batch()
    batch = unpack(pack(written))
    assert isinstance(batch, ReadBatch)
    assert pack(batch) == pack(written)
    assert batch.surfaces is None
    assert batch.max_frames == 4
    assert batch.user[str] == "hello"
    frame, other = batch.frames
    assert (frame.source_id, frame.pad_index, frame.frame_num, frame.ntp_ns) == (3, 4, 7, 123)
    assert (frame.width, frame.height, frame.to_source) == (640, 360, Affine(3, 2, 1, 0.5))
    assert frame.batch is batch
    assert frame.misc.tolist() == [0, 1, 2, 3]
    person, hat = frame.objects
    assert (person.label, person.ltwh) == ("人", (1.5, 2.25, 30, 40.125))
    assert person.text.text == 'a "b"\n'
    assert person.classifications[0].label == "red"
    assert person.mask.data.dtype == np.float32
    assert person.user[ObjectAnalytics].dwell_s == {"zone": 1.5}
    assert person.user["acme"] == {"speed": 3, 4: [None, True, (1, "x")]}
    assert person.user[KEYPOINTS].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert hat.parent is person
    assert frame.user[FrameAnalytics].objects == {0: 3}
    assert frame.user[OpticalFlowMeta].vectors.dtype == np.int16
    assert frame.display[0].lines[0].color == (1.0, 0.0, 0.0, 1.0)
    assert (other.objects, other.batch_id) == ([], 0)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_kind_is_read_as_the_class_it_was(kind):
    made = kind(np.zeros((2, 2), np.float32)) if kind is Mask else kind()
    batch = BatchMeta()
    batch.user.append(UserMeta(made))
    again = unpack(pack(batch)).user[0].data
    assert type(again) is kind
    assert repr(again) == repr(made)
    for name in fields_of(kind):
        assert np.array_equal(getattr(again, name), getattr(made, name))


def test_what_was_read_can_be_copied_for_a_branch_of_a_tee():
    batch = unpack(pack(rich_batch()))
    twin = batch.copy()
    assert pack(twin) == pack(batch)
    twin.frames[0].objects[0].user[KEYPOINTS][:] = 0
    twin.frames[0].user[OpticalFlowMeta].vectors[:] = 0
    assert pack(batch) == pack(rich_batch())


@given(st.lists(st.lists(objects, max_size=4), max_size=3))
def test_any_objects_come_back_equal(found):
    batch = BatchMeta([FrameMeta(n, size=(64, 48)) for n in range(len(found))])
    for frame, members in zip(batch.frames, found, strict=True):
        for obj in members:
            frame.add(obj)
    again = unpack(pack(batch))
    assert [[(o.ltwh, o.label, o.confidence, o.track_id) for o in f.objects] for f in again] == [
        [(o.ltwh, o.label, o.confidence, o.track_id) for o in f.objects] for f in batch
    ]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -1e300])
def test_an_object_without_a_place_costs_none_of_the_others(odd):
    frame = FrameMeta(size=(64, 36))
    frame.add(ObjectMeta((odd, 1, odd, 2), confidence=odd)).tracker_box = (1, 2, 3, odd)
    frame.add(ObjectMeta((1, 2, 3, 4)))
    frame.display.append(DisplayMeta(polygons=[Polygon([(odd, 1.0), (2.0, 3.0)])]))
    read = unpack(pack(BatchMeta([frame]))).frames[0]
    assert [obj.ltwh for obj in read.objects] == [(0, 1, 0, 2), (1, 2, 3, 4)]
    assert read.objects[0].tracker_box == (1, 2, 3, 0)
    assert read.display[0].polygons[0].points == [(0, 1), (2, 3)]


def test_a_mask_that_waits_for_its_scores_is_written_as_one():
    obj = ObjectMeta((1, 2, 3, 4))
    params = pyds.NvDsObjectMeta.cast(obj).mask_params
    params.width = 8
    frame = FrameMeta()
    frame.add(obj)
    assert unpack(pack(BatchMeta([frame]))).frames[0].objects[0].mask.data.size == 0


def test_what_only_the_application_can_make_stays_behind():
    batch = BatchMeta([FrameMeta()])
    for data in (object(), {1: object()}, b"bytes", np.array([object()]), lambda: None, "kept"):
        batch.frames[0].user.append(UserMeta(data))
    assert [user.data for user in unpack(pack(batch)).frames[0].user] == ["kept"]


@settings(max_examples=60)
@given(st.data())
def test_damage_is_told_and_nothing_else_happens(data):
    packed = bytearray(pack(rich_batch()))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        packed = packed[: data.draw(st.integers(0, len(packed)))]
    with contextlib.suppress(DamagedError):
        assert pack(unpack(bytes(packed))) == pack(rich_batch())  # zlib has a few idle bits


def forged(change):
    """The rich batch with something else in it, and a checksum that fits."""
    content = json.loads(zlib.decompress(pack(rich_batch())[1:]))
    change(content)
    return bytes([VERSION]) + zlib.compress(json.dumps(content).encode())


def of_person(**attributes):
    return lambda content: content["frames"][0]["objects"][0].update(attributes)


@pytest.mark.parametrize(
    "change",
    [
        of_person(label=5),
        of_person(rect="wide"),
        of_person(detector_box=[1, 2]),
        of_person(parent=99),
        of_person(parent=[]),
        of_person(confidence={"is": "os.system", "of": "rm"}),
        of_person(classifiers=[{"is": "Rect"}]),
        of_person(mask={"is": "Mask", "data": {"is": "array", "of": "O", "data": "", "shape": []}}),
        of_person(
            mask={"is": "Mask", "data": {"is": "array", "of": "<f4", "shape": [9], "data": "AAAA"}}
        ),
        of_person(mask={"is": "Mask", "data": {"is": "array", "of": "(2,f4", "shape": []}}),
        of_person(confidence=math.nan),
        of_person(detector_box={"is": "tuple", "of": [math.inf, 0, 1, 1]}),
        of_person(tracker_confidence=10**400),
        of_person(class_id=2**40),
        of_person(track_id=2**64),
        of_person(user=[[KEYPOINTS, "x"]]),
        of_person(user=[[KEYPOINTS, {"is": "array", "of": "<f4", "shape": [0], "data": ""}]]),
        of_person(user=[[1]]),
        of_person(user=[[[], "x"]]),
        of_person(user=7),
        lambda content: content.pop("frames"),
        lambda content: content.update(frames=3),
        lambda content: content.update(max_frames="many"),
        lambda content: content["frames"][0].update(width=None),
        lambda content: content["frames"][0].update(batch_id="x"),
        lambda content: content["frames"].append(None),
    ],
)
def test_forged_metadata_is_refused(change):
    with pytest.raises(DamagedError):
        unpack(forged(change))


def test_numbers_of_another_kind_become_what_the_field_is():
    batch = unpack(forged(of_person(class_id=2.0, confidence=1)))
    person = batch.frames[0].objects[0]
    assert (type(person.class_id), person.class_id, person.confidence) == (int, 2, 1)


def test_whatever_is_read_fits_into_the_frames_of_a_mux():
    """Frames without a size have the picture's: nothing may divide by it."""
    frame = FrameMeta(0, size=(320, 180), source_size=(640, 360), to_source=Affine(2, 2))
    BatchMeta([frame])
    take_over(unpack(forged(lambda content: content["frames"][0].update(width=0))), frame)
    person, hat = frame.objects
    assert person.ltwh == (0.75, 1.125, 15, 20.0625)
    assert hat.parent is person


def test_a_newer_writer_may_say_more():
    batch = unpack(forged(of_person(mood="merry")))
    assert batch.frames[0].objects[0].label == "人"


def test_another_version_is_refused_by_its_number():
    with pytest.raises(DamagedError, match="version 1 was wanted, got version 2"):
        unpack(b"\2" + pack(rich_batch())[1:])
    with pytest.raises(DamagedError, match="got version none"):
        unpack(b"")


def test_a_bomb_is_not_unpacked():
    bomb = bytes([VERSION]) + zlib.compress(b"[" + b" " * (40 << 20) + b"]")
    assert len(bomb) < 100_000
    with pytest.raises(DamagedError, match="cut off, or larger than any"):
        unpack(bomb)


def test_deep_nesting_is_refused():
    deep = bytes([VERSION]) + zlib.compress(b"[" * 200_000)
    with pytest.raises(DamagedError):
        unpack(deep)


def test_a_pickle_is_only_bytes():
    with pytest.raises(DamagedError):
        unpack(bytes([VERSION]) + zlib.compress(pickle.dumps(rich_batch().frames[0].misc)))
