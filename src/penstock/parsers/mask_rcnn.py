"""Mask R-CNN as TAO exports it: one layer of finished detections, and one of masks."""

from __future__ import annotations

import numpy as np

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import sure_enough
from penstock.parsers.convention import BoxConvention
from penstock.parsers.head import Fit, Head
from penstock.parsers.mask_layer import MaskLayer

_DETECTIONS = "generate_detections"


class MaskRcnnParser:
    """Decode `generate_detections` `(N, 6)`, and masks `(N, C, h, w)`; see `Parser`, `MaskLayer`.

    A row is a box yxyx, pixels or fractions by their values, the class and the confidence. Classes
    count from 1: the first line of the label file is the background.
    """

    num_classes = None

    def __init__(self, head: Head) -> None:
        if self.fit(head) is Fit.NO:
            raise unreadable(
                "mask-rcnn",
                f"the layers {_DETECTIONS!r} (N, 6) and one with 'mask' in its name (N, C, h, w)",
                head,
            )
        self._convention = BoxConvention(head.metadata, order="yxyx", normalized=None)
        self._masks = MaskLayer(head, boxes=_DETECTIONS)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of the layers."""
        rows = head.layers.get(_DETECTIONS, ())
        masked = any("mask" in name.lower() for name in head.layers)
        return Fit.NAMES if masked and rows[1:] == (6,) else Fit.NO

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[_DETECTIONS]
        rows, class_ids = sure_enough(layer[:, 4], layer[:, 5], context)
        self._convention.settle(layer[:, :4])
        boxes = np.asarray(self._convention.to_network_px(layer[rows, :4], context), np.float32)
        return Parsed.inside(
            context,
            boxes=boxes,
            class_ids=class_ids,
            confidences=np.asarray(layer[rows, 5], np.float32),
            masks=self._masks.masks(outputs, rows, class_ids, context, boxes=boxes),
        )
