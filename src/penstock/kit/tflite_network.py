"""TensorFlow Lite networks as ONNX graphs, in f32 whatever they were quantised to.

Quantised numbers become the real numbers they stand for (Jacob et al. 2018, arXiv:1712.05877);
where a quantised tensor would saturate, the graph clips.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.tensorflow_graph import Tensor, TensorFlowGraph, Window
from penstock.kit.tflite_file import Operator, TfliteFile

__all__ = ["TfliteNetwork"]

_ACTIVATIONS = {"NONE": (-np.inf, np.inf), "RELU": (0.0, np.inf), "RELU6": (0.0, 6.0)}
_LEAST_SIDE = 32


class TfliteNetwork:
    """The graph so far, and which of its tensors is which of the file's.

    Args:
        file: The network.
        name: The graph's name.
        size: Network `(width, height)`; by default the file's own.

    Attributes:
        graph: The graph.
        tensors: Number of a tensor in the file → the tensor in the graph.
        grids: The file's `(height, width)` of feature maps that became lists → those here.

    Raises:
        ModelError: It cannot have that size.
    """

    def __init__(self, file: TfliteFile, name: str, size: tuple[int, int] | None) -> None:
        if size is not None and min(size) < _LEAST_SIDE:
            raise ModelError(
                f"{file.path}: the network size must be at least {_LEAST_SIDE}x{_LEAST_SIDE}, "
                f"got {size[0]}x{size[1]}"
            )
        self.file = file
        self.graph = GraphBuilder(name)
        self.build = TensorFlowGraph(self.graph)
        (images,) = file.inputs
        own = file.sides(images)
        width, height = size or own[::-1]
        self.tensors = {images: self.build.picture("images", height=height, width=width)}
        self.resized = (height, width) != own
        # The file's sizes of pictures → the sizes here, which differ where another was asked for.
        self.sides = {own: (height, width)}
        self.grids: dict[tuple[int, int], tuple[int, int]] = {}
        # Weights of 16 bits are widened by operators of their own.
        self._widened = {
            one.outputs[0]: one.inputs[0]
            for one in file.operators
            if one.kind == "DEQUANTIZE" and file.is_constant(one.inputs[0])
        }

    def _append(self, operator: Operator) -> None:
        translate = _OPERATORS.get(operator.kind)
        if translate is None:
            raise self.error(operator, f"not supported; known: {', '.join(_OPERATORS)}")
        (result,) = operator.outputs
        self.tensors[result] = translate(self, operator)
        shape, wanted = self.tensors[result].shape, self._shape(result)
        if shape != wanted:
            raise self.error(operator, f"gives {shape}, not {wanted}")

    def _shape(self, number: int) -> tuple[int, ...]:
        """Return the shape that a tensor must have here, by what the file says."""
        tensor, shape = self.tensors[number], self.file.shape(number)[1:]
        if tensor.is_picture:
            height, width, _ = tensor.shape
            sides = self.sides.setdefault(self.file.sides(number), (height, width))
            resized = (*sides, *shape[2:])
        else:
            resized = (tensor.shape[0], *shape[1:])  # as many rows as there are anchors
        return resized if self.resized else shape

    def compute(self, *tensors: int) -> None:
        """Add all operators that these tensors are computed by.

        Raises:
            ModelError: One of them is not supported, or does not give what the file says.
        """
        for operator in _needed(self.file.operators, set(tensors)):
            if operator.outputs[0] not in self._widened:
                self._append(operator)

    def constant(self, operator: Operator, index: int) -> NDArray[Any]:
        """The numbers of a constant input of an operator.

        Raises:
            ModelError: It is computed.
        """
        number = operator.inputs[index]
        return self.file.constant(self._widened.get(number, number))

    def input(self, operator: Operator, index: int = 0) -> Tensor:
        """The tensor that an operator takes."""
        number = operator.inputs[index]
        if number not in self.tensors:
            raise self.error(operator, f"its input {index} is not the output of an operator before")
        return self.tensors[number]

    def error(self, operator: Operator, complaint: str) -> ModelError:
        """The exception that says what is wrong with an operator."""
        return ModelError(f"{self.file.path}, operator {operator.name}: {complaint}")

    def bounded(self, operator: Operator, x: Tensor, activation: int) -> Tensor:
        """Apply the fused activation, and the limits of what the quantised result can hold."""
        kind = self.file.activation(activation)
        if kind not in _ACTIVATIONS:
            raise self.error(operator, f"activation {kind} is not supported")
        low, high = self.file.bounds(operator.outputs[0])
        low, high = max(low, _ACTIVATIONS[kind][0]), min(high, _ACTIVATIONS[kind][1])
        if np.isinf(low) and np.isinf(high):
            return x
        return self.build.clip(f"{operator.name}/bounded", x, low, high)


def _needed(operators: Sequence[Operator], tensors: set[int]) -> list[Operator]:
    """Return the operators that these tensors are computed by, in the file's order."""
    found = []
    for operator in reversed(operators):
        if tensors.intersection(operator.outputs):
            tensors.update(operator.inputs)
            found.append(operator)
    return found[::-1]


def _convolution(net: TfliteNetwork, operator: Operator) -> Tensor:
    depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    options, x = operator.options, net.input(operator)
    kernels = net.constant(operator, 1)
    if depthwise:  # (1, height, width, channels x multiplier)
        kernels = kernels.reshape(*kernels.shape[1:3], x.shape[2], -1)
    else:  # (outputs, height, width, inputs)
        kernels = kernels.transpose(1, 2, 3, 0)
    window = Window(
        stride=(options.StrideH(), options.StrideW()),
        same=net.file.is_same(options.Padding()),
        dilation=(options.DilationHFactor(), options.DilationWFactor()),
    )
    bias = net.constant(operator, 2) if len(operator.inputs) > 2 else None
    convolved = net.build.convolve(
        operator.name, x, kernels, window=window, bias=bias, depthwise=depthwise
    )
    return net.bounded(operator, convolved, options.FusedActivationFunction())


def _add(net: TfliteNetwork, operator: Operator) -> Tensor:
    added = net.build.add(operator.name, net.input(operator), net.input(operator, 1))
    return net.bounded(operator, added, operator.options.FusedActivationFunction())


def _average_pool(net: TfliteNetwork, operator: Operator) -> Tensor:
    options, x = operator.options, net.input(operator)
    size = (options.FilterHeight(), options.FilterWidth())
    if size != net.file.sides(operator.inputs[0]):
        raise net.error(operator, "only the average of a whole picture is supported")
    pooled = net.build.mean(operator.name, x)
    return net.bounded(operator, pooled, options.FusedActivationFunction())


def _fully_connected(net: TfliteNetwork, operator: Operator) -> Tensor:
    weights = net.constant(operator, 1)
    bias = net.constant(operator, 2) if len(operator.inputs) > 2 else None
    connected = net.build.connect(operator.name, net.input(operator), weights.T, bias=bias)
    return net.bounded(operator, connected, operator.options.FusedActivationFunction())


def _max_pool(net: TfliteNetwork, operator: Operator) -> Tensor:
    options = operator.options
    size = (options.FilterHeight(), options.FilterWidth())
    window = Window(
        stride=(options.StrideH(), options.StrideW()), same=net.file.is_same(options.Padding())
    )
    pooled = net.build.max_pool(operator.name, net.input(operator), size, window=window)
    return net.bounded(operator, pooled, options.FusedActivationFunction())


def _resize(net: TfliteNetwork, operator: Operator) -> Tensor:
    if operator.options.AlignCorners() or operator.options.HalfPixelCenters():
        raise net.error(operator, "aligned corners and half pixels are not supported")
    height, width = net.sides[net.file.sides(operator.outputs[0])]
    return net.build.resize_nearest(operator.name, net.input(operator), height, width)


def _resize_bilinear(net: TfliteNetwork, operator: Operator) -> Tensor:
    options = operator.options
    grid = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
    grid = "align_corners" if options.AlignCorners() else grid
    height, width = net.sides[net.file.sides(operator.outputs[0])]
    return net.build.resize_bilinear(operator.name, net.input(operator), height, width, grid=grid)


def _enlarge(net: TfliteNetwork, operator: Operator) -> Tensor:
    kernels = net.constant(operator, 1)
    (height, width), (low, narrow) = map(net.file.sides, (operator.outputs[0], operator.inputs[0]))
    if kernels.shape[1:3] != (height / low, width / narrow):
        raise net.error(operator, "only blocks that do not overlap are supported")
    return net.build.enlarge(
        operator.name, net.input(operator), kernels, bias=net.constant(operator, 2)
    )


def _mean(net: TfliteNetwork, operator: Operator) -> Tensor:
    axes = sorted(axis % 4 for axis in net.constant(operator, 1).reshape(-1).tolist())
    if axes != [1, 2] or not operator.options.KeepDims():
        raise net.error(operator, "only the average of a whole picture is supported")
    return net.build.mean(operator.name, net.input(operator))


def _multiply(net: TfliteNetwork, operator: Operator) -> Tensor:
    product = net.build.multiply(operator.name, net.input(operator), net.input(operator, 1))
    return net.bounded(operator, product, operator.options.FusedActivationFunction())


def _function(kind: str) -> Callable[[TfliteNetwork, Operator], Tensor]:
    """What applies one of ONNX's functions to every number."""
    return lambda net, operator: net.build.apply(kind, operator.name, net.input(operator))


def _reshape(net: TfliteNetwork, operator: Operator) -> Tensor:
    x = net.input(operator)
    _, *shape = net.file.shape(operator.outputs[0])
    if len(shape) == 1:
        return net.build.reshape(operator.name, x, (math.prod(x.shape),))
    _, *rest = shape
    if x.is_picture:
        net.grids[net.file.sides(operator.inputs[0])] = (x.shape[0], x.shape[1])
    return net.build.reshape(operator.name, x, (math.prod(x.shape) // math.prod(rest), *rest))


def _concatenation(net: TfliteNetwork, operator: Operator) -> Tensor:
    parts = [net.input(operator, index) for index in range(len(operator.inputs))]
    joined = net.build.concat(operator.name, parts, axis=operator.options.Axis())
    return net.bounded(operator, joined, operator.options.FusedActivationFunction())


def _same_numbers(net: TfliteNetwork, operator: Operator) -> Tensor:
    """Quantised and back, numbers stand for what they stood for."""
    return net.input(operator)


_OPERATORS: dict[str, Callable[[TfliteNetwork, Operator], Tensor]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": _average_pool,
    "CONCATENATION": _concatenation,
    "CONV_2D": _convolution,
    "Convolution2DTransposeBias": _enlarge,
    "DEPTHWISE_CONV_2D": _convolution,
    "DEQUANTIZE": _same_numbers,
    "FULLY_CONNECTED": _fully_connected,
    "HARD_SWISH": _function("HardSwish"),
    "LOGISTIC": _function("Sigmoid"),
    "MAX_POOL_2D": _max_pool,
    "MEAN": _mean,
    "MUL": _multiply,
    "QUANTIZE": _same_numbers,
    "RELU": _function("Relu"),
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
}
