"""Detections and labels into the metadata, dressed as DeepStream dresses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from penstock.config import ClassAttributes, InferConfig
from penstock.inference.regions import Box, Detection, Roi
from penstock.inference.segmenter import Segmented
from penstock.meta import (
    KEYPOINTS,
    ClassifierMeta,
    Color,
    FrameMeta,
    LabelInfo,
    Mask,
    ObjectMeta,
    SegmentationMeta,
    UserMeta,
)
from penstock.parsers import Attribute

_BORDER_WIDTH_PX = 3
_FRAME_BORDER_WIDTH_PX = 6
_UNKNOWN_CLASS = -1
_TEXT_ABOVE_PX = 10
_FONT_NAME, _FONT_SIZE = "Serif", 11
_WHITE: Color = (1.0, 1.0, 1.0, 1.0)
_BLACK: Color = (0.0, 0.0, 0.0, 1.0)
_RED: Color = (1.0, 0.0, 0.0, 1.0)

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


def attach_labels(obj: ObjectMeta, answer: Sequence[Attribute], config: InferConfig) -> None:
    """Append what a classifier says to an object, and the labels to what is written beside it.

    Args:
        obj: What was classified.
        answer: One entry for each output that answered; nothing is appended where none did.
        config: Gives the component's id and the classifier's type.
    """
    if not answer:
        return
    labels = [
        LabelInfo(one.label, one.class_id, one.output, one.confidence, one.num_classes)
        for one in answer
    ]
    obj.classifiers.append(ClassifierMeta(config.component_id, labels, config.classifier_type))
    names = [one.label for one in answer if one.label]
    if obj.text.text:
        obj.text.text = " ".join([obj.text.text, *names])
    elif names:
        _write(obj, " ".join(names))


def attach_map(roi: Roi, found: Segmented, config: InferConfig) -> None:
    """Attach a class map to what it is of, give the object its mask, mark the frame as inferred."""
    roi.frame.infer_done = True
    meta_type, copy_data = SegmentationMeta.META_TYPE, SegmentationMeta.copy
    roi.user.append(UserMeta(found.meta, meta_type=meta_type, copy_data=copy_data))
    if found.mask is not None and roi.parent is not None:
        roi.parent.mask = Mask(found.mask, _mask_threshold(config))


def region_object(box: Box, config: InferConfig) -> ObjectMeta:
    """The object that carries what a classifier says about a frame, or a piece `box` = ltwh of it.

    It is not added to the frame yet.
    """
    obj = ObjectMeta(box, class_id=_UNKNOWN_CLASS, component_id=config.component_id)
    obj.rect.border_width, obj.rect.border_color = _FRAME_BORDER_WIDTH_PX, _RED
    return obj


def _write(obj: ObjectMeta, words: str) -> None:
    left, top, _, _ = obj.ltwh
    text = obj.text
    text.text = words
    text.x, text.y = max(0, int(left)), max(0, int(top) - _TEXT_ABOVE_PX)
    text.font_name, text.font_size, text.font_color = _FONT_NAME, _FONT_SIZE, _WHITE
    text.has_bg, text.bg_color = 1, _BLACK


def _object(found: Detection, look: ClassAttributes, config: InferConfig) -> ObjectMeta:
    obj = ObjectMeta(
        found.ltwh,
        class_id=found.class_id,
        label=found.label,
        confidence=found.confidence,
        component_id=config.component_id,
    )
    rect = obj.rect  # dressed in place, as the text: new ones would double the work
    rect.border_width = _BORDER_WIDTH_PX
    rect.border_color = look.border_color
    if look.bg_color is not None:
        rect.has_bg, rect.bg_color = 1, look.bg_color
    _write(obj, found.label)
    if found.mask is not None:
        obj.mask = Mask(found.mask, _mask_threshold(config))
    if found.keypoints is not None:
        obj.user.append(UserMeta(found.keypoints, meta_type=KEYPOINTS, copy_data=np.copy))
    return obj


def _mask_threshold(config: InferConfig) -> float:
    return config.segmentation_threshold or _MASK_THRESHOLD
