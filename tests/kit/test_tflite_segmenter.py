"""TensorFlow Lite segmentation networks converted, and what the kit makes of the real ones."""

import cv2
import numpy as np
import pytest
from runtimes import RUNTIMES
from tensorflow_reference import convolve, sigmoid
from tflite_writer import TfliteWriter

from penstock import kit
from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.inference import open_task
from penstock.kit.tflite_segmenter import convert
from penstock.meta import BatchMeta, FrameMeta, SegmentationMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

SIZE = (48, 32)
SAME, NONE = 0, 0


class Toy:
    """Builds a network of every operator that segmentation needs, and computes the same."""

    def __init__(self, path, *, classes=3, last="", axes=(1, 2), block=2):
        self.random = np.random.default_rng(7)
        self.writer = writer = TfliteWriter()
        self.steps = []
        width, height = SIZE
        image = writer.tensor((1, height, width, 3), "float32")
        x = self.convolve(image, (height // 2, width // 2), 4, size=3, stride=2)
        x = self.apply("HARD_SWISH", x, lambda r: r * np.clip(r / 6 + 0.5, 0, 1))
        mean = self.result((1, 1, 4), lambda r: r.mean(axis=(0, 1), keepdims=True))
        where = writer.tensor((2,), "int32", values=axes)
        writer.operator("MEAN", [x[0], where], [mean[0]], "ReducerOptions", KeepDims=True)
        gate = self.apply("RELU", self.convolve(mean[0], (1, 1), 4), lambda r: np.maximum(r, 0))
        gate = self.apply("LOGISTIC", self.convolve(gate[0], (1, 1), 4), sigmoid)
        product = self.result(x[1], None)
        writer.operator(
            "MUL", [x[0], gate[0]], [product[0]], "MulOptions", FusedActivationFunction=NONE
        )
        small = self.convolve(product[0], (height // 4, width // 4), 4, size=3, stride=2)
        large = self.result((height // 2, width // 2, 4), None)
        sides = writer.tensor((2,), "int32", values=large[1][:2])
        writer.operator(
            "RESIZE_BILINEAR",
            [small[0], sides],
            [large[0]],
            "ResizeBilinearOptions",
            AlignCorners=True,
        )
        self.kernels = self.weights((classes, block, block, 4))
        self.bias = self.weights((classes,))
        end = self.result((height // 2 * 2, width // 2 * 2, classes), None)
        inputs = [large[0], self.narrow(self.kernels), self.narrow(self.bias)]
        writer.operator("Convolution2DTransposeBias", inputs, [end[0]])
        if last:
            end = self.apply(last, end, None)
        writer.write(path, inputs=[image], outputs=[end[0]])

    def weights(self, shape):
        return self.random.normal(size=shape).astype(np.float16)

    def narrow(self, values):
        """A constant of 16 bits that an operator widens."""
        stored = self.writer.tensor(values.shape, "float16", values=values)
        widened = self.writer.tensor(values.shape, "float32")
        self.writer.operator("DEQUANTIZE", [stored], [widened])
        return widened

    def result(self, shape, step):
        self.steps.append(step)
        return self.writer.tensor((1, *shape), "float32"), shape

    def convolve(self, x, sides, outputs, *, size=1, stride=1):
        inputs = 3 if not self.steps else 4
        kernels, bias = self.weights((outputs, size, size, inputs)), self.weights((outputs,))
        made = self.result((*sides, outputs), (kernels.transpose(1, 2, 3, 0), bias, stride))
        self.writer.operator(
            "CONV_2D",
            [x, self.narrow(kernels), self.narrow(bias)],
            [made[0]],
            "Conv2DOptions",
            Padding=SAME,
            StrideH=stride,
            StrideW=stride,
            FusedActivationFunction=NONE,
        )
        return made

    def apply(self, kind, x, step):
        made = self.result(x[1], step)
        self.writer.operator(kind, [x[0]], [made[0]])
        return made

    def computed(self, image):
        """The sums of each pixel's classes, of `(H, W, 3)`."""
        first, swish, mean, one, relu, two, gate, _, down, *_ = self.steps

        def run(step, x):
            kernels, bias, stride = (np.asarray(part, np.float64) for part in step)
            return convolve(x, kernels, int(stride)) + bias

        x = swish(run(first, image.astype(np.float64)))
        x = x * gate(run(two, relu(run(one, mean(x)))))
        small = run(down, x)
        large = bilinear(bilinear(small, x.shape[0], 0), x.shape[1], 1)
        blocks = np.einsum("hwi,oyxi->hywxo", large, self.kernels.astype(np.float64))
        height, rows, width, columns, classes = blocks.shape
        return blocks.reshape(height * rows, width * columns, classes) + self.bias


def bilinear(picture, count, axis):
    """Stretch along an axis so that the first and the last stay where they are."""
    places = np.linspace(0, picture.shape[axis] - 1, count)
    lower = np.minimum(places.astype(int), picture.shape[axis] - 2)
    part = (places - lower).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    first, second = (np.take(picture, lower + n, axis) for n in (0, 1))
    return first * (1 - part) + second * part


@RUNTIMES
@pytest.mark.parametrize("size", [None, (64, 96)])
@pytest.mark.parametrize(("classes", "last"), [(3, ""), (1, ""), (1, "LOGISTIC")])
def test_it_computes_what_the_file_says_and_ends_in_probabilities(
    tmp_path, run, size, classes, last
):
    toy = Toy(tmp_path / "toy.tflite", classes=classes, last=last)
    width, height = size or SIZE
    images = np.random.default_rng(2).normal(size=(2, 3, height, width)).astype(np.float32)
    convert(tmp_path / "toy.tflite", tmp_path / "toy.onnx", size=size)
    found = run(tmp_path / "toy.onnx", images)["probabilities"]
    assert found.shape == (2, classes, height, width)
    for image, one in zip(images, found, strict=True):
        sums = toy.computed(image.transpose(1, 2, 0)).transpose(2, 0, 1)
        powers = np.exp(sums)
        expected = sigmoid(sums) if classes == 1 else powers / powers.sum(axis=0)
        np.testing.assert_allclose(one, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"axes": (1, 3)}, "mean: only the average of a whole picture is supported"),
        ({"block": 3}, "convolution2dtransposebias: only blocks that do not overlap"),
    ],
)
def test_what_cannot_be_converted_is_named(tmp_path, options, complaint):
    Toy(tmp_path / "toy.tflite", **options)
    with pytest.raises(ModelError, match=complaint):
        convert(tmp_path / "toy.tflite", tmp_path / "toy.onnx")


# The kit's own, on the picture of a bus with people in front

BUS = 6
PERSON = 15
THRESHOLD = 0.5


@pytest.fixture(scope="module")
def bus(data_dir):
    return np.ascontiguousarray(cv2.imread(str(data_dir / "bus.jpg"))[..., ::-1])


def look(picture, *configs):
    """The frame after networks have looked at it, one after the other."""
    height, width, _ = picture.shape
    frame = FrameMeta(size=(width, height))
    surface = CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
    batch = BatchMeta([frame], surfaces=Surfaces([surface]))
    for config in configs:
        task = open_task(InferConfig.read(config))
        task.process(batch)
        task.close()
        assert task.network.warnings == ()
    return batch.frames[0]


def bounds(pixels):
    """The smallest box, xyxy, around the pixels that are true."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def overlap(one, other):
    """Intersection over union of two boxes xyxy."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = np.prod(np.maximum(high - low, 0))
    areas = [np.prod(np.subtract(box[2:], box[:2])) for box in (one, other)]
    return common / (sum(areas) - common)


def corners(obj):
    left, top, width, height = obj.ltwh
    return np.array([left, top, left + width, top + height])


@pytest.fixture(scope="module")
def seen(cache, bus):
    """The bus picture after the detector, the semantic network, and the one for persons."""
    names = ("yolov4-tiny", "deeplabv3", "deeplabv3-person")
    return look(bus, *(kit.config_of(name, cache=cache) for name in names))


def test_the_bus_and_the_people_are_where_the_detector_finds_them(seen, bus):
    meta = seen.user[SegmentationMeta]
    assert (meta.width, meta.height, meta.classes) == (257, 257, 21)
    size = bus.shape[1::-1]
    classes = cv2.resize(meta.class_map.astype(np.int16), size, interpolation=cv2.INTER_NEAREST)
    (vehicle,) = (obj for obj in seen.objects if obj.label == "bus")
    assert overlap(bounds(classes == BUS), corners(vehicle)) > 0.85
    people = [corners(obj) for obj in seen.objects if obj.label == "person"]
    shares, overlaps, inside = [], [], np.zeros(classes.shape, bool)
    for box in people:
        x1, y1, x2, y2 = box.round().astype(int).clip(0)
        part = classes[y1:y2, x1:x2] == PERSON
        inside[y1:y2, x1:x2] = True
        shares.append(part.mean())
        overlaps.append(overlap(bounds(part), (0, 0, x2 - x1, y2 - y1)))
    # The third, at the picture's edge, is found in part only.
    assert sorted(shares)[-2] > 0.5
    assert sorted(overlaps)[-2] > 0.8
    assert (classes == PERSON)[inside].sum() / (classes == PERSON).sum() > 0.9
    assert set(np.unique(classes[:200])) == {0}  # nothing but house and sky above


def test_persons_have_masks_that_fill_their_boxes_and_others_have_none(seen):
    for obj in seen.objects:
        if obj.label != "person":
            assert obj.mask is None
            continue
        assert obj.mask.threshold == THRESHOLD
        pixels = obj.mask.data > THRESHOLD
        height, width = pixels.shape
        assert overlap(bounds(pixels), (0, 0, width, height)) > 0.6
        assert 0.25 < pixels.mean() < 0.9
    assert sum(obj.mask is not None for obj in seen.objects) >= 2


def test_a_person_near_the_camera_fills_the_map(cache, bus):
    (meta,) = look(bus[380:900, 30:330].copy(), kit.config_of("selfie", cache=cache)).user.of(
        SegmentationMeta
    )
    assert (meta.width, meta.height, meta.classes) == (256, 144, 1)
    assert 0.2 < (meta.class_map == 0).mean() < 0.8
