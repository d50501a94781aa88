from pathlib import Path

import pytest
from pictures import bright_box_network

from penstock.backends import BACKENDS
from penstock.config import InferConfig
from penstock.inference import Engine


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(params=list(BACKENDS))
def any_backend(request):
    return request.param


@pytest.fixture
def bright(tmp_path):
    """Makes engines with the network that finds the bright part of a picture, 32x24 pixels."""

    def make(*, backend="onnxruntime", network=None, engine=None, **settings):
        model = bright_box_network(tmp_path / "bright.onnx", **(network or {}))
        defaults = {"model_file": model, "num_classes": 3, "scale": 1 / 255, "batch_size": 4}
        config = InferConfig(Path("bright.txt"), **{**defaults, **settings})
        return Engine(config, backend=backend, **(engine or {}))

    return make
