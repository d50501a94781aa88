"""Detections into the metadata, dressed as DeepStream dresses them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from penstock.config import ClassAttributes, InferConfig
from penstock.inference.regions import Detection
from penstock.meta import KEYPOINTS, Color, FrameMeta, Mask, ObjectMeta, UserMeta

_BORDER_WIDTH_PX = 3
_TEXT_ABOVE_PX = 10
_FONT_NAME, _FONT_SIZE = "Serif", 11
_WHITE: Color = (1.0, 1.0, 1.0, 1.0)
_BLACK: Color = (0.0, 0.0, 0.0, 1.0)

_MASK_THRESHOLD = 0.5


def attach(
    frame: FrameMeta,
    detections: Iterable[Detection],
    config: InferConfig,
    *,
    parent: ObjectMeta | None = None,
) -> list[ObjectMeta]:
    """Append an object to the frame for every detection, and mark the frame as inferred.

    Args:
        frame: Where they were found.
        detections: In the order in which the objects shall stand.
        config: Gives the component's id and the colours of each class.
        parent: The object they were found in, if it was not the whole frame.

    Returns:
        The new objects.
    """
    frame.infer_done = True
    return [
        frame.add(_object(found, config.attributes_of(found.class_id), config), parent=parent)
        for found in detections
    ]


def _object(found: Detection, look: ClassAttributes, config: InferConfig) -> ObjectMeta:
    obj = ObjectMeta(
        found.ltwh,
        class_id=found.class_id,
        label=found.label,
        confidence=found.confidence,
        component_id=config.component_id,
    )
    rect, text = obj.rect, obj.text  # dressed in place: new ones would double the work
    rect.border_width = _BORDER_WIDTH_PX
    rect.border_color = look.border_color
    if look.bg_color is not None:
        rect.has_bg, rect.bg_color = 1, look.bg_color
    left, top, _, _ = found.ltwh
    text.text = found.label
    text.x, text.y = max(0, int(left)), max(0, int(top) - _TEXT_ABOVE_PX)
    text.font_name, text.font_size, text.font_color = _FONT_NAME, _FONT_SIZE, _WHITE
    text.has_bg, text.bg_color = 1, _BLACK
    if found.mask is not None:
        obj.mask = Mask(found.mask, config.segmentation_threshold or _MASK_THRESHOLD)
    if found.keypoints is not None:
        obj.user.append(UserMeta(found.keypoints, meta_type=KEYPOINTS, copy_data=np.copy))
    return obj
