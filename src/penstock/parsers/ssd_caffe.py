"""SSD as Caffe and TensorRT's NMS plugin finish it: rows of seven numbers."""

from __future__ import annotations

import numpy as np

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import sure_enough
from penstock.parsers.convention import BoxConvention
from penstock.parsers.head import Fit, Head

_COLUMNS = 7


class SsdCaffeParser:
    """Decode one layer `(1, N, 7)` or `(N, 7)`; see `Parser`.

    A row is image, class, confidence and the box, xyxy as fractions of the network's size. A
    negative image ends the rows. Class ids are the network's: 0 is the background.
    """

    num_classes = None

    def __init__(self, head: Head) -> None:
        name = _layer(head)
        if name is None:
            raise unreadable(
                "ssd-caffe", "one layer (1, N, 7): image, class, confidence, x1, y1, x2, y2", head
            )
        self._layer = name
        self._convention = BoxConvention(head.metadata, order="xyxy", normalized=True)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the seven columns, and the dimension before the rows."""
        name = _layer(head)
        if name is None:
            return Fit.NO
        return Fit.COUNTS if len(head.layers[name]) == 3 else Fit.SHAPE

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[self._layer].reshape(-1, _COLUMNS)
        with np.errstate(invalid="ignore"):
            over = np.flatnonzero(~(layer[:, 0] >= 0))
        layer = layer[: over[0]] if len(over) else layer
        rows, class_ids = sure_enough(layer[:, 1], layer[:, 2], context)
        return Parsed.inside(
            context,
            boxes=self._convention.to_network_px(layer[rows, 3:], context),
            class_ids=class_ids,
            confidences=np.asarray(layer[rows, 2], np.float32),
        )


def _layer(head: Head) -> str | None:
    """The layer of rows; a count of them may stand beside it."""
    found = [
        name
        for name, shape in head.layers.items()
        if shape[-1:] == (_COLUMNS,) and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1))
    ]
    return found[0] if len(found) == 1 and len(head.layers) <= 2 else None
