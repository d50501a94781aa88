"""What scripts import beside `pyds`, where this machine does not have it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from penstock.cli.cuda_stub import provide_cuda

_HERE = "penstock.cli.sample_modules"
_PARTS = {
    "FPS": f"{_HERE}.frame_rates",
    "bus_call": f"{_HERE}.bus_call",
    "is_aarch_64": f"{_HERE}.machine",
    "platform_info": f"{_HERE}.machine",
    "utils": f"{_HERE}.numbers",
}
SAMPLE_MODULES = {
    "common": _HERE,
    **{f"common.{name}": ours for name, ours in _PARTS.items()},
    **{name: ours for name, ours in _PARTS.items() if name != "utils"},  # which others have, too
}
"""Module of a sample application → the one that stands in for it.

Scripts that append `.../apps/common` to the path import its modules by their own names.
"""
EXPLAINED = {
    "cupy": "it needs an NVIDIA GPU with CUDA, and pixels in its memory, which Penstock does not "
    "have yet: pyds.get_nvds_buf_surface gives them as NumPy arrays",
    "pyservicemaker": "Penstock has no Service Maker yet: it runs scripts that use pyds",
    "jetson": "it is a library of NVIDIA's Jetson boards",
    "jetson_utils": "it is a library of NVIDIA's Jetson boards",
    "pycuda": "it needs an NVIDIA GPU with CUDA",
    "tensorrt": "it runs networks on NVIDIA's GPUs: here nvinfer runs them from ONNX files",
}
"""What cannot be stood in for, and why."""


def provide_imports() -> None:
    """Stand in for `cuda` and `common`, and explain what cannot be stood in for.

    Whatever is really there comes first: the script's own `common` too.
    """
    provide_cuda()
    if not any(isinstance(finder, _LastFinder) for finder in sys.meta_path):
        sys.meta_path.append(_LastFinder())


class _LastFinder(MetaPathFinder):
    """Asked when nobody else has the module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in EXPLAINED:
            text = f"No module named {fullname!r}: {EXPLAINED[fullname]}"
            raise ModuleNotFoundError(text, name=fullname)
        if fullname not in SAMPLE_MODULES or not _is_ours(fullname):
            return None
        return ModuleSpec(fullname, _Alias(), is_package=fullname == "common")


class _Alias(Loader):
    """Fills a module with what another one has."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        source = import_module(SAMPLE_MODULES[module.__name__])
        names = {name: thing for name, thing in vars(source).items() if name[:2] != "__"}
        vars(module).update(names)


def _is_ours(name: str) -> bool:
    """A part of `common` is stood in for only where all of it is."""
    package = sys.modules.get("common")
    loader = getattr(getattr(package, "__spec__", None), "loader", None)
    return "common." not in name or isinstance(loader, _Alias)
