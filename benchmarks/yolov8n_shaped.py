"""Write an ONNX network with YOLOv8n's shape and random weights.

Usage: python benchmarks/yolov8n_shaped.py FOLDER [--side 640] [--dynamic-batch] [--seed 8]

Layer by layer it is the detector that exporters write, at its real size: C2f backbone, SPPF, PAN
neck, decoupled head with distribution focal loss, 3.15 million weights, 8.7 billion operations at
640 x 640; `images` (1, 3, 640, 640) in, `output0` (1, 84, 8400) out. Batch normalisation is folded
into the convolutions, as exporters do. The weights are random, so it finds nothing that has a name,
but it finds a handful of things in every frame, and always the same ones.

FOLDER gets the network, `labels.txt` and `config_infer.txt`, which asks for f32.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from penstock.kit.onnx_graph import GraphBuilder

CLASSES, BINS, STRIDES = 80, 16, (8, 16, 32)
NAME = "yolov8n-shaped"
CONFIG = """\
[property]
onnx-file={name}.onnx
labelfile-path=labels.txt
num-detected-classes={classes}
net-scale-factor=0.00392156862745098
maintain-aspect-ratio=1
symmetric-padding=1
network-mode=0
cluster-mode=2
[class-attrs-all]
pre-cluster-threshold={threshold}
nms-iou-threshold={iou}
topk=300
"""
THRESHOLD, IOU = 0.25, 0.45
# Chosen once, so that the street videos show about ten objects a frame.
_GAIN, _BOX_GAIN, _NEAR, _CLASS_GAIN, _CLASS_BIAS = 1.2, 1.0, -0.3, 1.2, -9.7


@dataclass(frozen=True)
class _Maps:
    """Feature maps: the tensor's name and its channels."""

    name: str
    channels: int


class _Writer:
    """Adds blocks to a graph; every convolution keeps the activations' variance."""

    def __init__(self, seed: int) -> None:
        self.graph = GraphBuilder(NAME)
        self._random = np.random.default_rng(seed)
        self._blocks = 0

    def name(self) -> str:
        """A name for the next block."""
        self._blocks += 1
        return f"block{self._blocks}"

    def convolution(
        self,
        x: _Maps,
        channels: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        gain: float = 1.0,
        bias: np.ndarray | float = 0.0,
    ) -> _Maps:
        """A bare convolution with bias."""
        name, fan_in = self.name(), x.channels * kernel * kernel
        weights = self._random.normal(size=(channels, x.channels, kernel, kernel))
        if x.name != "images":
            # What all inputs have in common, SiLU's mean above all, would grow layer by layer.
            weights -= weights.mean(axis=(1, 2, 3), keepdims=True)
        weights *= gain / math.sqrt(fan_in)
        offsets = np.broadcast_to(np.asarray(bias, np.float32), (channels,))
        inputs = [
            self.graph.constant(f"{name}/weights", weights.astype(np.float32)),
            self.graph.constant(f"{name}/bias", offsets),
        ]
        sides = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [kernel // 2] * 4}
        return _Maps(self.graph.add("Conv", name, x.name, *inputs, **sides), channels)

    def conv(self, x: _Maps, channels: int, kernel: int = 1, *, stride: int = 1) -> _Maps:
        """Convolution and SiLU; the bias keeps it where it hardly damps."""
        y = self.convolution(x, channels, kernel, stride=stride, gain=_GAIN, bias=1.5)
        gate = self.graph.add("Sigmoid", f"{y.name}/gate", y.name)
        return _Maps(self.graph.add("Mul", f"{y.name}/silu", y.name, gate), channels)

    def join(self, *parts: _Maps) -> _Maps:
        """Stack channels."""
        name = self.graph.add("Concat", self.name(), *(part.name for part in parts), axis=1)
        return _Maps(name, sum(part.channels for part in parts))

    def c2f(self, x: _Maps, channels: int, depth: int, *, shortcut: bool = False) -> _Maps:
        """Cross-stage partial block with `depth` bottlenecks of two 3 x 3 convolutions."""
        half, whole = channels // 2, self.conv(x, channels)
        pieces = self.graph.split(self.name(), whole.name, axis=1, sizes=[half, half])
        parts = [_Maps(piece, half) for piece in pieces]
        for _ in range(depth):
            y = self.conv(self.conv(parts[-1], half, 3), half, 3)
            if shortcut:
                y = _Maps(self.graph.add("Add", self.name(), parts[-1].name, y.name), half)
            parts.append(y)
        return self.conv(self.join(*parts), channels)

    def sppf(self, x: _Maps, channels: int) -> _Maps:
        """Spatial pyramid pooling: three 5 x 5 maxima in a row."""
        parts = [self.conv(x, x.channels // 2)]
        for _ in range(3):
            pooled = self.graph.add(
                "MaxPool",
                self.name(),
                parts[-1].name,
                kernel_shape=[5, 5],
                strides=[1, 1],
                pads=[2] * 4,
            )
            parts.append(_Maps(pooled, parts[0].channels))
        return self.conv(self.join(*parts), channels)

    def doubled(self, x: _Maps) -> _Maps:
        """Twice the size, by the nearest sample."""
        name = self.name()
        scales = self.graph.constant(f"{name}/scales", np.array([1, 1, 2, 2], np.float32))
        return _Maps(self.graph.add("Resize", name, x.name, "", scales, mode="nearest"), x.channels)


def write(folder: Path, *, side: int = 640, dynamic_batch: bool = False, seed: int = 8) -> Path:
    """Write the network, its labels and nvinfer's configuration into `folder`.

    Args:
        folder: Made if it is not there.
        side: Width and height of the input, pixels, a multiple of 32.
        dynamic_batch: Leave the batch open; else it is 1.
        seed: Of the weights.

    Returns:
        The ONNX file.
    """
    batch = "batch" if dynamic_batch else 1
    writer = _Writer(seed)
    graph = writer.graph
    image = _Maps(graph.input("images", [batch, 3, side, side]), 3)
    outputs = _head(writer, _neck(writer, *_backbone(writer, image)), side)
    cells = sum((side // stride) ** 2 for stride in STRIDES)
    graph.add("Concat", "output0", *outputs, axis=1)
    graph.output("output0", [batch, 4 + CLASSES, cells])
    names = [f"thing {number}" for number in range(CLASSES)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.onnx"
    metadata = {  # what the exporters of this family write, and their loaders read
        "task": "detect",
        "stride": str(STRIDES[-1]),
        "imgsz": str([side, side]),
        "batch": "1",
        "names": str(dict(enumerate(names))),
    }
    graph.save(path, metadata=metadata)
    (folder / "labels.txt").write_text("\n".join(names) + "\n")
    (folder / "config_infer.txt").write_text(
        CONFIG.format(name=NAME, classes=CLASSES, threshold=THRESHOLD, iou=IOU)
    )
    return path


def _backbone(writer: _Writer, image: _Maps) -> tuple[_Maps, _Maps, _Maps]:
    """Feature maps at strides 8, 16 and 32."""
    x = writer.conv(writer.conv(image, 16, 3, stride=2), 32, 3, stride=2)
    x = writer.conv(writer.c2f(x, 32, 1, shortcut=True), 64, 3, stride=2)
    fine = writer.c2f(x, 64, 2, shortcut=True)
    middle = writer.c2f(writer.conv(fine, 128, 3, stride=2), 128, 2, shortcut=True)
    coarse = writer.c2f(writer.conv(middle, 256, 3, stride=2), 256, 1, shortcut=True)
    return fine, middle, writer.sppf(coarse, 256)


def _neck(writer: _Writer, fine: _Maps, middle: _Maps, coarse: _Maps) -> tuple[_Maps, ...]:
    """Down and up again: the path aggregation network."""
    down = writer.c2f(writer.join(writer.doubled(coarse), middle), 128, 1)
    small = writer.c2f(writer.join(writer.doubled(down), fine), 64, 1)
    medium = writer.c2f(writer.join(writer.conv(small, 64, 3, stride=2), down), 128, 1)
    large = writer.c2f(writer.join(writer.conv(medium, 128, 3, stride=2), coarse), 256, 1)
    return small, medium, large


def _head(writer: _Writer, maps: tuple[_Maps, ...], side: int) -> tuple[str, str]:
    """Boxes `(B, 4, N)`, cxcywh in pixels, and scores `(B, C, N)`."""
    graph, sides = writer.graph, []
    flat = graph.integers("flat", 0, 4 * BINS + CLASSES, -1)
    # Short distances are likelier than long ones.
    near = np.tile(np.arange(BINS, dtype=np.float32) * _NEAR, 4)
    for x in maps:
        box = writer.conv(writer.conv(x, 4 * BINS, 3), 4 * BINS, 3)
        box = writer.convolution(box, 4 * BINS, gain=_BOX_GAIN, bias=near)
        score = writer.conv(writer.conv(x, CLASSES, 3), CLASSES, 3)
        score = writer.convolution(score, CLASSES, gain=_CLASS_GAIN, bias=_CLASS_BIAS)
        both = writer.join(box, score)
        sides.append(graph.add("Reshape", f"{both.name}/flat", both.name, flat))
    cells = graph.add("Concat", "cells", *sides, axis=2)
    bins, logits = graph.split("parts", cells, axis=1, sizes=[4 * BINS, CLASSES])
    return _boxes(graph, bins, side), graph.add("Sigmoid", "scores", logits)


def _boxes(graph: GraphBuilder, bins: str, side: int) -> str:
    """The mean of each distribution is a distance from the cell's middle to an edge, in strides."""
    shape = graph.integers("bins/shape", 0, 4, BINS, -1)
    likely = graph.add(
        "Transpose", "bins", graph.add("Reshape", "bins/4", bins, shape), perm=[0, 2, 1, 3]
    )
    likely = graph.add("Softmax", "likely", likely, axis=1)
    weights = graph.constant("bins/values", np.arange(BINS, dtype=np.float32).reshape(1, -1, 1, 1))
    mean = graph.add("Conv", "mean", likely, weights)
    distances = graph.add("Reshape", "distances", mean, graph.integers("edges", 0, 4, -1))
    before, behind = graph.split("corners", distances, axis=1, sizes=[2, 2])
    middles, strides = _cells(side)
    anchors = graph.constant("middles", middles)
    first = graph.add("Sub", "first", anchors, before)
    last = graph.add("Add", "last", anchors, behind)
    two = graph.constant("two", np.array(2, np.float32))
    centre = graph.add("Div", "centre", graph.add("Add", "sum", first, last), two)
    size = graph.add("Sub", "size", last, first)
    boxes = graph.add("Concat", "boxes/strides", centre, size, axis=1)
    return graph.add("Mul", "boxes", boxes, graph.constant("strides", strides))


def _cells(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Middles `(1, 2, N)`, x and y in strides, and strides `(1, N)` of all cells."""
    middles, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: side // stride, : side // stride].astype(np.float32) + 0.5
        middles.append(np.stack([x.ravel(), y.ravel()]))
        strides.append(np.full(x.size, stride, np.float32))
    return np.concatenate(middles, axis=1)[None], np.concatenate(strides)[None]


def main() -> None:
    """Write the files and say where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--dynamic-batch", action="store_true")
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    print(
        write(
            options.folder,
            side=options.side,
            dynamic_batch=options.dynamic_batch,
            seed=options.seed,
        )
    )


if __name__ == "__main__":
    main()
