"""Class maps: a class for each pixel of frames, objects and regions."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from networks import echo_network
from objects import batch_of_frames, found, frame_of, plain

from onnx_models import save_model
from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference import Roi, Segmenter, open_task
from penstock.meta import NO_CLASS, SegmentationMeta
from penstock.parsers.class_maps import MAP_PARSERS, MapContext, most_probable

HALVES = np.where(np.arange(32) < 16, 0, 2)[None].repeat(24, axis=0)
"""Red on the left is class 0, blue on the right class 2."""


def halves(size=(32, 24), *, brightness=255):
    """A picture, red on the left and blue on the right."""
    picture = plain((brightness, 0, 0), size)
    picture[:, size[0] // 2 :] = (0, 0, brightness)
    return picture


@pytest.fixture
def config(tmp_path):
    """Writes a configuration of network-type 2; its network gives the colours as they are."""
    echo_network(tmp_path / "echo.onnx", ["n", 3, 24, 32])

    def write(*lines, model="echo.onnx"):
        path = tmp_path / "maps.txt"
        keys = [f"onnx-file={model}", "network-type=2", "net-scale-factor=0.00392156862745098"]
        path.write_text("\n".join(["[property]", *keys, *lines, ""]))
        return InferConfig.read(path)

    return write


def maps(config, *frames):
    """The class maps of frames, each of one picture."""
    batch = batch_of_frames(*(frame_of(picture) for picture in frames))
    task = open_task(config)
    task.process(batch)
    task.close()
    assert all(frame.infer_done for frame in batch.frames)
    return [frame.user[SegmentationMeta] for frame in batch.frames]


def test_each_pixel_gets_its_most_probable_class(config, any_backend):
    segmenter = Segmenter(config("gie-unique-id=7"), backend=any_backend)
    assert (segmenter.num_classes, segmenter.warnings) == (3, ())
    first, second = maps(config("gie-unique-id=7"), halves(), plain((0, 255, 0), (32, 24)))
    assert (first.class_map == HALVES).all()
    assert (second.class_map == 1).all()
    assert (first.class_map.dtype, first.width, first.height) == (np.int32, 32, 24)
    assert (first.classes, first.component_id) == (3, 7)
    assert first.probabilities.shape == (3, 24, 32)
    np.testing.assert_allclose(first.probabilities[0], HALVES == 0, atol=1e-6)


def test_a_class_must_be_more_probable_than_the_threshold(config):
    picture = halves()
    picture[:8] //= 2
    (found,) = maps(config("segmentation-threshold=0.6"), picture)
    assert (found.class_map[:8] == NO_CLASS).all()
    assert (found.class_map[8:] == HALVES[8:]).all()


def test_a_map_outlives_the_next_run_and_its_copy_is_its_own(config, any_backend):
    segmenter = Segmenter(config(), backend=any_backend)
    batches = [batch_of_frames(frame_of(one)) for one in (halves(), plain((0, 255, 0), (32, 24)))]
    first, _ = (segmenter.infer([Roi.whole(batch.frames[0])])[0].meta for batch in batches)
    assert (first.class_map == HALVES).all()
    assert first.probabilities[1].max() == 0
    twin = first.copy()
    assert not np.shares_memory(twin.class_map, first.class_map)
    assert not np.shares_memory(twin.probabilities, first.probabilities)


def test_objects_get_maps_of_their_own(config):
    both = [found((32, 0, 64, 48)), found((0, 0, 32, 48), class_id=1)]
    batch = batch_of_frames(frame_of(halves((128, 96)), *both))
    open_task(config("process-mode=2", "operate-on-class-ids=0")).process(batch)
    seen = both[0].user[SegmentationMeta]
    assert (seen.class_map == HALVES).all()
    assert batch.copy().frames[0].objects[0].user[SegmentationMeta] is not seen
    assert list(both[1].user) == list(batch.frames[0].user) == []


def numbers_network(path, kind, shape):
    """Writes a network that says 1 where a picture is bright and 0 elsewhere."""
    return save_model(
        path,
        [
            ("ReduceMax", ["image"], ["light"], {"axes": [1], "keepdims": 0}),
            ("Greater", ["light", "half"], ["bright"], {}),
            ("Reshape", ["bright", "shape"], ["flat"], {}),
            ("Cast", ["flat"], ["classes"], {"to": {"int64": 7, "float32": 1, "bool": 9}[kind]}),
        ],
        inputs={"image": [1, 3, 24, 32]},
        outputs={"classes": (shape, kind)},
        constants={"half": np.float32(0.5), "shape": np.array(shape)},
    )


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("int64", [1, 24, 32]),
        ("int64", [1, 1, 24, 32]),
        ("bool", [1, 24, 32, 1]),
        ("float32", [1, 24, 32]),
    ],
)
def test_a_network_may_choose_the_classes_itself(config, tmp_path, kind, shape):
    numbers_network(tmp_path / "numbers.onnx", kind, shape)
    picture = plain((0, 0, 0), (32, 24))
    picture[:12] = 255
    given = config("num-detected-classes=2", model="numbers.onnx")
    assert Segmenter(given).parser == "classes"
    (seen,) = maps(given, picture)
    assert (seen.class_map[:12] == 1).all()
    assert (seen.class_map[12:] == 0).all()
    assert (seen.probabilities, seen.classes) == (None, 2)


def test_what_is_no_class_is_no_class(config, tmp_path):
    numbers_network(tmp_path / "numbers.onnx", "int64", [1, 24, 32])
    lines = ("num-detected-classes=1", "parse-segmentation-func-name=classes")
    (seen,) = maps(config(*lines, model="numbers.onnx"), plain((255, 255, 255), (32, 24)))
    assert (seen.class_map == NO_CLASS).all()


def test_channels_may_stand_last(config, tmp_path):
    save_model(
        tmp_path / "last.onnx",
        [("Transpose", ["image"], ["seen"], {"perm": [0, 2, 3, 1]})],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"seen": ["n", 24, 32, 3]},
    )
    wrong = Segmenter(config("num-detected-classes=3", model="last.onnx"))
    assert "set segmentation-output-order=1" in wrong.warnings[0]
    right = config("num-detected-classes=3", "segmentation-output-order=1", model="last.onnx")
    assert Segmenter(right).warnings == ()
    (seen,) = maps(right, halves())
    assert (seen.class_map == HALVES).all()
    assert seen.probabilities.shape == (3, 24, 32)


def test_logits_become_probabilities(config):
    (seen,) = maps(config("parse-segmentation-func-name=logits"), halves())
    assert (seen.class_map == HALVES).all()
    powers = np.exp([1, 0, 0])
    np.testing.assert_allclose(seen.probabilities[:, 0, 0], powers / powers.sum(), atol=1e-5)


def test_one_class_is_there_or_not(config, tmp_path):
    save_model(
        tmp_path / "one.onnx",
        [("ReduceMean", ["image"], ["light"], {"axes": [1], "keepdims": 1})],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"light": ["n", 1, 24, 32]},
    )
    picture = plain((0, 0, 0), (32, 24))
    picture[:12] = 255
    lines = ("num-detected-classes=1", "segmentation-threshold=0.5")
    (seen,) = maps(config(*lines, model="one.onnx"), picture)
    assert (seen.class_map[:12] == 0).all()
    assert (seen.class_map[12:] == NO_CLASS).all()


PYTHON = """
import numpy as np
from penstock.parsers import ClassMap

def numbers(outputs, context):
    return outputs["seen"].argmax(axis=0)

def probabilities(outputs, context):
    assert context.size == (32, 24)
    return outputs["seen"]

def both(outputs, context):
    return ClassMap(outputs["seen"].argmax(axis=0), outputs["seen"])

def lists(outputs, context):
    return ClassMap(outputs["seen"].argmax(axis=0).tolist(), outputs["seen"].tolist())

def broken(outputs, context):
    return outputs["seen"][0]

def torn(outputs, context):
    return ClassMap(outputs["seen"].argmax(axis=0), outputs["seen"][:, 1:])
"""


def own(config, tmp_path, name):
    (tmp_path / "mine.py").write_text(PYTHON)
    return config("custom-lib-path=mine.py", f"parse-segmentation-func-name={name}")


@pytest.mark.parametrize("name", ["numbers", "probabilities", "both"])
def test_a_function_of_a_python_file_may_make_the_map(config, tmp_path, name):
    (seen,) = maps(own(config, tmp_path, name), halves())
    assert (seen.class_map == HALVES).all()
    assert (seen.probabilities is None) == (name == "numbers")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("broken", "broken returned (24, 32) of float32; expected a map (h, w) of whole class"),
        ("torn", "torn returned probabilities (3, 23, 32) for a map (24, 32)"),
    ],
)
def test_a_function_that_returns_something_else_is_named(config, tmp_path, name, complaint):
    with pytest.raises(ModelError, match=re.escape(complaint)):
        maps(own(config, tmp_path, name), halves())


def test_a_library_s_function_is_replaced_with_a_warning(config):
    given = config("custom-lib-path=libsegment.so", "parse-segmentation-func-name=NvDsMine")
    assert "'NvDsMine' of" in Segmenter(given).warnings[0]


def test_a_parser_that_does_not_exist_is_named(config):
    with pytest.raises(ConfigError, match="called 'logit'; did you mean 'logits'"):
        Segmenter(config("parse-segmentation-func-name=logit"))


def test_a_network_with_other_outputs_is_one_sentence(config, tmp_path):
    save_model(
        tmp_path / "two.onnx",
        [("Mul", ["image", "one"], ["out"], {}), ("Neg", ["image"], ["aux"], {})],
        inputs={"image": ["n", 3, 24, 32]},
        outputs={"out": ["n", 3, 24, 32], "aux": ["n", 3, 24, 32]},
        constants={"one": np.float32(1)},
    )
    with pytest.raises(ModelError) as told:
        Segmenter(config(model="two.onnx"))
    assert str(told.value) == (
        f"{tmp_path / 'two.onnx'}: probabilities reads one layer (C, h, w) for class maps; got "
        "'out' (3, 24, 32), 'aux' (3, 24, 32); name the one to read with output-blob-names"
    )
    (seen,) = maps(config("output-blob-names=out", model="two.onnx"), halves())
    assert (seen.class_map == HALVES).all()


@pytest.mark.parametrize("shape", [(0, 4, 5), (3, 0, 5)])
def test_a_layer_without_numbers_is_no_class_map(shape):
    with pytest.raises(ModelError, match=re.escape(f"got 'out' {shape}")):
        MAP_PARSERS.load("probabilities")({"out": shape}, MapContext((5, 4)))


def test_numbers_that_are_no_probabilities_are_doubted_once(config, caplog):
    bright = config("net-scale-factor=1")
    maps(bright, halves(), halves())
    assert caplog.text.count("write parse-segmentation-func-name=logits") == 1


def test_the_documented_defaults_hold(tmp_path):
    config = InferConfig(Path("maps.txt"), network_type=2)
    assert (config.segmentation_threshold, config.segmentation_order) == (0.0, 0)


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=3, max_dims=3, max_side=6),
        elements=st.sampled_from([-2.0, -0.5, 0.0, 0.25, 0.5, 1.0, np.nan, np.inf, -np.inf]),
    ),
    st.sampled_from([-3.0, 0.0, 0.3, 0.5]),
)
def test_the_greatest_number_above_the_threshold_wins_and_nan_never_does(numbers, threshold):
    classes = most_probable(numbers, threshold)
    assert classes.dtype == np.int32
    for place in np.ndindex(classes.shape):
        column = numbers[:, place[0], place[1]]
        allowed = [n for n, x in enumerate(column) if x > max(threshold, -1)]
        expected = max(allowed, key=lambda n: (column[n], -n), default=NO_CLASS)
        assert classes[place] == expected


def test_there_may_be_more_classes_than_a_byte_counts():
    numbers = np.eye(300, dtype=np.float32)[:, :, None]
    assert (most_probable(numbers, 0.5)[:, 0] == np.arange(300)).all()


def masked(config, *lines, box, label=""):
    """The mask that a segmentation network gives an object of a red and blue picture."""
    obj = found(box, label=label)
    batch = batch_of_frames(frame_of(halves((128, 96)), obj))
    lines = ("process-mode=2", "output-instance-mask=1", *lines)
    open_task(config(*lines)).process(batch)
    return obj.mask


def with_labels(tmp_path):
    (tmp_path / "kinds.txt").write_text("rose\nleaf\nsky\n")
    return "labelfile-path=kinds.txt"


@pytest.mark.parametrize("aspect", [0, 1])
@pytest.mark.parametrize(("left", "width"), [(32, 64), (-32, 128), (96, 64)])
def test_an_object_s_mask_is_the_part_of_its_own_class_in_its_box(
    config, tmp_path, left, width, aspect
):
    """Also where a part of the box lies outside the frame, or bars fill the network's input up."""
    lines = (with_labels(tmp_path), f"maintain-aspect-ratio={aspect}", "symmetric-padding=1")
    mask = masked(config, *lines, box=(left, 0, width, 96), label="sky")
    x = (np.arange(mask.data.shape[1]) + 0.5) / mask.data.shape[1] * width + left
    assert (mask.data.dtype, mask.threshold) == (np.float32, 0.5)
    clear = (x > 0) & (x < 128) & (abs(x - 64) > 3)  # scores between samples are mixed
    assert ((mask.data > 0.5) == (x > 64))[:, clear].all()


def test_an_object_that_the_network_does_not_know_has_no_mask(config, tmp_path):
    assert masked(config, with_labels(tmp_path), box=(32, 0, 64, 96), label="car") is None
    assert masked(config, box=(32, 0, 64, 96), label="") is None


def test_the_threshold_of_a_mask_is_that_of_the_configuration(config, tmp_path):
    lines = (with_labels(tmp_path), "segmentation-threshold=0.75")
    assert masked(config, *lines, box=(32, 0, 64, 96), label="rose").threshold == 0.75


def test_a_python_function_s_lists_make_a_mask_too(config, tmp_path):
    own(config, tmp_path, "lists")
    lines = ("custom-lib-path=mine.py", "parse-segmentation-func-name=lists", with_labels(tmp_path))
    mask = masked(config, *lines, box=(64, 0, 64, 96), label="sky")
    assert mask.data.min() > 0.9
