"""The house rules that no linter checks."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FILES = sorted(p for p in SOURCE.rglob("*.py") if "plugins" not in p.parts)
ROOMS = (
    "analytics", "backends", "batching", "bitstream", "brokers", "checking", "config", "errors",
    "evaluation", "flow", "geometry", "gst", "inference", "kit", "messages", "meta", "osd",
    "parsers", "paths", "pipeline", "registry", "rest", "surface", "trackers",
)  # fmt: skip
FORBIDDEN_NAMES = {"utils", "common", "helpers"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_and_functions_stay_short(path):
    text = path.read_text()
    assert text.count("\n") <= 500
    assert path.stem not in FORBIDDEN_NAMES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            start = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            assert node.end_lineno - start.lineno < 45, f"{node.name} is too long"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_offers_what_it_lists(room):
    module = import_module(f"penstock.{room}")
    assert module.__doc__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_the_front_door_offers_what_it_lists():
    import penstock

    assert [name for name in penstock.__all__ if not hasattr(penstock, name)] == []


def test_importing_penstock_needs_no_gstreamer_and_no_heavy_library():
    code = (
        "import sys, penstock, penstock.meta, penstock.config, penstock.registry; "
        "loaded = {'gi', 'cv2', 'openvino', 'onnxruntime', 'onnx'} & set(sys.modules); "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_registering_the_elements_loads_no_heavy_library():
    code = (
        "import sys, penstock; penstock.init(); "
        "loaded = {'cv2', 'openvino', 'onnxruntime', 'onnx'} & set(sys.modules); "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
