"""TensorFlow Lite to ONNX: a small quantised network against NumPy, and everything damaged."""

import contextlib
import sys

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import RUNTIMES, run_onnxruntime
from tensorflow_reference import (
    assert_candidates,
    convolve,
    convolve_depthwise,
    decode,
    grid_anchors,
    max_pool,
    resize_nearest,
    sigmoid,
)
from tflite_writer import TfliteWriter

from penstock.errors import MissingExtraError, ModelError
from penstock.kit.tflite import convert
from penstock.kit.tflite_file import TfliteFile

SAME, VALID = 0, 1
NONE, RELU6, SIGN_BIT = 0, 3, 5
ANCHORS = [(3.0, 3.0), (2.0, 4.0)]  # heights and widths, in cells
SCALES = {"y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}
CLASSES = 6
COLUMNS = (0, 2, 3, 5)
STEP = 0.05  # the real numbers that int8 activations are multiples of


class Toy:
    """Builds a network of every operator, and computes the same in real numbers as it goes.

    A convolution, a depthwise one, an addition, a maximum, an enlargement, two heads.
    """

    def __init__(self, height=18, width=20, *, last="TFLite_Detection_PostProcess", **options):
        self.random = np.random.default_rng(3)
        self.writer = TfliteWriter()
        self.options = options
        self.grids = []
        self.size = (width, height)
        self.last = last

    def write(self, path, image):
        """Write the file for the size; returns boxes and scores of `(H, W, 3)` reals of any."""
        writer = self.writer
        width, height = self.size
        source = writer.tensor((1, height, width, 3), "uint8", scale=1 / 128, zero=127)
        first = writer.tensor((1, height, width, 3), scale=1 / 128, zero=-1)
        writer.operator("QUANTIZE", [source], [first])
        x = first, image.astype(np.float64)
        x = self.convolve(x, 8, size=3, stride=2, activation=self.options.get("activation", RELU6))
        y = self.convolve(x, 8, size=3, stride=1, depthwise=True)
        x = self.add(self.convolve(y, 8, size=1, stride=1, activation=NONE), x)
        y = self.pool(x)
        x = self.add(x, self.enlarge(y, x))
        heads = [self.heads(level) for level in (x, y)]
        offsets, scores = (self.join([head[i] for head in heads]) for i in (0, 1))
        odds = writer.tensor((1, *scores[1].shape), scale=1 / 256, zero=-128)
        writer.operator("LOGISTIC", [scores[0]], [odds])
        self.anchors = grid_anchors([grid for grid, _ in self.grids], ANCHORS)
        inputs = [self.real(offsets), self.real((odds, scores[1]))]
        inputs.append(writer.tensor(self.anchors.shape, "float32", values=self.anchors))
        results = [writer.tensor((), "float32") for _ in range(4)]
        custom = {**SCALES, "max_detections": 25, **self.options.get("custom", {})}
        writer.operator(self.last, inputs, results, **custom)
        writer.write(path, inputs=[source], outputs=results)
        anchors = grid_anchors([grid for _, grid in self.grids], ANCHORS)
        boxes = decode(offsets[1], anchors, SCALES.values())
        return boxes, sigmoid(scores[1])

    def result(self, like, values, *, low=-128, high=127):
        """Add the tensor that holds `values`: int8, saturating."""
        shape = (*self.own_shape(like), values.shape[-1])
        number = self.writer.tensor((1, *shape), scale=STEP)
        return number, np.clip(values, low * STEP, high * STEP)

    def own_shape(self, stride_of):
        """The file's size of a picture, which is the image's only at the file's own size."""
        return tuple(-(-side // stride_of) for side in self.size[::-1])

    def stride_of(self, x):
        return round(self.real_height / x[1].shape[0])

    def convolve(self, x, outputs, *, size, stride, depthwise=False, activation=RELU6):
        number, real = x
        self.real_height = getattr(self, "real_height", real.shape[0])
        inputs = real.shape[-1]
        shape = (1, size, size, inputs) if depthwise else (outputs, size, size, inputs)
        weights = self.random.integers(-127, 128, shape)
        per_channel = self.random.uniform(0.5, 1.5, outputs) / (60 * size * np.sqrt(inputs))
        axis = 3 if depthwise else 0
        kernels = self.writer.tensor(
            shape, values=weights, scale=per_channel, zero=[0] * outputs, axis=axis
        )
        bias = self.random.integers(-3000, 3000, outputs)
        biases = self.writer.tensor((outputs,), "int32", values=bias, scale=per_channel / 20)
        if depthwise:
            y = convolve_depthwise(real, (weights * per_channel)[0][..., None], stride)
        else:
            y = convolve(real, (weights.transpose(1, 2, 3, 0) * per_channel), stride)
        y = y + bias * per_channel / 20
        y = np.clip(y, 0, 6) if activation == RELU6 else y
        divided = self.stride_of(x) * stride
        result = self.result(divided, y)
        self.writer.operator(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            [number, kernels, biases],
            [result[0]],
            "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions",
            Padding=SAME,
            StrideH=stride,
            StrideW=stride,
            FusedActivationFunction=activation,
        )
        return result

    def add(self, x, y):
        result = self.result(self.stride_of(x), x[1] + y[1])
        self.writer.operator(
            "ADD", [x[0], y[0]], [result[0]], "AddOptions", FusedActivationFunction=NONE
        )
        return result

    def pool(self, x):
        result = self.result(self.stride_of(x) * 2, max_pool(x[1], 3, 2))
        self.writer.operator(
            "MAX_POOL_2D",
            [x[0]],
            [result[0]],
            "Pool2DOptions",
            Padding=SAME,
            StrideH=2,
            StrideW=2,
            FilterHeight=3,
            FilterWidth=3,
        )
        return result

    def enlarge(self, x, like):
        stride = self.stride_of(like)
        sides = self.own_shape(stride)
        result = self.result(stride, resize_nearest(x[1], *like[1].shape[:2]))
        size = self.writer.tensor((2,), "int32", values=sides)
        self.writer.operator(
            "RESIZE_NEAREST_NEIGHBOR",
            [x[0], size],
            [result[0]],
            "ResizeNearestNeighborOptions",
            HalfPixelCenters=self.options.get("half_pixels", False),
        )
        return result

    def heads(self, x):
        own = self.own_shape(self.stride_of(x))
        self.grids.append((own, x[1].shape[:2]))
        rows = own[0] * own[1] * len(ANCHORS)
        flat = []
        for width in (4, CLASSES):
            head = self.convolve(x, width * len(ANCHORS), size=1, stride=1, activation=NONE)
            number = self.writer.tensor((1, rows, width), scale=STEP)
            shape = self.writer.tensor((3,), "int32", values=[-1, rows, width])
            self.writer.operator("RESHAPE", [head[0], shape], [number])
            flat.append((number, head[1].reshape(-1, width)))
        return flat

    def join(self, parts):
        rows = sum(grid[0] * grid[1] for grid, _ in self.grids) * len(ANCHORS)
        joined = np.concatenate([real for _, real in parts])
        number = self.writer.tensor((1, rows, joined.shape[1]), scale=STEP)
        self.writer.operator(
            "CONCATENATION", [part for part, _ in parts], [number], "ConcatenationOptions", Axis=1
        )
        return number, joined

    def real(self, x):
        """Add a DEQUANTIZE, as such files have before their last operator."""
        shape = self.writer.tensors[x[0]][0]
        number = self.writer.tensor(shape, "float32")
        self.writer.operator("DEQUANTIZE", [x[0]], [number])
        return number


def make_image(height=18, width=20):
    """What uint8 pixels stand for."""
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3))
    return ((pixels - 127) / 128).astype(np.float32)


def as_batch(*images):
    return np.stack([image.transpose(2, 0, 1) for image in images]).astype(np.float32)


def convert_toy(folder, *, columns=COLUMNS, **options):
    convert(folder / "toy.tflite", folder / "toy.onnx", columns=columns, **options)
    return folder / "toy.onnx"


@pytest.fixture
def toy(tmp_path):
    image = make_image()
    return tmp_path, image, Toy().write(tmp_path / "toy.tflite", image)


@RUNTIMES
def test_boxes_and_scores_are_those_of_the_real_numbers_behind_the_file(toy, run):
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


@settings(max_examples=8)
@given(height=st.integers(32, 40), width=st.integers(32, 40))
def test_any_size_gives_what_the_same_layers_give_there(tmp_path_factory, height, width):
    folder = tmp_path_factory.mktemp("size")
    image = make_image(height, width)
    boxes, scores = Toy().write(folder / "toy.tflite", image)
    outputs = run_onnxruntime(convert_toy(folder, size=(width, height)), as_batch(image))
    assert_candidates(outputs, boxes, scores[:, COLUMNS])


def test_the_file_states_its_contract(toy):
    model = onnx.load(str(convert_toy(toy[0])))
    dims = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    candidates = (9 * 10 + 5 * 5) * 2
    assert dims == {
        "images": ["batch", 3, 18, 20],
        "boxes": ["batch", candidates, 4],
        "scores": ["batch", candidates, 4],
    }
    assert {p.key: p.value for p in model.metadata_props} == {"penstock.boxes": "cxcywh-normalized"}
    assert model.opset_import[0].version == 13


def test_converting_twice_gives_the_same_bytes(toy):
    first = convert_toy(toy[0]).read_bytes()
    assert convert_toy(toy[0]).read_bytes() == first


def test_only_the_most_promising_anchors_of_a_large_network_are_decoded(tmp_path):
    image = make_image(64, 64)
    boxes, scores = Toy().write(tmp_path / "toy.tflite", image)
    outputs = run_onnxruntime(
        convert_toy(tmp_path, columns=range(CLASSES), size=(64, 64)), as_batch(image)
    )
    assert len(boxes) > 1000
    assert outputs["boxes"].shape == (1, 1000, 4)
    best = np.sort(scores.max(1))[::-1]
    got = outputs["scores"][0].max(1)
    assert (np.diff(got) <= 0).all()
    assert got.min() >= best[1000] - 1e-4  # the most confident one that was left out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"activation": SIGN_BIT}, r"operator 001_conv_2d: activation SIGN_BIT is not supported"),
        ({"half_pixels": True}, r"operator 006_resize_nearest_neighbor: aligned corners and half"),
        ({"last": "Mystery"}, r"operator \d+_mystery: the network should end in TFLite_Detection_"),
        ({"custom": {"y_scale": "x"}}, r"toy\.tflite: not a TensorFlow Lite file, or damaged"),
    ],
)
def test_what_cannot_be_converted_is_named(tmp_path, options, complaint):
    Toy(**options).write(tmp_path / "toy.tflite", make_image())
    with pytest.raises(ModelError, match=complaint):
        convert_toy(tmp_path)


def test_an_unknown_operator_is_named_with_those_that_are_known(tmp_path):
    writer = TfliteWriter()
    image = writer.tensor((1, 8, 8, 3), "float32")
    turned, scores, odds = (writer.tensor((1, 8, 8, 3), "float32") for _ in range(3))
    writer.operator("SIN", [image], [turned])
    writer.operator("SIN", [turned], [scores])
    writer.operator("LOGISTIC", [scores], [odds])
    writer.operator("TFLite_Detection_PostProcess", [turned, odds, image], [], **SCALES)
    writer.write(tmp_path / "toy.tflite", inputs=[image], outputs=[])
    with pytest.raises(ModelError, match=r"operator 000_sin: not supported; known: ADD, AVERAGE"):
        convert_toy(tmp_path)


def test_a_class_column_that_the_network_lacks_is_named(toy):
    with pytest.raises(ModelError, match=r"toy\.tflite: class column 6 is wanted, of 6 columns"):
        convert_toy(toy[0], columns=[0, 6])


def test_a_size_too_small_for_the_network_is_refused(toy):
    with pytest.raises(ModelError, match=r"toy\.tflite: the network size must be .*, got 64x16"):
        convert_toy(toy[0], size=(64, 16))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", r"not a TensorFlow Lite file \(0 bytes\)"),
        (b"TFL3", r"not a TensorFlow Lite file \(4 bytes\)"),
        (b"PK\x03\x04 a zip file", r"not a TensorFlow Lite file \(15 bytes\)"),
        (b"\x18\0\0\0TFL3", "not a TensorFlow Lite file, or damaged"),
    ],
)
def test_a_file_that_is_not_tflite_is_named(tmp_path, content, complaint):
    (tmp_path / "toy.tflite").write_bytes(content)
    with pytest.raises(ModelError, match=rf"toy\.tflite: {complaint}"):
        convert_toy(tmp_path)


def test_scores_that_are_no_probabilities_are_refused(tmp_path):
    writer = TfliteWriter()
    image, offsets, scores = (writer.tensor((1, 8, 8, 3), "float32") for _ in range(3))
    writer.operator("LOGISTIC", [image], [offsets])
    writer.operator("RELU", [offsets], [scores])
    writer.operator("TFLite_Detection_PostProcess", [offsets, scores, image], [], **SCALES)
    writer.write(tmp_path / "toy.tflite", inputs=[image], outputs=[])
    with pytest.raises(ModelError, match=r"the scores should come from a LOGISTIC operator"):
        convert_toy(tmp_path)


@pytest.mark.parametrize(
    ("dtype", "options", "expected"),
    [
        ("uint8", {"scale": 0.5, "zero": 128}, [-63.5, -14.0]),
        ("int8", {"scale": [0.5, 2.0], "zero": [1, -1]}, [0.0, 202.0]),
        ("int32", {"scale": 0.25}, [0.25, 25.0]),
        ("float32", {}, [1.0, 100.0]),
        ("int32", {}, [1, 100]),
    ],
)
def test_constants_are_the_numbers_they_stand_for(tmp_path, dtype, options, expected):
    writer = TfliteWriter()
    number = writer.tensor((2,), dtype, values=[1, 100], **options)
    writer.write(tmp_path / "toy.tflite", inputs=[number], outputs=[])
    values = TfliteFile(tmp_path / "toy.tflite").constant(number)
    np.testing.assert_array_equal(values, np.array(expected, values.dtype))


def test_a_tensor_that_should_be_constant_and_is_not_is_numbered(tmp_path):
    writer = TfliteWriter()
    number = writer.tensor((2,), "float32")
    writer.write(tmp_path / "toy.tflite", inputs=[number], outputs=[])
    with pytest.raises(ModelError, match=r"toy\.tflite: tensor 0 should be constant, but is com"):
        TfliteFile(tmp_path / "toy.tflite").constant(number)


@pytest.fixture(scope="module")
def toy_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "toy.tflite"
    Toy().write(path, make_image())
    return path.read_bytes()


def convert_damaged(content, folder):
    (folder / "toy.tflite").write_bytes(content)
    with contextlib.suppress(ModelError):  # a number that changed may leave a valid network
        onnx.checker.check_model(str(convert_toy(folder)))


@settings(max_examples=200)
@given(data=st.data())
def test_no_flipped_byte_is_more_than_a_model_error(tmp_path_factory, toy_bytes, data):
    damaged = bytearray(toy_bytes)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    convert_damaged(bytes(damaged), tmp_path_factory.mktemp("damaged"))


@settings(max_examples=50)
@given(data=st.data())
def test_no_cut_is_more_than_a_model_error(tmp_path_factory, toy_bytes, data):
    end = data.draw(st.integers(0, len(toy_bytes) - 1))
    convert_damaged(toy_bytes[:end], tmp_path_factory.mktemp("cut"))


def test_without_the_schema_package_the_message_says_what_to_install(toy, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite", None)
    with pytest.raises(MissingExtraError, match=r"toy\.tflite needs .* 'tflite': pip install"):
        convert_toy(toy[0])
