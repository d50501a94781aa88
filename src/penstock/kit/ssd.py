"""The last step of a single-shot detector, inside the network: offsets to anchors become boxes.

Liu et al., "SSD: Single Shot MultiBox Detector" (2016, arXiv:1512.02325), section 2.2, with the
scale factors of Faster R-CNN's box coder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.kit.detector import save_detector
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.tensorflow_graph import Tensor

__all__ = ["MOST_CANDIDATES", "save_ssd"]

MOST_CANDIDATES = 1000
"""How many anchors of a picture are decoded: a crowd of 100 people excites a few hundred."""


def save_ssd(
    graph: GraphBuilder,
    output: Path,
    *,
    offsets: Tensor,
    logits: Tensor,
    anchors: NDArray[np.float32],
    scales: Sequence[float],
    columns: Sequence[int],
) -> None:
    """Pick the most promising anchors, decode their boxes and scores, and write the file.

    The picking comes first because it is cheap and the rest is not: of 19,000 anchors with 90
    scores each, next to all are far below any threshold.

    Args:
        graph: The network up to here.
        output: The file to write.
        offsets: `(N, 4)` without the batch: of each anchor, centre y and x, log height and width.
        logits: `(N, K)` without the batch; the sigmoid of them are the scores.
        anchors: `(N, 4)`, centre y and x, height and width, as fractions of the picture.
        scales: What the four offsets are to be divided by.
        columns: For each class the column of `logits` that has it.

    Raises:
        ModelError: The parts do not fit each other.
    """
    count = len(anchors)
    if offsets.shape != (count, 4) or logits.shape[:1] != (count,) or len(scales) != 4:
        raise ModelError(
            f"{offsets.shape} offsets, {logits.shape} scores and {len(scales)} scales do not "
            f"fit {anchors.shape} anchors"
        )
    if logits.shape[1] <= max(columns):
        raise ModelError(f"class column {max(columns)} is wanted, of {logits.shape[1]} columns")
    kept = min(count, MOST_CANDIDATES)
    classes, columns = _without_edges(graph, logits, columns)
    rows = _most_promising(graph, classes, kept)
    _score(graph, classes, rows, columns)
    _decode(graph, offsets.name, rows, anchors, scales)
    save_detector(graph, output, candidates=kept, classes=len(columns))


def _without_edges(
    graph: GraphBuilder, logits: Tensor, columns: Sequence[int]
) -> tuple[str, list[int]]:
    """Cut off columns before and after the wanted ones: the background would win everywhere."""
    first, end = min(columns), max(columns) + 1
    if (first, end) == (0, logits.shape[1]):
        return logits.name, list(columns)
    edges = [
        graph.integers(f"logits/{name}", value)
        for name, value in (("first", first), ("end", end), ("axis", 2))
    ]
    cut = graph.add("Slice", "logits/cut", logits.name, *edges)
    return cut, [column - first for column in columns]


def _most_promising(graph: GraphBuilder, logits: str, kept: int) -> str:
    """Return `(batch, kept)` row numbers, the most confident first."""
    best = graph.add("ReduceMax", "best", logits, axes=[2], keepdims=0)
    _, rows = graph.top("promising", best, axis=1, count=kept)
    return rows


def _score(graph: GraphBuilder, logits: str, rows: str, columns: Sequence[int]) -> None:
    odds = graph.add("Sigmoid", "odds", graph.pick("logits/picked", logits, rows))
    graph.add("Gather", "scores", odds, graph.integers("classes/columns", *columns), axis=2)


def _decode(
    graph: GraphBuilder,
    offsets: str,
    rows: str,
    anchors: NDArray[np.float32],
    scales: Sequence[float],
) -> None:
    units = graph.constant("offsets/scales", np.array(scales, np.float32))
    picked = graph.add("Div", "offsets/real", graph.pick("offsets/picked", offsets, rows), units)
    moves, growths = graph.split("offsets/parts", picked, axis=2, sizes=[2, 2])
    own = graph.add("Gather", "anchors/picked", graph.constant("anchors", anchors), rows, axis=0)
    places, extents = graph.split("anchors/parts", own, axis=2, sizes=[2, 2])
    centres = graph.add("Add", "centres", graph.add("Mul", "moves", moves, extents), places)
    sizes = graph.add("Mul", "sizes", graph.add("Exp", "growths", growths), extents)
    boxes = graph.add("Concat", "boxes/yxhw", centres, sizes, axis=2)
    graph.add("Gather", "boxes", boxes, graph.integers("boxes/xywh", 1, 0, 3, 2), axis=2)
