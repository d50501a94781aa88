"""Growing an ONNX graph one operator at a time, shared by the kit's converters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from penstock.errors import ModelError

__all__ = ["GraphBuilder"]

# Opset 13 is old enough for every runtime in use and has all the operators of the converters.
_OPSET = 13
_IR_VERSION = 7


class GraphBuilder:
    """Collects nodes and weights; names come from the caller, so they are stable.

    Args:
        name: The graph's name, usually the model's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, shape: Sequence[int | str], *, kind: int = TensorProto.FLOAT) -> str:
        """Declare an input; a string dimension is symbolic. Returns its name."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare the existing tensor `name` a float32 output."""
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Store an array under `name` and return the name."""
        array = np.ascontiguousarray(values).reshape(np.shape(values))  # 0-d arrays stay 0-d
        self._weights[name] = numpy_helper.from_array(array, name)
        return name

    def integers(self, name: str, *values: int) -> str:
        """Store a 1-D int64 array: shapes, axes and the like."""
        return self.constant(name, np.array(values, np.int64))

    def add(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        """Append the operator `kind`; its one output is called `name` and returned."""
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def split(self, name: str, source: str, *, axis: int, sizes: Sequence[int]) -> list[str]:
        """Cut `source` along `axis` into pieces of `sizes`; returns the pieces' names."""
        pieces = [f"{name}/{index}" for index in range(len(sizes))]
        widths = self.integers(f"{name}/sizes", *sizes)
        self._nodes.append(
            helper.make_node("Split", [source, widths], pieces, name=name, axis=axis)
        )
        return pieces

    def top(self, name: str, source: str, *, axis: int, count: int) -> tuple[str, str]:
        """Find the `count` greatest numbers along `axis`; returns their and their places' names."""
        values, places = f"{name}/values", f"{name}/places"
        inputs = [source, self.integers(f"{name}/count", count)]
        self._nodes.append(helper.make_node("TopK", inputs, [values, places], name=name, axis=axis))
        return values, places

    def pick(self, name: str, source: str, rows: str) -> str:
        """Take rows: `source` `(batch, N, K)`, `rows` `(batch, R)`; the result `(batch, R, K)`."""
        places = self.add("Unsqueeze", f"{name}/places", rows, self.integers(f"{name}/axis", 2))
        return self.add("GatherND", name, source, places, batch_dims=1)

    def adopt(self, graph: Any, *, results: Sequence[str], rename: Mapping[str, str]) -> None:
        """Take over the nodes and weights of another ONNX graph that `results` are computed by.

        Args:
            graph: A `GraphProto` whose operators mean the same in this builder's opset.
            results: Tensors of it; they keep their names.
            rename: Its inputs → this graph's tensors.
        """
        wanted, nodes = set(results), []
        for original in reversed(graph.node):
            if wanted.intersection(original.output):
                wanted.update(original.input)
                node = onnx.NodeProto()
                node.CopyFrom(original)
                node.input[:] = [rename.get(name, name) for name in node.input]
                nodes.append(node)
        self._nodes += reversed(nodes)
        self._weights.update(
            (weight.name, weight) for weight in graph.initializer if weight.name in wanted
        )

    def save(self, path: Path, *, metadata: Mapping[str, str]) -> None:
        """Check the graph, shapes included, and write it with `metadata` as its properties.

        Raises:
            ModelError: The graph is not valid ONNX, or its shapes contradict each other.
        """
        graph = helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, list(self._weights.values())
        )
        model = helper.make_model(
            graph,
            producer_name="penstock",
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
        )
        helper.set_model_props(model, dict(metadata))
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise ModelError(f"cannot convert {self._name}: {error}") from error
        onnx.save(model, str(path))
