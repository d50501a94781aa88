"""Classifiers on objects: what is looked at, when, and what becomes of the answer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from objects import SIZE, batch_of_frames, by_hand, colour_classifier, found, frame_of, noise, plain

from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference import open_task
from penstock.meta import UNTRACKED

LABELS = (("red", "green", "blue"), ("dark", "bright"))
WIDTH, HEIGHT = 128, 96


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return colour_classifier(tmp_path_factory.mktemp("model") / "colour.onnx")


@pytest.fixture(scope="module")
def make(model):
    """Makes tasks: a classifier on objects unless told otherwise."""

    def make(**settings):
        defaults = {
            "model_file": model,
            "network_type": 1,
            "process_mode": 2,
            "component_id": 5,
            "batch_size": 4,
            "scale": 1 / 255,
            "classifier_labels": LABELS,
        }
        return open_task(InferConfig(Path("c.txt"), **{**defaults, **settings}))

    return make


def answers(obj):
    return [(one.label, round(one.confidence, 4)) for one in obj.classifications]


# What it says


@settings(max_examples=20)
@given(
    places=st.lists(
        st.lists(
            st.tuples(st.integers(0, WIDTH - SIZE[0]), st.integers(0, HEIGHT - SIZE[1])), max_size=7
        ),
        min_size=1,
        max_size=3,
    ),
    batch_size=st.sampled_from([1, 3, 16]),
)
def test_every_object_of_every_source_has_the_answer_of_its_own_pixels(make, places, batch_size):
    task = make(batch_size=batch_size)
    frames = [
        frame_of(noise(seed=n), *(found((*at, *SIZE)) for at in boxes), source_id=n)
        for n, boxes in enumerate(places)
    ]
    task.process(batch_of_frames(*frames))
    for frame, picture in frames:
        assert frame.infer_done == bool(frame.objects)
        for obj in frame.objects:
            expected = by_hand(picture, obj.ltwh)
            kind = obj.classifications[0]
            assert kind.class_id == expected.argmax()
            assert kind.confidence == pytest.approx(expected.max(), abs=1e-5)
    assert task.counts.inferred == sum(map(len, places))


def test_the_metadata_is_that_of_deepstream(make):
    obj = found(label="car")
    task = make(classifier_type="colour")
    frame = frame_of(plain(255), obj)
    task.process(batch_of_frames(frame))
    (answer,) = obj.classifiers
    assert (answer.component_id, answer.classifier_type) == (5, "colour")
    kind, brightness = answer.labels
    assert (kind.label_id, kind.num_classes, kind.label) == (0, 3, LABELS[0][kind.class_id])
    assert (brightness.label_id, brightness.class_id, brightness.label) == (1, 1, "bright")
    assert brightness.num_classes == 2
    assert obj.text.text == f"car {kind.label} bright"
    assert (obj.label, obj.class_id, obj.component_id) == ("car", 0, 1)
    make(component_id=6).process(batch_of_frames(frame))
    assert [one.component_id for one in obj.classifiers] == [5, 6]
    assert obj.text.text == f"car {kind.label} bright {kind.label} bright"


def test_an_object_without_a_text_gets_one_and_without_labels_none(make):
    obj = found((40.0, 30.0, 32.0, 24.0))
    make().process(batch_of_frames(frame_of(plain(255), obj)))
    assert obj.text.text.endswith(" bright")
    assert (obj.text.x, obj.text.y, obj.text.font_name) == (40, 20, "Serif")
    obj = found(label="car")
    make(classifier_labels=()).process(batch_of_frames(frame_of(plain(255), obj)))
    assert [one.label for one in obj.classifications] == ["", ""]
    assert obj.text.text == "car"


@pytest.mark.parametrize(("threshold", "outputs"), [(0.0, [0, 1]), (0.8, [1]), (1.0, [])])
def test_only_what_is_above_the_threshold_is_said(make, threshold, outputs):
    obj = found()
    make(classifier_threshold=threshold).process(batch_of_frames(frame_of(plain(255), obj)))
    assert [label.label_id for one in obj.classifiers for label in one.labels] == outputs
    assert len(obj.classifiers) == bool(outputs)


def test_only_the_named_outputs_are_read_and_in_that_order(make):
    obj = found()
    task = make(output_names=("brightness", "kind"), classifier_labels=LABELS[::-1])
    task.process(batch_of_frames(frame_of(plain(255), obj)))
    assert obj.classifications[0].label == "bright"


def test_logits_become_probabilities(make, tmp_path):
    raw = colour_classifier(tmp_path / "raw.onnx", ends=("Identity", "Identity"))
    said = []
    for changes in ({}, {"model_file": raw, "classifier_parser": "logits"}):
        obj = found()
        make(**changes).process(batch_of_frames(frame_of(noise(), obj)))
        said.append([one.confidence for one in obj.classifications])
    assert said[1] == pytest.approx(said[0], abs=1e-6)


def test_a_frame_is_an_object_of_its_own_for_a_primary_classifier(make):
    task = make(process_mode=1)
    frames = [frame_of(plain(255), found()), frame_of(plain(0), source_id=1)]
    task.process(batch_of_frames(*frames))
    for frame, _ in frames:
        whole = frame.objects[-1]
        assert whole.ltwh == (0, 0, WIDTH, HEIGHT)
        assert (whole.class_id, whole.component_id, whole.track_id) == (-1, 5, UNTRACKED)
        assert (whole.rect.border_width, whole.rect.border_color) == (6, (1, 0, 0, 1))
        assert whole.text.text == " ".join(one.label for one in whole.classifications)
        assert frame.infer_done
    assert not frames[0][0].objects[0].classifiers
    silent = make(process_mode=1, classifier_threshold=1.0)
    frame = frame_of(plain(255))
    silent.process(batch_of_frames(frame))
    assert (frame[0].objects, frame[0].infer_done) == ([], True)


# Which objects


@pytest.mark.parametrize(
    ("rules", "chosen"),
    [
        ({}, {0, 1, 2, 3}),
        ({"operate_on_gie_id": 1}, {0, 1, 2}),
        ({"operate_on_gie_id": 2}, {3}),
        ({"operate_on_class_ids": frozenset({0, 7})}, {0, 2, 3}),
        ({"operate_on_gie_id": 1, "operate_on_class_ids": frozenset({0})}, {0}),
        ({"min_object_size": (33, 0)}, {1, 3}),
        ({"min_object_size": (0, 25)}, {2, 3}),
        ({"min_object_size": (32, 24)}, {0, 1, 2, 3}),
        ({"max_object_size": (32, 0)}, {0, 2}),
        ({"max_object_size": (0, 24)}, {0, 1}),
        ({"max_object_size": (40, 40)}, {0, 1, 2, 3}),
    ],
)
def test_the_rules_choose(make, rules, chosen):
    objects = [
        found((0.0, 0.0, 32.0, 24.0)),
        found((0.0, 0.0, 40.0, 24.0), class_id=1),
        found((0.0, 0.0, 32.0, 40.0), class_id=7),
        found((0.0, 0.0, 40.0, 40.0), component_id=2),
    ]
    make(**rules).process(batch_of_frames(frame_of(noise(), *objects)))
    assert {n for n, obj in enumerate(objects) if obj.classifiers} == chosen


NUMBERS = st.one_of(
    st.floats(width=32), st.sampled_from([0.0, -1.0, 0.3, WIDTH - 0.4, 1e9]), st.floats(-40, 140)
)


@settings(max_examples=40)
@given(boxes=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=6))
def test_boxes_of_any_numbers_harm_nobody(make, boxes):
    objects = [found(box, track_id=n % 3 - 1) for n, box in enumerate(boxes)]
    good = found((*(8.0, 8.0), *map(float, SIZE)))
    picture = noise()
    for task in (make(), make(classifier_async=True)):
        task.process(batch_of_frames(frame_of(picture, *objects, good)))
        task.close()
    assert good.classifications[0].class_id == by_hand(picture, good.ltwh).argmax()


# When


def walk(task, frames, *, skip=()):
    """Frames of one source, each a list of objects; which of them were looked at by number."""
    looked = []
    for number, objects in frames:
        before = task.counts.inferred
        task.process(
            batch_of_frames(frame_of(noise(), *objects, frame_num=number)), skip=number in skip
        )
        looked.append(task.counts.inferred - before)
    return looked


def test_a_tracked_object_is_looked_at_once_and_keeps_its_answer(make):
    objects = [found(track_id=4, label="car") for _ in range(5)]
    assert walk(make(), [(n, [obj]) for n, obj in enumerate(objects)]) == [1, 0, 0, 0, 0]
    assert len({str(answers(obj)) + obj.text.text for obj in objects}) == 1
    assert answers(objects[4])


def test_an_untracked_object_is_looked_at_each_time(make):
    assert walk(make(), [(n, [found(), found()]) for n in range(3)]) == [2, 2, 2]


def test_the_interval_of_reinference_counts_frames(make):
    frames = [(n, [found(track_id=4)]) for n in range(9)]
    assert walk(make(reinfer_interval=3), frames) == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert walk(make(reinfer_interval=0), frames) == [1] * 9


def test_an_object_that_grew_by_more_than_a_fifth_is_looked_at_again(make):
    sides = (20.0, 21.0, 24.0, 24.0, 20.0, 29.0)
    frames = [(n, [found((0.0, 0.0, 20.0, side), track_id=4)]) for n, side in enumerate(sides)]
    assert walk(make(), frames) == [1, 0, 0, 0, 0, 1]


def test_skipped_batches_show_what_is_known_and_look_at_nothing(make):
    frames = [(n, [found(track_id=4), found()]) for n in range(4)]
    assert walk(make(reinfer_interval=0), frames, skip={1, 2}) == [2, 0, 0, 2]
    assert [[len(obj.classifiers) for obj in objects] for _, objects in frames] == [
        [1, 1],
        [1, 0],
        [1, 0],
        [1, 1],
    ]


def test_the_same_id_in_two_sources_is_two_objects(make):
    task = make()
    for _ in range(2):
        frames = [frame_of(noise(), found(track_id=4), source_id=n) for n in range(2)]
        task.process(batch_of_frames(*frames))
    assert (task.counts.inferred, task.counts.reused) == (2, 2)
    task.forget(0)
    task.process(
        batch_of_frames(*(frame_of(noise(), found(track_id=4), source_id=n) for n in (0, 1)))
    )
    assert (task.counts.inferred, task.counts.reused) == (3, 3)


def test_the_same_id_on_two_surfaces_of_a_source_is_two_objects(make):
    task = make()
    for surface in (0, 1, 0, 1):
        frame = frame_of(noise(), found(track_id=4))
        frame[0].surface_index = surface
        task.process(batch_of_frames(frame))
    assert (task.counts.inferred, task.counts.reused) == (2, 2)


def test_a_source_that_counts_from_0_again_is_looked_at_anew(make):
    frames = [(n, [found(track_id=4)]) for n in (7, 8, 0, 1)]
    assert walk(make(), frames) == [1, 0, 1, 0]


def test_what_is_long_unseen_is_forgotten(make):
    task = make()
    numbers = range(0, 3000, 10)
    walk(task, [(n, [found(track_id=n), found(track_id=-5)]) for n in numbers])
    assert len(task._history) < 40  # not 300
    assert task.counts.inferred == len(numbers) + 1


def test_no_object_costs_no_run(make):
    task = make(raw_output_file_write=False)
    task.network._network.run = None  # it would raise
    task.process(batch_of_frames(frame_of(noise()), frame_of(noise(), source_id=1)))
    assert task.counts.inferred == 0


# What does not fit


def test_an_unknown_parser_of_classes_is_named(make):
    with pytest.raises(
        ConfigError,
        match=r"parse-classifier-func-name: no parser of classes is called 'logit'; did you mean "
        r"'logits'\?\. Known: logits, probabilities",
    ):
        make(classifier_parser="logit")


def test_a_function_of_a_c_library_is_replaced(make):
    task = make(classifier_parser="NvDsInferParseMine", custom_lib=Path("/x/libmine.so"))
    (warning,) = task.network.warnings
    assert "'NvDsInferParseMine' of /x/libmine.so cannot be loaded here" in warning
    known = make(classifier_parser="NvDsInferClassiferParseCustomSoftmax", custom_lib=Path("/x.so"))
    assert known.network.warnings == ()


def test_labels_that_do_not_fit_the_outputs_are_warned_about(make):
    lines = make(classifier_labels=(("a",), ("b",)), output_names=("brightness",))
    assert "here are 2 lines for 1 output" in lines.network.warnings[0]
    few = make(classifier_labels=(("a", "b"), ("dark", "bright")))
    assert few.network.warnings[0].endswith("line 1: 2 labels for the 3 classes of that output")


def test_a_layer_that_is_a_map_is_no_classifiers(make, tmp_path):
    from networks import echo_network

    with pytest.raises(ModelError, match=r"one number a class; got 'seen' \(3, 24, 32\)"):
        make(model_file=echo_network(tmp_path / "echo.onnx", ["n", 3, 24, 32]))


PARSER = """
def brightness(outputs, context):
    share = float(outputs["brightness"][1])
    yield 0, share > 0.5, max(share, 1 - share)
    yield 1, 0, 0.9, f"{context.labels[1][1]} {share:.2f}"
    yield 2, 0, context.threshold

def broken(outputs, context):
    return [(0, "many", 0.5)]

def failing(outputs, context):
    return outputs["no such layer"]
"""


def test_a_function_of_ones_own_may_read_the_layers(make, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(PARSER)
    obj = found()
    mine = make(custom_lib=file, classifier_parser="brightness", classifier_threshold=0.25)
    mine.process(batch_of_frames(frame_of(plain(255), obj)))
    first, second = obj.classifications
    assert (first.label, first.class_id) == ("green", 1)
    assert second.label.startswith("bright 0.8")
    for name, complaint in (
        (
            "broken",
            r"mine\.py, line 8: broken returned \(0, 'many', 0\.5\) as a row; expected rows",
        ),
        ("failing", r"mine\.py, line 12, in failing: KeyError.*"),
    ):
        bad = make(custom_lib=file, classifier_parser=name)
        with pytest.raises(ModelError, match=complaint):
            bad.process(batch_of_frames(frame_of(plain(255), found(), source_id=3, frame_num=9)))


def test_numbers_that_are_none_are_no_answer(make, tmp_path):
    from onnx_models import save_model

    model = save_model(
        tmp_path / "nan.onnx",
        [
            ("ReduceMean", ["image"], ["mean"], {"axes": [2, 3], "keepdims": 0}),
            ("Add", ["mean", "nothing"], ["kind"], {}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"kind": ["n", 3]},
        constants={"nothing": np.array([[np.nan, 1, np.inf]], np.float32)},
    )
    for parser in ("probabilities", "logits"):
        obj = found()
        make(model_file=model, classifier_parser=parser).process(
            batch_of_frames(frame_of(plain(255), obj))
        )
        assert obj.classifiers == []
