"""The inputs and outputs that an ONNX file declares, without loading the network."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from penstock.backends.base import TensorSpec
from penstock.backends.onnx_file import fields_of, inspect, number_at
from penstock.errors import ModelError

_GRAPH = 7
_INITIALIZER, _INPUT, _OUTPUT = 5, 11, 12  # of a graph
_NAME_OF_A_TENSOR = 8
_TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "object",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
}


@dataclass(frozen=True)
class Signature:
    """What goes into a network and comes out; shapes with the batch.

    Attributes:
        inputs: Name → shape and type, without what the file itself gives.
        outputs: Name → shape and type.
    """

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]


def read_signature(path: Path) -> Signature:
    """Read the declarations of an ONNX file.

    Raises:
        ModelError: It cannot be read, or is something else.
    """
    inspect(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _signature(_Content(content))
        except (ValueError, IndexError) as error:
            raise ModelError(
                f"{path}: the declarations of its inputs are damaged: {error}"
            ) from error


def _signature(content: _Content) -> Signature:
    inputs: dict[str, TensorSpec] = {}
    outputs: dict[str, TensorSpec] = {}
    given: set[str] = set()
    for _, start, end in content.all_of((0, len(content.data)), _GRAPH):
        for number, first, last in fields_of(content.data, start, end):
            part = (first, last)
            if number == _INITIALIZER:
                given.add(content.text(part, _NAME_OF_A_TENSOR))
            elif number in (_INPUT, _OUTPUT):
                name, spec = content.declared(part)
                (inputs if number == _INPUT else outputs)[name] = spec
    return Signature({name: spec for name, spec in inputs.items() if name not in given}, outputs)


class _Content:
    """Messages inside messages of one file; a part is where one starts and ends."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data

    def all_of(self, part: tuple[int, int], wanted: int) -> Iterator[tuple[int, int, int]]:
        return (one for one in fields_of(self.data, *part) if one[0] == wanted)

    def inside(self, part: tuple[int, int], *path: int) -> tuple[int, int] | None:
        """The first message on a path of field numbers."""
        for wanted in path:
            found = next(self.all_of(part, wanted), None)
            if found is None:
                return None
            part = found[1:]
        return part

    def text(self, part: tuple[int, int], number: int) -> str:
        found = self.inside(part, number)
        return self.data[slice(*found)].decode(errors="replace") if found else ""

    def integer(self, part: tuple[int, int], number: int) -> int | None:
        found = self.inside(part, number)
        return number_at(self.data, *found) if found else None

    def declared(self, part: tuple[int, int]) -> tuple[str, TensorSpec]:
        """One `ValueInfoProto`: name (1), type (2) → tensor (1) → element type (1), shape (2)."""
        tensor = self.inside(part, 2, 1)
        dtype = self.integer(tensor, 1) if tensor else None
        shape = self.inside(tensor, 2) if tensor else None
        sides = [dim[1:] for dim in self.all_of(shape, 1)] if shape else []
        return self.text(part, 1), TensorSpec(
            tuple(self.integer(side, 1) or None for side in sides),
            np.dtype(_TYPES.get(dtype or 0, "object")),
        )
