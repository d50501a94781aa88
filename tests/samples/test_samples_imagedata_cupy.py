"""samples/deepstream-imagedata-multistream-cupy, as far as it goes without CUDA.

CuPy's place is taken by a module that has what the sample uses of it, in ordinary memory.
"""

import ctypes
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from footage import clip, detector

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-imagedata-multistream-cupy"
SAMPLE = FOLDER / "deepstream_imagedata-multistream_cupy.py"
NO_CUPY = "raise ImportError('there is none')"
STAND_IN = """
import ctypes
from contextlib import nullcontext
from types import SimpleNamespace

from numpy import float32, ndarray as plain, uint8


class UnownedMemory:
    def __init__(self, address, size, owner):
        self.address, self.size, self.owner = address, size, owner


def ndarray(shape, dtype, memptr, strides, order):
    memory, offset = memptr
    block = (ctypes.c_uint8 * memory.size).from_address(memory.address)
    return plain(shape, dtype, block, offset, strides)


class Stream(nullcontext):
    def __init__(self, null):
        super().__init__()

    def synchronize(self):
        pass


class CUDARuntimeError(RuntimeError):
    pass


def count():
    {count}


cuda = SimpleNamespace(
    UnownedMemory=UnownedMemory,
    MemoryPointer=lambda memory, offset: (memory, offset),
    stream=SimpleNamespace(Stream=Stream),
    runtime=SimpleNamespace(getDeviceCount=count, CUDARuntimeError=CUDARuntimeError),
)
"""
NO_GPU = STAND_IN.format(count="raise CUDARuntimeError('cudaErrorNoDevice: no device')")
ONE_GPU = STAND_IN.format(count="return 1")


def run(folder, cupy, *arguments):
    """Run the sample with a CuPy of ours."""
    (folder / "cupy.py").write_text(cupy)
    return subprocess.run(
        [sys.executable, *map(str, (SAMPLE, *arguments))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


@pytest.mark.parametrize(
    ("cupy", "sentence"),
    [
        (NO_CUPY, "this sample needs CuPy and an NVIDIA GPU: pip install cupy-cuda12x"),
        (NO_GPU, "CuPy finds no NVIDIA GPU: cudaErrorNoDevice: no device"),
    ],
    ids=["no CuPy", "no GPU"],
)
def test_without_cuda_it_ends_with_one_sentence(tmp_path, cupy, sentence):
    done = run(tmp_path, cupy, "-i", "file:///x.mp4")
    assert (done.returncode, done.stdout) == (1, "")
    advice = "on a CPU, samples/deepstream-imagedata-multistream shows how pixels are changed"
    assert done.stderr == f"Error: {sentence}; {advice}\n"


def test_frames_in_ordinary_memory_end_it_with_one_sentence(tmp_path):
    ball = clip(tmp_path / "ball.mp4", frames=5, pattern="white")
    config = detector(tmp_path)
    done = run(tmp_path, ONE_GPU, "-i", ball.as_uri(), "--config", config, "--no-display")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "Error: pyds.get_nvds_buf_surface_gpu: the pixels are in the memory of the cpu, not on a "
        "GPU: use pyds.get_nvds_buf_surface"
    )


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """The sample as a module, with CuPy in ordinary memory."""
    (tmp_path / "cupy.py").write_text(ONE_GPU)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    spec = importlib.util.spec_from_file_location("imagedata_cupy", SAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("cupy")


def test_the_pixels_behind_the_capsule_lose_their_colour_in_place(sample):
    """Rows have a pitch that is longer than they are, as on a GPU."""
    height, width, pitch = 6, 10, 64
    memory = np.random.default_rng(0).integers(0, 256, height * pitch, np.uint8)
    before = memory.copy()
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    capsule = make(memory.ctypes.data, None, None)
    picture = sample.on_gpu(
        np.dtype(np.uint8), (height, width, 4), (pitch, 4, 1), capsule, memory.nbytes
    )
    rows, were = memory.reshape(height, pitch), before.reshape(height, pitch)
    assert np.array_equal(picture, were[:, : 4 * width].reshape(height, width, 4))
    sample.gray(picture)
    now, was = rows[:, : 4 * width].reshape(height, width, 4), were[:, : 4 * width]
    was = was.reshape(height, width, 4)
    luma = was[..., :3] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(now[..., :3] - luma[..., None]).max() <= 1
    assert np.array_equal(now[..., 3], was[..., 3])
    assert np.array_equal(rows[:, 4 * width :], were[:, 4 * width :])


def test_the_readme_names_every_option(tmp_path):
    readme = (FOLDER / "README.md").read_text()
    options = re.findall(r"^  .*?(--[\w-]+)", run(tmp_path, NO_CUPY, "--help").stdout, re.M)
    assert len(set(options) - {"--help"}) == 3
    for option in set(options) - {"--help"}:
        assert f"`{option}`" in readme, option
