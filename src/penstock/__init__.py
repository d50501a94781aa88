"""Penstock: DeepStream's Python system on any machine.

`import penstock` needs no GStreamer; `penstock.init()` registers the elements. Names load on use.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.config import InferConfig
    from penstock.errors import (
        ConfigError,
        MissingExtraError,
        ModelError,
        PenstockError,
        StreamError,
        UnknownNameError,
    )
    from penstock.gst.carrier import batch_of, metadata
    from penstock.meta import (
        BatchMeta,
        ClassifierMeta,
        Detections,
        DisplayMeta,
        FrameMeta,
        ObjectMeta,
        UserMeta,
    )
    from penstock.pipeline.detect import detect
    from penstock.pipeline.job import DetectJob

__version__ = "0.1.0"

_HOME = {
    "BatchMeta": "penstock.meta",
    "ClassifierMeta": "penstock.meta",
    "ConfigError": "penstock.errors",
    "Detections": "penstock.meta",
    "DetectJob": "penstock.pipeline",
    "DisplayMeta": "penstock.meta",
    "FrameMeta": "penstock.meta",
    "InferConfig": "penstock.config",
    "MissingExtraError": "penstock.errors",
    "ModelError": "penstock.errors",
    "ObjectMeta": "penstock.meta",
    "PenstockError": "penstock.errors",
    "StreamError": "penstock.errors",
    "UnknownNameError": "penstock.errors",
    "UserMeta": "penstock.meta",
    "batch_of": "penstock.gst",
    "detect": "penstock.pipeline",
    "load_ipython_extension": "penstock.cli.notebook",
    "metadata": "penstock.gst.carrier",
}
_registered = False

__all__ = [
    "BatchMeta",
    "ClassifierMeta",
    "ConfigError",
    "DetectJob",
    "Detections",
    "DisplayMeta",
    "FrameMeta",
    "InferConfig",
    "MissingExtraError",
    "ModelError",
    "ObjectMeta",
    "PenstockError",
    "StreamError",
    "UnknownNameError",
    "UserMeta",
    "__version__",
    "batch_of",
    "detect",
    "init",
    "metadata",
]


def init() -> None:
    """Initialise GStreamer, guard pad probes and register the elements; harmless when repeated.

    `PENSTOCK_REGISTER=0` in the environment switches it off, so that a real DeepStream's elements
    are used.

    Raises:
        MissingExtraError: GStreamer or its Python bindings are not installed.
    """
    global _registered  # noqa: PLW0603 - once per process
    if _registered or os.environ.get("PENSTOCK_REGISTER") == "0":
        return
    from penstock.elements import register, register_all
    from penstock.gst import event_names, late_variables, probes, sdk_files

    probes.install()
    event_names.install()
    sdk_files.install()
    register_all()
    late_variables.install(lambda: register("nvstreammux"))
    _registered = True


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'penstock' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
