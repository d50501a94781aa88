"""RT-DETR and the members of the DETR family that score every class by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.activation import least_logit, sigmoid
from penstock.parsers.base import Outputs, ParseContext, Parsed
from penstock.parsers.candidates import best_classes, best_of_rows
from penstock.parsers.convention import BoxConvention
from penstock.parsers.detr import DetrParser, Likely, query_layers
from penstock.parsers.grids import strides_of
from penstock.parsers.head import Fit, Head


class RtDetrParser(DetrParser):
    """Decode `logits` `(Q, C)` and `pred_boxes` `(Q, 4)` for Q queries; see `Parser`.

    For RT-DETR, Deformable DETR, DINO, D-FINE and RF-DETR: the probability of each class is the
    logistic function of its logit (Zhao et al. 2023, arXiv:2304.08069). Also reads one layer
    `(Q, 4 + C)` of boxes and probabilities. Boxes are cxcywh as fractions of the network's size.
    """

    NAME = "rt-detr"
    WITHOUT_OBJECT = 0

    def __init__(self, head: Head) -> None:
        self._rows = None if query_layers(head) else _query_rows(head)
        if self._rows is None:
            super().__init__(head)
            return
        self._classes = (head.layers[self._rows][1] or 4) - 4
        self._convention = BoxConvention(head.metadata, order="cxcywh", normalized=True)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By names and numbers; one layer alone must not be a grid of candidates."""
        if query_layers(head):
            return super().fit(head)
        name = _query_rows(head)
        if name is None:
            return Fit.NO
        queries, columns = head.layers[name]
        if any(strides_of(head.size, queries, anchors=anchors) for anchors in (1, 3)):
            return Fit.NO
        known = head.fit_classes(columns and columns - 4)
        told = head.metadata.get("description", "").lower()
        if not told.startswith("ultralytics"):
            return known if known is Fit.COUNTS else Fit.NO
        return Fit.NAMES if known and "detr" in told else Fit.NO

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        if self._rows is None:
            return super().parse(outputs, context)
        layer = outputs[self._rows]
        rows, class_ids, confidences = best_classes(layer[:, 4:], context, class_axis=1)
        return Parsed.inside(
            context,
            boxes=self._convention.to_network_px(layer[rows, :4], context),
            class_ids=class_ids,
            confidences=confidences,
        )

    def _likely(self, logits: NDArray[Any], context: ParseContext) -> Likely:
        with np.errstate(invalid="ignore"):
            near = np.flatnonzero((logits >= least_logit(context.lowest)).any(axis=1))
        rows, class_ids, confidences = best_of_rows(sigmoid(logits[near]), context)
        return near[rows], class_ids, confidences


def _query_rows(head: Head) -> str | None:
    """The one layer of `(Q, 4 + C)`."""
    name = head.rows()
    if name is None or len(head.layers) != 1:
        return None
    queries, columns = head.layers[name]
    fits = queries and columns and columns > 4 and queries > columns
    return name if fits else None
