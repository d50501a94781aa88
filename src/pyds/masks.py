"""Instance masks as C structs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Mask, ObjectMeta
from pyds.casters import real, whole
from pyds.embedded import Embedded
from pyds.fields import UINT32, Field
from pyds.pointed import FirstNumber
from pyds.records import MaskOwner
from pyds.views import View

_FLOAT_BYTES = 4


class _Announced(Mask):
    """A mask whose width and height are told before it has memory."""

    __slots__ = ("size",)
    size: tuple[int, int]

    def copy(self) -> Mask:
        twin = _Announced(self.data.copy(), self.threshold)
        twin.size = self.size
        return twin


def _size_of(owner: Any) -> tuple[int, int]:
    """Width and height: as announced, else as they are."""
    mask = owner.mask
    if mask is None:
        return 0, 0
    return mask.size if isinstance(mask, _Announced) else (mask.data.shape[1], mask.data.shape[0])


def _announce(owner: Any, size: tuple[int, int]) -> None:
    mask = owner.mask or Mask(np.empty((0, 0), np.float32), 0.0)
    if mask.data.size == size[0] * size[1]:
        owner.mask = Mask(mask.data.reshape(size[1], size[0]), mask.threshold)
        return
    owner.mask = _Announced(mask.data, mask.threshold)
    owner.mask.size = size


def _threshold_of(owner: Any) -> float:
    return 0.0 if owner.mask is None else owner.mask.threshold


class _Scores(FirstNumber):
    def _reader(self) -> Callable[[Any], float | None]:
        def read(view: View) -> float | None:
            mask = view._core.mask
            return None if mask is None or not mask.data.size else float(mask.data.flat[0])

        return read

    def _write(self, view: View, value: object) -> None:
        if value is None:
            view._core.mask = None
            return
        scores, size = self.numbers(value), _size_of(view._core)
        if scores.size != size[0] * size[1]:
            raise ValueError(
                f"{self.label} takes width * height = {size[0]} * {size[1]} scores, "
                f"got {scores.size}: set width and height first"
            )
        view._core.mask = Mask(scores.reshape(size[::-1]), _threshold_of(view._core))


class _Side(Field):
    reads = "int"

    def __init__(self, axis: int, doc: str) -> None:
        self.axis = axis
        super().__init__("", doc)

    def _reader(self) -> Callable[[Any], int]:
        axis = self.axis
        return lambda view: _size_of(view._core)[axis]

    def _write(self, view: View, value: object) -> None:
        width, height = _size_of(view._core)
        number = whole(value, *UINT32, self.label)
        _announce(view._core, (number, height) if self.axis == 0 else (width, number))


class _Bytes(Field):
    reads = "int"

    def _reader(self) -> Callable[[Any], int]:
        return lambda view: (
            0 if view._core.mask is None else view._core.mask.data.size * _FLOAT_BYTES
        )

    def _write(self, view: Any, value: object) -> None:
        number, actual = whole(value, *UINT32, self.label), view.size
        if number != actual:
            warnings.warn(
                f"{self.label} counts the mask's bytes, {actual}: writing {number} does nothing; "
                "set width and height, then call alloc_mask_array()",
                RuntimeWarning,
                stacklevel=3,
            )


class _Threshold(Field):
    reads = "float"

    def _reader(self) -> Callable[[Any], float]:
        return lambda view: _threshold_of(view._core)

    def _write(self, view: View, value: object) -> None:
        threshold = real(value, self.label)
        if view._core.mask is None:
            _announce(view._core, (0, 0))
        view._core.mask.threshold = threshold


class NvOSD_MaskParams(View, of=(MaskOwner, ObjectMeta)):  # noqa: N801 - DeepStream's name
    """An object's mask: `height` rows of `width` scores over its box."""

    __slots__ = ()

    data = _Scores("", "The first score; takes an array of scores.", dtype=np.float32)
    size = _Bytes("", "Bytes of all scores.")
    threshold = _Threshold("", "A pixel belongs to the object where its score is higher.")
    width = _Side(0, "Scores in a row.")
    height = _Side(1, "Rows.")

    def get_mask_array(self) -> NDArray[np.float32]:
        """The scores, `(height * width,)` float32; writing to them changes the mask."""
        mask = self._core.mask
        if mask is None:
            return np.empty(0, np.float32)
        scores = np.require(mask.data, np.float32, ["C", "W"])
        if scores is not mask.data:
            mask.data = scores
        return scores.reshape(-1)

    def alloc_mask_array(self) -> NDArray[np.float32]:
        """New scores, all 0, `(height * width,)` float32; set `width` and `height` first."""
        width, height = _size_of(self._core)
        scores = np.zeros((height, width), np.float32)
        self._core.mask = Mask(scores, _threshold_of(self._core))
        return self.get_mask_array()

    def _copy_into(self, core: Any) -> None:
        mask = self._core.mask
        core.mask = None if mask is None else mask.copy()


class Masked(Embedded):
    """The mask of an object, which may have none: the object stands for it."""

    @property
    def state(self) -> tuple[str, ...]:
        """The mask itself."""
        return ("mask",)
