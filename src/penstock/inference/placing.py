"""From network pixels back to the frame, and the filters that are about the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine, FloatArray, xyxy_to_ltwh
from penstock.inference.classes import ClassColumns
from penstock.inference.regions import Box, Detection, Roi
from penstock.parsers import BoxMasks, Masks, Parsed


@dataclass(frozen=True, eq=False)
class Placing:
    """How boxes come back to their frame.

    Attributes:
        classes: The settings of every class.
        labels: The names of the classes, as far as there are any.
        crop_to_roi: Cut boxes at the top and bottom offsets instead of dropping them.
        clip: Cut boxes at the edges of their region and of the frame; else they keep their size,
            and only those that lie outside altogether are dropped.
        with_masks: Make the masks, if the network gives any.
    """

    classes: ClassColumns
    labels: Sequence[str] = ()
    crop_to_roi: bool = False
    clip: bool = True
    with_masks: bool = False

    def place(self, parsed: Parsed, roi: Roi, to_network: Affine) -> list[Detection]:
        """Move boxes into the frame, clip them, drop those that the settings rule out.

        Args:
            parsed: Boxes in network pixels.
            roi: Where the network looked.
            to_network: From frame pixels to network pixels.

        Returns:
            Detections in frame pixels, in the order of `parsed`.
        """
        if not len(parsed):
            return []
        to_frame = to_network.inverse()
        boxes = to_frame.xyxy(parsed.boxes)
        inside = _clipped(boxes, roi)
        good = (inside[:, 2:] > inside[:, :2]).all(axis=1)
        if self.clip:
            boxes = inside
        if self.classes.limits_boxes:
            good &= self._allowed(boxes, parsed, height=roi.frame.height)
        rows = np.flatnonzero(good)
        if len(rows) < len(parsed):
            parsed, boxes = parsed.take(rows), boxes[rows]
        found = _detections(boxes, parsed, self.labels)
        if parsed.keypoints is not None:
            points = _to_frame(parsed.keypoints, to_frame)
            found = [one._replace(keypoints=p) for one, p in zip(found, points, strict=True)]
        if self.with_masks and parsed.masks is not None:
            over = _masks(parsed).over(to_network.xyxy(boxes))
            found = [one._replace(mask=mask) for one, mask in zip(found, over, strict=True)]
        return found

    def _allowed(self, boxes: FloatArray, parsed: Parsed, *, height: int) -> NDArray[np.bool_]:
        """Which boxes the settings of their classes let pass; they are cut first if so asked."""
        classes, class_ids = self.classes, parsed.class_ids
        # An offset of 0 asks for nothing, also of boxes that may stick out of the frame.
        top, rest = classes.roi_top[class_ids], classes.roi_bottom[class_ids]
        top, bottom = np.where(top > 0, top, -np.inf), np.where(rest > 0, height - rest, np.inf)
        if self.crop_to_roi:
            np.maximum(boxes[:, 1], top, out=boxes[:, 1])
            np.minimum(boxes[:, 3], bottom, out=boxes[:, 3])
        sizes = boxes[:, 2:] - boxes[:, :2]
        good: NDArray[np.bool_] = (
            (sizes > 0).all(axis=1)
            & (sizes >= classes.min_size[class_ids]).all(axis=1)
            & (sizes <= classes.max_size[class_ids]).all(axis=1)
            & (boxes[:, 1] >= top)
            & (boxes[:, 3] <= bottom)
            & (parsed.confidences >= classes.post_cluster[class_ids])
        )
        return good


def _clipped(boxes: FloatArray, roi: Roi) -> FloatArray:
    low, high = _edges(roi.box, roi.frame.width, roi.frame.height)
    return np.minimum(np.maximum(boxes, low), high)


@lru_cache(maxsize=256)
def _edges(box: Box, width: int, height: int) -> tuple[FloatArray, FloatArray]:
    """The corners of what is both in a region and in a frame, each twice."""
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    low = [max(left, 0), max(top, 0)] * 2
    high = [min(right, width), min(bottom, height)] * 2
    return np.array(low, np.float32), np.array(high, np.float32)


def _to_frame(points: FloatArray, to_frame: Affine) -> FloatArray:
    scale = np.array([to_frame.sx, to_frame.sy, 1], np.float32)
    return np.asarray(points * scale + np.array([to_frame.tx, to_frame.ty, 0], np.float32))


def _masks(parsed: Parsed) -> Masks:
    masks = parsed.masks
    return BoxMasks(masks, parsed.boxes) if isinstance(masks, np.ndarray) else cast("Masks", masks)


def _detections(boxes: FloatArray, parsed: Parsed, labels: Sequence[str]) -> list[Detection]:
    class_ids = parsed.class_ids.tolist()
    names: Sequence[Any] = parsed.labels or [
        labels[class_id] if class_id < len(labels) else "" for class_id in class_ids
    ]
    ltwh = map(tuple, xyxy_to_ltwh(boxes).tolist())
    columns = zip(class_ids, names, parsed.confidences.tolist(), ltwh, strict=True)
    return [Detection(*row) for row in columns]
