import subprocess
import sys
from pathlib import Path

import pytest

from penstock import backends
from penstock.backends import BACKENDS, cache_folder, default_backend
from penstock.errors import MissingExtraError, UnknownNameError


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("PENSTOCK_BACKEND", "PENSTOCK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def installed(monkeypatch, *names):
    monkeypatch.setattr(backends.choice, "find_spec", lambda name: name in names or None)


def test_the_faster_one_is_the_default(monkeypatch):
    installed(monkeypatch, "onnxruntime", "openvino")
    assert default_backend() == "openvino"


def test_the_other_one_is_taken_where_it_alone_is_installed(monkeypatch):
    installed(monkeypatch, "onnxruntime")
    assert default_backend() == "onnxruntime"


def test_nothing_installed_says_what_to_install(monkeypatch):
    installed(monkeypatch)
    with pytest.raises(MissingExtraError, match="pip install openvino"):
        default_backend()


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("PENSTOCK_BACKEND", "onnxruntime")
    assert default_backend() == "onnxruntime"


def test_a_wrong_choice_lists_the_right_ones(monkeypatch):
    monkeypatch.setenv("PENSTOCK_BACKEND", "tensorrt")
    with pytest.raises(UnknownNameError, match=r"PENSTOCK_BACKEND=tensorrt.*onnxruntime, openvino"):
        default_backend()


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "penstock.backends.onnxruntime", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'penstock\[onnxruntime\]'"):
        BACKENDS.load("onnxruntime")


def test_the_room_opens_without_its_heavy_libraries():
    check = (
        "import sys, penstock.backends, penstock.inference, penstock.parsers\n"
        "heavy = {'openvino', 'onnxruntime', 'onnx', 'cv2'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_compiled_models_lie_in_the_cache_of_the_user(monkeypatch):
    assert cache_folder() == Path.home() / ".cache/penstock/compiled"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/some cache")
    assert cache_folder() == Path("/var/some cache/penstock/compiled")
    monkeypatch.setenv("PENSTOCK_CACHE", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/compiled")
