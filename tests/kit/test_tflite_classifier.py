"""TensorFlow Lite classifiers converted, and what the kit makes of the real one."""

from io import BytesIO
from zipfile import ZipFile

import cv2
import numpy as np
import onnx
import pytest
from runtimes import RUNTIMES
from tflite_writer import TfliteWriter

from penstock import kit
from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.inference import open_task
from penstock.kit.tflite_classifier import convert, labels
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

SIDE, CLASSES = 48, 5
NAMES = ("ant", "bee", "cat", "dog", "eel")
KINDS = {"insect": ("ant", "bee"), "fish": ("eel",)}
random = np.random.default_rng(5)
WEIGHTS = random.normal(size=(CLASSES, 3)).astype(np.float32)
BIAS = random.normal(size=CLASSES).astype(np.float32)


def toy(path, *, last="SOFTMAX", names=NAMES, window=SIDE):
    """Write a classifier: the mean colour, a fully connected layer, a softmax; and its labels."""
    writer = TfliteWriter()
    image = writer.tensor((1, SIDE, SIDE, 3), "float32")
    mean = writer.tensor((1, 1, 1, 3), "float32")
    flat = writer.tensor((1, 3), "float32")
    logits, shares = (writer.tensor((1, CLASSES), "float32") for _ in range(2))
    weights = writer.tensor(WEIGHTS.shape, "float32", values=WEIGHTS)
    bias = writer.tensor(BIAS.shape, "float32", values=BIAS)
    pool = {"FilterHeight": window, "FilterWidth": window, "StrideH": 1, "StrideW": 1}
    writer.operator("AVERAGE_POOL_2D", [image], [mean], "Pool2DOptions", **pool)
    writer.operator("RESHAPE", [mean], [flat])
    options = {"FusedActivationFunction": 0}
    writer.operator(
        "FULLY_CONNECTED", [flat, weights, bias], [logits], "FullyConnectedOptions", **options
    )
    writer.operator(last, [logits], [shares])
    writer.write(path, inputs=[image], outputs=[shares])
    archive = BytesIO()
    with ZipFile(archive, "w") as opened:
        opened.writestr("labels.txt", "\n".join(names) + "\n")
    path.write_bytes(path.read_bytes() + archive.getvalue())
    return path


def softmax(numbers):
    powers = np.exp(numbers)
    return powers / powers.sum(axis=1, keepdims=True)


@RUNTIMES
@pytest.mark.parametrize("size", [None, (64, 32)])
@pytest.mark.parametrize("kinds", [None, KINDS])
def test_it_computes_what_the_file_says_or_adds_it_up(tmp_path, run, size, kinds):
    width, height = size or (SIDE, SIDE)
    images = random.normal(size=(3, 3, height, width)).astype(np.float32)
    convert(toy(tmp_path / "toy.tflite"), tmp_path / "toy.onnx", kinds=kinds, size=size)
    (found,) = run(tmp_path / "toy.onnx", images).values()
    logits = images.mean(axis=(2, 3)) @ WEIGHTS.T + BIAS
    if kinds:
        shares = softmax(logits[:, [0, 1, 4]])
        expected = np.stack([shares[:, :2].sum(axis=1), shares[:, 2]], axis=1)
    else:
        expected = softmax(logits)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_its_labels_are_in_the_file(tmp_path):
    path = toy(tmp_path / "toy.tflite")
    assert labels(path) == NAMES
    path.write_bytes(path.read_bytes()[:800])
    with pytest.raises(ModelError, match=r"toy\.tflite: expected a list of labels inside"):
        labels(path)


def test_what_cannot_be_converted_is_named(tmp_path):
    path, output = tmp_path / "toy.tflite", tmp_path / "toy.onnx"
    with pytest.raises(ModelError, match="a classifier should end in SOFTMAX"):
        convert(toy(path, last="LOGISTIC"), output)
    with pytest.raises(ModelError, match="the network has no class 'bee'"):
        convert(toy(path, names=("ant", "wasp", "cat", "dog", "eel")), output, kinds=KINDS)
    with pytest.raises(
        ModelError, match="000_average_pool_2d: only the average of a whole picture"
    ):
        convert(toy(path, window=8), output)
    with pytest.raises(ModelError, match="must be at least 32x32, got 16x48"):
        convert(toy(path), output, size=(16, 48))


# The kit's own, on the picture of a bus with people in front


@pytest.fixture(scope="module")
def bus(data_dir):
    return cv2.imread(str(data_dir / "bus.jpg"))[..., ::-1]


def look(picture, config, *boxes, class_id=0):
    """The objects, after a secondary network has looked at boxes of element 1."""
    surface = CpuSurface.from_planes(
        (np.ascontiguousarray(picture),), "RGB", colorimetry=Colorimetry()
    )
    height, width, _ = picture.shape
    frame = FrameMeta(size=(width, height))
    for box in boxes:
        frame.add(ObjectMeta(box, component_id=1, class_id=class_id))
    batch = BatchMeta([frame], surfaces=Surfaces([surface]))
    task = open_task(InferConfig.read(config))
    task.process(batch)
    task.close()
    return batch.frames[0].objects


BUS = (22, 230, 780, 520)


def test_the_bus_is_a_bus(cache, bus):
    for name, expected in (("vehicle-type", {"bus"}), ("imagenet", {"minibus", "trolleybus"})):
        (obj,) = look(bus, kit.config_of(name, cache=cache), BUS, class_id=5)
        (answer,) = obj.classifications
        assert answer.label in expected
        assert obj.classifiers[0].classifier_type in ("vehicletype", "imagenet")
    (person,) = look(bus, kit.config_of("vehicle-type", cache=cache), BUS, class_id=0)
    assert person.classifiers == []


def test_faces_are_found_in_persons_and_have_an_age_and_a_gender(cache, bus):
    person = (50, 399, 195, 500)
    config = kit.config_of("yunet-person", cache=cache)
    _, face = look(bus, config, person)
    left, top, width, _ = face.ltwh
    assert face.parent is not None
    assert (face.label, face.component_id) == ("face", 2)
    assert 50 <= left <= left + width <= 245
    for name in ("age", "gender"):
        (obj,) = look(bus, kit.config_of(name, cache=cache), face.ltwh)
        (answer,) = obj.classifications
        if name == "age":
            assert 20 <= int(answer.label) <= 60
        else:
            assert answer.label == "male"
            assert answer.confidence > 0.9
        (small,) = look(bus, kit.config_of(name, cache=cache), (left, top, 20, 20))
        assert small.classifiers == []


def test_the_list_of_imagenet_has_a_label_for_each_class(cache):
    path = kit.get("imagenet", cache=cache)
    names = path.with_name("labels.txt").read_text().strip().split(";")
    assert (len(names), names[0]) == (1000, "tench")
    (output,) = onnx.load(str(path)).graph.output
    assert [side.dim_value for side in output.type.tensor_type.shape.dim] == [0, 1000]
