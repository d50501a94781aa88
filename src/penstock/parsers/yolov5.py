"""YOLOv5 and YOLOv7: three anchors a cell, objectness, boxes decoded by the network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Indices, Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_of_rows
from penstock.parsers.grids import STRIDES, count_cells, strides_of
from penstock.parsers.head import Fit, Head
from penstock.parsers.yolov8 import corners

_ANCHORS = 3
_BOX = 4
CLASSES_FROM = 5


class YoloV5Parser:
    """Decode one layer `(N, 5 + C)` for N candidates; see `Parser`.

    A row is the box, cxcywh in network pixels, its objectness, and the probabilities of the C
    classes if there is an object. The confidence of a class is the product. Layers of more than
    two dimensions, the raw heads that some exporters add, are not looked at.
    """

    def __init__(self, head: Head) -> None:
        rows = candidate_rows(head, anchors=_ANCHORS)
        if rows is None:
            count = _ANCHORS * count_cells(head.size, STRIDES)
            raise unreadable("yolov5", f"one layer ({count}, 5 + C)", head)
        self._layer, self._classes = rows

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the numbers of cells and of classes."""
        rows = candidate_rows(head, anchors=_ANCHORS)
        return head.fit_classes(rows[1]) if rows else Fit.NO

    @property
    def num_classes(self) -> int | None:
        """One for each column behind the objectness."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[self._layer]
        rows, class_ids, confidences = likely_rows(layer, context)
        return Parsed.inside(
            context,
            boxes=corners(np.asarray(layer[rows, :_BOX], np.float32)),
            class_ids=class_ids,
            confidences=confidences,
        )


def candidate_rows(head: Head, *, anchors: int) -> tuple[str, int] | None:
    """The layer `(N, 5 + C)` for N candidates, and C, if there is such a layer.

    Args:
        head: What is known about the network's outputs.
        anchors: Candidates in each cell.
    """
    name = head.rows()
    if name is None:
        return None
    candidates, columns = head.layers[name]
    is_grid = strides_of(head.size, candidates, anchors=anchors) is not None
    if not is_grid or columns is None or columns <= CLASSES_FROM:
        return None
    return name, columns - CLASSES_FROM


def likely_rows(
    layer: NDArray[Any], context: ParseContext
) -> tuple[Indices, NDArray[np.intp], NDArray[np.float32]]:
    """Rows whose objectness times the probability of a class reaches that class's threshold.

    Args:
        layer: `(N, 5 + C)`: objectness in the fifth column, then the classes.
        context: The classes and their thresholds.

    Returns:
        `(K,)` rows, their most confident class and its confidence.
    """
    objectness = layer[:, _BOX]
    with np.errstate(over="ignore", invalid="ignore"):
        # No class is more confident than the object: most rows need no further look.
        rows = np.flatnonzero(objectness >= context.lowest)
        scores = np.asarray(layer[rows, CLASSES_FROM:], np.float32) * objectness[rows, None]
    likely, class_ids, confidences = best_of_rows(scores, context)
    return rows[likely], class_ids, confidences
