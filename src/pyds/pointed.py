"""Pointers to numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyds.casters import described
from pyds.fields import Field
from pyds.views import View


class Memory:
    """What a `void *` to numbers reads as: true whatever they are, as a pointer is.

    `get_ptr` gives its address, `numpy.asarray` the numbers, as long as one of them is held.

    Args:
        numbers: What lies there.
    """

    __slots__ = ("numbers",)

    def __init__(self, numbers: NDArray[Any]) -> None:
        self.numbers = numbers

    @property
    def __array_interface__(self) -> dict[str, Any]:
        interface: dict[str, Any] = self.numbers.__array_interface__
        return interface

    def __repr__(self) -> str:
        return f"<pyds memory: {self.numbers.dtype} {self.numbers.shape}>"


class NumbersPointer(Field):
    """A `void *` to numbers, or None where there are none.

    Args:
        path: The attribute of the core object: an array or None.
        doc: One line.
    """

    def _reader(self) -> Callable[[Any], Memory | None]:
        stored = self.core_attribute

        def read(view: View) -> Memory | None:
            numbers = stored(view)
            return Memory(numbers) if numbers is not None and numbers.size else None

        return read


class FirstNumber(Field):
    """A pointer to numbers: reads as the first of them, None where there is none.

    Args:
        path: The attribute of the core object: an array or None.
        doc: One line.
        dtype: Of the array.
    """

    def __init__(self, path: str, doc: str, *, dtype: type[np.generic]) -> None:
        self.dtype = dtype
        kind = "int" if np.issubdtype(dtype, np.integer) else "float"
        self.reads, self.writes = f"{kind} | None", "ArrayLike | None"
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], Any]:
        stored = self.core_attribute

        def read(view: View) -> Any:
            numbers = stored(view)
            return None if numbers is None or not numbers.size else numbers.flat[0].item()

        return read

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, self.numbers(value))

    def numbers(self, value: Any) -> NDArray[Any]:
        """What is assigned, as an array of one dimension: empty for None.

        Raises:
            TypeError: Not numbers.
        """
        block = getattr(value, "block", None)  # an address brings its memory along
        if isinstance(block, np.ndarray):
            return block[: block.size - block.size % np.dtype(self.dtype).itemsize].view(self.dtype)
        try:
            return np.array([] if value is None else value, self.dtype, ndmin=1).reshape(-1)
        except (TypeError, ValueError):
            raise TypeError(f"{self.label} takes numbers, got {described(value)}") from None
