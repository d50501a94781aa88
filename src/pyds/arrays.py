"""Members that are arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyds.fields import Field
from pyds.views import View


class Numbers(Field):
    """An array of numbers that shares the core's memory; its elements can be assigned.

    Args:
        path: The attribute of the core object: an array.
        doc: One line.
        dtype: How the memory is seen.
        length: How many numbers.
    """

    writes = ""
    is_part = True

    def __init__(
        self, path: str, doc: str, *, dtype: type[np.generic] = np.int32, length: int = 4
    ) -> None:
        self.dtype = dtype
        self.length = length
        self.reads = f"NDArray[np.{dtype.__name__}]"
        super().__init__(path, doc)

    @property
    def state(self) -> tuple[str, ...]:
        """Nothing: the numbers are copied, not the array."""
        return ()

    def copy_core(self, source: object, target: object) -> None:
        """Copy the numbers."""
        getattr(target, self.path)[:] = getattr(source, self.path)

    def _reader(self) -> Callable[[Any], NDArray[Any]]:
        numbers, dtype, length = self.core_attribute, self.dtype, self.length
        return lambda view: numbers(view).view(dtype)[:length]

    def _write(self, view: View, value: object) -> None:
        raise TypeError(
            f"{self.label} cannot be assigned as a whole: assign its elements, "
            f"{self.label.rpartition('.')[2]}[0] = ..."
        )


class UserFields(Numbers):
    """Four integers for the application.

    C declares int64[4], pyds shows int32[4] over the first 16 bytes.
    """
