"""Keep C++ exceptions alive beside GStreamer.

GStreamer brings libunwind into the process. Its `_Unwind_*` functions shadow those of libgcc for
every library that is loaded later, while libraries loaded before have bound to libgcc's. An
exception that is thrown by the one and resumed by the other aborts the process: any error inside
OpenVINO, ONNX Runtime or OpenCV would. So libgcc must serve everybody, whatever came first.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator

from penstock.gst import elf

_UNWINDER, _WANTED = "libunwind.so.8", "libgcc_s.so.1"
_FUNCTIONS = (
    "_Unwind_Backtrace",
    "_Unwind_DeleteException",
    "_Unwind_FindEnclosingFunction",
    "_Unwind_ForcedUnwind",
    "_Unwind_GetCFA",
    "_Unwind_GetDataRelBase",
    "_Unwind_GetGR",
    "_Unwind_GetIP",
    "_Unwind_GetIPInfo",
    "_Unwind_GetLanguageSpecificData",
    "_Unwind_GetRegionStart",
    "_Unwind_GetTextRelBase",
    "_Unwind_RaiseException",
    "_Unwind_Resume",
    "_Unwind_Resume_or_Rethrow",
    "_Unwind_SetGR",
    "_Unwind_SetIP",
)
"""What both offer."""


def settle() -> None:
    """Make libgcc the only C++ unwinder of the process; call before gi is imported.

    Does nothing where it cannot: another C library than glibc, or a 32-bit machine.
    """
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return
    wanted = _open(_WANTED, os.RTLD_GLOBAL)  # before libunwind is here: found first for ever
    shadowing = _open(_UNWINDER, os.RTLD_NOLOAD)
    if wanted is None or shadowing is None:
        return
    replacements = dict(_replacements(shadowing, wanted))
    elf.rebind(replacements)
    elf.hide(shadowing, _FUNCTIONS)


def _open(name: str, mode: int) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name, mode=mode | os.RTLD_LAZY)
    except OSError:
        return None


def _replacements(shadowing: ctypes.CDLL, wanted: ctypes.CDLL) -> Iterator[tuple[int, int]]:
    """Address of each shadowing function and of that which is to be called instead."""
    for function in _FUNCTIONS:
        if hasattr(shadowing, function) and hasattr(wanted, function):
            old, new = (
                ctypes.cast(getattr(library, function), ctypes.c_void_p).value or 0
                for library in (shadowing, wanted)
            )
            if old != new:
                yield old, new
