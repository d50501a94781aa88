"""TensorFlow's operators as ONNX: pictures come channels last and are kept channels first.

TensorFlow, TensorFlow.js and TensorFlow Lite describe the same arithmetic in different files; the
readers of those files meet here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["Tensor", "TensorFlowGraph", "Window"]

FloatArray = NDArray[np.float32]

_AXIS_OF_PICTURE = {1: 2, 2: 3, 3: 1}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the graph.

    Attributes:
        name: In the ONNX graph.
        shape: Without the batch, in TensorFlow's order: `(height, width, channels)`.
        is_picture: Whether ONNX holds it as `(batch, channels, height, width)`.
    """

    name: str
    shape: tuple[int, ...]
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel walks over a picture; pairs are `(vertical, horizontal)`.

    Attributes:
        stride: Pixels from one position to the next.
        same: Pad until every `stride`-th pixel is a position (SAME), or not at all (VALID).
        dilation: Pixels from one weight to the next.
    """

    stride: tuple[int, int] = (1, 1)
    same: bool = True
    dilation: tuple[int, int] = (1, 1)

    def fit(
        self, height: int, width: int, kernel: tuple[int, int]
    ) -> tuple[tuple[int, int], list[int]]:
        """Return the result's `(height, width)`, and the padding: top, left, bottom, right."""
        sides, before, after = [], [], []
        for side, size, stride, dilation in zip(
            (height, width), kernel, self.stride, self.dilation, strict=True
        ):
            reach = (size - 1) * dilation + 1
            count = -(-side // stride) if self.same else (side - reach) // stride + 1
            padding = max((count - 1) * stride + reach - side, 0) if self.same else 0
            sides.append(count)
            before.append(padding // 2)
            after.append(padding - padding // 2)
        return (sides[0], sides[1]), [*before, *after]


class TensorFlowGraph:
    """Adds TensorFlow operators to an ONNX graph.

    Args:
        graph: The graph that grows. Names come from the caller.
    """

    def __init__(self, graph: GraphBuilder) -> None:
        self.graph = graph

    def picture(self, name: str, *, height: int, width: int) -> Tensor:
        """Declare the network's input, `(batch, 3, height, width)`."""
        self.graph.input(name, ["batch", 3, height, width])
        return Tensor(name, (height, width, 3), is_picture=True)

    def convolve(
        self,
        name: str,
        x: Tensor,
        kernels: FloatArray,
        *,
        window: Window,
        bias: FloatArray | None = None,
        depthwise: bool = False,
    ) -> Tensor:
        """Convolve a picture.

        Args:
            name: The result's.
            x: The picture.
            kernels: `(height, width, inputs, outputs)`; depthwise `(height, width, channels,
                outputs per channel)`.
            window: How the kernels walk.
            bias: One number an output.
            depthwise: Whether every channel has kernels of its own.
        """
        height, width, channels = _sides(x)
        if kernels.shape[2] != channels:
            raise ModelError(
                f"{name}: kernels {kernels.shape} do not fit a picture of {channels} channels"
            )
        size = (kernels.shape[0], kernels.shape[1])
        if depthwise:
            kernels = kernels.transpose(2, 3, 0, 1).reshape(-1, 1, *size)
        else:
            kernels = kernels.transpose(3, 2, 0, 1)
        (height, width), pads = window.fit(height, width, size)
        inputs = [x.name, self.graph.constant(f"{name}/kernels", kernels)]
        if bias is not None:
            inputs.append(self.graph.constant(f"{name}/bias", bias))
        convolved = self.graph.add(
            "Conv",
            name,
            *inputs,
            kernel_shape=size,
            strides=window.stride,
            dilations=window.dilation,
            pads=pads,
            group=channels if depthwise else 1,
        )
        return Tensor(convolved, (height, width, len(kernels)), is_picture=True)

    def max_pool(self, name: str, x: Tensor, size: tuple[int, int], *, window: Window) -> Tensor:
        """Take the maximum of every `(height, width)` window of a picture."""
        height, width, channels = _sides(x)
        (height, width), pads = window.fit(height, width, size)
        pooled = self.graph.add(
            "MaxPool", name, x.name, kernel_shape=size, strides=window.stride, pads=pads
        )
        return Tensor(pooled, (height, width, channels), is_picture=True)

    def mean(self, name: str, x: Tensor) -> Tensor:
        """Average every channel of a picture: `(1, 1, channels)`."""
        pooled = self.graph.add("GlobalAveragePool", name, x.name)
        return Tensor(pooled, (1, 1, _sides(x)[2]), is_picture=True)

    def connect(
        self, name: str, x: Tensor, weights: FloatArray, *, bias: FloatArray | None = None
    ) -> Tensor:
        """Multiply a list of numbers with `weights`, `(inputs, outputs)`, and add `bias`."""
        if x.is_picture or x.shape != weights.shape[:1]:
            raise ModelError(f"{name}: weights {weights.shape} do not fit {x.shape}")
        inputs = [x.name, self.graph.constant(f"{name}/weights", weights)]
        if bias is not None:
            inputs.append(self.graph.constant(f"{name}/bias", bias))
        return Tensor(self.graph.add("Gemm", name, *inputs), weights.shape[1:])

    def resize_nearest(self, name: str, x: Tensor, height: int, width: int) -> Tensor:
        """Repeat or drop pixels: pixel `i` of the result is pixel `floor(i * from / to)`."""
        asymmetric = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self._resize(name, x, (height, width), mode="nearest", **asymmetric)

    def resize_bilinear(
        self, name: str, x: Tensor, height: int, width: int, *, grid: str = "align_corners"
    ) -> Tensor:
        """Mix neighbouring pixels.

        Args:
            name: The result's.
            x: The picture.
            height: Of the result.
            width: Of the result.
            grid: How pixels lie over each other, in ONNX's words: `align_corners`, `half_pixel`
                or `asymmetric`.
        """
        return self._resize(
            name, x, (height, width), mode="linear", coordinate_transformation_mode=grid
        )

    def _resize(self, name: str, x: Tensor, sides: tuple[int, int], **how: str) -> Tensor:
        # By size: a factor like 5/3 has no exact float, and the result's size hangs on it.
        shape = self.graph.add("Shape", f"{name}/shape", x.name)
        kept = self.graph.add(
            "Slice",
            f"{name}/kept",
            shape,
            self.graph.integers(f"{name}/from", 0),
            self.graph.integers(f"{name}/to", 2),
        )
        size = self.graph.integers(f"{name}/size", *sides)
        sizes = self.graph.add("Concat", f"{name}/sizes", kept, size, axis=0)
        resized = self.graph.add("Resize", name, x.name, "", "", sizes, **how)
        return Tensor(resized, (*sides, _sides(x)[2]), is_picture=True)

    def enlarge(
        self, name: str, x: Tensor, kernels: FloatArray, *, bias: FloatArray | None = None
    ) -> Tensor:
        """Make a block of pixels of each pixel: a transposed convolution without overlaps.

        Args:
            name: The result's.
            x: The picture.
            kernels: `(outputs, height, width, inputs)`; each block is that high and wide.
            bias: One number an output.
        """
        height, width, channels = _sides(x)
        outputs, rows, columns, inputs = kernels.shape
        if inputs != channels:
            raise ModelError(
                f"{name}: kernels {kernels.shape} do not fit a picture of {channels} channels"
            )
        weights = self.graph.constant(f"{name}/kernels", kernels.transpose(3, 0, 1, 2))
        names = [x.name, weights]
        if bias is not None:
            names.append(self.graph.constant(f"{name}/bias", bias))
        size = (rows, columns)
        enlarged = self.graph.add("ConvTranspose", name, *names, kernel_shape=size, strides=size)
        return Tensor(enlarged, (height * rows, width * columns, outputs), is_picture=True)

    def apply(self, kind: str, name: str, x: Tensor) -> Tensor:
        """Apply a function to every number: `Relu`, `Sigmoid`, `HardSwish`."""
        if kind == "HardSwish":  # younger than the opset
            part = self.graph.add("HardSigmoid", f"{name}/part", x.name, alpha=1 / 6, beta=0.5)
            return Tensor(self.graph.add("Mul", name, x.name, part), x.shape, x.is_picture)
        return Tensor(self.graph.add(kind, name, x.name), x.shape, x.is_picture)

    def multiply(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        """Multiply two tensors of one shape, or a picture with one number a channel."""
        alike = x.is_picture == y.is_picture
        if not alike or (x.shape != y.shape and y.shape != (1, 1, x.shape[-1])):
            raise ModelError(f"{name}: cannot multiply {x.shape} and {y.shape}")
        return Tensor(self.graph.add("Mul", name, x.name, y.name), x.shape, x.is_picture)

    def normalize(
        self, name: str, x: Tensor, parameters: Sequence[FloatArray], *, epsilon: float
    ) -> Tensor:
        """Batch normalisation; the parameters are scale, offset, mean and variance."""
        kinds = ("scale", "offset", "mean", "variance")
        constants = [
            self.graph.constant(f"{name}/{kind}", values)
            for kind, values in zip(kinds, parameters, strict=True)
        ]
        self.graph.add("BatchNormalization", name, x.name, *constants, epsilon=epsilon)
        return Tensor(name, x.shape, x.is_picture)

    def per_channel(self, kind: str, name: str, x: Tensor, values: FloatArray) -> Tensor:
        """Add (`kind="Add"`) or multiply (`"Mul"`) one number a channel of a picture."""
        if values.shape != (_sides(x)[2],):
            raise ModelError(f"{name}: {values.shape} numbers do not fit the channels of {x.shape}")
        constant = self.graph.constant(f"{name}/values", values[:, None, None])
        return Tensor(self.graph.add(kind, name, x.name, constant), x.shape, x.is_picture)

    def add(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        """Add two tensors of one shape."""
        if (x.shape, x.is_picture) != (y.shape, y.is_picture):
            raise ModelError(f"{name}: cannot add {x.shape} and {y.shape}")
        return Tensor(self.graph.add("Add", name, x.name, y.name), x.shape, x.is_picture)

    def clip(self, name: str, x: Tensor, low: float, high: float) -> Tensor:
        """Bound every number."""
        bounds = [
            self.graph.constant(f"{name}/{kind}", np.array(bound, np.float32))
            for kind, bound in (("low", low), ("high", high))
        ]
        return Tensor(self.graph.add("Clip", name, x.name, *bounds), x.shape, x.is_picture)

    def reshape(self, name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Give a tensor another shape, without the batch, in TensorFlow's order of numbers."""
        if math.prod(shape) != math.prod(x.shape):
            raise ModelError(f"{name}: {x.shape} cannot be reshaped to {shape}")
        source = x.name
        if x.is_picture:
            source = self.graph.add("Transpose", f"{name}/last", source, perm=[0, 2, 3, 1])
        target = self.graph.integers(f"{name}/target", 0, *shape)  # 0: the batch, whatever it is
        return Tensor(self.graph.add("Reshape", name, source, target), shape)

    def concat(self, name: str, parts: Sequence[Tensor], *, axis: int) -> Tensor:
        """Join tensors; `axis` counts the batch, in TensorFlow's order."""
        first = parts[0]
        axis %= len(first.shape) + 1
        if axis == 0 or any(part.is_picture != first.is_picture for part in parts):
            raise ModelError(f"{name}: cannot join {[part.shape for part in parts]} at {axis}")
        length = sum(part.shape[axis - 1] for part in parts)
        onnx_axis = _AXIS_OF_PICTURE[axis] if first.is_picture else axis
        joined = self.graph.add("Concat", name, *(part.name for part in parts), axis=onnx_axis)
        shape = (*first.shape[: axis - 1], length, *first.shape[axis:])
        return Tensor(joined, shape, first.is_picture)


def _sides(x: Tensor) -> tuple[int, int, int]:
    if not x.is_picture:
        raise ModelError(f"{x.name}: expected a picture, got {x.shape}")
    height, width, channels = x.shape
    return height, width, channels
