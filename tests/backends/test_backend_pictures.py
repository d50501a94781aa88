"""Networks that take pictures as they are, where a backend can make the rest of their input."""

import numpy as np
import pytest

from onnx_models import convolution, save_model
from penstock.backends import BACKENDS, PictureInput

RGB = PictureInput("NCHW", 3, scale=0.5, offsets=(1.0, 20.0, 100.0))


@pytest.fixture(params=list(BACKENDS))
def backend(request):
    return BACKENDS.load(request.param)


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def by_hand(x, wanted):
    y = (x.astype(np.float32) - np.float32(wanted.offsets or (0,))) * np.float32(wanted.scale)
    return np.ascontiguousarray(y.transpose(0, 3, 1, 2) if wanted.layout == "NCHW" else y)


@pytest.mark.parametrize("batch", [None, 1])
def test_pictures_give_what_the_input_made_of_them_by_hand_gives(backend, tmp_path, batch):
    convolution(tmp_path / "net.onnx")
    plain = backend(tmp_path / "net.onnx", batch=batch)
    network = backend(tmp_path / "net.onnx", pictures=RGB, batch=batch)
    x = pictures(batch or 2, 6, 6, 3)
    wanted = plain.run({"x": by_hand(x, RGB)})["sums"].copy()
    if network.takes_pictures:
        assert network.inputs["x"].shape == (batch, 6, 6, 3)
        assert network.inputs["x"].dtype == np.uint8
        found = network.run({"x": x})["sums"]
    else:
        assert network.inputs == plain.inputs
        found = network.run({"x": by_hand(x, RGB)})["sums"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)


def test_channels_may_come_last_and_be_gray(backend, tmp_path):
    path = save_model(
        tmp_path / "gray.onnx",
        [("Relu", ["x"], ["y"], {})],
        inputs={"x": ["n", 5, 4, 1]},
        outputs={"y": ["n", 5, 4, 1]},
    )
    gray = PictureInput("NHWC", 1, scale=2.0, offsets=(128.0,))
    network = backend(path, pictures=gray)
    x = pictures(3, 5, 4, 1)
    given = x if network.takes_pictures else by_hand(x, gray)
    np.testing.assert_array_equal(network.run({"x": given})["y"], np.maximum(by_hand(x, gray), 0))


def test_openvino_takes_pictures(tmp_path):
    convolution(tmp_path / "net.onnx")
    assert BACKENDS.load("openvino")(tmp_path / "net.onnx", pictures=RGB).takes_pictures


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        (["n", 3, 6, 6], PictureInput("NHWC", 3)),  # channels stand elsewhere
        (["n", 4, 6, 6], PictureInput("NCHW", 3)),  # too many
        (["n", 3, "h", "w"], PictureInput("NCHW", 3)),  # no size
        (["n", 3], PictureInput("NCHW", 3)),  # no picture
        ((["n", 3, 6, 6], "uint8"), PictureInput("NCHW", 3)),  # bytes already
    ],
)
def test_an_input_of_another_kind_stays_as_it_is(backend, tmp_path, inputs, wanted):
    path = save_model(
        tmp_path / "net.onnx",
        [("Identity", ["x"], ["y"], {})],
        inputs={"x": inputs},
        outputs={"y": inputs},
    )
    network = backend(path, pictures=wanted)
    assert not network.takes_pictures
    assert network.inputs == backend(path).inputs


def test_a_network_from_the_cache_still_takes_pictures(tmp_path):
    convolution(tmp_path / "net.onnx")
    openvino, cache = BACKENDS.load("openvino"), tmp_path / "cache"
    x = pictures(1, 6, 6, 3)
    first = openvino(tmp_path / "net.onnx", pictures=RGB, cache=cache)
    wanted = first.run({"x": x})["sums"].copy()
    again = openvino(tmp_path / "net.onnx", pictures=RGB, cache=cache)
    assert again.takes_pictures
    np.testing.assert_array_equal(again.run({"x": x})["sums"], wanted)
    assert not openvino(tmp_path / "net.onnx", cache=cache).takes_pictures
