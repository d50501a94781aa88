"""C++ exceptions beside GStreamer: each must become a Python exception, whatever was loaded first.

An exception that is thrown by one unwinder and resumed by another aborts the process, so every
order runs in a process of its own.
"""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

import penstock.gst

THROW = {
    "cv2": "cv2.resize(numpy.zeros((0, 0)), (1, 1))",
    "openvino": "openvino.Core().read_model('missing.xml')",
    "onnxruntime": "onnxruntime.InferenceSession(b'no model')",
}
LOAD = {
    "gst": "import gi; gi.require_version('Gst', '1.0'); "
    "from gi.repository import Gst; Gst.init(None)",
    "gst by hand": "import ctypes; ctypes.CDLL('libgstreamer-1.0.so.0')",
    "penstock": "import penstock.gst",
    "init": "import penstock; penstock.init()",
}
CODE = """
import sys, threading
def throws(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "nothing"
"""


def thrown(order):
    """What the libraries raise in a process that loads in this order: all at the end.

    A step "X throws" loads X and makes it throw at once.
    """
    steps = []
    for step in order:
        name = step.removesuffix(" throws")
        steps.append(LOAD.get(name, f"import {name}"))
        if step != name:
            steps.append(f"import numpy; print(throws(lambda: {THROW[name]}))")
    steps.append(f"import numpy, {', '.join(THROW)}")
    steps += [f"print(throws(lambda: {call}))" for call in THROW.values()]
    code = CODE + "\n".join(steps)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{order}: ended by {done.returncode}\n{done.stderr[-500:]}"
    return done.stdout.split()[-3:]


@pytest.mark.parametrize("library", THROW)
@pytest.mark.parametrize(
    "order",
    [
        ("numpy", "gst", "penstock", "X"),  # the one that failed first
        ("numpy", "gst", "X", "penstock"),
        ("numpy", "X", "gst", "penstock"),
        ("X", "gst", "numpy", "penstock"),  # imports sorted by name
        ("gst", "numpy", "X", "penstock"),
        ("gst", "penstock", "X"),
        ("penstock", "X"),
        ("X", "penstock"),
        ("X throws", "gst", "penstock"),
        ("gst by hand", "numpy", "gst", "X", "penstock"),
        ("gst", "X throws", "init"),
    ],
    ids=" ".join,
)
def test_what_is_thrown_in_c_is_raised_in_python(order, library):
    steps = [step.replace("X", library) if step[0] == "X" else step for step in order]
    assert thrown(steps) == ["error", "RuntimeError", "InvalidProtobuf"]


def test_both_unwinders_are_here_and_everybody_finds_one():
    assert penstock.gst.Gst.is_initialized()
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    libraries = {Path(line[5]).name for line in maps if len(line) > 5}
    assert any(name.startswith("libunwind.so") for name in libraries)
    for function in ("_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_GetIP"):
        found = ctypes.cast(getattr(ctypes.CDLL(None), function), ctypes.c_void_p).value
        (where,) = [
            line[5]
            for line in maps
            if int(line[0].split("-")[0], 16) <= found < int(line[0].split("-")[1], 16)
        ]
        assert Path(where).name.startswith("libgcc_s.so")
