"""A configuration with accidents in it works, or is refused by name: never a crash or a hang."""

import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import RED, bright_box_network, make_rois

from penstock.config import InferConfig
from penstock.errors import PenstockError
from penstock.inference import Engine

ONE = ((32, 24), (4, 6, 10, 8), RED, 1.0)
WHOLE = """\
[property]
onnx-file=net.onnx
labelfile-path=labels.txt
num-detected-classes=3
batch-size=2
net-scale-factor=0.00392156862745098
offsets=0.0;0.0;0.0
infer-dims=3;24;32
model-color-format=0
network-input-order=0
network-mode=0
maintain-aspect-ratio=1
symmetric-padding=1
scaling-filter=1
cluster-mode=2
output-blob-names=boxes;scores
parse-bbox-func-name=boxes-scores
custom-network-config=yolo.cfg
mean-file=mean.ppm
filter-out-class-ids=2
[class-attrs-all]
pre-cluster-threshold=0.2
nms-iou-threshold=0.5
eps=0.4
minBoxes=1
group-threshold=1
topk=20
roi-top-offset=1
detected-max-w=30
[class-attrs-1]
threshold=0.4
"""
NASTY = (
    *("", "0", "1", "2", "3", "4", "-1", "1e30", "-0.5", "nan", "inf", "99999999999999999999"),
    *(";", ";;;", "1;2", "3;1;1", "3;0;0", "24;32;3", "3;4096;4096", "boxes", "scores;boxes"),
    *("true", "net.onnx", "labels.txt", "mean.ppm", ".", "/dev/zero", "../..", "é", "\x00", "#"),
    *("x.py", "NvDsInferParseYolo", "yolov8", "detectnet-v2", "a" * 5000, "0.5;0.5;0.5;0.5"),
)
KEYS = [*re.findall(r"^([\w-]+)=", WHOLE, re.MULTILINE), "custom-lib-path", "network-type"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("mutations")
    bright_box_network(path / "net.onnx")
    (path / "labels.txt").write_text("red\ngreen\nblue\n")
    (path / "mean.ppm").write_bytes(b"P6 32 24 255\n" + bytes(32 * 24 * 3))
    (path / "yolo.cfg").write_text("[yolo]\nanchors=1,2\n")
    (path / "x.py").write_text("1/0\n")
    return path


def mutated(seed):
    """`WHOLE` with one to three values replaced, or lines added."""
    chance = random.Random(seed)
    text = WHOLE
    for _ in range(chance.randint(1, 3)):
        key, value = chance.choice(KEYS), chance.choice(NASTY)
        if f"{key}=" in text:
            text = re.sub(rf"^{key}=.*$", lambda _, k=key, v=value: f"{k}={v}", text, flags=re.M)
        else:
            text = text.replace("[property]\n", f"[property]\n{key}={value}\n", 1)
    return chance.choice([text, text.replace("\n", "\r\n")])


def run(folder, text):
    path = folder / "config.txt"
    path.write_bytes(text.encode("latin-1"))
    engine = Engine(InferConfig.read(path), backend="onnxruntime")
    (found,) = engine.infer(make_rois(ONE))
    engine.close()
    return found


def check(folder, text):
    try:
        found = run(folder, text)
    except PenstockError as error:
        message = str(error)
        assert "config.txt" in message or "net.onnx" in message, message
        assert message.isprintable(), message
    else:
        for one in found:
            assert np.isfinite([one.confidence, *one.ltwh]).all()


def test_the_configuration_without_accidents_works(folder):
    (found,) = run(folder, WHOLE)
    assert (found.label, found.class_id) == ("red", RED)
    np.testing.assert_allclose(found.ltwh, (4, 6, 10, 8), atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_twenty_mutated_configurations(folder, seed):
    check(folder, mutated(seed))


@settings(max_examples=150)
@given(seed=st.integers(0, 10**9))
def test_any_mutated_configuration(folder, seed):
    check(folder, mutated(seed))


@pytest.mark.parametrize("key", KEYS)
def test_every_value_that_means_nothing_is_harmless_alone(folder, key):
    for value in NASTY:
        text = re.sub(rf"^{key}=.*$", lambda _, v=value: f"{key}={v}", WHOLE, flags=re.M)
        if text == WHOLE:
            text = WHOLE.replace("[property]\n", f"[property]\n{key}={value}\n", 1)
        check(folder, text)
