"""Optical flow, as C structs. They cannot be made: nvof attaches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from penstock.meta import OpticalFlowMeta
from pyds.casters import described, whole
from pyds.extras import ReservedPointer
from pyds.fields import INT16, Field, Unsigned64
from pyds.views import View


class _Motion(Field):
    reads = "int"

    def __init__(self, axis: int, doc: str) -> None:
        self.axis = axis
        super().__init__("", doc)

    def _reader(self) -> Callable[[Any], int]:
        axis = self.axis
        return lambda view: int(view._core[axis])

    def _write(self, view: View, value: object) -> None:
        view._core[self.axis] = whole(value, *INT16, self.label)


class NvOFFlowVector(View, of=np.ndarray):
    """The motion of one block of pixels; cast `NvDsOpticalFlowMeta.data` for the first."""

    __slots__ = ()

    flowx = _Motion(0, "To the right, 1/32 pixel.")
    flowy = _Motion(1, "Down, 1/32 pixel.")

    def __init__(self) -> None:
        _refuse("NvOFFlowVector")

    @classmethod
    def cast(cls, data: object) -> NvOFFlowVector:
        """See the beginning of an int16 array as a vector.

        Raises:
            TypeError: It is something else, or has fewer than two numbers.
        """
        view = super().cast(data)
        vectors = view._core
        if vectors.dtype != np.int16 or vectors.size < 2:
            raise TypeError(
                "pyds.NvOFFlowVector.cast takes the .data of a pyds.NvDsOpticalFlowMeta, got "
                f"{described(vectors)}"
            )
        return view if vectors.shape == (2,) else cls._over(vectors.reshape(-1)[:2])


class _Size(Field):
    reads, writes = "int", "int"

    def __init__(self, size: Callable[[NDArray[np.int16]], int], doc: str) -> None:
        self.size = size
        super().__init__("", doc)

    def _reader(self) -> Callable[[Any], int]:
        size = self.size
        return lambda view: size(view._core.vectors)

    def _write(self, view: Any, value: object) -> None:
        if value != self.size(view._core.vectors):
            raise AttributeError(f"{self.label} follows the vectors: it cannot be assigned")


class _Vectors(Field):
    reads, writes = "NDArray[np.int16]", "NDArray[np.int16]"

    def _write(self, view: View, value: object) -> None:
        shown: Any = getattr(value, "shape", ())
        if getattr(value, "dtype", None) != np.int16 or len(shown) != 3 or shown[-1] != 2:
            raise TypeError(
                f"{self.label} takes int16 vectors (rows, cols, 2), got {described(value)}"
            )
        view._core.vectors = value


class NvDsOpticalFlowMeta(View, of=OpticalFlowMeta):
    """Motion between two frames; `get_optical_flow_vectors` gives it as float32."""

    __slots__ = ()

    rows = _Size(lambda vectors: vectors.shape[0], "Blocks from top to bottom.")
    cols = _Size(lambda vectors: vectors.shape[1], "Blocks from left to right.")
    mv_size = _Size(lambda vectors: 2 * vectors.itemsize, "Bytes of one vector.")
    frame_num = Unsigned64("frame_num", "Frame of its source.")
    data = _Vectors("vectors", "The vectors, `(rows, cols, 2)` int16, 1/32 pixel.")
    priv = ReservedPointer("priv")
    reserved = ReservedPointer("reserved")

    def __init__(self) -> None:
        _refuse("NvDsOpticalFlowMeta")


def _refuse(name: str) -> NoReturn:
    raise TypeError(f"pyds.{name} cannot be made: nvof attaches it to a frame")
