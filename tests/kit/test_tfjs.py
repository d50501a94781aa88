"""TensorFlow.js to ONNX: a small detector against NumPy, and everything damaged."""

import base64
import contextlib
import json
import math

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import RUNTIMES
from tensorflow_reference import (
    assert_candidates,
    convolve,
    convolve_depthwise,
    decode,
    grid_anchors,
    sigmoid,
)

from penstock.errors import ModelError
from penstock.kit.tfjs import convert
from penstock.kit.tfjs_file import TfjsFile

CLASSES = 5  # beside the background
COLUMNS = (0, 2, 4)
MULTIPLES = [(1.0, 1.0), (2.0, 1.5), (0.5, 0.7)]
HEIGHT, WIDTH = 18, 22


class Toy:
    """Writes a detector with the API's names, and computes the same as it goes."""

    def __init__(self):
        self.random = np.random.default_rng(11)
        self.nodes = []
        self.weights = []
        self.grids = []

    def run(self, image):
        """Returns boxes and scores, background left out, of an image `(H, W, 3)`."""
        self.constant("Preprocessor/map/while/ResizeImage/stack", np.array([HEIGHT, WIDTH]))
        x = "Preprocessor/sub", image.astype(np.float64)
        x = self.relu6(self.add(self.multiply(self.convolve(x, 8, size=3, stride=2)), "Add"))
        y = self.relu6(self.normalize(self.depthwise(x, size=3, stride=1)))
        y = self.add(self.convolve(y, 8, size=1, stride=1), "BiasAdd")
        x = self.operator("AddN", [x[0], y[0]]), x[1] + y[1]
        y = self.relu6(self.add(self.depthwise(x, size=3, stride=2), "Add"))
        heads = [self.heads(level) for level in (x, y)]
        self.joined("concat", [head[0] for head in heads])
        self.joined("concat_1", [head[1] for head in heads])
        self.operator("Squeeze", ["concat"], name="Squeeze", squeeze_dims=[2])
        anchors = grid_anchors(self.grids, MULTIPLES)
        corners = np.hstack(
            [anchors[:, :2] - anchors[:, 2:] / 2, anchors[:, :2] + anchors[:, 2:] / 2]
        )
        self.constant("Postprocessor/ExpandDims", corners[None].astype(np.float32))
        for suffix, scale in (("", 10), ("_1", 10), ("_2", 5), ("_3", 5)):
            factor = self.constant(f"recip{suffix}", np.array(1 / scale, np.float32))
            self.operator("Mul", ["offset", factor], name=f"Postprocessor/Decode/div{suffix}")
        offsets, scores = (
            np.concatenate([head[i][1].reshape(-1, width) for head in heads])
            for i, width in ((0, 4), (1, CLASSES + 1))
        )
        return decode(offsets, anchors, (10, 10, 5, 5)), sigmoid(scores[:, 1:])

    def operator(self, kind, inputs, *, name="", **settings):
        name = name or f"layer{len(self.nodes)}/{kind}"
        attributes = {key: as_attribute(value) for key, value in settings.items()}
        self.nodes.append({"name": name, "op": kind, "input": inputs, "attr": attributes})
        return name

    def constant(self, name, values):
        self.weights.append((name, values))
        self.nodes.append({"name": name, "op": "Const", "attr": {}})
        return name

    def variable(self, *shape, scale=1.0, offset=0.0):
        values = (self.random.normal(size=shape) * scale + offset).astype(np.float32)
        return self.constant(f"weight{len(self.weights)}", values), values

    def convolve(self, x, outputs, *, size, stride):
        inputs = x[1].shape[-1]
        kernels, values = self.variable(size, size, inputs, outputs, scale=1 / size)
        name = self.operator("Conv2D", [x[0], kernels], **window(stride))
        return name, convolve(x[1], values, stride)

    def depthwise(self, x, *, size, stride):
        kernels, values = self.variable(size, size, x[1].shape[-1], 1, scale=1 / size)
        name = self.operator("DepthwiseConv2dNative", [x[0], kernels], **window(stride))
        return name, convolve_depthwise(x[1], values, stride)

    def add(self, x, kind):
        name, values = self.variable(x[1].shape[-1])
        return self.operator(kind, [x[0], name]), x[1] + values

    def multiply(self, x):
        name, values = self.variable(x[1].shape[-1], offset=1)
        return self.operator("Mul", [name, x[0]]), x[1] * values

    def normalize(self, x):
        width = x[1].shape[-1]
        (gain, g), (shift, s), (mean, m) = (self.variable(width) for _ in range(3))
        variance = self.constant("variance", self.random.uniform(0.5, 2, width).astype(np.float32))
        v = self.weights[-1][1]
        name = self.operator(
            "FusedBatchNorm", [f"{x[0]}:0", gain, shift, mean, variance], epsilon=1e-3
        )
        return name, (x[1] - m) / np.sqrt(v + 1e-3) * g + s

    def relu6(self, x):
        return self.operator("Relu6", [x[0], "^layer0"]), np.clip(x[1], 0, 6)

    def heads(self, x):
        self.grids.append(x[1].shape[:2])
        cells = math.prod(x[1].shape[:2])
        found = []
        for width, last in ((4, [1, 4]), (CLASSES + 1, [CLASSES + 1])):
            y = self.convolve(x, len(MULTIPLES) * width, size=1, stride=1)
            name, y = self.add(y, "BiasAdd")
            sides = [
                self.constant(f"{name}/side{index}", np.array(side, np.int32))
                for index, side in enumerate([cells * len(MULTIPLES), *last])
            ]
            shape = self.operator("Pack", ["batch", *sides])
            found.append((self.operator("Reshape", [name, shape]), y))
        return found

    def joined(self, name, parts):
        axis = self.constant(f"{name}/axis", np.array(1, np.int32))
        self.operator("ConcatV2", [part for part, _ in parts] + [axis], name=name)

    def write(self, folder):
        """Write model.json, nodes in no order, and the weights in three files."""
        nodes = [self.nodes[i] for i in self.random.permutation(len(self.nodes))]
        rows, data = [], b""
        for name, values in self.weights:
            integers = values.dtype.kind == "i"
            kind, stored = ("int32", "<i4") if integers else ("float32", "<f4")
            rows.append({"name": name, "shape": list(values.shape), "dtype": kind})
            data += values.astype(stored).tobytes()
        third = len(data) // 3
        paths = [f"shard{index}" for index in range(3)]
        for index, path in enumerate(paths):
            end = len(data) if index == 2 else (index + 1) * third
            (folder / path).write_bytes(data[index * third : end])
        model = {
            "modelTopology": {"node": nodes},
            "weightsManifest": [{"paths": paths, "weights": rows}],
        }
        (folder / "model.json").write_text(json.dumps(model))


def window(stride):
    strides = [1, stride, stride, 1]
    return {"strides": strides, "dilations": [1] * 4, "padding": "SAME", "data_format": "NHWC"}


def as_attribute(value):
    """Text is written in both of the ways that converters have used."""
    if isinstance(value, list):
        return {"list": {"i": [str(item) for item in value]}}
    if value == "SAME":
        return {"s": base64.b64encode(value.encode()).decode()}
    return {"s": list(value.encode())} if isinstance(value, str) else {"f": value}


@pytest.fixture
def toy(tmp_path):
    """The folder of the files, an image, and what NumPy makes of it."""
    image = np.random.default_rng(2).uniform(-1, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)
    network = Toy()
    expected = network.run(image)
    network.write(tmp_path)
    return tmp_path, image, expected


def convert_toy(folder, columns=COLUMNS):
    convert(folder / "model.json", folder / "toy.onnx", columns=columns)
    return folder / "toy.onnx"


def as_batch(*images):
    return np.stack([image.transpose(2, 0, 1) for image in images]).astype(np.float32)


def edit(folder, change):
    model = json.loads((folder / "model.json").read_text())
    change(model)
    (folder / "model.json").write_text(json.dumps(model))


def node_of(model, kind):
    return next(node for node in model["modelTopology"]["node"] if node["op"] == kind)


@RUNTIMES
def test_boxes_and_scores_are_those_of_a_plain_forward_pass(toy, run):
    folder, image, (boxes, scores) = toy
    outputs = run(convert_toy(folder), as_batch(image))
    assert_candidates(outputs, boxes, scores[:, COLUMNS])
    assert np.ptp(scores) > 0.6  # the toy says something


@RUNTIMES
def test_three_images_at_once_give_what_each_gives_alone(toy, run):
    folder, image, _ = toy
    images = as_batch(image, image[:, ::-1], image * 0.5)
    path = convert_toy(folder)
    together = run(path, images)
    for index in range(3):
        alone = run(path, images[index : index + 1])
        for name in ("boxes", "scores"):
            np.testing.assert_allclose(together[name][index], alone[name][0], atol=1e-4)


@pytest.mark.parametrize(
    ("stored", "scaling"),
    [
        (np.array([-1, 0, 126.5], "<f4"), None),
        (np.array([-1, 0, 126.5], "<f2"), {"dtype": "float16"}),
        (np.array([0, 2, 255], "u1"), {"dtype": "uint8", "scale": 0.5, "min": -1.0}),
        (np.array([0, 4, 510], "<u2"), {"dtype": "uint16", "scale": 0.25, "min": -1.0}),
    ],
)
def test_weights_are_read_however_they_are_stored(tmp_path, stored, scaling):
    row = {"name": "w", "shape": [3], "dtype": "float32", "quantization": scaling}
    model = {
        "modelTopology": {"node": []},
        "weightsManifest": [{"paths": ["far/away/w.bin"], "weights": [row]}],
    }
    (tmp_path / "model.json").write_text(json.dumps(model))
    (tmp_path / "w.bin").write_bytes(stored.tobytes())
    values = TfjsFile(tmp_path / "model.json").constant("w")
    np.testing.assert_array_equal(values, np.array([-1, 0, 126.5], np.float32))


def test_the_file_states_its_contract(toy):
    model = onnx.load(str(convert_toy(toy[0])))
    dims = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    candidates = (9 * 11 + 5 * 6) * len(MULTIPLES)
    assert dims == {
        "images": ["batch", 3, HEIGHT, WIDTH],
        "boxes": ["batch", candidates, 4],
        "scores": ["batch", candidates, len(COLUMNS)],
    }
    assert {p.key: p.value for p in model.metadata_props} == {"penstock.boxes": "cxcywh-normalized"}
    assert model.opset_import[0].version == 13


def test_converting_twice_gives_the_same_bytes(toy):
    first = convert_toy(toy[0]).read_bytes()
    assert convert_toy(toy[0]).read_bytes() == first


@pytest.mark.parametrize(
    ("kind", "change", "complaint"),
    [
        ("Relu6", {"op": "Mystery"}, r"node .* \(Mystery\): not supported; known: Add, AddN, Bias"),
        ("Conv2D", {"attr": {}}, r"node .* \(Conv2D\): damaged \(KeyError: 'padding'\)"),
        ("Conv2D", {"input": ["Preprocessor/sub"]}, r"\(Conv2D\): damaged \(ValueError"),
        ("Reshape", {"input": ["concat", "concat"]}, r"runs in a circle|should be packed"),
        ("ConcatV2", {"input": ["nobody", "concat/axis"]}, r"the graph has no node 'nobody'"),
        ("Squeeze", {"input": ["Squeeze"]}, r"the graph runs in a circle"),
        ("Squeeze", {"name": "Squash"}, r"the graph has no node 'Squeeze'"),
        ("FusedBatchNorm", {"attr": {"epsilon": {"f": "x"}}}, r"\(FusedBatchNorm\): damaged"),
    ],
)
def test_a_graph_that_cannot_be_converted_says_where_and_why(toy, kind, change, complaint):
    edit(toy[0], lambda model: node_of(model, kind).update(change))
    with pytest.raises(ModelError, match=rf"model\.json.*({complaint})"):
        convert_toy(toy[0])


def test_an_unusual_padding_is_named(toy):
    def change(model):
        node_of(model, "Conv2D")["attr"]["padding"] = {"s": list(b"EXPLICIT")}

    edit(toy[0], change)
    with pytest.raises(ModelError, match=r"\(Conv2D\): padding EXPLICIT and layout NHWC are not"):
        convert_toy(toy[0])


def test_a_weight_file_that_is_missing_is_named(toy):
    (toy[0] / "shard1").unlink()
    with pytest.raises(ModelError, match=r"model\.json: its weight file shard1 is not beside it"):
        convert_toy(toy[0])


def test_weights_that_end_early_are_named(toy):
    (toy[0] / "shard2").write_bytes(b"")
    with pytest.raises(ModelError, match=r"model\.json: the weights end after [\d,]+ bytes, befor"):
        convert_toy(toy[0])


def test_a_class_column_that_the_network_lacks_is_named(toy):
    with pytest.raises(ModelError, match=r"model\.json: class column 6 is wanted, of 6 columns"):
        convert_toy(toy[0], columns=[0, 5])


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"modelTopology": 3}'])
def test_a_file_that_is_no_graph_model_is_named(tmp_path, content):
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(ModelError, match=r"model\.json: not a TensorFlow\.js graph model, or dam"):
        convert_toy(tmp_path)


JUNK = st.one_of(
    st.none(), st.integers(-3, 40), st.text(max_size=4), st.lists(st.integers(), max_size=3)
)


@settings(max_examples=100)
@given(data=st.data())
def test_no_changed_setting_is_more_than_a_model_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    network = Toy()
    network.run(np.zeros((HEIGHT, WIDTH, 3)))
    network.write(folder)

    def spoil(model):
        """Replace something somewhere in the tree."""
        place = model
        while True:
            keys = sorted(place) if isinstance(place, dict) else range(len(place))
            key = data.draw(st.sampled_from(list(keys)))
            inner = place[key]
            if (
                not isinstance(inner, (dict, list))
                or not inner
                or data.draw(st.integers(0, 9)) == 0
            ):
                place[key] = data.draw(JUNK)
                return
            place = inner

    edit(folder, spoil)
    with contextlib.suppress(ModelError):
        onnx.checker.check_model(str(convert_toy(folder)))
