"""nvinfer on objects: classifiers and detectors behind a detector, in real pipelines."""

import numpy as np
import pytest
from batches import visit

import pyds
from onnx_models import save_model
from penstock.gst.nvevents import push_stream_reset
from streams import Gst, error_text, finish

BOX = (8, 6, 24, 18)  # network pixels of 32x24


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


def detector(path):
    """Finds one box of class 0 in every picture, one of class 1 in the corner."""
    return save_model(
        path,
        [
            ("ReduceMax", ["image"], ["most"], {"axes": [1, 2, 3], "keepdims": 1}),
            ("Reshape", ["most", "flat"], ["one"], {}),
            ("Mul", ["one", "zero"], ["nothing"], {}),
            ("Add", ["nothing", "b"], ["boxes"], {}),
            ("Add", ["nothing", "s"], ["scores"], {}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"boxes": ["n", 2, 4], "scores": ["n", 2, 2]},
        constants={
            "flat": np.array([-1, 1, 1]),
            "zero": np.float32(0),
            "b": np.array([[BOX, (0, 0, 4, 4)]], np.float32),
            "s": np.array([[(0.9, 0), (0, 0.8)]], np.float32),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


def classifier(path):
    """Tells the colour by its greatest mean, as a softmax."""
    return save_model(
        path,
        [
            ("ReduceMean", ["image"], ["mean"], {"axes": [2, 3], "keepdims": 0}),
            ("Mul", ["mean", "contrast"], ["far"], {}),
            ("Softmax", ["far"], ["colour"], {}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"colour": ["n", 3]},
        constants={"contrast": np.float32(9)},
    )


@pytest.fixture
def configs(tmp_path):
    """Writes configurations beside their models: `write(name, model, **keys)` returns the file."""
    detector(tmp_path / "boxes.onnx")
    classifier(tmp_path / "colour.onnx")
    (tmp_path / "boxes.txt").write_text("thing\ncorner\n")
    (tmp_path / "colours.txt").write_text("red;green;blue\n")

    def write(name, model, **keys):
        common = {"net-scale-factor": 1 / 255, "batch-size": 4}
        own = {
            "boxes": {"num-detected-classes": 2, "cluster-mode": 4, "labelfile-path": "boxes.txt"},
            "colour": {"network-type": 1, "process-mode": 2, "labelfile-path": "colours.txt"},
        }[model]
        keys = {key.replace("_", "-"): value for key, value in keys.items()}
        settings = {"onnx-file": f"{model}.onnx", **common, **own, **keys}
        lines = [f"{key}={value}" for key, value in settings.items()]
        path = tmp_path / f"{name}.txt"
        path.write_text("\n".join(["[property]", *lines]) + "\n")
        return path

    return write


def line(first, *others, patterns=("green",), frames=3, options=""):
    """Sources of one colour, a detector with id 1, secondary elements `two`, `three` …"""
    names = ("two", "three", "four")
    secondaries = " ".join(
        f"! nvinfer name={name} config-file-path={path} {options}"
        for name, path in zip(names, others, strict=False)
    )
    inputs = " ".join(
        f"videotestsrc pattern={pattern} num-buffers={frames} ! video/x-raw,width=320,height=240 "
        f"! nvvideoconvert ! mux.sink_{n}"
        for n, pattern in enumerate(patterns)
    )
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={len(patterns)} width=320 height=240 "
        f"! nvinfer name=one unique-id=1 config-file-path={first} {secondaries} "
        f"! fakesink name=end {inputs}"
    )


def track(pipeline, at="one"):
    """Stand in for a tracker: each object's class is its track id."""

    def number(batch):
        for frame in batch.frames:
            for obj in frame.objects:
                obj.track_id = obj.class_id

    visit(pipeline, at, number)


def played(pipeline):
    """The objects of each frame at the end, and the warnings."""
    frames, warned = [], []
    visit(
        pipeline,
        "end",
        lambda batch: frames.extend(list(f.objects) for f in batch.frames),
        pad="sink",
    )
    pipeline.get_bus().set_sync_handler(note_warning, warned)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return frames, warned


def note_warning(_bus, message, texts):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


def names(frames):
    return [[[one.label for one in obj.classifications] for obj in objects] for objects in frames]


def test_objects_of_all_sources_are_classified(configs):
    second = configs("second", "colour", gie_unique_id=2, classifier_type="colour")
    pipeline = line(configs("first", "boxes"), second, patterns=("green", "red", "blue"))
    frames, warned = played(pipeline)
    assert len(frames) == 9
    for objects in frames:
        assert [(obj.label, obj.component_id) for obj in objects] == [("thing", 1), ("corner", 1)]
    assert sorted(map(str, names(frames))) == sorted(
        str([[colour], [colour]]) for colour in ("green", "red", "blue") for _ in range(3)
    )
    assert warned == []


def test_only_the_chosen_objects_are_and_properties_win_over_the_file(configs):
    second = configs("second", "colour", operate_on_class_ids=1, process_mode=1)
    options = "process-mode=secondary infer-on-gie-id=1 infer-on-class-ids=0"
    frames, _ = played(line(configs("first", "boxes"), second, options=options))
    assert names(frames) == [[["green"], []]] * 3
    frames, _ = played(
        line(configs("first", "boxes"), second, options="process-mode=2 infer-on-gie-id=7")
    )
    assert names(frames) == [[[], []]] * 3


def test_several_in_a_row_append_their_labels(configs):
    two = configs("two", "colour", gie_unique_id=2)
    three = configs("three", "colour", gie_unique_id=3, operate_on_class_ids=0)
    frames, _ = played(line(configs("first", "boxes"), two, three))
    for thing, corner in frames:
        assert [one.component_id for one in thing.classifiers] == [2, 3]
        assert (thing.text.text, corner.text.text) == ("thing green green", "corner green")


def test_a_detector_on_objects_adds_children(configs):
    two = configs("two", "boxes", process_mode=2, gie_unique_id=2, operate_on_class_ids=0)
    frames, _ = played(line(configs("first", "boxes"), two))
    for objects in frames:
        thing, _, inner, inner_corner = objects
        assert {inner.parent, inner_corner.parent} == {thing}
        assert (inner.component_id, inner.label) == (2, "thing")
        assert tuple(map(round, thing.ltwh)) == (80, 60, 160, 120)
        assert tuple(map(round, inner.ltwh)) == (120, 90, 80, 60)
        assert tuple(map(round, inner_corner.ltwh)) == (80, 60, 20, 20)


def test_a_classifier_of_whole_frames_marks_each(configs):
    first = configs("first", "colour", process_mode=1, gie_unique_id=1)
    frames, _ = played(line(first, patterns=("red", "blue")))
    for (whole,) in frames:
        assert whole.ltwh == (0, 0, 320, 240)
    assert sorted(whole.text.text for (whole,) in frames) == ["blue"] * 3 + ["red"] * 3


def test_tracked_objects_are_looked_at_once_and_again_after_a_reset(configs):
    pipeline = line(configs("first", "boxes"), configs("second", "colour"), frames=6)
    track(pipeline)
    two, counts, batches = pipeline.get_by_name("two"), [], []

    def reset_at_the_fourth(batch):
        batches.append(batch)
        if len(batches) == 4:
            push_stream_reset(pipeline.get_by_name("one").get_static_pad("src"), 0)

    visit(pipeline, "one", reset_at_the_fourth)
    visit(
        pipeline, "two", lambda _: counts.append((two.task.counts.inferred, two.task.counts.reused))
    )
    frames, _ = played(pipeline)
    assert names(frames) == [[["green"], ["green"]]] * 6
    assert counts == [(2, 0), (2, 2), (2, 4), (4, 4), (4, 6), (4, 8)]


def test_async_answers_come_later_and_none_is_lost_uncounted(configs):
    second = configs("second", "colour", classifier_async_mode=1)
    pipeline = line(configs("first", "boxes"), second, frames=60)
    track(pipeline)
    tasks = []
    visit(pipeline, "two", lambda _: tasks.append(pipeline.get_by_name("two").task))
    frames, warned = played(pipeline)
    labelled = [bool(obj.classifiers) for objects in frames for obj in objects]
    assert labelled[:2] == [False, False]
    counts = tasks[0].counts
    assert (counts.inferred, counts.untracked) == (2, 0)
    assert counts.reused == sum(labelled)
    assert counts.lost == 2 - any(labelled[::2]) - any(labelled[1::2])
    assert warned == []


@pytest.mark.parametrize("count", [3, 60])
def test_async_without_a_tracker_is_one_warning(configs, count):
    second = configs("second", "colour", classifier_async_mode=1)
    frames, warned = played(line(configs("first", "boxes"), second, frames=count))
    assert names(frames) == [[[], []]] * count
    assert warned == [
        "two: classifier-async-mode: objects without a track id are not classified, and none has "
        "one; put nvtracker in front"
    ]


def test_async_behind_nvtracker_labels_what_is_tracked_without_a_word(configs):
    second = configs("second", "colour", classifier_async_mode=1)
    options = f"! nvtracker ! nvinfer name=two config-file-path={second}"
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=320 height=240 ! nvinfer name=one unique-id=1 "
        f"config-file-path={configs('first', 'boxes')} {options} ! fakesink name=end "
        "videotestsrc pattern=green num-buffers=60 "
        "! video/x-raw,width=320,height=240,framerate=60/1 "
        "! identity sync=true ! nvvideoconvert ! mux.sink_0"
    )
    frames, warned = played(pipeline)
    assert warned == []
    assert names(frames[:1]) == [[[], []]]
    assert names(frames[-1:]) == [[["green"], ["green"]]]


def test_async_where_it_means_nothing_is_one_warning(configs):
    first = configs("first", "colour", process_mode=1, classifier_async_mode=1)
    frames, warned = played(line(first))
    assert len(frames[0]) == 1
    (text,) = warned
    assert text.endswith(
        "[property] classifier-async-mode: only for classifiers on objects (network-type=1, "
        "process-mode=2); without effect"
    )


def test_async_answers_come_without_tensors_and_one_warning_says_so(configs):
    second = configs("second", "colour", classifier_async_mode=1, output_tensor_meta=1)
    _, warned = played(line(configs("first", "boxes"), second))
    assert warned[0].endswith(
        "[property] output-tensor-meta: without effect together with classifier-async-mode"
    )


def test_an_interval_skips_batches_but_not_what_is_known(configs):
    pipeline = line(configs("first", "boxes"), configs("second", "colour", interval=2), frames=5)
    frames, _ = played(pipeline)
    assert names(frames) == [[["green"]] * 2, [[]] * 2, [[]] * 2, [["green"]] * 2, [[]] * 2]
    pipeline = line(configs("first", "boxes"), configs("second", "colour", interval=2), frames=5)
    track(pipeline)
    frames, _ = played(pipeline)
    assert names(frames) == [[["green"]] * 2] * 5


def test_scripts_read_the_answer_as_in_deepstream(configs):
    second = configs("second", "colour", gie_unique_id=2, classifier_type="vehiclecolour")
    pipeline, seen = line(configs("first", "boxes"), second, frames=1), []

    def read(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
        answer = pyds.NvDsClassifierMeta.cast(obj.classifier_meta_list.data)
        label = pyds.NvDsLabelInfo.cast(answer.label_info_list.data)
        seen.append(
            (answer.unique_component_id, answer.num_labels, label.label_id, label.result_class_id)
        )
        text = pyds.get_string(obj.text_params.display_text)
        seen.append((label.result_label, label.result_prob > 0.9, text))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, read)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [(2, 1, 0, 1), ("green", True, "thing green")]


def test_each_run_begins_anew(configs):
    pipeline = line(configs("first", "boxes"), configs("second", "colour"))
    track(pipeline)
    frames = []
    visit(
        pipeline,
        "end",
        lambda batch: frames.extend(list(f.objects) for f in batch.frames),
        pad="sink",
    )
    for _ in range(3):
        assert finish(pipeline).type == Gst.MessageType.EOS
    assert names(frames) == [[["green"], ["green"]]] * 9
