import gc
import shutil
import weakref

import numpy as np
import pytest
from batches import visit

from onnx_models import save_model
from streams import Gst, error_text, finish

GREEN = "videotestsrc pattern=green num-buffers={frames} ! video/x-raw,width=320,height=240"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.getbasetemp() / "compiled"))


def colour_network(path, *, box=(8, 6, 24, 18), batch="n"):
    """Write a detector for 32x24: one fixed box; the classes are the brightest of R, G and B."""
    return save_model(
        path,
        [
            ("ReduceMax", ["image"], ["brightest"], {"axes": [2, 3], "keepdims": 0}),
            ("Reshape", ["brightest", "scores_shape"], ["scores"], {}),
            ("ReduceMax", ["scores"], ["one"], {"axes": [1, 2], "keepdims": 1}),
            ("Mul", ["one", "zero"], ["nothing"], {}),
            ("Add", ["nothing", "box"], ["boxes"], {}),
        ],
        inputs={"image": [batch, 3, 24, 32]},
        outputs={"boxes": [batch, 1, 4], "scores": [batch, 1, 3]},
        constants={
            "scores_shape": np.array([-1, 1, 3]),
            "zero": np.float32(0),
            "box": np.array([[box]], np.float32),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


@pytest.fixture
def config(tmp_path):
    """Writes a configuration beside its model and labels; returns the file."""

    def write(
        name="infer.txt", *, model=None, drop=(), classes="", labels="red;green;blue", **keys
    ):
        if not (tmp_path / "colour.onnx").exists():
            colour_network(tmp_path / "colour.onnx")
        (tmp_path / "labels.txt").write_text(labels.replace(";", "\n"))
        settings = {
            "onnx-file": model or "colour.onnx",
            "labelfile-path": "labels.txt",
            "num-detected-classes": 3,
            "batch-size": 4,
            "net-scale-factor": 1 / 255,
            "cluster-mode": 4,
            **{key.replace("_", "-"): value for key, value in keys.items()},
        }
        lines = [f"{key}={value}" for key, value in settings.items() if key not in drop]
        text = "\n".join(["[property]", *lines])
        path = tmp_path / name
        path.write_text(text + "\n")
        return path

    return write


def line(config, options="", *, sources=1, frames=3, then="", mux=""):
    """Green sources, a mux, nvinfer."""
    source = GREEN.format(frames=frames)
    inputs = " ".join(f"{source} ! nvvideoconvert ! mux.sink_{n}" for n in range(sources))
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 {mux} "
        f"! nvinfer name=infer config-file-path={config} {options} {then} ! fakesink name=end "
        f"{inputs}"
    )


def found(pipeline, *, at="infer"):
    """Play; for each frame at the element's src pad what was found."""
    seen = []
    visit(pipeline, at, lambda batch: seen.extend(map(facts, batch.frames)))
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def facts(frame):
    return [(o.label, o.class_id, o.component_id, tuple(map(round, o.ltwh))) for o in frame.objects]


GREEN_BOX = [("green", 1, 15, (80, 60, 160, 120))]


def failure(pipeline):
    """Play until it fails; the text, after checking that there is one error and no traceback."""
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    texts = []
    for _ in range(100):
        message = bus.timed_pop_filtered(
            Gst.SECOND // (1 if not texts else 10), Gst.MessageType.ERROR | Gst.MessageType.EOS
        )
        if message is None:
            break
        assert message.type == Gst.MessageType.ERROR
        text, debug = message.parse_error()
        assert "Traceback" not in (debug or "") + text.message
        texts.append(text.message)
    pipeline.set_state(Gst.State.NULL)
    assert len(texts) == 1, texts
    return texts[0]


# Finding


@pytest.mark.parametrize("sources", [1, 3, 6])
def test_every_frame_of_every_batch_is_looked_at(config, sources):
    assert found(line(config(), sources=sources)) == [GREEN_BOX] * 3 * sources


def test_a_batch_larger_than_the_models_own_batch_is_split(config, tmp_path):
    colour_network(tmp_path / "colour.onnx", batch=2)
    assert found(line(config(), sources=5)) == [GREEN_BOX] * 15


def test_objects_are_dressed_and_frames_marked(config):
    seen = []
    pipeline = line(config())
    visit(
        pipeline, "infer", lambda b: seen.append((b.frames[0].infer_done, b.frames[0].objects[0]))
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    for done, found_object in seen:
        assert done
        assert found_object.rect.border_width == 3
        assert found_object.text.text == "green"
        assert found_object.detector_box == found_object.ltwh
        assert found_object.confidence == pytest.approx(1, abs=0.4)


def test_skipped_batches_are_not_marked_as_inferred(config):
    pipeline, seen = line(config(), "interval=2", frames=7), []
    visit(
        pipeline, "infer", lambda b: seen.append((b.frames[0].infer_done, len(b.frames[0].objects)))
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [(True, 1), (False, 0), (False, 0)] * 2 + [(True, 1)]


def test_the_interval_starts_anew_with_every_run(config):
    pipeline, seen = line(config(interval=1), frames=3), []
    visit(pipeline, "infer", lambda batch: seen.append(batch.frames[0].infer_done))
    for _ in range(2):
        assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [True, False, True] * 2


def test_classes_can_be_filtered_out(config):
    assert found(line(config(), "filter-out-class-ids=1")) == [[]] * 3
    assert found(line(config(), "filter-out-class-ids=0;2")) == [GREEN_BOX] * 3


def test_two_in_a_row_both_add_theirs_under_their_own_id(config):
    second = config("second.txt", gie_unique_id=2)
    pipeline = line(config(), "unique-id=1", then=f"! nvinfer name=two config-file-path={second}")
    (one,) = GREEN_BOX
    assert found(pipeline, at="two") == [[(*one[:2], n, one[3]) for n in (1, 2)]] * 3


def test_boxes_stand_in_the_muxs_pixels_with_bars_too(config):
    source = "videotestsrc pattern=green num-buffers=1 ! video/x-raw,width=240,height=240"
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=640 height=240 enable-padding=true "
        f"! nvinfer name=infer config-file-path={config()} ! fakesink {source} "
        "! nvvideoconvert ! mux.sink_0"
    )
    assert found(pipeline) == [[("green", 1, 15, (160, 60, 320, 120))]]


# Settings


def test_what_the_file_says_can_be_read_at_once(config):
    element = Gst.ElementFactory.make("nvinfer")
    assert element.get_property("batch-size") == 1
    element.set_property("config-file-path", str(config(batch_size=7, gie_unique_id=3, interval=2)))
    assert element.get_property("batch-size") == 7
    assert element.get_property("unique-id") == 3
    assert element.get_property("interval") == 2
    assert int(element.get_property("process-mode")) == 1


@pytest.mark.parametrize("file_first", [True, False])
def test_what_is_set_on_the_element_wins_whichever_comes_first(config, file_first):
    path = str(config(batch_size=7, gie_unique_id=3))
    element = Gst.ElementFactory.make("nvinfer")
    steps = [("config-file-path", path), ("unique-id", 9)]
    for name, value in steps if file_first else reversed(steps):
        element.set_property(name, value)
    assert element.get_property("unique-id") == 9
    assert element.get_property("batch-size") == 7


def test_another_file_replaces_what_the_first_one_said(config):
    element = Gst.ElementFactory.make("nvinfer")
    element.set_property("batch-size", 2)
    for path in (config("a.txt", interval=5, gie_unique_id=4), config("b.txt")):
        element.set_property("config-file-path", str(path))
    assert element.get_property("interval") == 0
    assert element.get_property("unique-id") == 15
    assert element.get_property("batch-size") == 2


def test_paths_in_the_file_are_relative_to_the_file_and_its_own_to_the_working_folder(
    config, tmp_path, monkeypatch
):
    config()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert found(line("../infer.txt")) == [GREEN_BOX] * 3


# What goes wrong


def test_without_a_file_it_says_what_is_wanted():
    pipeline = Gst.parse_launch("nvinfer name=infer ! fakesink")
    text = failure(pipeline)
    assert text == "infer: config-file-path must name a configuration file, got nothing"


def test_a_missing_file_is_named_and_another_one_cures_it(config, tmp_path):
    pipeline = line(tmp_path / "none.txt")
    assert str(tmp_path / "none.txt") in failure(pipeline)
    pipeline.get_by_name("infer").set_property("config-file-path", str(config()))
    assert found(pipeline) == [GREEN_BOX] * 3


def test_a_good_file_followed_by_a_bad_one_is_an_error(config, tmp_path):
    pipeline = line(config())
    element = pipeline.get_by_name("infer")
    assert element.get_property("batch-size") == 4
    element.set_property("config-file-path", str(tmp_path / "none.txt"))
    assert element.get_property("batch-size") == 1
    assert "none.txt" in failure(pipeline)


@pytest.mark.parametrize(
    ("name", "said"), [("none.txt", "none.txt: No such file"), ("", "must name")]
)
def test_a_file_that_is_lost_while_ready_is_an_error_when_it_is_needed(
    config, tmp_path, name, said
):
    pipeline = line(config())
    pipeline.set_state(Gst.State.READY)
    lost = str(tmp_path / name) if name else ""
    pipeline.get_by_name("infer").set_property("config-file-path", lost)
    assert said in failure(pipeline)


BROKEN = {
    "no such model": ({"model": "none.onnx"}, ["infer.txt, line 2", "onnx-file", "none.onnx"]),
    "no model key": ({"drop": ["onnx-file"]}, ["infer.txt", "onnx-file"]),
    "model is text": ({"model": "labels.txt"}, ["onnx-file", "labels.txt"]),
    "no such labels": ({"labelfile_path": "none.txt"}, ["line 3", "labelfile-path", "none.txt"]),
    "not a number": ({"batch_size": "many"}, ["infer.txt, line 5", "batch-size", "many"]),
    "out of range": ({"batch_size": 5000}, ["infer.txt, line 5", "batch-size", "5000"]),
    "wrong class count": ({"num_detected_classes": 80}, ["num-detected-classes", "80", "3"]),
    "segmentation": (
        {"network_type": 2},
        ["colour.onnx", "one layer (C, h, w)", "'boxes' (1, 4), 'scores' (1, 3)"],
    ),
    "no such cluster mode": ({"cluster_mode": 77}, ["infer.txt, line 7", "cluster-mode", "77"]),
    "no such parser": ({"parse_bbox_func_name": "NvDsNobody"}, ["parse-bbox-func-name", "Nobody"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_setting_is_one_error_that_says_where_and_what(config, case):
    keys, expected = BROKEN[case]
    text = failure(line(config(**keys)))
    assert text.startswith("infer: ")
    for part in expected:
        assert part in text, text


@pytest.mark.parametrize("damage", ["truncated", "noise", "empty"])
def test_a_damaged_model_is_one_error_that_names_it(config, tmp_path, damage):
    path = config()
    content = (tmp_path / "colour.onnx").read_bytes()
    (tmp_path / "colour.onnx").write_bytes(
        {"truncated": content[: len(content) // 2], "noise": b"\x93" * 500, "empty": b""}[damage]
    )
    assert "colour.onnx" in failure(line(path))


def test_a_property_that_cannot_be_obeyed_is_named(config):
    assert "filter-out-class-ids" in failure(line(config(), "filter-out-class-ids=a"))


def test_a_network_that_fails_while_running_is_one_sentence(config, tmp_path):
    save_model(  # works on black pictures only, as it sees when it is opened
        tmp_path / "colour.onnx",
        [
            ("ReduceMax", ["image"], ["brightest"], {"axes": [2, 3], "keepdims": 0}),
            ("ReduceMax", ["image"], ["light"], {"axes": [0, 1, 2], "keepdims": 0}),
            ("Ceil", ["light"], ["up"], {}),
            ("ReduceMax", ["up"], ["one"], {"keepdims": 1}),
            ("Cast", ["one"], ["whole"], {"to": 7}),
            ("Add", ["whole", "three"], ["classes"], {}),
            ("Concat", ["ones", "classes"], ["scores_shape"], {"axis": 0}),
            ("Reshape", ["brightest", "scores_shape"], ["scores"], {}),
            ("Expand", ["box", "boxes_shape"], ["boxes"], {}),
        ],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"boxes": ["n", 1, 4], "scores": ["n", 1, 3]},
        constants={
            "three": np.array([3]),
            "ones": np.array([1, 1]),
            "box": np.array([[[8, 6, 24, 18]]], np.float32),
            "boxes_shape": np.array([1, 1, 4]),
        },
        metadata={"penstock.boxes": "xyxy"},
    )
    pipeline = line(config(), sources=2)
    message = finish(pipeline)
    text = error_text(message)
    assert text.startswith("infer: ")
    assert "colour.onnx" in text


def test_warnings_are_posted_once_however_often_it_plays(config):
    path = config(no_such_key=1, labels="red;green;blue;violet")
    pipeline = line(path)
    texts = []
    pipeline.get_bus().set_sync_handler(note_warning, texts)
    for _ in range(4):
        assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(texts) == len(set(texts))
    assert any("no-such-key" in text for text in texts)


def note_warning(_bus, message, texts):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


# Running


def test_stopping_and_playing_again_finds_the_same_each_time(config):
    pipeline, seen = line(config()), []
    visit(pipeline, "infer", lambda batch: seen.extend(map(facts, batch.frames)))
    for _ in range(10):
        assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [GREEN_BOX] * 30


def test_a_model_that_was_replaced_meanwhile_is_the_one_that_runs(config, tmp_path):
    pipeline, visits = line(config()), []
    visit(pipeline, "infer", lambda batch: visits.extend(map(facts, batch.frames)))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert visits == [GREEN_BOX] * 3
    colour_network(tmp_path / "other.onnx", box=(0, 0, 16, 12))
    shutil.copy(tmp_path / "other.onnx", tmp_path / "colour.onnx")
    visits.clear()
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert visits == [[("green", 1, 15, (0, 0, 160, 120))]] * 3


def test_the_network_is_let_go_and_the_element_freed(config):
    pipeline = line(config())
    gone, engines = weakref.ref(pipeline.get_by_name("infer")), []
    visit(pipeline, "infer", lambda _batch: engines.append(weakref.ref(gone().engine)))
    assert finish(pipeline).type == Gst.MessageType.EOS
    gc.collect()
    assert engines[0]() is None
    del pipeline
    gc.collect()
    assert gone() is None
