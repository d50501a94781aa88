"""Pixels for other libraries, by DLPack, the exchange of arrays between libraries."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CPU = (1, 0)  # kDLCPU, the only one

# NumPy 2.1 is the first that can say that an array is read-only, and that knows these arguments.
_FLAGS_READ_ONLY = np.lib.NumpyVersion(np.__version__) >= "2.1.0"


class Request(NamedTuple):
    """What a library asks `__dlpack__` for; see Python's array API standard.

    Attributes:
        stream: None on a CPU.
        max_version: The newest DLPack it reads; None: older than 1.0.
        dl_device: Where it wants the pixels; None: where they are.
        copy: Whether it wants memory of its own; None: where there is no other way.
    """

    stream: Any = None
    max_version: tuple[int, int] | None = None
    dl_device: tuple[int, int] | None = None
    copy: bool | None = None


def export(plane: NDArray[Any], asked: Request) -> Any:
    """A DLPack capsule of a read-only array.

    Only DLPack 1.0 can say that memory is read-only. A library that reads less gets a copy, so
    that it cannot write to pixels that others hold too.

    Raises:
        BufferError: Another device is asked for, or no copy by a library that needs one.
    """
    if asked.dl_device not in (None, CPU):
        raise BufferError(f"the pixels are on the CPU, {CPU}; asked for device {asked.dl_device}")
    is_told = _FLAGS_READ_ONLY and asked.max_version is not None and asked.max_version >= (1, 0)
    if asked.copy or not is_told:
        if asked.copy is False:
            raise BufferError(
                "these pixels are read-only, which DLPack can say from 1.0 on (NumPy 2.1): let "
                "them be copied, or hand over what writable() gives"
            )
        plane = plane.copy()
    exported: Any = plane
    if is_told:
        return exported.__dlpack__(stream=asked.stream, max_version=asked.max_version)
    return exported.__dlpack__(stream=asked.stream)
