"""The outputs of TensorFlow's object detection API around a detector of the kit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto

from penstock.kit import coco
from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.sdk.candidates import Part, join_candidates
from penstock.kit.sdk.suppressing import best_of_classes

__all__ = ["MOST_DETECTIONS", "SIDE_PX", "write_ssd"]

SIDE_PX = 300
MOST_DETECTIONS = 100
_OVERLAP = 0.6
_LEAST_SCORE = 0.05
_APART_PX = 1000.0  # more than any box reaches


def write_ssd(output: Path, detector: Path, *, about: str) -> None:
    """Write a network with the names and shapes of `ssd_inception_v2_coco_2018_01_28`.

    Input `image_tensor` `(batch, 300, 300, 3)` uint8, RGB. Outputs, all float32, the surest first:
    `detection_boxes` `(batch, 100, 4)`, top, left, bottom and right as fractions;
    `detection_scores` `(batch, 100)`; `detection_classes` `(batch, 100)`, COCO's numbers from 1 to
    90; `num_detections` `(batch, 1)`, how many score 0.05 or more.

    Args:
        output: The file to write.
        detector: A detector of the kit for COCO's 80 classes, for pixels from -1 to 1.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    graph = GraphBuilder(output.stem)
    graph.input("image_tensor", ["batch", SIDE_PX, SIDE_PX, 3], kind=TensorProto.UINT8)
    floats = graph.add("Cast", "in/floats", "image_tensor", to=TensorProto.FLOAT)
    pictures = graph.add("Transpose", "in/pictures", floats, perm=[0, 3, 1, 2])
    every = [(number,) for number in range(len(coco.LABELS))]
    part = Part(detector, every, scale=2 / 255, offset=1.0)
    boxes, scores = join_candidates(graph, pictures, (SIDE_PX, SIDE_PX), [part])
    rows, best = _surest(graph, boxes, scores)
    found, odds = best_of_classes(
        graph, rows, best, classes=1, kept=MOST_DETECTIONS, overlap=_OVERLAP, columns=9
    )
    _tell(graph, found, odds)
    graph.output("detection_boxes", ["batch", MOST_DETECTIONS, 4])
    graph.output("detection_scores", ["batch", MOST_DETECTIONS])
    graph.output("detection_classes", ["batch", MOST_DETECTIONS])
    graph.output("num_detections", ["batch", 1])
    graph.save(output, metadata={"penstock.about": about})


def _surest(graph: GraphBuilder, boxes: str, scores: str) -> tuple[str, str]:
    """Of each candidate its best class: `(batch, N, 9)` and its score `(batch, N, 1)`.

    The first four columns are the box, moved far away from those of other classes, so that only
    boxes of one class suppress each other; then come the box itself and the class.
    """
    best = graph.add("ReduceMax", "surest/score", scores, axes=[2], keepdims=1)
    number = graph.add("ArgMax", "surest/number", scores, axis=2, keepdims=1)
    ids = np.array([column + 1 for column in coco.COLUMNS_OF_90], np.float32)
    named = graph.add("Gather", "surest/class", graph.constant("surest/ids", ids), number, axis=0)
    apart = graph.constant("surest/apart", np.array(_APART_PX, np.float32))
    moved = graph.add("Add", "surest/moved", boxes, graph.add("Mul", "surest/away", named, apart))
    return graph.add("Concat", "surest", moved, boxes, named, axis=2), best


def _tell(graph: GraphBuilder, found: str, odds: str) -> None:
    axis = graph.integers("told/axis", 1)
    found = graph.add("Squeeze", "told/rows", found, axis)
    scores = graph.add("Squeeze", "detection_scores", odds, axis)
    _, box, number = graph.split("told/parts", found, axis=2, sizes=[4, 4, 1])
    order = graph.integers("told/order", 1, 0, 3, 2)
    yxyx = graph.add("Gather", "told/yxyx", box, order, axis=2)
    side = graph.constant("told/side", np.array(1 / SIDE_PX, np.float32))
    fractions = graph.add("Mul", "told/fractions", yxyx, side)
    zero, one = (graph.constant(f"told/{n}", np.array(n, np.float32)) for n in (0, 1))
    graph.add("Clip", "detection_boxes", fractions, zero, one)
    graph.add("Squeeze", "detection_classes", number, graph.integers("told/last", 2))
    least = graph.constant("told/least", np.array(_LEAST_SCORE, np.float32))
    sure = graph.add("GreaterOrEqual", "told/sure", scores, least)
    counted = graph.add("Cast", "told/counted", sure, to=TensorProto.FLOAT)
    graph.add("ReduceSum", "num_detections", counted, axis, keepdims=1)
