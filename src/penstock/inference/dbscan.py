"""DBSCAN: boxes in a dense neighbourhood become one, lonely ones are noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import FloatArray, iou_matrix
from penstock.inference.neighbours import NO_GROUP, connected, merge, neighbour_bits

_LEAST_WEIGHT = np.float32(1e-6)


def dbscan_groups(
    boxes: FloatArray, confidences: FloatArray, *, eps: float, min_boxes: int, min_score: float
) -> NDArray[np.intp]:
    """The cluster of each box, after Ester et al. 1996 (KDD-96, pages 226 to 231).

    The distance of two boxes is 1 less their overlap (intersection over union). A box with at
    least `min_boxes` neighbours, itself included, within `eps` builds a cluster; a box with
    fewer belongs to the cluster of its most confident such neighbour, or to none. Clusters whose
    confidences add up to less than `min_score` are none.

    Args:
        boxes: `(N, 4)` xyxy, of one class, most confident first.
        confidences: `(N,)`.
        eps: Largest distance of neighbours.
        min_boxes: Least neighbours of a box that a cluster is built on.
        min_score: Least sum of confidences.

    Returns:
        `(N,)` cluster of each box, or `NO_GROUP`.
    """
    nearest = np.float32(1 - eps)
    bits, counts = neighbour_bits(boxes, lambda a, b: iou_matrix(a, b) >= nearest)
    dense = counts >= min_boxes
    groups = connected(bits, dense)
    for row in (~dense & (counts > 1)).nonzero()[0]:
        near = np.unpackbits(bits[row], bitorder="little", count=len(dense)).astype(bool)
        builders = (near & dense).nonzero()[0]
        if len(builders):
            groups[row] = groups[builders[0]]
    members = groups != NO_GROUP
    if members.any():
        scores = np.bincount(groups[members], confidences[members])
        groups[members & (scores[groups] < min_score)] = NO_GROUP
    return groups


def dbscan(
    boxes: FloatArray, confidences: FloatArray, *, eps: float, min_boxes: int, min_score: float
) -> tuple[NDArray[np.intp], FloatArray]:
    """One box for each cluster: the mean, weighted with the confidences; see `dbscan_groups`.

    Returns:
        `(G,)` the most confident box of each cluster, and `(G, 4)` the means.
    """
    groups = dbscan_groups(boxes, confidences, eps=eps, min_boxes=min_boxes, min_score=min_score)
    return merge(boxes, groups, weights=np.maximum(confidences, _LEAST_WEIGHT))
