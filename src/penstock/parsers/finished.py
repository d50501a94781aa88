"""Layers of finished detections: the network has chosen the classes, and perhaps suppressed."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import sure_enough
from penstock.parsers.convention import BoxConvention
from penstock.parsers.head import Fit, Head, Layers, Shape
from penstock.parsers.mask_layer import MaskLayer


@dataclass(frozen=True)
class Spelling:
    """The names that one exporter gives to the layers.

    Attributes:
        boxes: `(N, 4)`.
        scores: `(N,)` or `(N, 1)`.
        classes: `(N,)` or `(N, 1)`.
        count: How many of the N are real; empty where all are.
    """

    boxes: str
    scores: str
    classes: str
    count: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(filter(None, (self.boxes, self.scores, self.classes, self.count)))


class FinishedParser:
    """Reads boxes, scores and classes of N detections from three layers, and their count; a base.

    A further layer with "mask" in its name may give masks; see `MaskLayer`.

    Attributes:
        NAME: The parser's name.
        SPELLINGS: The names of the layers, one of which must be there.
        ORDER: What the columns of a box are.
        NORMALIZED: Whether they are fractions of the network's size; `None`: by their values.
    """

    NAME = ""
    SPELLINGS: tuple[Spelling, ...] = ()
    ORDER = "xyxy"
    NORMALIZED: bool | None = None
    num_classes = None

    def __init__(self, head: Head) -> None:
        spelling = self._spelling(head)
        if spelling is None:
            known = " or ".join(", ".join(map(repr, one.names)) for one in self.SPELLINGS)
            raise unreadable(self.NAME, f"the layers {known}, boxes being (N, 4)", head)
        self._names = spelling
        self._masks = MaskLayer(head, boxes=spelling.boxes)
        self._convention = BoxConvention(
            head.metadata, order=self.ORDER, normalized=self.NORMALIZED
        )

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of the layers."""
        return Fit.NAMES if cls._spelling(head) else Fit.NO

    @classmethod
    def _spelling(cls, head: Head) -> Spelling | None:
        return next((one for one in cls.SPELLINGS if _there(one, head.layers)), None)

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        names = self._names
        count = _count(outputs[names.count]) if names.count else None
        boxes = outputs[names.boxes].reshape(-1, 4)[:count]
        scores = outputs[names.scores].reshape(-1)[:count]
        classes = outputs[names.classes].reshape(-1)[:count]
        rows, class_ids = sure_enough(classes, scores, context)
        self._convention.settle(boxes)
        placed = np.asarray(self._convention.to_network_px(boxes[rows], context), np.float32)
        return Parsed.inside(
            context,
            boxes=placed,
            class_ids=class_ids,
            confidences=np.asarray(scores[rows], np.float32),
            masks=self._masks.masks(outputs, rows, class_ids, context, boxes=placed),
        )


def _there(spelling: Spelling, layers: Layers) -> bool:
    if not all(name in layers for name in spelling.names):
        return False
    boxes = layers[spelling.boxes]
    rows = {_rows(boxes[:-1]), _rows(layers[spelling.scores]), _rows(layers[spelling.classes])}
    return boxes[-1:] == (4,) and len(rows - {None}) <= 1


def _rows(shape: Shape) -> int | None:
    known = [side for side in shape if side is not None]
    return prod(known) if len(known) == len(shape) else None


def _count(layer: NDArray[Any]) -> int:
    number = float(layer.reshape(-1)[0]) if layer.size else 0.0
    return int(max(number, 0.0)) if np.isfinite(number) else 0
