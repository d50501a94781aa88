"""From many candidates to one box an object: the cluster modes by their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray
from penstock.inference.classes import ClassColumns
from penstock.inference.dbscan import dbscan, dbscan_groups
from penstock.inference.grouping import group_rectangles
from penstock.inference.neighbours import NO_GROUP
from penstock.inference.suppression import in_order, suppress
from penstock.parsers import Parsed

Clusterer: TypeAlias = Callable[[Parsed, ClassColumns], Parsed]


def _group(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """Group rectangles within each class; a group is as confident as its most confident box."""

    def group(class_id: int, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], FloatArray]:
        eps, threshold = float(classes.eps[class_id]), int(classes.group_threshold[class_id])
        return group_rectangles(parsed.boxes[rows], eps=eps, group_threshold=threshold)

    return _merged(parsed, group)


def _dbscan(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """DBSCAN within each class; a cluster is as confident as its most confident box."""

    def cluster(class_id: int, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], FloatArray]:
        density = _density(classes, class_id)
        return dbscan(parsed.boxes[rows], parsed.confidences[rows], **density)

    return _merged(parsed, cluster)


def _hybrid(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """Noise goes as in DBSCAN, then NMS chooses among the boxes of clusters."""
    kept = [np.empty(0, np.intp)]
    for class_id, rows in _classes_of(parsed):
        boxes, confidences = parsed.boxes[rows], parsed.confidences[rows]
        groups = dbscan_groups(boxes, confidences, **_density(classes, class_id))
        kept.append(rows[groups != NO_GROUP])
    return suppress(parsed.take(np.concatenate(kept)), classes)


def _leave(parsed: Parsed, classes: ClassColumns) -> Parsed:
    """No clustering: for networks that do it themselves; only put in order."""
    del classes
    return in_order(parsed)


CLUSTER_MODES: Mapping[int, Clusterer] = {
    0: _group,
    1: _dbscan,
    2: suppress,
    3: _hybrid,
    4: _leave,
}
"""`cluster-mode` → what it does.

Each takes candidates in any order, and gives them by class, then most confident first.
"""


def _merged(
    parsed: Parsed,
    join: Callable[[int, NDArray[np.intp]], tuple[NDArray[np.intp], FloatArray]],
) -> Parsed:
    """The boxes that `join` makes of each class, each with all else of its first box."""
    kept, boxes = [np.empty(0, np.intp)], [np.empty((0, 4), np.float32)]
    for class_id, rows in _classes_of(parsed):
        first, means = join(class_id, rows)
        kept.append(rows[first])
        boxes.append(means)
    merged = replace(parsed.take(np.concatenate(kept)), boxes=np.concatenate(boxes))
    return in_order(merged)


def _classes_of(parsed: Parsed) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each class that occurs, and its rows, most confident first."""
    for class_id in np.unique(parsed.class_ids):
        rows = (parsed.class_ids == class_id).nonzero()[0]
        edges = parsed.boxes[rows].T[::-1]
        yield int(class_id), rows[np.lexsort((*edges, -parsed.confidences[rows]))]


def _density(classes: ClassColumns, class_id: int) -> dict[str, Any]:
    return {
        "eps": float(classes.eps[class_id]),
        "min_boxes": int(classes.min_boxes[class_id]),
        "min_score": float(classes.min_score[class_id]),
    }
