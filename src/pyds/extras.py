"""What the structs of C have and the core does not need: kept beside the core objects."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyds.arrays import UserFields
from pyds.casters import whole
from pyds.fields import UINT32, Field
from pyds.views import View, core_of

RESERVED_FIELDS = 4

_extras: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def extras_of(core: Any) -> dict[str, Any]:
    """What is kept beside a core object, by name; it lives as long, and copies do not have it."""
    return _extras.setdefault(core, {})


class ReservedFields(UserFields):
    """Four integers that nobody uses."""

    is_part = False

    def __init__(self) -> None:
        super().__init__("", "Unused: four integers.")

    def _reader(self) -> Callable[[Any], NDArray[Any]]:
        def read(view: View) -> NDArray[Any]:
            zeros = np.zeros(RESERVED_FIELDS, np.int32)
            numbers: NDArray[Any] = extras_of(view._core).setdefault("reserved", zeros)
            return numbers

        return read


class ReservedNumber(Field):
    """An integer that nobody uses."""

    reads = "int"

    def __init__(self) -> None:
        super().__init__("", "Unused.")

    def _reader(self) -> Callable[[Any], int]:
        return lambda view: extras_of(view._core).get("reserved", 0)

    def _write(self, view: View, value: object) -> None:
        extras_of(view._core)["reserved"] = whole(value, *UINT32, self.label)


class ReservedPointer(Field):
    """A `void *` that nobody uses: holds any object."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__("", "Unused: any object.")

    def _reader(self) -> Callable[[Any], Any]:
        name = self.name
        return lambda view: extras_of(view._core).get(name)

    def _write(self, view: View, value: object) -> None:
        extras_of(view._core)[self.name] = core_of(value)
