"""Metadata from a new script: loops, columns, flat answers, lookup by kind, short reprs."""

import numpy as np
import pytest

import penstock
from penstock.meta import (
    Attachments,
    BatchMeta,
    Classification,
    ClassifierMeta,
    DisplayMeta,
    EncodedImage,
    FrameMeta,
    LabelInfo,
    Line,
    Mask,
    ObjectMeta,
    OpticalFlowMeta,
    Payload,
    ReidVector,
    SegmentationMeta,
    Signature,
    SourceTargets,
    Target,
    TensorLayer,
    TensorMeta,
    Text,
    TrackedBox,
    UserMeta,
)


class Speed(float):
    """Something of an application's own."""


def tensors(component):
    return TensorMeta([TensorLayer("scores", np.zeros((4, 34, 60), np.float32))], component)


def test_a_batch_is_walked_by_two_loops():
    batch = BatchMeta([FrameMeta(0), FrameMeta(1)])
    batch.frames[1].add(ObjectMeta(label="car"))
    assert [(f.source_id, o.label) for f in batch for o in f.objects] == [(1, "car")]


def test_what_classifiers_say_is_flat_and_in_order():
    obj = ObjectMeta()
    assert obj.classifications == []
    obj.classifiers.append(ClassifierMeta(2, [LabelInfo("red", 4, 0, 0.8), LabelInfo("van", 1)]))
    obj.classifiers.append(ClassifierMeta(3, []))
    obj.classifiers.append(ClassifierMeta(5, [LabelInfo("dodge", 7, 0, 0.5)]))

    assert obj.classifications == [
        Classification("red", 0.8, 4, 2),
        Classification("van", 0.0, 1, 2),
        Classification("dodge", 0.5, 7, 5),
    ]
    label, confidence, class_id, component_id = obj.classifications[0]
    assert (label, confidence, class_id, component_id) == ("red", 0.8, 4, 2)


def test_an_attachment_is_found_by_the_class_of_its_data():
    user = Attachments([UserMeta("note"), UserMeta(tensors(1)), UserMeta(tensors(2))])
    assert user[TensorMeta].component_id == 1
    assert user.get(TensorMeta).component_id == 1
    assert [meta.component_id for meta in user.of(TensorMeta)] == [1, 2]
    assert TensorMeta in user
    assert user[str] == "note"


def test_an_attachment_is_found_by_its_type_where_that_is_a_name_or_deepstreams_number():
    user = Attachments([UserMeta(1, meta_type=12), UserMeta(2, meta_type="acme.speed")])
    assert user["acme.speed"] == user.get("acme.speed") == 2
    assert user.get(12) == 1
    assert user.of(12) == [1]
    assert "acme.speed" in user
    assert "acme" not in user


def test_what_is_not_attached_is_none_or_says_what_is():
    user = Attachments([UserMeta(Speed(3)), UserMeta("note")])
    assert user.get(TensorMeta) is user.get("acme.speed") is None
    assert user.of(TensorMeta) == []
    assert TensorMeta not in user
    with pytest.raises(KeyError, match=r"no attachment is a TensorMeta, there is Speed, str; .get"):
        user[TensorMeta]
    with pytest.raises(KeyError, match=r"no attachment is of type 'acme', there is nothing"):
        Attachments()["acme"]


def test_data_that_is_false_is_found_all_the_same():
    user = Attachments([UserMeta(Speed(0))])
    assert user[Speed] == 0
    assert Speed in user


def test_attachments_are_a_list_like_any_other():
    first, second = UserMeta(1), UserMeta(2)
    user = Attachments([first])
    user.append(second)
    assert isinstance(user, list)
    assert (user[0], user[-1], user[np.int64(1)]) == (first, second, second)
    assert user[:1] == [first]
    assert first in user
    assert UserMeta(1) not in user
    assert list(reversed(user)) == [second, first]
    with pytest.raises(IndexError):
        user[2]
    del user[0]
    assert user == [second]


def test_batch_frame_and_object_find_their_attachments_and_so_do_their_copies():
    batch = BatchMeta([FrameMeta()])
    owners = (batch, batch.frames[0], batch.frames[0].add(ObjectMeta()))
    for number, owner in enumerate(owners):
        owner.user.append(UserMeta(Speed(number)))
    twin = batch.copy()
    copied = (twin, twin.frames[0], twin.frames[0].objects[0])
    assert [owner.user[Speed] for owner in copied] == [0, 1, 2]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (ObjectMeta((1.4, 2, 3, 4), class_id=7), "<ObjectMeta class 7 0.00 ltwh=(1, 2, 3, 4)>"),
        (
            ObjectMeta((1, 2, 3, 4), label="car", confidence=0.5, track_id=9),
            "<ObjectMeta car #9 0.50 ltwh=(1, 2, 3, 4)>",
        ),
        (tensors(3), "<TensorMeta of component 3: 'scores' (4, 34, 60)>"),
        (TensorMeta(), "<TensorMeta of component 0: no layers>"),
        (tensors(3).layers[0], "<TensorLayer 'scores' (4, 34, 60) float32>"),
        (
            SegmentationMeta(np.zeros((3, 5), np.int32), None, 4, 1),
            "<SegmentationMeta 5x3, 4 classes, of component 1>",
        ),
        (Mask(np.zeros((3, 5), np.float32), 0.25), "<Mask 5x3, threshold 0.25>"),
        (ReidVector(np.zeros(128, np.float32)), "<ReidVector of 128>"),
        (Signature(np.zeros(4)), "<Signature of 4>"),
        (
            OpticalFlowMeta(np.zeros((2, 3, 2), np.int16), 7),
            "<OpticalFlowMeta 3x2 blocks, frame 7>",
        ),
        (EncodedImage(np.zeros(12, np.uint8)), "<EncodedImage 12 bytes>"),
        (Payload(b"12345", 2), "<Payload 5 bytes, component 2>"),
        (Payload(None), "<Payload None, component 0>"),
        (Target(5, 2, "car", [TrackedBox()] * 3), "<Target car #5, 3 boxes>"),
        (SourceTargets(1, [Target()]), "<SourceTargets source 1, 1 tracks>"),
        (DisplayMeta(texts=[Text(), Text()], lines=[Line()]), "<DisplayMeta 2 texts, 1 line>"),
        (DisplayMeta(), "<DisplayMeta empty>"),
        (UserMeta("x" * 500, meta_type=9), f"UserMeta('{'x' * 56}..., meta_type=9)"),
        (FrameMeta().detections, "<Detections 0 objects>"),
    ],
    ids=lambda thing: thing if isinstance(thing, str) else "",
)
def test_a_repr_is_short_and_tells_size_id_label_and_box(thing, said):
    assert repr(thing) == said


def test_columns_say_how_many_of_each_class_there_are():
    frame = FrameMeta()
    for class_id in (2, 0, 2):
        frame.add(ObjectMeta(class_id=class_id))
    assert repr(frame.detections) == "<Detections 3 objects: 1 of class 0, 2 of class 2>"


@pytest.mark.parametrize(
    ("name", "value"),
    [("class_id", 2**31), ("class_id", 1.5), ("track_id", 2**63), ("confidence", None)],
)
def test_a_value_that_no_column_holds_is_shown_with_its_object(name, value):
    frame = FrameMeta()
    frame.add(ObjectMeta((1, 2, 3, 4)))
    setattr(frame.objects[0], name, value)
    with pytest.raises(TypeError, match=rf"columns cannot hold box .*{name} {value}.* 32 bits"):
        _ = frame.detections


def test_the_metadata_of_a_buffer_is_had_from_the_front_door():
    from penstock.gst import Gst, attach

    buffer, batch = Gst.Buffer.new(), BatchMeta([FrameMeta(3)])
    attach(buffer, batch)
    assert penstock.metadata(buffer) is batch
    with pytest.raises(penstock.StreamError, match=r"carries no metadata: .* behind nvstreammux"):
        penstock.metadata(Gst.Buffer.new())
    with pytest.raises(TypeError, match=r"takes a Gst.Buffer, got None: info.get_buffer\(\)"):
        penstock.metadata(None)
