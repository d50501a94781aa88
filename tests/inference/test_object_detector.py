"""Detectors on objects: new objects with a parent, in frame pixels."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects import batch_of_frames, found, frame_of, plain
from pictures import bright_box_network

from penstock.config import ClassAttributes, InferConfig
from penstock.inference import open_task

RED, GREEN, BLUE = range(3)


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Makes tasks with the network that finds the bright part of a picture, 32x24 pixels."""
    model = bright_box_network(tmp_path_factory.mktemp("model") / "bright.onnx")

    def make(**settings):
        defaults = {
            "model_file": model,
            "num_classes": 3,
            "process_mode": 2,
            "component_id": 9,
            "batch_size": 4,
            "scale": 1 / 255,
            "labels": ("red", "green", "blue"),
        }
        return open_task(InferConfig(Path("c.txt"), **{**defaults, **settings}))

    return make


def bright(ltwh, colour, size=(256, 192)):
    """A black picture with a bright box."""
    left, top, width, height = ltwh
    picture = plain(0, size)
    picture[top : top + height, left : left + width, colour] = 255
    return picture


@given(st.integers(0, 192), st.integers(0, 120), st.sampled_from([RED, GREEN, BLUE]))
def test_what_is_found_in_an_object_stands_in_the_frames_pixels(make, x, y, colour):
    parent = found((float(x), float(y), 64.0, 48.0), track_id=3)
    inner = (x + 16, y + 12, 32, 24)
    frame = frame_of(bright(inner, colour), parent)
    make().process(batch_of_frames(frame))
    before, new = frame[0].objects
    assert before is parent
    assert new.parent is parent
    assert new.ltwh == pytest.approx(inner, abs=2.1)  # a network pixel is two of the frame's
    assert (new.class_id, new.component_id, new.label) == (
        colour,
        9,
        ("red", "green", "blue")[colour],
    )
    assert new.detector_box == new.ltwh


def test_each_frame_of_the_batch_gets_its_own(make):
    frames = [
        frame_of(bright((80, 60, 20, 20), n), found((64.0, 48.0, 64.0, 48.0)), source_id=n)
        for n in (RED, GREEN, BLUE)
    ]
    task = make(batch_size=2)
    task.process(batch_of_frames(*frames))
    assert [frame.objects[1].class_id for frame, _ in frames] == [RED, GREEN, BLUE]
    assert all(frame.infer_done for frame, _ in frames)


def test_what_is_found_never_leaves_its_object_nor_the_frame(make):
    parent = found((-20.0, -20.0, 60.0, 60.0))
    frame = frame_of(plain(255), parent)
    make().process(batch_of_frames(frame))
    (_, new) = frame[0].objects
    assert new.ltwh == (0, 0, 40, 40)


def test_offsets_count_from_the_frames_edges(make):
    frame = frame_of(bright((100, 70, 20, 20), RED), found((64.0, 48.0, 96.0, 72.0)))
    for offset, count in ((60, 1), (80, 0)):
        look = {-1: ClassAttributes(roi_top_offset=offset)}
        del frame[0].objects[1:]
        make(class_attributes=look).process(batch_of_frames(frame))
        assert len(frame[0].objects) == 1 + count


def test_the_aspect_of_an_object_is_kept_where_that_is_asked_for(make):
    """A tall object, squeezed into the network's input or not, gives the same box in the frame."""
    frame = frame_of(bright((100, 60, 20, 60), RED), found((90.0, 40.0, 40.0, 100.0)))
    for keep in (False, True):
        del frame[0].objects[1:]
        make(keep_aspect=keep, centred=keep).process(batch_of_frames(frame))
        assert frame[0].objects[1].ltwh == pytest.approx((100, 60, 20, 60), abs=5)


def test_skipped_batches_and_batches_without_objects_cost_no_run(make):
    task = make()
    task.network._network.run = None  # it would raise
    frame = frame_of(plain(255), found())
    task.process(batch_of_frames(frame), skip=True)
    task.process(batch_of_frames(frame_of(plain(255))))
    assert len(frame[0].objects) == 1
    assert task.counts.inferred == 0


def test_found_objects_are_not_looked_into_again(make):
    frame = frame_of(plain(255), found((0.0, 0.0, 64.0, 48.0)))
    task = make()
    task.process(batch_of_frames(frame))
    assert task.counts.inferred == 1
    assert len(frame[0].objects) == 2
    assert np.isfinite(frame[0].objects[1].ltwh).all()
