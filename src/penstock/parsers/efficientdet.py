"""EfficientDet without its post-processing: distances to anchors, and scores of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.activation import least_logit, sigmoid
from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_classes, best_of_rows
from penstock.parsers.convention import CONVENTION
from penstock.parsers.grids import count_cells, grid_shape
from penstock.parsers.head import Fit, Head

ANCHOR_SCALE = "penstock.anchor-scale"
_STRIDES = (8, 16, 32, 64, 128)
_OCTAVES = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
_WIDE = 2**0.5
_RATIOS = ((1.0, 1.0), (_WIDE, 1 / _WIDE), (1 / _WIDE, _WIDE))
_IN_A_CELL = len(_OCTAVES) * len(_RATIOS)
_LARGEST_LITE = 448
_SCALE, _LITE_SCALE = 4.0, 3.0


class EfficientDetParser:
    """Decode boxes `(A, 4)` and scores `(A, C)` for A anchors; see `Parser`.

    A box is y, x, height and width relative to its anchor, as in RetinaNet (Tan, Pang and Le
    2019, arXiv:1911.09070). A layer named …anchor… `(A, 4)`, yxyx in network pixels, gives the
    anchors; else they are those of the paper: nine in a cell of each of five grids, whose scale
    is what the metadata property `penstock.anchor-scale` says, 3 for networks up to 448 pixels
    and 4 for larger ones. Scores are probabilities, or logits if the first output has one that
    is not in 0 to 1.
    """

    def __init__(self, head: Head) -> None:
        names = _layers(head)
        if names is None:
            raise unreadable(
                "efficientdet",
                f"boxes ({_anchor_count(head)}, 4) and scores ({_anchor_count(head)}, C)",
                head,
            )
        self._boxes, self._scores, self._anchors = names
        self._classes = head.layers[self._scores][1]
        self._computed = None if self._anchors else _make_anchors(head.size, _scale(head))
        self._logits: bool | None = None

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the layer of anchors, or their number."""
        names = _layers(head)
        if names is None or CONVENTION in head.metadata or names[0] == "boxes":
            return Fit.NO
        return head.fit_classes(head.layers[names[1]][1])

    @property
    def num_classes(self) -> int | None:
        """One for each column of the scores."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        rows, class_ids, confidences = self._likely(outputs[self._scores], context)
        anchors = self._computed
        if anchors is None:
            anchors = _centres(np.asarray(outputs[self._anchors].reshape(-1, 4), np.float32))
        return Parsed.inside(
            context,
            boxes=_decode(np.asarray(outputs[self._boxes][rows], np.float32), anchors[rows]),
            class_ids=class_ids,
            confidences=confidences,
        )

    def _likely(
        self, scores: NDArray[Any], context: ParseContext
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        if self._logits is None and np.isfinite(scores).all():
            self._logits = bool((scores < 0).any() or (scores > 1).any())
        if not self._logits:
            return best_classes(scores, context, class_axis=1)
        with np.errstate(invalid="ignore"):
            near = np.flatnonzero((scores >= least_logit(context.lowest)).any(axis=1))
        rows, class_ids, confidences = best_of_rows(sigmoid(scores[near]), context)
        return near[rows], class_ids, confidences


def _layers(head: Head) -> tuple[str, str, str] | None:
    """The layers of boxes, of scores and of anchors; the last may be empty."""
    flat = {name: shape for name, shape in head.layers.items() if len(shape) == 2}
    given = [
        name
        for name, shape in head.layers.items()
        if "anchor" in name.lower() and shape[-1:] == (4,) and len(shape) in (2, 3)
    ]
    anchors = given[0] if len(given) == 1 else ""
    flat.pop(anchors, None)
    if len(flat) != 2 or len({shape[0] for shape in flat.values()}) != 1:
        return None
    if not anchors and next(iter(flat.values()))[0] != _anchor_count(head):
        return None
    boxes = [name for name, shape in flat.items() if shape[1] == 4]
    scores = [name for name in flat if name not in boxes[:1]]
    return (boxes[0], scores[0], anchors) if len(boxes) == 1 else None


def _anchor_count(head: Head) -> int:
    return _IN_A_CELL * count_cells(head.size, _STRIDES)


def _scale(head: Head) -> float:
    told = head.metadata.get(ANCHOR_SCALE)
    if told is None:
        return _LITE_SCALE if max(head.size) <= _LARGEST_LITE else _SCALE
    try:
        return float(told)
    except ValueError:
        raise ModelError(
            f"the model's metadata {ANCHOR_SCALE} is {told!r}; expected a number"
        ) from None


def _make_anchors(size: tuple[int, int], scale: float) -> NDArray[np.float32]:
    """`(A, 4)` float32: centre y and x, height and width of every anchor, network pixels."""
    shapes = np.array([[o * y, o * x] for o in _OCTAVES for x, y in _RATIOS])
    levels = []
    for stride in _STRIDES:
        rows, columns = grid_shape(size, stride)
        step = np.array([size[1] / rows, size[0] / columns])  # not quite the stride on odd sizes
        row, column = np.divmod(np.arange(rows * columns), columns)
        centres = (np.stack([row, column], axis=1) + 0.5) * step
        level = np.concatenate(
            [
                np.repeat(centres, _IN_A_CELL, axis=0),
                np.tile(shapes * scale * step, (len(centres), 1)),
            ],
            axis=1,
        )
        levels.append(level)
    return np.concatenate(levels).astype(np.float32)


def _centres(anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    first, second = anchors[:, :2], anchors[:, 2:]
    return np.concatenate([(first + second) / 2, second - first], axis=1)


def _decode(boxes: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes relative to anchors, y before x → xyxy, network pixels."""
    with np.errstate(over="ignore", invalid="ignore"):
        centres = boxes[:, :2] * anchors[:, 2:] + anchors[:, :2]
        half = np.exp(boxes[:, 2:]) * anchors[:, 2:] / 2
        yxyx = np.concatenate([centres - half, centres + half], axis=1)
    return yxyx[:, [1, 0, 3, 2]]
