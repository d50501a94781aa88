"""The few scores of many that reach their threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Indices, ParseContext


def above_threshold(
    scores: NDArray[Any], context: ParseContext, *, class_axis: int
) -> tuple[Indices, Indices]:
    """Where a score reaches the threshold of its class; NaN never does.

    Args:
        scores: Two-dimensional; classes along `class_axis`, places along the other.
        context: The classes and their thresholds; further classes of `scores` are left out.
        class_axis: 0 or 1.

    Returns:
        `(K,)` places and `(K,)` class ids, in the order of memory.
    """
    thresholds = context.thresholds
    with np.errstate(invalid="ignore"):
        # One comparison of everything with one number is ten times as fast as maxima of rows.
        hits = np.flatnonzero(scores >= context.lowest)
    first, second = np.divmod(hits, scores.shape[1])
    places, class_ids = (second, first) if class_axis == 0 else (first, second)
    if scores.shape[class_axis] > len(thresholds):
        counts = class_ids < len(thresholds)
        places, class_ids = places[counts], class_ids[counts]
    if not context.uniform:
        found = scores[class_ids, places] if class_axis == 0 else scores[places, class_ids]
        enough = found >= thresholds[class_ids]
        places, class_ids = places[enough], class_ids[enough]
    return places, class_ids


def best_classes(
    scores: NDArray[Any], context: ParseContext, *, class_axis: int
) -> tuple[Indices, Indices, NDArray[np.float32]]:
    """For each place the most confident of the classes that reach their own threshold.

    Args:
        scores: Two-dimensional; classes along `class_axis`, places along the other.
        context: The classes and their thresholds; further classes of `scores` are left out.
        class_axis: 0 or 1.

    Returns:
        `(K,)` places, ascending, their `(K,)` class ids and `(K,)` float32 confidences.
    """
    places, class_ids = above_threshold(scores, context, class_axis=class_axis)
    if class_axis == 0:
        order = np.argsort(places, kind="stable")
        places, class_ids = places[order], class_ids[order]
    repeated = places[1:] == places[:-1]
    if not repeated.any():  # the usual case: one class a place
        found = scores[class_ids, places] if class_axis == 0 else scores[places, class_ids]
        return places, class_ids, np.asarray(found, np.float32)
    places = places[np.append(True, ~repeated)]
    rows, class_ids, confidences = best_of_rows(
        scores.T[places] if class_axis == 0 else scores[places], context
    )
    return places[rows], class_ids, confidences


def best_of_rows(
    scores: NDArray[Any], context: ParseContext
) -> tuple[Indices, Indices, NDArray[np.float32]]:
    """Like `best_classes` for a few rows: everything is looked at.

    Args:
        scores: `(K, C)` or more columns.
        context: The classes and their thresholds.

    Returns:
        The rows that have such a class, its id and its confidence; of equals the first class.
    """
    scores = np.asarray(scores[:, : len(context.thresholds)], np.float32)
    allowed = np.where(scores >= context.thresholds[: scores.shape[1]], scores, -np.inf)
    class_ids = allowed.argmax(axis=1)
    confidences = allowed[np.arange(len(allowed)), class_ids]
    rows = (confidences > -np.inf).nonzero()[0]
    return rows, class_ids[rows], np.asarray(confidences[rows], np.float32)


def sure_enough(
    class_ids: NDArray[Any], confidences: NDArray[Any], context: ParseContext
) -> tuple[Indices, NDArray[np.int32]]:
    """Which of some finished detections count; for networks that choose the class themselves.

    Args:
        class_ids: `(N,)` numbers, as the network gives them.
        confidences: `(N,)`.
        context: The classes and their thresholds.

    Returns:
        `(K,)` rows whose class counts and whose confidence reaches its threshold, and their
        `(K,)` int32 class ids.
    """
    with np.errstate(invalid="ignore"):
        likely = confidences >= context.lowest
        likely &= (class_ids > -0.5) & (class_ids < context.num_classes - 0.5)
    rows = np.flatnonzero(likely)
    found = np.rint(np.asarray(class_ids[rows], np.float32)).astype(np.int32)
    enough = confidences[rows] >= context.thresholds[found]
    return rows[enough], found[enough]
