"""YOLOX: no anchors, objectness, boxes relative to their cells."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.convention import CONVENTION
from penstock.parsers.grids import STRIDES, count_cells, make_cells, strides_of
from penstock.parsers.head import Fit, Head
from penstock.parsers.yolov5 import candidate_rows, likely_rows
from penstock.parsers.yolov8 import corners

_log = logging.getLogger(__name__)
_CELLS, _PIXELS = "cells", "cxcywh"
_MOST_CELLS_AWAY = 8.0  # a box's centre is in its cell or near it; pixels go to hundreds


class YoloXParser:
    """Decode one layer `(N, 5 + C)` for N cells; see `Parser`.

    A row is the box, the objectness and the probabilities of the C classes; the confidence is
    their product. The box is relative to its cell, `(x + column) · stride` and
    `exp(width) · stride` (Ge et al. 2021, arXiv:2107.08430), or cxcywh in network pixels where the
    exporter decoded it. The metadata property `penstock.boxes` says which: `cells` or `cxcywh`;
    without it the first output that is not all zero decides: pixels if no size is below zero and
    some centre is more than 8 away from the corner.
    """

    def __init__(self, head: Head) -> None:
        rows = candidate_rows(head, anchors=1)
        if rows is None:
            count = count_cells(head.size, STRIDES)
            raise unreadable("yolox", f"one layer ({count}, 5 + C)", head)
        self._layer, self._classes = rows
        strides = strides_of(head.size, head.layers[self._layer][0])
        self._cells = make_cells(head.size, strides or STRIDES)
        self._boxes = head.metadata.get(CONVENTION)
        if self._boxes not in (None, _CELLS, _PIXELS):
            raise ModelError(
                f"the model's metadata {CONVENTION} is {self._boxes!r}; "
                f"yolox expects {_CELLS} or {_PIXELS}"
            )

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the numbers of cells and of classes."""
        rows = candidate_rows(head, anchors=1)
        return head.fit_classes(rows[1]) if rows else Fit.NO

    @property
    def num_classes(self) -> int | None:
        """One for each column behind the objectness."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[self._layer]
        rows, class_ids, confidences = likely_rows(layer, context)
        if self._boxes is None:
            self._boxes = _guess(layer)
        boxes = np.asarray(layer[rows, :4], np.float32)
        if self._boxes != _PIXELS:
            strides = self._cells.strides[rows]
            with np.errstate(over="ignore", invalid="ignore"):
                centres = (boxes[:, :2] + self._cells.corners[rows]) * strides
                boxes = np.concatenate([centres, np.exp(boxes[:, 2:]) * strides], axis=1)
        return Parsed.inside(
            context, boxes=corners(boxes), class_ids=class_ids, confidences=confidences
        )


def _guess(layer: NDArray[Any]) -> str | None:
    boxes = layer[:, :4]
    telling = boxes[np.isfinite(boxes).all(axis=1) & boxes.any(axis=1)]
    if not len(telling):
        return None
    sizes_are_positive = bool((telling[:, 2:] >= 0).all())
    decoded = sizes_are_positive and float(telling[:, :2].max()) > _MOST_CELLS_AWAY
    found = _PIXELS if decoded else _CELLS
    _log.warning(
        "the model does not say what its boxes are: taken for %s, by their values. "
        "The ONNX metadata property %s settles it: %s, %s",
        found,
        CONVENTION,
        _CELLS,
        _PIXELS,
    )
    return found
