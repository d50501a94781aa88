import numpy as np
import onnx
import pytest
from darknet_reference import Reference, write_cfg, write_weights
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import RUNTIMES, run_onnxruntime

from penstock.errors import ModelError
from penstock.kit.darknet import convert

ANCHORS = [(10, 14), (23, 27), (37, 58), (81, 82)]
HEAD = {"filters": 2 * 8, "normalize": 0, "act": "linear"}

# Every kind of layer and activation, two heads of different stride, 3 classes.
LAYERS = [
    ("convolutional", {"filters": 4, "size": 3, "stride": 2}),
    ("convolutional", {"filters": 8, "size": 3, "stride": 2, "act": "mish"}),
    ("route", {"layers": [-1], "groups": 2, "group_id": 1}),
    ("convolutional", {"filters": 4, "size": 3, "groups": 2, "act": "swish"}),
    ("shortcut", {"source": -2, "act": "relu"}),
    ("route", {"layers": [-1, 1]}),
    ("maxpool", {"size": 2, "stride": 2}),
    ("maxpool", {"size": 5, "stride": 1}),
    ("convolutional", {"filters": 6, "size": 1, "act": "logistic"}),
    ("convolutional", HEAD),
    ("yolo", {"mask": [2, 3], "anchors": ANCHORS, "classes": 3, "scale": 1.05}),
    ("route", {"layers": [-3]}),
    ("upsample", {"stride": 2}),
    ("route", {"layers": [-1, 5]}),
    ("convolutional", HEAD),
    ("yolo", {"mask": [0, 1], "anchors": ANCHORS, "classes": 3}),
]


@pytest.fixture
def toy(tmp_path):
    """The toy network's files for 64x32, and what NumPy makes of one image."""
    image = np.random.default_rng(7).random((3, 32, 64), np.float32)
    reference = Reference(LAYERS)
    expected = reference.run(image)
    write_cfg(tmp_path / "toy.cfg", LAYERS, (64, 32))
    write_weights(tmp_path / "toy.weights", reference.floats)
    return tmp_path, image, expected


def convert_toy(folder, **options):
    convert(folder / "toy.cfg", folder / "toy.weights", folder / "toy.onnx", **options)
    return folder / "toy.onnx"


@RUNTIMES
def test_boxes_and_scores_are_those_of_a_plain_forward_pass(toy, run):
    folder, image, (boxes, scores) = toy
    got = run(convert_toy(folder), image[None])
    np.testing.assert_allclose(got["boxes"][0], boxes, atol=1e-4)
    np.testing.assert_allclose(got["scores"][0], scores, atol=1e-4)


@RUNTIMES
def test_three_images_at_once_give_what_each_gives_alone(toy, run):
    folder, image, _ = toy
    images = np.stack([image, image[:, ::-1], image * 0.5]).astype(np.float32)
    path = convert_toy(folder)
    together = run(path, images)
    for index, image in enumerate(images):
        alone = run(path, image[None])
        np.testing.assert_allclose(together["boxes"][index], alone["boxes"][0], atol=1e-4)
        np.testing.assert_allclose(together["scores"][index], alone["scores"][0], atol=1e-4)


def test_the_file_states_its_contract(toy):
    model = onnx.load(str(convert_toy(toy[0])))
    dims = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert dims == {
        "images": ["batch", 3, 32, 64],
        "boxes": ["batch", 320, 4],
        "scores": ["batch", 320, 3],
    }
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties == {"penstock.boxes": "cxcywh-normalized"}
    assert model.opset_import[0].version == 13


def test_converting_twice_gives_the_same_bytes(toy):
    first = convert_toy(toy[0]).read_bytes()
    assert convert_toy(toy[0]).read_bytes() == first


@settings(max_examples=8, deadline=None)
@given(columns=st.integers(1, 4), rows=st.integers(1, 4))
def test_any_multiple_of_32_can_be_the_network_size(tmp_path_factory, columns, rows):
    folder = tmp_path_factory.mktemp("size")
    width, height = 32 * columns, 32 * rows
    image = np.random.default_rng(columns).random((3, height, width), np.float32)
    reference = Reference(LAYERS)
    boxes, scores = reference.run(image)
    write_cfg(folder / "toy.cfg", LAYERS, (416, 416))
    write_weights(folder / "toy.weights", reference.floats)
    got = run_onnxruntime(convert_toy(folder, size=(width, height)), image[None])
    np.testing.assert_allclose(got["boxes"][0], boxes, atol=1e-4)
    np.testing.assert_allclose(got["scores"][0], scores, atol=1e-4)


@pytest.mark.parametrize("size", [(100, 64), (64, 100), (0, 32), (-32, 32)])
def test_a_size_that_is_no_multiple_of_32_is_refused(toy, size):
    wanted = rf"\[net\]: the network size must be multiples of 32, got {size[0]}x{size[1]}"
    with pytest.raises(ModelError, match=wanted):
        convert_toy(toy[0], size=size)


def test_truncated_weights_are_named(toy):
    weights = toy[0] / "toy.weights"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match=r"toy\.weights: the cfg needs at least [\d,]+ weights"):
        convert_toy(toy[0])


def test_weights_of_a_larger_network_are_named(toy):
    weights = toy[0] / "toy.weights"
    weights.write_bytes(weights.read_bytes() + bytes(16))
    with pytest.raises(ModelError, match=r"toy\.weights: 4 of [\d,]+ weights are left over"):
        convert_toy(toy[0])


def test_a_file_too_short_for_a_header_is_named(toy):
    (toy[0] / "toy.weights").write_bytes(b"short")
    with pytest.raises(ModelError, match=r"toy\.weights: not Darknet weights, only 5 bytes"):
        convert_toy(toy[0])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[maxpool]", "[lstm]", r"line \d+, \[lstm\]: this layer is not supported; known: conv"),
        ("activation = mish", "activation = elu", r"activation 'elu' is not supported; known"),
        ("layers = -1, 5", "layers = -1, 50", r"layer 50 is not one of the 13 before this one"),
        ("layers = -1, 5", "layers = -1, 0", r"\[route\]: joins layers of different sizes"),
        ("from = -2", "from = 0", r"\[shortcut\]: adds .* to "),
        ("classes = 3", "classes = 4", r"2 anchors x \(5 \+ 4 classes\) need 18 channels"),
        ("filters = 4", "filters = four", r"filters wants numbers, got 'four'"),
        ("filters = 4", "filters = 4, 4", r"filters wants one number, got '4, 4'"),
        ("stride = 2", "stride = 0", r"cannot be built from these settings"),
        ("mask = 2, 3", "mask = 2, 9", r"cannot be built from these settings"),
        ("classes = 3", "classes = 3\nnew_coords = 1", r"new_coords=1 is not supported"),
        ("[net]", "[layer]", r"starts with \[net\], this file with \[layer\]"),
        ("channels=3", "channels", r"line 5: expected \[section\] or key=value, got 'channels'"),
    ],
)
def test_a_cfg_that_cannot_be_converted_says_where_and_why(toy, old, new, complaint):
    cfg = toy[0] / "toy.cfg"
    assert old in cfg.read_text()
    cfg.write_text(cfg.read_text().replace(old, new, 1))
    with pytest.raises(ModelError, match=rf"toy\.cfg.*{complaint}"):
        convert_toy(toy[0])


def test_a_network_without_a_head_is_refused(toy):
    cfg = toy[0] / "toy.cfg"
    cfg.write_text(cfg.read_text().partition("[yolo]")[0])
    with pytest.raises(ModelError, match=r"the network has no \[yolo\] layer"):
        convert_toy(toy[0])
