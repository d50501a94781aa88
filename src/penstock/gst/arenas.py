"""Fewer heaps for the C library's threads."""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
_LEAST = 2


def settle() -> None:
    """Give threads one heap for each core, where the environment does not say how many.

    glibc makes eight for each core, and keeps in each what was freed in it: 16 cameras that came
    and went for 20 minutes left 64 MB behind, of which nothing was in use. Other C libraries have
    nothing of the kind.
    """
    if "MALLOC_ARENA_MAX" in os.environ or "GLIBC_TUNABLES" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, max(_LEAST, os.cpu_count() or 1))
