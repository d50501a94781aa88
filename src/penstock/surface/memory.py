"""Pixels in memory, and who looks at them."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from penstock.surface.pixels import Pixels
from penstock.surface.protocol import Planes


class _Loan:
    """Alive as long as one of the arrays lent together is, slices of them included."""

    __slots__ = ("__weakref__", "memory")

    def __init__(self, memory: Memory) -> None:
        self.memory = memory


class _Lent:
    """What NumPy takes as the base of a lent array, and so keeps alive."""

    __slots__ = ("__array_interface__", "loan")

    def __init__(self, plane: NDArray[Any], loan: _Loan, *, writable: bool) -> None:
        interface = plane.__array_interface__
        interface["data"] = (interface["data"][0], not writable)
        self.__array_interface__ = interface
        self.loan = loan


class Memory:
    """One picture's planes and everything that decides whether they may be written.

    Args:
        pixels: The planes and what they mean.
        owner: Kept alive as long as the planes are reachable: a mapped buffer.
        foreign: Somebody else may still read the planes (a decoder predicts from them): they
            are never written.

    Attributes:
        users: The pictures made from these planes.
    """

    __slots__ = ("__weakref__", "_readers", "_writers", "foreign", "owner", "pixels", "users")

    def __init__(self, pixels: Pixels, *, owner: object = None, foreign: bool = False) -> None:
        self.pixels = pixels
        self.owner = owner
        self.foreign = foreign
        self.users: WeakSet[Any] = WeakSet()
        self._readers: WeakSet[_Loan] = WeakSet()
        self._writers: WeakSet[_Loan] = WeakSet()

    @property
    def is_read(self) -> bool:
        """Whether somebody holds read-only arrays, which must keep what they show."""
        return len(self._readers) > 0

    @property
    def is_written(self) -> bool:
        """Whether somebody holds writeable arrays and may write at any time."""
        return len(self._writers) > 0

    def lend(self, planes: Planes | None = None, *, writable: bool = False) -> Planes:
        """Arrays over `planes` (default: all), tracked until the last of them is gone."""
        loan = _Loan(self)
        (self._writers if writable else self._readers).add(loan)
        lent = (_Lent(p, loan, writable=writable) for p in planes or self.pixels.planes)
        return tuple(np.asarray(array) for array in lent)

    def clone(self) -> Memory:
        """The same picture in memory of our own."""
        made, colorimetry = self.pixels.format, self.pixels.colorimetry
        copy = Pixels.allocate(made, colorimetry, self.pixels.size)
        for plane, to in zip(self.pixels.planes, copy.planes, strict=True):
            np.copyto(to, plane)
        return Memory(copy)
