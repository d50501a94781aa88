"""DetectNet_v2's outputs around another detector: coverage and boxes on a grid of cells.

The layout is that of NVIDIA's TrafficCamNet and PeopleNet: a cell of 16 pixels has for every class
a coverage and the distances from its centre to the four edges of a box, divided by 35.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto

from penstock.kit.onnx_graph import GraphBuilder
from penstock.kit.sdk.candidates import Part, Size, join_candidates
from penstock.kit.sdk.suppressing import best_of_classes

__all__ = ["Contract", "write_detectnet"]

_STRIDE_PX = 16
_CELL_CENTRE_PX = 0.5
_BOX_NORM_PX = 35.0
_REACH_PX = 24
_MOST_OBJECTS = 80
_OVERLAP = 0.5
_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Contract:
    """What a network's users rely on.

    Attributes:
        size: Of the input, `(width, height)`.
        input: Its name; RGB in 0..1.
        coverage: Name of the output `(batch, C, height / 16, width / 16)`.
        boxes: Name of the output `(batch, 4 C, height / 16, width / 16)`.
    """

    size: Size
    input: str
    coverage: str
    boxes: str

    @property
    def grid(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.size[0] // _STRIDE_PX, self.size[1] // _STRIDE_PX


def write_detectnet(output: Path, contract: Contract, *, parts: Sequence[Part], about: str) -> None:
    """Write a network that finds what `parts` find and says it as DetectNet_v2 does.

    What overlaps a better box of its class by half is left out. Every other object is written into
    the nine cells around its centre, so that clustering which wants several boxes of an object
    finds them. A cell that two objects of a class want gets the nearer one: an object is lost only
    if others of its class are nearer to all its nine cells, which needs several centres within 16
    pixels. At most 80 objects of a class are told.

    Args:
        output: The file to write.
        contract: Names and sizes.
        parts: The detectors; each tells all classes of the whole.
        about: What the file really is, kept in its metadata as `penstock.about`.

    Raises:
        ModelError: The graph is not valid.
    """
    classes = len(parts[0].classes)
    graph = GraphBuilder(output.stem)
    graph.input(contract.input, ["batch", 3, contract.size[1], contract.size[0]])
    boxes, scores = join_candidates(graph, contract.input, contract.size, parts)
    boxes, scores = best_of_classes(
        graph, boxes, scores, classes=classes, kept=_MOST_OBJECTS, overlap=_OVERLAP
    )
    _Grid(graph, contract, classes).write(boxes, scores)
    columns, rows = contract.grid
    graph.output(contract.coverage, ["batch", classes, rows, columns])
    graph.output(contract.boxes, ["batch", 4 * classes, rows, columns])
    graph.save(output, metadata={"penstock.about": about})


class _Grid:
    """Writes objects `(batch, C, M)` into cells `(batch, C, rows · columns)`."""

    def __init__(self, graph: GraphBuilder, contract: Contract, classes: int) -> None:
        self.graph = graph
        self.contract = contract
        self.classes = classes
        self.columns, self.rows = contract.grid
        self.cells = self.columns * self.rows

    def write(self, boxes: str, scores: str) -> None:
        graph, contract = self.graph, self.contract
        squeezed = graph.integers("grid/last", 3)
        edges = [
            graph.add("Squeeze", f"grid/edge{number}", edge, squeezed)
            for number, edge in enumerate(graph.split("grid/edges", boxes, axis=3, sizes=[1] * 4))
        ]
        costs = self._costs(edges, scores)
        nearest = graph.add("ArgMin", "grid/nearest", costs, axis=2, keepdims=0)
        nearest = graph.add("Reshape", "grid/objects", nearest, self._shape("flat", self.cells))
        cost = graph.add("ReduceMin", "grid/cost", costs, axes=[2], keepdims=0)
        far = graph.constant("grid/far_away", np.array(_FAR / 2, np.float32))
        taken = graph.add(
            "Cast", "grid/taken", graph.add("Less", "grid/near", cost, far), to=TensorProto.FLOAT
        )
        told = self._of_nearest("grid/told", scores, nearest)
        shape = self._shape("square", self.rows, self.columns)
        told = graph.add("Reshape", "grid/told_square", told, shape)
        graph.add("Mul", contract.coverage, told, taken)
        self._write_boxes(edges, nearest, taken)

    def _costs(self, edges: Sequence[str], scores: str) -> str:
        """Squared distance of every object to every cell, `(batch, C, M, rows, columns)`."""
        graph = self.graph
        x = self._axis_cost("x", edges[0], edges[2], self.columns, axis=3)
        y = self._axis_cost("y", edges[1], edges[3], self.rows, axis=4)
        nothing = graph.constant("grid/nothing", np.array(0, np.float32))
        far = graph.constant("grid/far", np.array(_FAR, np.float32))
        empty = graph.add("LessOrEqual", "grid/empty", scores, nothing)
        absent = graph.add("Where", "grid/absent", empty, far, nothing)
        absent = graph.add(
            "Unsqueeze", "grid/absent/cells", absent, graph.integers("grid/absent/axes", 3, 4)
        )
        return graph.add("Add", "grid/costs", x, graph.add("Add", "grid/y_or_absent", y, absent))

    def _axis_cost(self, name: str, first: str, last: str, cells: int, *, axis: int) -> str:
        """Squared distance along an axis; far beyond a cell's width. Axes of length 1 are added."""
        graph, name = self.graph, f"grid/{name}"
        half = graph.constant(f"{name}/half", np.array(0.5, np.float32))
        middle = graph.add(
            "Mul", f"{name}/middle", graph.add("Add", f"{name}/sum", first, last), half
        )
        centres = _centres(cells)
        # Between the outermost centres, so that an object at the edge has nine cells, too.
        low = graph.constant(f"{name}/low", np.array(centres[0] + _STRIDE_PX, np.float32))
        high = graph.constant(f"{name}/high", np.array(centres[-1] - _STRIDE_PX, np.float32))
        middle = graph.add("Clip", f"{name}/inside", middle, low, high)
        axes = graph.integers(f"{name}/axes", 3, 4)
        middle = graph.add("Unsqueeze", f"{name}/object", middle, axes)
        shape = (1, 1, 1, 1, cells) if axis == 3 else (1, 1, 1, cells, 1)
        places = graph.constant(f"{name}/cells", centres.reshape(shape))
        away = graph.add("Sub", f"{name}/away", middle, places)
        square = graph.add("Mul", f"{name}/square", away, away)
        limit = graph.constant(f"{name}/limit", np.array(_REACH_PX**2, np.float32))
        far = graph.constant(f"{name}/far", np.array(_FAR, np.float32))
        return graph.add(
            "Where", f"{name}/cost", graph.add("Less", f"{name}/near", square, limit), square, far
        )

    def _write_boxes(self, edges: Sequence[str], nearest: str, taken: str) -> None:
        """Distances in norms; 0 where no object is."""
        graph, planes = self.graph, []
        taken = graph.add("Reshape", "grid/taken_flat", taken, self._shape("flat1", 1, self.cells))
        norm = graph.constant("grid/norm", np.array(1 / _BOX_NORM_PX, np.float32))
        y, x = np.divmod(np.arange(self.cells), self.columns)
        axis = graph.integers("grid/edge_axis", 2)
        for number, edge in enumerate(edges):
            name = f"grid/distance{number}"
            there = self._of_nearest(f"{name}/edge", edge, nearest)
            along = (_centres(self.columns)[x], _centres(self.rows)[y])[number % 2]
            cells = graph.constant(f"{name}/cells", along.reshape(1, 1, -1))
            away = (cells, there) if number < 2 else (there, cells)
            away_px = graph.add("Sub", f"{name}/px", *away)
            planes.append(
                graph.add("Unsqueeze", name, graph.add("Mul", f"{name}/norm", away_px, norm), axis)
            )
        stacked = graph.add("Concat", "grid/distances", *planes, axis=2)
        stacked = graph.add("Mul", "grid/distances_of_objects", stacked, taken)
        shape = graph.integers("grid/planes", 0, 4 * self.classes, self.rows, self.columns)
        graph.add("Reshape", self.contract.boxes, stacked, shape)

    def _of_nearest(self, name: str, values: str, nearest: str) -> str:
        return self.graph.add("GatherElements", name, values, nearest, axis=2)

    def _shape(self, name: str, *sides: int) -> str:
        return self.graph.integers(f"grid/{name}", 0, self.classes, *sides)


def _centres(cells: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Pixels of the cells' centres along an axis, as parsers of DetectNet_v2 take them."""
    return (np.arange(cells) * _STRIDE_PX + _CELL_CENTRE_PX).astype(np.float32)
