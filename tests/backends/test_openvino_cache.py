"""The compiled models that OpenVINO's backend keeps."""

import multiprocessing
import subprocess
import sys

import numpy as np
import onnx
import pytest

from onnx_models import convolution
from penstock.backends import PictureInput, Threads
from penstock.backends.openvino import OpenVinoBackend

ZEROS = {"x": np.zeros((1, 3, 6, 6), np.float32)}
OPEN = """
import sys
from pathlib import Path
import numpy as np
from penstock.backends.openvino import OpenVinoBackend
network = OpenVinoBackend(Path(sys.argv[1]), cache=Path(sys.argv[2]))
found = network.run({"x": np.zeros((1, 3, 6, 6), np.float32)})["sums"]
assert set(np.unique(found).tolist()) == {0.5, -0.25}
"""


@pytest.fixture
def model(tmp_path):
    convolution(tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def is_right(network):
    return set(np.unique(network.run(ZEROS)["sums"]).tolist()) == {0.5, -0.25}


def test_one_file_is_kept_and_read_again(model, cache, monkeypatch):
    OpenVinoBackend(model, cache=cache)
    (kept,) = cache.iterdir()
    assert kept.name.startswith("net-")

    def compiles(*_):
        raise AssertionError("compiled although a compiled model is kept")

    monkeypatch.setattr("openvino.Core.compile_model", compiles)
    assert is_right(OpenVinoBackend(model, cache=cache))


def test_every_setting_that_matters_has_a_file_of_its_own(model, cache):
    OpenVinoBackend(model, cache=cache, precision="f32", threads=Threads(1))
    OpenVinoBackend(model, cache=cache, precision="fastest", threads=Threads(1))
    OpenVinoBackend(model, cache=cache, precision="f32", threads=Threads(2))
    OpenVinoBackend(model, cache=cache, precision="f32", threads=Threads(1), input_shape=(3, 6, 6))
    OpenVinoBackend(model, cache=cache, precision="f32", threads=Threads(1), batch=1)
    OpenVinoBackend(
        model, cache=cache, precision="f32", threads=Threads(1), pictures=PictureInput("NCHW", 3)
    )
    assert len(list(cache.iterdir())) == 6


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:2],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0",
        lambda content: content[:300] + bytes([content[300] ^ 1]) + content[301:],
        lambda content: bytes(len(content)),
    ],
)
def test_a_damaged_file_is_compiled_again_and_repaired(model, cache, damage):
    OpenVinoBackend(model, cache=cache)
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    kept.write_bytes(damage(content))
    assert is_right(OpenVinoBackend(model, cache=cache))
    assert len(kept.read_bytes()) == len(content)


def test_a_file_that_openvino_refuses_is_compiled_again(model, cache, monkeypatch):
    OpenVinoBackend(model, cache=cache)

    def refuses(*_):
        raise RuntimeError("made by another version")

    monkeypatch.setattr("openvino.Core.import_model", refuses)
    assert is_right(OpenVinoBackend(model, cache=cache))


def test_processes_that_start_together_do_not_disturb_each_other(model, cache):
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, model, cache])
        for _ in range(2 * multiprocessing.cpu_count())
    ]
    assert [process.wait() for process in started] == [0] * len(started)
    assert [path.suffix for path in cache.iterdir()] == [".blob"]


def test_weights_in_other_files_are_never_kept(model, cache):
    """The name is made from the model file; it would not change with those weights."""
    network = onnx.load(model)
    onnx.save(
        network,
        model,
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    assert is_right(OpenVinoBackend(model, cache=cache))
    assert not cache.exists()
