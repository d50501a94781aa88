"""Two layers, `boxes` and `scores`: what most converters make of most detectors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.geometry import cxcywh_to_xyxy
from penstock.parsers.base import Indices, Layers, Outputs, ParseContext, Parsed, layers_text
from penstock.parsers.candidates import above_threshold

_log = logging.getLogger(__name__)

CONVENTION = "penstock.boxes"
CONVENTIONS = ("cxcywh", "cxcywh-normalized", "xyxy", "xyxy-normalized")
_NORMALIZED = "-normalized"
_LARGEST_FRACTION = 2.0  # a box may stick out of the picture, not by more than its size
_CORNER_SHARE = 0.99


class BoxesScoresParser:
    """Decode `boxes` `(A, 4)` and `scores` `(A, C)` for A candidates; see `Parser`.

    A candidate gets its most confident class of those that reach their threshold. The columns of
    `boxes` are what the model's metadata says under `penstock.boxes`: `cxcywh` or `xyxy` in
    network pixels, or with `-normalized` as fractions of the network's size. Without it the first
    boxes that are not all zero decide, once: corners if in 99 of 100 the second corner is below
    and to the right of the first; fractions if no number is above 2.
    """

    def __init__(self, layers: Layers, *, metadata: Mapping[str, str]) -> None:
        boxes, scores = layers.get("boxes", ()), layers.get("scores", ())
        if len(boxes) != 2 or boxes[1] != 4 or len(scores) != 2 or boxes[0] != scores[0]:
            raise ModelError(
                "boxes-scores reads the layers 'boxes' (A, 4) and 'scores' (A, C); "
                f"got {layers_text(layers)}"
            )
        convention = metadata.get(CONVENTION)
        if convention not in (None, *CONVENTIONS):
            raise ModelError(
                f"the model's metadata {CONVENTION} is {convention!r}; "
                f"expected one of {', '.join(CONVENTIONS)}"
            )
        self._convention = convention
        self._classes = scores[1]

    @classmethod
    def reads(cls, layers: Layers) -> bool:
        """Whether the two layers are there."""
        return "boxes" in layers and "scores" in layers

    @property
    def num_classes(self) -> int | None:
        """One for each column of `scores`."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        boxes, scores = outputs["boxes"], outputs["scores"]
        rows, class_ids = _best_of_each_row(scores, context)
        if self._convention is None:
            self._convention = _guess(boxes)
        return Parsed.inside(
            context.size,
            boxes=_to_network_px(boxes[rows], self._convention or "xyxy", context.size),
            class_ids=class_ids,
            confidences=scores[rows, class_ids],
        )


def _best_of_each_row(scores: NDArray[Any], context: ParseContext) -> tuple[Indices, Indices]:
    rows, class_ids = above_threshold(scores, context, class_axis=1)
    best_first = np.lexsort((class_ids, -scores[rows, class_ids], rows))
    rows, class_ids = rows[best_first], class_ids[best_first]
    first_of_row = np.ones(len(rows), bool)
    first_of_row[1:] = rows[1:] != rows[:-1]
    return rows[first_of_row], class_ids[first_of_row]


def _to_network_px(
    boxes: NDArray[Any], convention: str, size: tuple[int, int]
) -> NDArray[np.float32]:
    boxes = np.asarray(boxes, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is dropped
        if convention.endswith(_NORMALIZED):
            boxes = boxes * np.array([*size, *size], np.float32)
        return cxcywh_to_xyxy(boxes) if convention.startswith("cxcywh") else boxes


def _guess(boxes: NDArray[Any]) -> str | None:
    telling = boxes[np.isfinite(boxes).all(axis=1) & boxes.any(axis=1)]
    if not len(telling):
        return None
    corners = (telling[:, 2:] >= telling[:, :2]).all(axis=1).mean() >= _CORNER_SHARE
    fractions = np.abs(telling).max() <= _LARGEST_FRACTION
    found = ("xyxy" if corners else "cxcywh") + (_NORMALIZED if fractions else "")
    _log.warning(
        "the model does not say what its boxes are: taken for %s, by their values. "
        "The ONNX metadata property %s settles it: %s",
        found,
        CONVENTION,
        ", ".join(CONVENTIONS),
    )
    return found
