"""The network that the comparison with other pipelines runs."""

import numpy as np
import onnx
import pytest
from yolov8n_shaped import STRIDES, write

from penstock.backends import BACKENDS
from penstock.config import InferConfig
from penstock.inference import Engine

YOLOV8N_WEIGHTS = 3_151_888  # with batch normalisation folded in


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return write(tmp_path_factory.mktemp("network"), side=96)


def test_it_has_as_many_weights_as_yolov8n(network):
    weights = [w for w in onnx.load(network).graph.initializer if w.name.startswith("block")]
    learned = [w for w in weights if w.name.endswith(("/weights", "/bias"))]
    assert sum(int(np.prod(w.dims)) for w in learned) == YOLOV8N_WEIGHTS


def test_it_is_the_same_network_every_time(network, tmp_path):
    assert write(tmp_path, side=96).read_bytes() == network.read_bytes()


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_nvinfer_finds_the_layout_by_itself(network, backend):
    engine = Engine(InferConfig.read(network.with_name("config_infer.txt")), backend=backend)
    assert (engine.parser, engine.num_classes, engine.size) == ("yolov8", 80, (96, 96))
    assert (engine.precision_used, engine.warnings) == ("f32", ())


def test_its_outputs_are_finite_and_its_boxes_are_around_their_cells(network):
    picture = np.random.default_rng(0).random((1, 3, 96, 96), np.float32)
    (output,) = BACKENDS.load("onnxruntime")(network).run({"images": picture}).values()
    assert output.shape == (1, 84, 12**2 + 6**2 + 3**2)
    assert np.isfinite(output).all()
    assert ((output[0, 4:] >= 0) & (output[0, 4:] <= 1)).all()
    assert (output[0, 2:4] > 0).all()
    middles = np.concatenate(
        [np.mgrid[s / 2 : 96 : s, s / 2 : 96 : s].reshape(2, -1) for s in STRIDES], 1
    )
    assert (np.abs(output[0, :2] - middles[::-1]) <= output[0, 2:4] / 2 + 1e-3).all()


def test_the_batch_can_be_left_open(tmp_path):
    network = BACKENDS.load("onnxruntime")(write(tmp_path, side=64, dynamic_batch=True))
    assert network.max_batch is None
    (output,) = network.run({"images": np.zeros((3, 3, 64, 64), np.float32)}).values()
    assert output.shape == (3, 84, 84)
