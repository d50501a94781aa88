"""The detections of one frame that can be tracked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Detections
from penstock.trackers.association import Bools, Floats, areas

Rows: TypeAlias = NDArray[np.intp]


@dataclass(slots=True)
class Sightings:
    """N detections whose boxes are finite, have an area, and are not too weak.

    Attributes:
        rows: `(N,)` which rows of the frame's detections they are.
        boxes: `(4, N)` float64 xyxy, frame pixels.
        areas: `(N,)` of the boxes.
        confidence: `(N,)`; 1 where the detector told a negative one, which means none.
        class_id: `(N,)`.
    """

    rows: Rows
    boxes: Floats
    areas: Floats
    confidence: NDArray[np.floating]
    class_id: NDArray[np.integer]

    @classmethod
    def of(cls, detections: Detections, *, min_confidence: float) -> Sightings:
        """Those of `detections` that can be tracked."""
        boxes = detections.boxes.T.astype(np.float64, order="C")
        confidence, class_id = detections.confidence, detections.class_id
        rows = np.arange(len(confidence))
        negative = confidence < 0
        if np.count_nonzero(negative):  # a fraction of the time of negative.any()
            confidence = np.where(negative, 1, confidence)
        left, top, right, bottom = boxes
        usable: Bools = np.isfinite(np.add.reduce(np.abs(boxes)))
        usable &= (right > left) & (bottom > top) & (confidence >= min_confidence)
        if np.count_nonzero(usable) < len(rows):
            rows, boxes = rows[usable], boxes[:, usable]
            confidence, class_id = confidence[usable], class_id[usable]
        return cls(rows, boxes, areas(boxes), confidence, class_id)

    def __len__(self) -> int:
        return len(self.rows)
