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
        hits = np.flatnonzero(scores >= thresholds.min())
    first, second = np.divmod(hits, scores.shape[1])
    places, class_ids = (second, first) if class_axis == 0 else (first, second)
    counts = class_ids < len(thresholds)
    places, class_ids, hits = places[counts], class_ids[counts], hits[counts]
    enough = scores.reshape(-1)[hits] >= thresholds[class_ids]
    return places[enough], class_ids[enough]
