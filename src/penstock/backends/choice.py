"""Which backends there are, which one is taken, and where compiled models are kept."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from penstock.backends.base import Backend
from penstock.errors import MissingExtraError, UnknownNameError
from penstock.paths import cache_dir
from penstock.registry import Registry

BACKENDS: Registry[Backend] = Registry(
    "backend",
    {
        "onnxruntime": "penstock.backends.onnxruntime:OnnxRuntimeBackend",
        "openvino": "penstock.backends.openvino:OpenVinoBackend",
    },
    extras={"onnxruntime": "onnxruntime"},
)

_FASTEST_FIRST = ("openvino", "onnxruntime")  # as measured in docs/inference.md


def default_backend() -> str:
    """The name of the backend to use where nobody chose one.

    `PENSTOCK_BACKEND` names it; else it is the fastest of those installed.

    Raises:
        UnknownNameError: `PENSTOCK_BACKEND` names none.
        MissingExtraError: No backend's library is installed.
    """
    if chosen := os.environ.get("PENSTOCK_BACKEND"):
        if chosen not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise UnknownNameError(f"PENSTOCK_BACKEND={chosen}: no such backend. Known: {known}")
        return chosen
    for name in _FASTEST_FIRST:
        if find_spec(name):
            return name
    raise MissingExtraError(
        f"inference needs one of these packages: pip install {_FASTEST_FIRST[0]}"
    )


def cache_folder() -> Path:
    """Where compiled models are kept: `compiled` in Penstock's cache folder; see `cache_dir`."""
    return cache_dir() / "compiled"
