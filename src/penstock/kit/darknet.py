"""Darknet (`.cfg` + `.weights`) to ONNX, with the YOLO heads decoded inside the network.

The layers' arithmetic follows the YOLOv3 and YOLOv4 papers (Redmon and Farhadi 2018,
arXiv:1804.02767; Bochkovskiy, Wang and Liao 2020, arXiv:2004.10934).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.darknet_files import Section, WeightStream, read_sections
from penstock.kit.detector import save_detector
from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["convert"]

_STRIDE = 32
_BATCH_NORM_EPSILON = 1e-5


def convert(cfg: Path, weights: Path, output: Path, *, size: tuple[int, int] | None = None) -> None:
    """Write the network as ONNX with a dynamic batch.

    The result has one input, `images` `(batch, 3, h, w)` float32, RGB in 0..1, and two outputs
    over all N candidates of all heads: `boxes` `(batch, N, 4)`, cxcywh as fractions of the
    network's width and height, and `scores` `(batch, N, C)`, objectness times class
    probability. Nothing is thresholded or suppressed. The metadata property `penstock.boxes`
    is `cxcywh-normalized`.

    Args:
        cfg: The network's description.
        weights: Its trained weights.
        output: The file to write.
        size: Network `(width, height)`, multiples of 32; by default the one in the cfg.

    Raises:
        ModelError: A file is malformed, the two do not belong together, a layer is not
            supported, or the size does not suit the network.
    """
    net, *layers = read_sections(cfg)
    width, height = size or (net.integer("width", 416), net.integer("height", 416))
    if min(width, height) < _STRIDE or width % _STRIDE or height % _STRIDE:
        raise net.error(f"the network size must be multiples of {_STRIDE}, got {width}x{height}")
    network = _Network(cfg.stem, WeightStream(weights), _Shape(3, height, width))
    for index, layer in enumerate(layers):
        network.append(index, layer)
    network.save(output)


@dataclass(frozen=True, slots=True)
class _Shape:
    channels: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    shape: _Shape


class _Network:
    """The graph so far: every layer's output stays addressable, as `route` needs it."""

    def __init__(self, name: str, weights: WeightStream, shape: _Shape) -> None:
        self.graph = GraphBuilder(name)
        self.weights = weights
        self.input = shape
        images = self.graph.input("images", ["batch", shape.channels, shape.height, shape.width])
        self.last = _Tensor(images, shape)
        self.outputs: list[_Tensor] = []
        self.heads: list[_Head] = []

    def append(self, index: int, section: Section) -> None:
        build = _LAYERS.get(section.kind)
        if build is None:
            raise section.error(f"this layer is not supported; known: {', '.join(_LAYERS)}")
        try:
            self.last = build(self, f"{index:03d}_{section.kind}", section)
        except (ArithmeticError, IndexError, ValueError) as error:
            raise section.error(f"cannot be built from these settings: {error}") from error
        self.outputs.append(self.last)

    def layer(self, index: int, section: Section) -> _Tensor:
        """Return a layer's output; a negative index counts back from the current layer."""
        absolute = index if index >= 0 else len(self.outputs) + index
        if not 0 <= absolute < len(self.outputs):
            raise section.error(
                f"layer {index} is not one of the {len(self.outputs)} before this one"
            )
        return self.outputs[absolute]

    def save(self, output: Path) -> None:
        if not self.heads:
            raise ModelError(f"cannot convert to {output.name}: the network has no [yolo] layer")
        count = sum(head.candidates for head in self.heads)
        classes = sorted({head.classes for head in self.heads})
        if len(classes) > 1:
            raise ModelError(f"the [yolo] layers disagree on the classes: {classes}")
        self.weights.finish()
        self.graph.add("Concat", "boxes", *(head.boxes for head in self.heads), axis=1)
        self.graph.add("Concat", "scores", *(head.scores for head in self.heads), axis=1)
        save_detector(self.graph, output, candidates=count, classes=classes[0])


@dataclass(frozen=True, slots=True)
class _Head:
    boxes: str
    scores: str
    candidates: int
    classes: int


def _convolutional(net: _Network, name: str, section: Section) -> _Tensor:
    shape = net.last.shape
    filters, kernel = section.integer("filters", 1), section.integer("size", 1)
    stride, groups = section.integer("stride", 1), section.integer("groups", 1)
    padding = kernel // 2 if section.integer("pad", 0) else section.integer("padding", 0)
    bias = net.weights.take(filters)
    scale = np.ones(filters, np.float32)
    if section.integer("batch_normalize", 0):
        gamma, mean, variance = net.weights.take(3, filters)
        scale = gamma / np.sqrt(variance + np.float32(_BATCH_NORM_EPSILON))
        bias = bias - mean * scale
    kernels = net.weights.take(filters, shape.channels // groups, kernel, kernel)
    kernels = kernels * scale[:, None, None, None]
    convolved = net.graph.add(
        "Conv",
        f"{name}/conv",
        net.last.name,
        net.graph.constant(f"{name}/weight", kernels),
        net.graph.constant(f"{name}/bias", bias),
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=[padding] * 4,
        group=groups,
    )
    height, width = (
        (side + 2 * padding - kernel) // stride + 1 for side in (shape.height, shape.width)
    )
    return _Tensor(_activate(net, name, convolved, section), _Shape(filters, height, width))


def _activate(net: _Network, name: str, x: str, section: Section) -> str:
    kind = section.options.get("activation", "linear")
    if kind == "linear":
        return x
    if kind == "leaky":
        return net.graph.add("LeakyRelu", f"{name}/leaky", x, alpha=0.1)
    if kind in ("relu", "logistic"):
        return net.graph.add("Relu" if kind == "relu" else "Sigmoid", f"{name}/{kind}", x)
    if kind == "swish":
        return net.graph.add("Mul", f"{name}/swish", x, net.graph.add("Sigmoid", f"{name}/gate", x))
    if kind == "mish":  # spelled out: the operator of that name came with opset 18
        soft = net.graph.add("Softplus", f"{name}/softplus", x)
        return net.graph.add("Mul", f"{name}/mish", x, net.graph.add("Tanh", f"{name}/gate", soft))
    raise section.error(
        f"activation {kind!r} is not supported; known: linear, leaky, relu, logistic, swish, mish"
    )


def _maxpool(net: _Network, name: str, section: Section) -> _Tensor:
    size, stride = section.integer("size", 2), section.integer("stride", 2)
    padding = section.integer("padding", size - 1)
    before, after = padding // 2, padding - padding // 2
    pooled = net.graph.add(
        "MaxPool",
        f"{name}/pool",
        net.last.name,
        kernel_shape=[size, size],
        strides=[stride, stride],
        pads=[before, before, after, after],
    )
    shape = net.last.shape
    height, width = ((side + padding - size) // stride + 1 for side in (shape.height, shape.width))
    return _Tensor(pooled, _Shape(shape.channels, height, width))


def _upsample(net: _Network, name: str, section: Section) -> _Tensor:
    factor = section.integer("stride", 2)
    resized = net.graph.add(
        "Resize",
        f"{name}/resize",
        net.last.name,
        "",
        net.graph.constant(f"{name}/scales", np.array([1, 1, factor, factor], np.float32)),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    shape = net.last.shape
    return _Tensor(resized, _Shape(shape.channels, shape.height * factor, shape.width * factor))


def _route(net: _Network, name: str, section: Section) -> _Tensor:
    sources = [net.layer(index, section) for index in section.integers("layers")]
    if not sources:
        raise section.error("layers is missing")
    groups, group = section.integer("groups", 1), section.integer("group_id", 0)
    if groups > 1:
        sources = [
            _channel_group(net, f"{name}/group{index}", source, groups, group)
            for index, source in enumerate(sources)
        ]
    first = sources[0]
    if len(sources) == 1:
        return first
    if len({(source.shape.height, source.shape.width) for source in sources}) > 1:
        raise section.error(f"joins layers of different sizes: {[s.shape for s in sources]}")
    joined = net.graph.add("Concat", f"{name}/concat", *(s.name for s in sources), axis=1)
    return _Tensor(joined, replace(first.shape, channels=sum(s.shape.channels for s in sources)))


def _channel_group(net: _Network, name: str, source: _Tensor, groups: int, group: int) -> _Tensor:
    channels = source.shape.channels // groups
    sliced = net.graph.add(
        "Slice",
        name,
        source.name,
        net.graph.integers(f"{name}/start", group * channels),
        net.graph.integers(f"{name}/end", (group + 1) * channels),
        net.graph.integers(f"{name}/axis", 1),
    )
    return _Tensor(sliced, replace(source.shape, channels=channels))


def _shortcut(net: _Network, name: str, section: Section) -> _Tensor:
    other = net.layer(section.integer("from", -1), section)
    if other.shape != net.last.shape:
        raise section.error(f"adds {other.shape} to {net.last.shape}")
    added = net.graph.add("Add", f"{name}/add", net.last.name, other.name)
    return _Tensor(_activate(net, name, added, section), other.shape)


def _yolo(net: _Network, name: str, section: Section) -> _Tensor:
    """Decode one head: `(batch, A·(5 + C), h, w)` to boxes and scores of A·h·w candidates."""
    if section.integer("new_coords", 0):
        raise section.error("new_coords=1 is not supported")
    shape, classes = net.last.shape, section.integer("classes", 20)
    anchors = _anchors(section, shape, classes)
    graph, cells = net.graph, shape.height * shape.width
    raw = graph.integers(f"{name}/shape", 0, len(anchors), 5 + classes, cells)
    rows = graph.add("Reshape", f"{name}/rows", net.last.name, raw)
    rows = graph.add("Transpose", f"{name}/candidates", rows, perm=[0, 1, 3, 2])
    centre, extent, objectness, odds = graph.split(
        f"{name}/split", rows, axis=3, sizes=[2, 2, 1, classes]
    )
    boxes = graph.add(
        "Concat",
        f"{name}/cxcywh",
        _centres(net, name, centre, scale=section.real("scale_x_y", 1.0)),
        _extents(net, name, extent, anchors / (net.input.width, net.input.height)),
        axis=3,
    )
    scores = graph.add(
        "Mul",
        f"{name}/confidence",
        graph.add("Sigmoid", f"{name}/probability", odds),
        graph.add("Sigmoid", f"{name}/objectness", objectness),
    )
    count = len(anchors) * cells
    flat_boxes = graph.integers(f"{name}/boxes_shape", 0, count, 4)
    flat_scores = graph.integers(f"{name}/scores_shape", 0, count, classes)
    head = _Head(
        graph.add("Reshape", f"{name}/boxes", boxes, flat_boxes),
        graph.add("Reshape", f"{name}/scores", scores, flat_scores),
        count,
        classes,
    )
    net.heads.append(head)
    return net.last


def _anchors(section: Section, shape: _Shape, classes: int) -> NDArray[np.float32]:
    """Return the head's own anchors, `(A, 2)` width and height in network px."""
    anchors = np.array(section.reals("anchors"), np.float32).reshape(-1, 2)
    anchors = anchors[section.integers("mask", range(len(anchors)))]
    wanted = len(anchors) * (5 + classes)
    if shape.channels != wanted:
        raise section.error(
            f"{len(anchors)} anchors x (5 + {classes} classes) need {wanted} channels, "
            f"the layer before gives {shape.channels}"
        )
    return anchors


def _centres(net: _Network, name: str, raw: str, *, scale: float) -> str:
    """Box centres as fractions: `(sigmoid(raw) · scale - (scale - 1) / 2 + cell) / grid`."""
    graph, shape = net.graph, net.last.shape
    grid = np.array([shape.width, shape.height], np.float32)
    cell = np.stack(np.meshgrid(np.arange(shape.width), np.arange(shape.height)), -1)
    offset = ((cell.reshape(1, 1, -1, 2) - (scale - 1) / 2) / grid).astype(np.float32)
    inside = graph.add("Sigmoid", f"{name}/inside", raw)
    gain = graph.constant(f"{name}/gain", (scale / grid).astype(np.float32))
    scaled = graph.add("Mul", f"{name}/scaled", inside, gain)
    return graph.add("Add", f"{name}/centres", scaled, graph.constant(f"{name}/cells", offset))


def _extents(net: _Network, name: str, raw: str, anchors: NDArray[np.floating]) -> str:
    """Box sizes as fractions: `exp(raw) · anchor`."""
    prior = anchors.reshape(1, -1, 1, 2).astype(np.float32)
    growth = net.graph.add("Exp", f"{name}/growth", raw)
    return net.graph.add(
        "Mul", f"{name}/extents", growth, net.graph.constant(f"{name}/anchors", prior)
    )


_LAYERS: dict[str, Callable[[_Network, str, Section], _Tensor]] = {
    "convolutional": _convolutional,
    "maxpool": _maxpool,
    "upsample": _upsample,
    "route": _route,
    "shortcut": _shortcut,
    "yolo": _yolo,
}
