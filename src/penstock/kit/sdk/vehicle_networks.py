"""Networks for cropped vehicles, with the inputs and outputs of NVIDIA's classifiers.

Their input is BGR in 0..255, of which most configurations subtract a mean colour and some do not.
A picture with numbers clearly below 0 is one of which it was subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import compose

from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["COLORS", "INPUT", "OUTPUT", "SIDE_PX", "write_colors", "write_types"]

INPUT, OUTPUT = "input_1:0", "predictions/Softmax:0"
SIDE_PX = 224

_MEAN_BGR = (103.939, 116.779, 123.68)
_CLEARLY_NEGATIVE = -1.0
_SMALL_PX = 28
_SHARPNESS = 40.0

COLORS: Mapping[str, tuple[int, int, int]] = {
    "black": (25, 25, 28),
    "blue": (35, 65, 130),
    "brown": (85, 60, 45),
    "gold": (175, 150, 90),
    "green": (45, 95, 60),
    "grey": (105, 107, 110),
    "maroon": (90, 25, 35),
    "orange": (215, 110, 40),
    "red": (180, 30, 35),
    "silver": (165, 168, 172),
    "white": (230, 232, 232),
    "yellow": (225, 200, 60),
}
"""Name → typical RGB of painted metal in daylight, chosen by hand."""


def write_types(
    output: Path, imagenet: Path, *, kinds: Sequence[Sequence[str]], about: str
) -> None:
    """Write a classifier that adds up the probabilities of ImageNet's classes.

    Args:
        output: The file to write.
        imagenet: The kit's classifier, its labels beside it.
        kinds: For each class the names of ImageNet's that it is made of; one says how likely it is,
            given that it is one of all these.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph, pixels = _begin(output)
    names = imagenet.with_name("labels.txt").read_text().strip().split(";")
    network: Any = compose.add_prefix_graph(onnx.load(str(imagenet)).graph, "imagenet/")
    # Configurations scale by the nearest pixel, whose steps are edges to the network.
    pixels = graph.add(
        "AveragePool", "in/smooth", pixels, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]
    )
    zero = graph.constant("in/zero", np.array(131, np.float32))
    step = graph.constant("in/step", np.array(0.01256602, np.float32))
    pictures = graph.add("Mul", "in/real", graph.add("Sub", "in/centred", pixels, zero), step)
    graph.adopt(
        network, results=["imagenet/probabilities"], rename={network.input[0].name: pictures}
    )
    sums = []
    for number, members in enumerate(kinds):
        columns = graph.integers(f"kind{number}/of", *map(names.index, members))
        shares = graph.add(
            "Gather", f"kind{number}/shares", "imagenet/probabilities", columns, axis=1
        )
        axis = graph.integers(f"kind{number}/axis", 1)
        sums.append(graph.add("ReduceSum", f"kind{number}", shares, axis, keepdims=1))
    odds = graph.add("Concat", "kinds", *sums, axis=1)
    whole = graph.add("ReduceSum", "kinds/whole", odds, graph.integers("kinds/axis", 1), keepdims=1)
    graph.add("Div", OUTPUT, odds, whole)
    _end(graph, output, classes=len(kinds), about=about)


def write_colors(output: Path, *, about: str) -> None:
    """Write a classifier of colours without any training: which share of the pixels is which.

    Only the middle counts, half as wide and high as the picture. A pixel belongs mostly to the
    nearest of `COLORS`.

    Args:
        output: The file to write.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph, pixels = _begin(output)
    quarter = SIDE_PX // 4
    cut = [
        graph.integers(f"middle/{name}", value, value)
        for name, value in (("first", quarter), ("end", 3 * quarter))
    ]
    middle = graph.add("Slice", "middle", pixels, *cut, graph.integers("middle/axes", 2, 3))
    side = SIDE_PX // 2 // _SMALL_PX
    small = graph.add(
        "AveragePool", "small", middle, kernel_shape=[side, side], strides=[side, side]
    )
    unit = graph.add("Mul", "unit", small, graph.constant("unit/by", np.array(1 / 255, np.float32)))
    unit = graph.add("Unsqueeze", "unit/colors", unit, graph.integers("unit/axis", 1))
    palette = np.array(list(COLORS.values()), np.float32).reshape(1, -1, 3, 1, 1) / 255
    away = graph.add("Sub", "away", unit, graph.constant("palette", palette))
    square = graph.add("Mul", "square", away, away)
    distance = graph.add(
        "ReduceSum", "distance", square, graph.integers("distance/axis", 2), keepdims=0
    )
    near = graph.add(
        "Mul", "near", distance, graph.constant("sharp", np.array(-_SHARPNESS, np.float32))
    )
    shares = graph.add("Softmax", "shares", near, axis=1)
    graph.add("ReduceMean", OUTPUT, shares, axes=[2, 3], keepdims=0)
    _end(graph, output, classes=len(COLORS), about=about)


def _begin(output: Path) -> tuple[GraphBuilder, str]:
    """A graph with an input, and its pictures as RGB in 0..255."""
    graph = GraphBuilder(output.stem)
    graph.input(INPUT, ["batch", 3, SIDE_PX, SIDE_PX])
    least = graph.add("ReduceMin", "in/least", INPUT, axes=[1, 2, 3], keepdims=1)
    limit = graph.constant("in/limit", np.array(_CLEARLY_NEGATIVE, np.float32))
    moved = graph.add("Less", "in/moved", least, limit)
    mean = graph.constant("in/mean", np.array(_MEAN_BGR, np.float32).reshape(1, 3, 1, 1))
    nothing = graph.constant("in/nothing", np.zeros((1, 3, 1, 1), np.float32))
    back = graph.add("Where", "in/back", moved, mean, nothing)
    pixels = graph.add("Add", "in/pixels", INPUT, back)
    order = graph.integers("in/order", 2, 1, 0)
    return graph, graph.add("Gather", "in/rgb", pixels, order, axis=1)


def _end(graph: GraphBuilder, output: Path, *, classes: int, about: str) -> None:
    graph.output(OUTPUT, ["batch", classes])
    graph.save(output, metadata={"penstock.about": about})
