"""The kit's detectors inside a larger graph: their candidates, regrouped into other classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import compose

from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["Part", "Size", "join_candidates"]

Size = tuple[int, int]
"""Width and height."""


@dataclass(frozen=True, slots=True)
class Part:
    """One network that ends in `boxes` and `scores`.

    Attributes:
        model: Its ONNX file.
        classes: For each class of the whole the columns of `scores` that are this class; an empty
            one has none of them.
        scale: What the whole's input is multiplied by.
        offset: What is subtracted after that.
        reverses: Whether the order of the channels is turned round.
    """

    model: Path
    classes: Sequence[Sequence[int]]
    scale: float = 1.0
    offset: float = 0.0
    reverses: bool = False


def join_candidates(
    graph: GraphBuilder, images: str, size: Size, parts: Sequence[Part]
) -> tuple[str, str]:
    """Run the networks on `images` and put their candidates one behind the other.

    Args:
        graph: Grows by all this.
        images: `(batch, 3, h, w)`.
        size: Its `(width, height)`.
        parts: The networks; each gets the pictures scaled to its own size.

    Returns:
        The names of the boxes `(batch, N, 4)`, left, top, right and bottom in pixels of `images`,
        and the scores `(batch, N, C)`.
    """
    found = [
        _adopt(graph, images, size, part, name=f"network{number}")
        for number, part in enumerate(parts)
    ]
    boxes, scores = (
        names[0] if len(names) == 1 else graph.add("Concat", f"joined/{what}", *names, axis=1)
        for what, names in zip(("boxes", "scores"), zip(*found, strict=True), strict=True)
    )
    return _edges(graph, boxes, size), scores


def _adopt(
    graph: GraphBuilder, images: str, size: Size, part: Part, *, name: str
) -> tuple[str, str]:
    network: Any = onnx.load(str(part.model)).graph
    network = compose.add_prefix_graph(network, f"{name}/")
    (own,) = network.input
    *_, height, width = (axis.dim_value for axis in own.type.tensor_type.shape.dim)
    pictures = _prepared(graph, images, part, name=name)
    if (width, height) != size:
        wanted = np.array([height / size[1], width / size[0]], np.float32)
        scales = graph.constant(f"{name}/in/scales", np.concatenate([[1, 1], wanted]).astype("f4"))
        pictures = graph.add("Resize", f"{name}/in/resized", pictures, "", scales, mode="linear")
    boxes, scores = f"{name}/boxes", f"{name}/scores"
    graph.adopt(network, results=[boxes, scores], rename={own.name: pictures})
    return boxes, _regrouped(graph, scores, part.classes)


def _prepared(graph: GraphBuilder, images: str, part: Part, *, name: str) -> str:
    if part.scale != 1.0:
        factor = graph.constant(f"{name}/in/factor", np.array(part.scale, np.float32))
        images = graph.add("Mul", f"{name}/in/scaled", images, factor)
    if part.offset:
        offset = graph.constant(f"{name}/in/offset", np.array(part.offset, np.float32))
        images = graph.add("Sub", f"{name}/in/moved", images, offset)
    if part.reverses:
        order = graph.integers(f"{name}/in/order", 2, 1, 0)
        images = graph.add("Gather", f"{name}/in/reversed", images, order, axis=1)
    return images


def _regrouped(graph: GraphBuilder, scores: str, classes: Sequence[Sequence[int]]) -> str:
    """A class's score is the greatest of the columns that it is made of, 0 without any."""
    columns = []
    for number, members in enumerate(classes):
        name = f"{scores}/class{number}"
        picked = graph.add(
            "Gather", f"{name}/columns", scores, graph.integers(f"{name}/of", *members or (0,)),
            axis=2,
        )  # fmt: skip
        best = graph.add("ReduceMax", f"{name}/best", picked, axes=[2], keepdims=1)
        if not members:
            nothing = graph.constant(f"{name}/nothing", np.array(0, np.float32))
            best = graph.add("Mul", f"{name}/none", best, nothing)
        columns.append(best)
    return graph.add("Concat", f"{scores}/regrouped", *columns, axis=2)


def _edges(graph: GraphBuilder, boxes: str, size: Size) -> str:
    """From centre and size as fractions to edges in pixels."""
    centres, extents = graph.split("edges/parts", boxes, axis=2, sizes=[2, 2])
    pixels = graph.constant("edges/pixels", np.array(size, np.float32))
    halves = graph.constant("edges/halves", np.array(size, np.float32) / 2)
    centres = graph.add("Mul", "edges/centres", centres, pixels)
    extents = graph.add("Mul", "edges/extents", extents, halves)
    return graph.add(
        "Concat",
        "edges",
        graph.add("Sub", "edges/first", centres, extents),
        graph.add("Add", "edges/last", centres, extents),
        axis=2,
    )
