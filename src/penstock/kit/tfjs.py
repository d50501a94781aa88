"""Detectors of TensorFlow's object detection API, as TensorFlow.js graph models, to ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.damage import DAMAGE, reading
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.ssd import save_ssd
from penstock.kit.tensorflow_graph import Tensor, TensorFlowGraph, Window
from penstock.kit.tfjs_file import Node, TfjsFile

__all__ = ["convert"]

# The API gives the same names to the same things in all of its networks.
_IMAGES = "Preprocessor/sub"
_SIZE = "Preprocessor/map/while/ResizeImage/stack"
_OFFSETS = "Squeeze"
_LOGITS = "concat_1"
_ANCHORS = "Postprocessor/ExpandDims"
_DIVISIONS = tuple(f"Postprocessor/Decode/div{suffix}" for suffix in ("", "_1", "_2", "_3"))


def convert(source: Path, output: Path, *, columns: Sequence[int]) -> None:
    """Write a single-shot detector as ONNX with a dynamic batch.

    The result has one input, `images` `(batch, 3, h, w)` float32, RGB in -1..1, and the outputs
    `boxes` `(batch, N, 4)` and `scores` `(batch, N, C)` of `save_detector`. Nothing is thresholded
    or suppressed.

    Args:
        source: `model.json`; its weight files lie beside it.
        output: The file to write.
        columns: For each of the C classes the network's column that has it; the background's
            column, the first, does not count.

    Raises:
        ModelError: A file is damaged, the network is not such a detector, or it has an operator
            that is not supported.
    """
    file = TfjsFile(source)
    with reading(source, "a TensorFlow.js graph model"):
        network = _Network(file, output.stem)
        for node in network.order(_OFFSETS, _LOGITS):
            network.append(node)
        network.save(output, columns)


def _centred(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(1, N, 4)` y, x, y, x of two corners to `(N, 4)` centre y, x, height, width."""
    first, second = corners[0, :, :2], corners[0, :, 2:]
    return np.hstack([(first + second) / 2, second - first])


class _Network:
    """The graph so far, and which of its tensors is which node's."""

    def __init__(self, file: TfjsFile, name: str) -> None:
        self.file = file
        self.graph = GraphBuilder(name)
        self.build = TensorFlowGraph(self.graph)
        height, width = (int(side) for side in file.constant(_SIZE))
        self.tensors = {_IMAGES: self.build.picture("images", height=height, width=width)}

    def order(self, *results: str) -> Iterator[Node]:
        """Yield the nodes that these are computed by, each after those that it takes."""
        takes: dict[str, tuple[str, ...]] = {}
        waiting = list(results)
        while waiting:
            name = waiting.pop()
            if name not in takes and name not in self.tensors and not self.file.is_constant(name):
                node = self.file.node(name)
                # The shape of a Reshape is looked at here; the network does not compute it.
                takes[name] = node.inputs[:1] if node.kind == "Reshape" else node.inputs
                waiting += takes[name]
        try:
            names = list(TopologicalSorter(takes).static_order())
        except CycleError as error:
            raise ModelError(f"{self.file.path}: the graph runs in a circle") from error
        return (self.file.node(name) for name in names if name in takes)

    def append(self, node: Node) -> None:
        translate = _OPERATORS.get(node.kind)
        if translate is None:
            raise self.error(node, f"not supported; known: {', '.join(_OPERATORS)}")
        try:
            self.tensors[node.name] = translate(self, node)
        except DAMAGE as error:
            raise self.error(node, f"damaged ({type(error).__name__}: {error})") from error

    def save(self, output: Path, columns: Sequence[int]) -> None:
        reciprocals = [self.file.constant(self.file.node(name).inputs[1]) for name in _DIVISIONS]
        save_ssd(
            self.graph,
            output,
            offsets=self.tensors[_OFFSETS],
            logits=self.tensors[_LOGITS],
            anchors=_centred(self.file.constant(_ANCHORS)),
            scales=[1 / reciprocal.item() for reciprocal in reciprocals],
            columns=[column + 1 for column in columns],
        )

    def parts(self, node: Node) -> tuple[list[Tensor], list[NDArray[np.float32]]]:
        """Return a node's inputs: tensors and constants."""
        tensors = [self.tensors[name] for name in node.inputs if name in self.tensors]
        constants = [self.file.constant(name) for name in node.inputs if name not in self.tensors]
        return tensors, constants

    def error(self, node: Node, complaint: str) -> ModelError:
        return ModelError(f"{self.file.path}, node {node.name} ({node.kind}): {complaint}")


def _convolution(net: _Network, node: Node) -> Tensor:
    (x,), (kernels,) = net.parts(node)
    padding, layout = node.text("padding"), node.text("data_format")
    if padding not in ("SAME", "VALID") or layout != "NHWC":
        raise net.error(node, f"padding {padding} and layout {layout} are not supported")
    _, *stride, _ = node.integers("strides")
    _, *dilation, _ = node.integers("dilations")
    window = Window(
        stride=(stride[0], stride[1]),
        same=padding == "SAME",
        dilation=(dilation[0], dilation[1]),
    )
    depthwise = node.kind == "DepthwiseConv2dNative"
    return net.build.convolve(node.name, x, kernels, window=window, depthwise=depthwise)


def _sum(net: _Network, node: Node) -> Tensor:
    (total, *tensors), constants = net.parts(node)
    for index, tensor in enumerate(tensors):
        total = net.build.add(f"{node.name}/sum{index}", total, tensor)
    for index, values in enumerate(constants):
        total = net.build.per_channel("Add", f"{node.name}/bias{index}", total, values)
    return total


def _product(net: _Network, node: Node) -> Tensor:
    (x,), (values,) = net.parts(node)
    return net.build.per_channel("Mul", node.name, x, values)


def _normalization(net: _Network, node: Node) -> Tensor:
    (x,), parameters = net.parts(node)
    return net.build.normalize(node.name, x, parameters, epsilon=node.number("epsilon"))


def _relu6(net: _Network, node: Node) -> Tensor:
    ((x,), _) = net.parts(node)
    return net.build.clip(node.name, x, 0.0, 6.0)


def _reshape(net: _Network, node: Node) -> Tensor:
    """The shape is a list of constants after the batch, which is computed."""
    source, shape = node.inputs
    if net.file.node(shape).kind != "Pack":
        raise net.error(node, f"its shape {shape} should be packed of the batch and constants")
    _, *sides = net.file.node(shape).inputs
    target = tuple(int(net.file.constant(side).item()) for side in sides)
    return net.build.reshape(node.name, net.tensors[source], target)


def _squeeze(net: _Network, node: Node) -> Tensor:
    ((x,), _) = net.parts(node)
    gone = {axis - 1 for axis in node.integers("squeeze_dims")}
    shape = tuple(side for axis, side in enumerate(x.shape) if axis not in gone)
    return net.build.reshape(node.name, x, shape)


def _concat(net: _Network, node: Node) -> Tensor:
    tensors, (axis,) = net.parts(node)
    return net.build.concat(node.name, tensors, axis=int(axis.item()))


_OPERATORS: dict[str, Callable[[_Network, Node], Tensor]] = {
    "Add": _sum,
    "AddN": _sum,
    "BiasAdd": _sum,
    "ConcatV2": _concat,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "FusedBatchNorm": _normalization,
    "Mul": _product,
    "Relu6": _relu6,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
}
