"""Keep C++ exceptions alive beside GStreamer.

GStreamer brings libunwind into the process, whose `_Unwind_*` functions shadow those of libgcc for
every library loaded later. A libstdc++ that was loaded before has bound to libgcc's. An exception
that is thrown by the one and resumed by the other aborts the process: any error inside OpenVINO,
ONNX Runtime or OpenCV would. Both must come from one library.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import sys
from pathlib import Path

_CPLUSPLUS = ("cv2", "openvino", "onnxruntime")
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


class _Loaded(ctypes.Structure):
    """The beginning of a `dl_phdr_info`."""

    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]


def settle() -> None:
    """Give libraries that load later the unwinder that libstdc++ uses; call before importing gi."""
    libraries = _load_order()
    if not any(name.startswith("libunwind.so") for name in libraries):
        _make_global("libgcc_s.so.1")  # ahead of libunwind, so it is found first
        return
    for name in libraries:
        if name.startswith("libunwind.so"):
            return  # libstdc++ has bound to libunwind, as all others do
        if name.startswith("libstdc++.so"):
            _bind_deeply()
            return


def _bind_deeply() -> None:
    """Load the C++ libraries now, so that they look into their own dependencies first: libgcc.

    Only these: a library that is linked to libpython, such as gst-python's, would get a second one.
    """
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
    try:
        for name in _CPLUSPLUS:
            with contextlib.suppress(ImportError):
                module = importlib.import_module(name)
                for library in Path(module.__file__ or "").parent.glob("libs/*.so"):
                    with contextlib.suppress(OSError):
                        ctypes.CDLL(str(library), mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
    finally:
        sys.setdlopenflags(flags)


def _make_global(library: str) -> None:
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return  # no such library on this system, so nothing that could clash


def _load_order() -> list[str]:
    """File names of the loaded libraries, first loaded first."""
    names: list[str] = []

    def note(info: int, _size: int, _data: int) -> int:
        names.append(os.path.basename(_Loaded.from_address(info).name or b"").decode())
        return 0

    iterate = ctypes.CDLL(None).dl_iterate_phdr
    iterate.argtypes = [_Callback, ctypes.c_void_p]
    iterate(_Callback(note), None)
    return names
