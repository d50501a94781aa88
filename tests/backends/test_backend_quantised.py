"""Networks of 8 bits run as they are, on every backend."""

import numpy as np
import pytest

from onnx_models import quantised_convolution
from penstock.backends import BACKENDS, Threads


@pytest.mark.parametrize("name", list(BACKENDS))
@pytest.mark.parametrize("precision", ["f32", "fastest"])
def test_a_quantised_network_gives_what_its_8_bits_say(name, precision, tmp_path):
    weights, step = quantised_convolution(tmp_path / "q.onnx")
    images = np.random.default_rng(3).integers(0, 256, (3, 3, 6, 6)) / 255
    backend = BACKENDS.load(name)(
        tmp_path / "q.onnx", precision=precision, input_shape=None, threads=Threads(1), cache=None
    )
    found = np.array(backend.run({"x": images.astype(np.float32)})["y"])
    backend.close()
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    sums = np.einsum("nchwij,ocij->nohw", windows, weights)
    expected = np.clip(np.round(np.maximum(sums, 0) / step), 0, 255) * step
    np.testing.assert_allclose(found, expected, atol=step * 1.01)  # a half may go either way
    assert (np.abs(found - expected) < step / 2).mean() > 0.95
    assert found.max() > 1
