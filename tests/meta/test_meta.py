import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.meta import (
    UNTRACKED,
    BatchMeta,
    ClassifierMeta,
    Detections,
    DisplayMeta,
    FrameMeta,
    LabelInfo,
    Line,
    Mask,
    ObjectMeta,
    Rect,
    Surfaces,
    Text,
    Token,
    UserMeta,
)

numbers = st.floats(0, 2000, width=32)
boxes = st.tuples(numbers, numbers, numbers, numbers)


class Shown:
    """A surface as far as metadata is concerned."""

    def share(self):
        return Shown()


def full_batch():
    frame = FrameMeta(2, frame_num=7, pts_ns=40, size=(640, 360), source_size=(1280, 720))
    frame.ntp_ns, frame.misc[1] = 99, 5
    parent = frame.add(ObjectMeta((1, 2, 30, 40), class_id=3, label="car", confidence=0.5))
    child = frame.add(ObjectMeta((5, 6, 7, 8), label="plate", track_id=4), parent=parent)
    child.classifiers.append(ClassifierMeta(2, [LabelInfo("blue", 1, 0, 0.9, 12)], "color"))
    child.mask = Mask(np.ones((2, 3), np.float32), 0.4)
    child.user.append(UserMeta({"speed": 3}, meta_type=8193))
    child.text.text = "plate"
    child.rect.border_color = (1.0, 0.0, 0.0, 1.0)
    frame.display.append(DisplayMeta(rects=[Rect(1, 2, 3, 4)], texts=[Text("hello")]))
    frame.user.append(UserMeta("frame"))
    batch = BatchMeta([frame], max_frames=4, surfaces=Surfaces([Shown()], token="t"))
    batch.user.append(UserMeta("batch"))
    return batch


def facts(obj):
    """Everything an object says, as plain values."""
    return (
        obj.component_id, obj.class_id, obj.label, obj.confidence, obj.track_id,
        obj.tracker_confidence, obj.ltwh, obj.rect.border_color, obj.text.text, obj.detector_box,
        obj.tracker_box, None if obj.mask is None else obj.mask.data.tolist(),
        [(c.component_id, c.classifier_type, [label.label for label in c.labels])
         for c in obj.classifiers],
        [user.data for user in obj.user], obj.misc.tolist(),
    )  # fmt: skip


def test_a_copy_says_the_same_and_shares_nothing_but_pixels():
    batch = full_batch()
    twin = batch.copy()
    frame, copied = batch.frames[0], twin.frames[0]
    assert [facts(o) for o in copied.objects] == [facts(o) for o in frame.objects]
    for name in ("source_id", "frame_num", "pts_ns", "ntp_ns", "width", "source_width", "batch_id"):
        assert getattr(copied, name) == getattr(frame, name)
    assert copied.misc.tolist() == [0, 5, 0, 0]
    copied.objects[1].rect.left = 500
    copied.objects[1].text.text = "other"
    copied.objects[1].classifiers[0].labels[0].label = "red"
    copied.objects[1].mask.data[:] = 0
    copied.display[0].rects[0].left = 77
    copied.misc[1] = 6
    copied.objects.pop(0)
    assert len(frame.objects) == 2
    assert frame.objects[1].rect.left == 5
    assert frame.objects[1].text.text == "plate"
    assert frame.objects[1].classifiers[0].labels[0].label == "blue"
    assert frame.objects[1].mask.data.all()
    assert frame.display[0].rects[0].left == 1
    assert frame.misc[1] == 5
    assert (twin.max_frames, twin.surfaces.token) == (4, "t")
    assert twin.surfaces[0] is not batch.surfaces[0]


def test_back_references_of_a_copy_lead_into_the_copy():
    batch = full_batch()
    twin = batch.copy()
    frame = twin.frames[0]
    assert frame.batch is twin
    assert all(obj.frame is frame for obj in frame.objects)
    assert frame.objects[1].parent is frame.objects[0]
    assert batch.frames[0].objects[1].parent is batch.frames[0].objects[0]


def test_a_copy_without_surfaces_holds_no_pixels():
    twin = full_batch().copy(surfaces=False)
    assert twin.surfaces is None
    with pytest.raises(StreamError, match="pixels of source 2, frame 7 are gone"):
        _ = twin.frames[0].surface


def test_references_upwards_do_not_keep_anything_alive():
    batch = full_batch()
    gone, obj = weakref.ref(batch), batch.frames[0].objects[0]
    frame = batch.frames[0]
    del batch
    assert gone() is None
    assert frame.batch is None
    assert obj.frame is frame
    del frame
    gc.collect()
    assert obj.frame is None
    assert obj.label == "car"


def test_user_data_is_copied_by_its_function_and_released_once_each():
    log = []
    user = UserMeta(
        [1], copy_data=lambda data: log.append("copy") or list(data), release=log.append
    )
    frame = FrameMeta()
    frame.user.append(user)
    batch = BatchMeta([frame])
    twin = batch.copy()
    twin.frames[0].user[0].data.append(2)
    assert user.data == [1]
    del twin
    assert log == ["copy", [1, 2]]
    del batch, frame, user
    assert log == ["copy", [1, 2], [1]]


def test_a_release_function_that_raises_is_logged_and_harms_nobody(caplog):
    def release(_data):
        raise RuntimeError("no")

    UserMeta("x", release=release)
    assert "release function of a user meta raised" in caplog.text


def test_columns_are_a_snapshot():
    frame = FrameMeta()
    obj = frame.add(ObjectMeta((10, 20, 30, 40), class_id=2, confidence=0.5, track_id=9))
    frame.add(ObjectMeta((0, 0, 1, 1)))
    columns = frame.detections
    obj.rect.left = 99
    assert columns.boxes.tolist() == [[10, 20, 40, 60], [0, 0, 1, 1]]
    assert columns.boxes.dtype == np.float32
    assert columns.class_id.tolist() == [2, 0]
    assert columns.track_id.tolist() == [9, UNTRACKED]
    assert columns.confidence.tolist() == [0.5, 0.0]
    assert len(FrameMeta().detections) == 0


@given(st.lists(boxes, max_size=20))
def test_columns_have_the_objects_boxes_in_order(given_boxes):
    columns = Detections.of(ObjectMeta(box) for box in given_boxes)
    assert columns.boxes.shape == (len(given_boxes), 4)
    for row, (left, top, width, height) in zip(columns.boxes, given_boxes, strict=True):
        np.testing.assert_allclose(row, (left, top, left + width, top + height), rtol=1e-5)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"confidence must have shape \(1,\) .* got \(2,\)"):
        Detections(np.zeros((1, 4), np.float32), np.zeros(2, np.float32), np.zeros(1, np.int32))
    with pytest.raises(ValueError, match=r"boxes must have shape \(N, 4\), got \(1, 3\)"):
        Detections(np.zeros((1, 3), np.float32), np.zeros(1, np.float32), np.zeros(1, np.int32))


@given(boxes, st.floats(0.1, 10), st.floats(0.1, 10))
def test_rescaling_moves_boxes_and_leads_back_to_source_pixels(box, sx, sy):
    frame = FrameMeta(size=(100, 100))
    obj = frame.add(ObjectMeta(box))
    frame.rescale(Affine(sx, sy, 3, -4), (50, 60))
    assert (frame.width, frame.height) == (50, 60)
    assert obj.ltwh == Affine(sx, sy, 3, -4).ltwh(box)
    assert obj.detector_box in (obj.ltwh, (0, 0, 0, 0))
    np.testing.assert_allclose(frame.to_source.ltwh(obj.ltwh), box, atol=1e-2, rtol=1e-3)


def test_rescaling_moves_what_is_drawn_but_not_its_thickness():
    frame = FrameMeta(size=(100, 100))
    frame.display.append(
        DisplayMeta(texts=[Text("a", 10, 20, font_size=8)], lines=[Line(1, 2, 3, 4, width=5)])
    )
    frame.rescale(Affine(2, 2, 0, -100), (200, 200))
    text, line = frame.display[0].texts[0], frame.display[0].lines[0]
    assert (text.x, text.y, text.font_size) == (20, 0, 8)  # not above the frame
    assert (line.x1, line.x2, line.width) == (2, 6, 5)


def test_a_token_is_returned_when_the_last_copy_of_the_surfaces_dies():
    returned = []
    batch = BatchMeta(
        [FrameMeta()], surfaces=Surfaces([Shown()], token=Token(lambda: returned.append(1)))
    )
    twin = batch.copy()
    del batch
    assert returned == []
    twin.surfaces = None
    assert returned == [1]


def test_batches_can_be_copied_by_many_threads_while_one_of_them_holds_the_lock():
    batch = full_batch()
    copies = []
    threads = [threading.Thread(target=lambda: copies.append(batch.copy())) for _ in range(4)]
    with batch.lock:
        for thread in threads:
            thread.start()
        batch.frames[0].objects.clear()
    for thread in threads:
        thread.join()
    assert [len(copy.frames[0].objects) for copy in copies] == [0] * 4


def test_reprs_say_what_matters():
    batch = full_batch()
    assert repr(batch) == "<BatchMeta 1 of 4 frames>"
    assert repr(batch.frames[0]) == "<FrameMeta source 2 frame 7 640x360, 2 objects>"
    assert "plate #4" in repr(batch.frames[0].objects[1])
