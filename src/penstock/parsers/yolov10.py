"""YOLOv10 and exports with NMS inside: rows of a box, a confidence and a class."""

from __future__ import annotations

import numpy as np

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import sure_enough
from penstock.parsers.convention import BoxConvention
from penstock.parsers.head import Fit, Head

_COLUMNS = 6


class YoloV10Parser:
    """Decode one layer `(N, 6)`: the box, xyxy in network pixels, confidence, class; see `Parser`.

    Rows of zeros are padding. The metadata property `penstock.boxes` says so if the columns are
    something else; see `BoxConvention`.
    """

    num_classes = None

    def __init__(self, head: Head) -> None:
        name = head.rows()
        if name is None or head.layers[name][1] != _COLUMNS:
            raise unreadable("yolov10", "one layer (N, 6): x1, y1, x2, y2, confidence, class", head)
        self._layer = name
        self._convention = BoxConvention(head.metadata, order="xyxy", normalized=False)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the six columns."""
        name = head.rows()
        return Fit.COUNTS if name is not None and head.layers[name][1] == _COLUMNS else Fit.NO

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[self._layer]
        rows, class_ids = sure_enough(layer[:, 5], layer[:, 4], context)
        return Parsed.inside(
            context,
            boxes=self._convention.to_network_px(layer[rows, :4], context),
            class_ids=class_ids,
            confidences=np.asarray(layer[rows, 4], np.float32),
        )
