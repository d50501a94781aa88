"""Non-maximum suppression of plain operators, which every runtime computes alike and in batches.

ONNX has an operator for it, but its result has no fixed size, and what follows could not be in a
batch. "Is covered by a better one that stays" is asked of all pairs at once, a few times: after n
rounds every chain of n boxes that cover each other is settled as the greedy way settles it.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from penstock.kit.onnx_graph import GraphBuilder

__all__ = ["best_of_classes"]

_CONSIDERED = 256
_ROUNDS = 5  # odd: what is not settled by then is taken for covered


def best_of_classes(
    graph: GraphBuilder,
    boxes: str,
    scores: str,
    *,
    classes: int,
    kept: int,
    overlap: float,
    columns: int = 4,
) -> tuple[str, str]:
    """Of each class the best boxes that do not overlap a better one.

    Args:
        graph: Grows by all this.
        boxes: `(batch, N, D)`, left, top, right, bottom, and what is to be told of a box besides;
            at least 256 rows.
        scores: `(batch, N, C)`.
        classes: C.
        kept: How many of each class at most, M.
        overlap: The most two boxes of a class may overlap.
        columns: D.

    Returns:
        The names of the boxes `(batch, C, M, D)` and the scores `(batch, C, M)`, the best first;
        where there are fewer, the score is 0.
    """
    best = graph.add("ReduceMax", "considered/best", scores, axes=[2], keepdims=0)
    _, rows = graph.top("considered", best, axis=1, count=_CONSIDERED)
    boxes = graph.pick("considered/boxes", boxes, rows)
    scores = graph.pick("considered/scores", scores, rows)
    scores = graph.add("Transpose", "considered/by_class", scores, perm=[0, 2, 1])
    stays = _stays(graph, _covers(graph, boxes, scores, overlap, columns))
    scores = graph.add("Mul", "kept/scores", scores, stays)
    values, places = graph.top("kept", scores, axis=2, count=kept)
    flat = graph.add("Reshape", "kept/rows", places, graph.integers("kept/flat", 0, -1))
    picked = graph.pick("kept/picked", boxes, flat)
    shape = graph.integers("kept/shape", 0, classes, kept, columns)
    return graph.add("Reshape", "kept/boxes", picked, shape), values


def _covers(graph: GraphBuilder, boxes: str, scores: str, overlap: float, columns: int) -> str:
    """`(batch, C, K, K)`: 1 where the row's box is better than the column's and overlaps it."""
    rest = [columns - 4] if columns > 4 else []
    edges = graph.split("pairs/edges", boxes, axis=2, sizes=[1, 1, 1, 1, *rest])[:4]
    sides = []
    for axis, (first, last) in enumerate(zip(edges[:2], edges[2:], strict=True)):
        name = f"pairs/axis{axis}"
        begin = graph.add("Max", f"{name}/begin", first, _turned(graph, f"{name}/first", first))
        end = graph.add("Min", f"{name}/end", last, _turned(graph, f"{name}/last", last))
        sides.append(
            graph.add("Relu", f"{name}/shared", graph.add("Sub", f"{name}/length", end, begin))
        )
    shared = graph.add("Mul", "pairs/shared", *sides)
    extents = [
        graph.add("Sub", f"pairs/extent{axis}", edges[axis + 2], edges[axis]) for axis in (0, 1)
    ]
    area = graph.add("Mul", "pairs/area", *extents)
    both = graph.add("Add", "pairs/both", area, _turned(graph, "pairs/area_turned", area))
    union = graph.add("Sub", "pairs/union", both, shared)
    least = graph.constant("pairs/least", np.array(overlap, np.float32))
    wanted = graph.add("Mul", "pairs/wanted", union, least)
    overlaps = graph.add("Greater", "pairs/overlaps", shared, wanted)
    overlaps = graph.add("Unsqueeze", "pairs/any_class", overlaps, graph.integers("pairs/one", 1))
    mine = graph.add("Unsqueeze", "pairs/mine", scores, graph.integers("pairs/row", 3))
    other = graph.add("Unsqueeze", "pairs/other", scores, graph.integers("pairs/column", 2))
    better = graph.add("Greater", "pairs/better", mine, other)
    return graph.add(
        "Cast", "pairs", graph.add("And", "pairs/covers", better, overlaps), to=TensorProto.FLOAT
    )


def _turned(graph: GraphBuilder, name: str, column: str) -> str:
    """`(batch, K, 1)` to `(batch, 1, K)`."""
    return graph.add("Transpose", f"{name}/turned", column, perm=[0, 2, 1])


def _stays(graph: GraphBuilder, covers: str) -> str:
    """`(batch, C, K)`: 1 for a box that no other one that stays covers, else 0.

    Without a matrix product: OpenVINO would compute all before one in bf16.
    """
    one = graph.constant("stays/one", np.array(1, np.float32))
    axis = graph.integers("stays/axis", 3)
    relevant = covers
    for number in range(_ROUNDS):
        name = f"stays/round{number}"
        covered = graph.add("ReduceMax", f"{name}/covered", relevant, axes=[2], keepdims=0)
        stays = graph.add("Sub", name, one, covered)
        if number < _ROUNDS - 1:
            column = graph.add("Unsqueeze", f"{name}/column", stays, axis)
            relevant = graph.add("Mul", f"{name}/relevant", covers, column)
    return stays
