"""`classifier-async-mode`: answers come later, and none is lost without being counted."""

import threading
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from objects import batch_of_frames, by_hand, colour_classifier, found, frame_of, noise

from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.inference import open_task


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return colour_classifier(tmp_path_factory.mktemp("model") / "colour.onnx")


@pytest.fixture(scope="module")
def make(model):
    def make(**changes):
        defaults = {
            "model_file": model,
            "network_type": 1,
            "process_mode": 2,
            "batch_size": 2,
            "scale": 1 / 255,
            "classifier_async": True,
        }
        return open_task(InferConfig(Path("c.txt"), **{**defaults, **changes}))

    return make


class Gate:
    """Holds the classifier's runs up until it is opened."""

    def __init__(self, task):
        self.open = threading.Event()
        infer = task.network.infer_samples

        def wait(samples):
            assert self.open.wait(20)
            return infer(samples)

        task.network.infer_samples = wait


def settle(task):
    """Wait until every answer is there."""
    for source in task._history._sources.values():
        for seen in source.values():
            for _ in range(2000):
                if not seen.pending:
                    break
                threading.Event().wait(0.005)
            assert not seen.pending


def show(task, *objects, frame_num=0, seed=0, skip=False):
    frame = frame_of(noise(seed=seed), *objects, frame_num=frame_num)
    task.process(batch_of_frames(frame), skip=skip)


def test_no_batch_waits_and_a_later_one_has_the_answer_of_the_earlier_pixels(make):
    task = make()
    gate = Gate(task)
    objects = [found(track_id=4) for _ in range(4)]
    for number, obj in enumerate(objects[:3]):
        show(task, obj, frame_num=number, seed=number)
    assert [obj.classifiers for obj in objects[:3]] == [[], [], []]
    gate.open.set()
    settle(task)
    show(task, objects[3], frame_num=3, seed=3)
    first, _ = objects[3].classifications
    expected = by_hand(noise(seed=0), objects[3].ltwh)
    assert (first.class_id, first.confidence) == (
        expected.argmax(),
        pytest.approx(expected.max(), abs=1e-5),
    )
    assert (task.counts.inferred, task.counts.reused) == (1, 1)
    task.close()
    assert task.counts.lost == 0


def test_an_object_is_not_looked_at_again_while_its_answer_is_on_its_way(make):
    task = make(reinfer_interval=0)
    gate = Gate(task)
    for number in range(3):
        show(task, found(track_id=4), frame_num=number)
    assert task.counts.inferred == 1
    gate.open.set()
    settle(task)
    show(task, found(track_id=4), frame_num=3)
    assert task.counts.inferred == 2
    task.close()


def test_skipped_batches_show_what_is_known_and_look_at_nothing(make):
    task = make()
    show(task, found(track_id=4))
    settle(task)
    known, new = found(track_id=4), found(track_id=5)
    show(task, known, new, frame_num=1, skip=True)
    assert (bool(known.classifiers), bool(new.classifiers)) == (True, False)
    assert task.counts.inferred == 1
    task.close()


def test_untracked_objects_are_left_out_and_counted(make):
    task = make()
    obj = found()
    show(task, obj, found(track_id=1))
    task.close()
    assert (task.counts.untracked, task.counts.inferred) == (1, 1)
    assert obj.classifiers == []


def test_what_the_classifier_has_no_room_for_waits_for_its_turn(make):
    task = make()
    gate = Gate(task)
    ids = range(30)
    show(task, *(found(track_id=n) for n in ids))
    assert task.counts.inferred == 8  # four runs of two
    gate.open.set()
    for number in range(1, 8):
        settle(task)
        show(task, *(found(track_id=n) for n in ids), frame_num=number)
    last = [found(track_id=n) for n in ids]
    settle(task)
    show(task, *last, frame_num=9)
    task.close()
    assert all(obj.classifiers for obj in last)
    assert (task.counts.inferred, task.counts.lost) == (30, 0)


def test_an_answer_whose_object_is_gone_is_counted(make):
    for gone in ("forgotten", "stopped"):
        task = make()
        show(task, found(track_id=1), found(track_id=2))
        settle(task)
        show(task, found(track_id=1), frame_num=1)
        if gone == "forgotten":
            task.forget(0)
            show(task, frame_num=2)
            assert task.counts.lost == 1
        task.close()
        assert task.counts.lost == 1


def test_closing_does_not_wait_for_what_is_queued(make):
    task = make()
    gate = Gate(task)
    show(task, *(found(track_id=n) for n in range(8)))
    gate.open.set()
    task.close()
    assert task.counts.lost == 8
    assert not task._late._thread.is_alive()


@settings(max_examples=25)
@given(
    frames=st.lists(st.sets(st.integers(0, 5), max_size=6), max_size=12),
    forget=st.sets(st.integers(0, 11)),
)
def test_every_object_looked_at_is_answered_or_counted(make, frames, forget):
    task = make()
    answered, looks = set(), 0
    for number, ids in enumerate(frames):
        if number in forget:
            task.forget(0)
        objects = [found(track_id=n) for n in ids]
        show(task, *objects, frame_num=number)
        settle(task)
        answered |= {(obj.track_id, id(obj)) for obj in objects if obj.classifiers}
    looks = task.counts.inferred
    task.close()
    shown = {seen for seen, _ in answered}
    assert len(shown) <= looks
    assert looks - task.counts.lost >= len(shown)
    if not forget:
        assert looks - task.counts.lost == len(shown)


@pytest.mark.parametrize("end", ["batch", "close"])
def test_what_stops_the_classifier_reaches_the_next_batch_or_the_end(make, end):
    def fail(_samples):
        raise ModelError("it broke")

    task = make()
    task.network.infer_samples = fail
    show(task, found(track_id=1))
    task._late._thread.join(20)
    last = task.close if end == "close" else partial(show, task, frame_num=1)
    with pytest.raises(ModelError, match="it broke"):
        last()


def test_a_second_answer_that_nobody_sees_is_counted_too(make):
    task = make(reinfer_interval=0)
    show(task, found(track_id=1))
    settle(task)
    show(task, found(track_id=1), frame_num=1)  # the first answer, and a second look
    settle(task)
    task.close()
    assert (task.counts.inferred, task.counts.reused, task.counts.lost) == (2, 1, 1)
