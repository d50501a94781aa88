"""The DETR family: a fixed number of queries, each with a box and a score for every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Indices, Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_of_rows
from penstock.parsers.convention import BoxConvention
from penstock.parsers.head import Fit, Head

_LOGITS, _BOXES = ("pred_logits", "logits", "labels"), ("pred_boxes", "dets")
Likely = tuple[Indices, NDArray[np.intp], NDArray[np.float32]]


class DetrParser:
    """Decode `logits` `(Q, C + 1)` and `pred_boxes` `(Q, 4)` for Q queries; see `Parser`.

    The probabilities are the softmax of the logits, whose last column means no object (Carion et
    al. 2020, arXiv:2005.12872). Boxes are cxcywh as fractions of the network's size.
    """

    NAME = "detr"
    WITHOUT_OBJECT = 1

    def __init__(self, head: Head) -> None:
        names = query_layers(head)
        if names is None:
            raise unreadable(
                self.NAME, "the layers 'logits' (Q, classes) and 'pred_boxes' (Q, 4)", head
            )
        self._logits, self._boxes = names
        columns = head.layers[self._logits][1]
        self._classes = None if columns is None else columns - self.WITHOUT_OBJECT
        self._convention = BoxConvention(head.metadata, order="cxcywh", normalized=True)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of the layers and the number of classes."""
        names = query_layers(head)
        if names is None:
            return Fit.NO
        columns = head.layers[names[0]][1]
        known = head.fit_classes(columns and columns - cls.WITHOUT_OBJECT)
        # With the names alone it is one of the family: a last column for no object is a guess.
        return Fit.NAMES if known is Fit.COUNTS else Fit.COUNTS if known else Fit.NO

    @property
    def num_classes(self) -> int | None:
        """One for each column of the logits, less the one for no object."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        rows, class_ids, confidences = self._likely(outputs[self._logits], context)
        return Parsed.inside(
            context,
            boxes=self._convention.to_network_px(outputs[self._boxes][rows], context),
            class_ids=class_ids,
            confidences=confidences,
        )

    def _likely(self, logits: NDArray[Any], context: ParseContext) -> Likely:
        logits = np.asarray(logits, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            chances = powers / powers.sum(axis=1, keepdims=True)
        return best_of_rows(chances[:, : -self.WITHOUT_OBJECT], context)


def query_layers(head: Head) -> tuple[str, str] | None:
    """The layers of logits and of boxes."""
    names = head.named(_LOGITS, _BOXES)
    if names is None:
        return None
    logits, boxes = (head.layers[name] for name in names)
    belong = len(logits) == 2 and len(boxes) == 2 and boxes[1] == 4 and logits[0] == boxes[0]
    return (names[0], names[1]) if belong else None
