"""Reading a TensorFlow.js graph model: `model.json` and the weight files beside it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.damage import reading

__all__ = ["Node", "TfjsFile"]

_DTYPES = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "uint16": "<u2", "float16": "<f2"}


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the graph.

    Attributes:
        name: Its name.
        kind: The operator: `Conv2D`.
        inputs: Names of the nodes it takes, control inputs left out.
        attributes: Its settings as the file has them.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a setting that is a word, such as the padding."""
        raw = self.attributes[key]["s"]
        return bytes(raw).decode() if isinstance(raw, list) else base64.b64decode(raw).decode()

    def number(self, key: str) -> float:
        """Return a setting that is a number."""
        return float(self.attributes[key]["f"])

    def integers(self, key: str) -> list[int]:
        """Return a setting that is a list of integers."""
        return [int(value) for value in self.attributes[key]["list"]["i"]]


class TfjsFile:
    """A graph and its constants.

    Args:
        path: `model.json`; the files that it lists lie beside it.

    Raises:
        ModelError: It is not a TensorFlow.js graph model, or a weight file is missing or short.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path, "a TensorFlow.js graph model"):
            model = json.loads(path.read_bytes())
            self.nodes = {row["name"]: _node(row) for row in model["modelTopology"]["node"]}
            self._constants = dict(
                pair for group in model["weightsManifest"] for pair in self._group(group)
            )

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Raises:
            ModelError: There is none.
        """
        if name not in self.nodes:
            raise ModelError(f"{self.path}: the graph has no node {name!r}")
        return self.nodes[name]

    def constant(self, name: str) -> NDArray[Any]:
        """Return the value of a constant node.

        Raises:
            ModelError: The node is not constant.
        """
        if name not in self._constants:
            raise ModelError(f"{self.path}: node {name!r} should be a constant with weights")
        return self._constants[name]

    def is_constant(self, name: str) -> bool:
        """Tell whether a node is a constant."""
        return name in self._constants

    def _group(self, group: Mapping[str, Any]) -> list[tuple[str, NDArray[Any]]]:
        files = [self.path.parent / str(part).rpartition("/")[2] for part in group["paths"]]
        absent = [file.name for file in files if not file.is_file()]
        if absent:
            raise ModelError(f"{self.path}: its weight file {absent[0]} is not beside it")
        data = b"".join(file.read_bytes() for file in files)
        found, position = [], 0
        for row in group["weights"]:
            scaling = row.get("quantization")
            dtype = np.dtype(_DTYPES[(scaling or row)["dtype"]])
            count = math.prod(row["shape"])
            if not 0 <= count * dtype.itemsize <= len(data) - position:
                raise ModelError(
                    f"{self.path}: the weights end after {len(data):,} bytes, before {row['name']}"
                )
            values = np.frombuffer(data, dtype, count, position).reshape(row["shape"])
            position += count * dtype.itemsize
            found.append((row["name"], _real(values, scaling)))
        return found


def _node(row: Mapping[str, Any]) -> Node:
    inputs = (name for name in row.get("input", ()) if not name.startswith("^"))
    return Node(
        row["name"],
        row["op"],
        tuple(name.removesuffix(":0") for name in inputs),
        row.get("attr", {}),
    )


def _real(values: NDArray[Any], scaling: Mapping[str, Any] | None) -> NDArray[Any]:
    """Return the numbers that compressed weights stand for."""
    if scaling is None:
        return values
    if scaling["dtype"] == "float16":
        return values.astype(np.float32)
    return (values * float(scaling["scale"]) + float(scaling["min"])).astype(np.float32)
