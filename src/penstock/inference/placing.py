"""From network pixels back to the frame, and the filters that are about the frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine, FloatArray, xyxy_to_ltwh
from penstock.inference.classes import ClassColumns
from penstock.inference.regions import Detection, Roi
from penstock.parsers import Parsed


def place(
    parsed: Parsed,
    roi: Roi,
    to_network: Affine,
    *,
    classes: ClassColumns,
    labels: Sequence[str],
    crop_to_roi: bool,
) -> list[Detection]:
    """Move boxes into the frame, clip them to their region, drop those the settings rule out.

    Args:
        parsed: Boxes in network pixels.
        roi: Where the network looked.
        to_network: From frame pixels to network pixels.
        classes: The settings of every class.
        labels: The names of the classes, as far as there are any.
        crop_to_roi: Cut boxes at the top and bottom offsets instead of dropping them.

    Returns:
        Detections in frame pixels, in the order of `parsed`.
    """
    class_ids = parsed.class_ids
    boxes = _clipped(to_network.inverse().xyxy(parsed.boxes), roi)
    top = classes.roi_top[class_ids]
    bottom = roi.frame.height - classes.roi_bottom[class_ids]
    if crop_to_roi:
        boxes[:, 1], boxes[:, 3] = np.maximum(boxes[:, 1], top), np.minimum(boxes[:, 3], bottom)
    sizes = boxes[:, 2:] - boxes[:, :2]
    good = (
        (sizes > 0).all(axis=1)
        & (sizes >= classes.min_size[class_ids]).all(axis=1)
        & (sizes <= classes.max_size[class_ids]).all(axis=1)
        & (boxes[:, 1] >= top)
        & (boxes[:, 3] <= bottom)
        & (parsed.confidences >= classes.post_cluster[class_ids])
    )
    return _detections(boxes[good], class_ids[good], parsed.confidences[good], labels)


def _clipped(boxes: FloatArray, roi: Roi) -> FloatArray:
    left, top, width, height = roi.box
    low = np.array([max(left, 0), max(top, 0)] * 2, np.float32)
    frame = roi.frame
    high = [min(left + width, frame.width), min(top + height, frame.height)]
    return np.clip(boxes, low, np.array(high * 2, np.float32))


def _detections(
    boxes: FloatArray, class_ids: NDArray[Any], confidences: FloatArray, labels: Sequence[str]
) -> list[Detection]:
    columns = zip(
        class_ids.tolist(), confidences.tolist(), xyxy_to_ltwh(boxes).tolist(), strict=True
    )
    return [
        Detection(class_id, labels[class_id] if class_id < len(labels) else "", confidence, (*box,))
        for class_id, confidence, box in columns
    ]
