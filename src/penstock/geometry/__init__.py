"""Boxes, overlaps, and the transforms between pixel spaces."""

from penstock.geometry.affine import Affine
from penstock.geometry.boxes import (
    FloatArray,
    cxcywh_to_xyxy,
    iou_matrix,
    ltwh_to_xyxy,
    xyxy_to_ltwh,
)
from penstock.geometry.nms import nms
from penstock.geometry.turn import Turn

__all__ = [
    "Affine",
    "FloatArray",
    "Turn",
    "cxcywh_to_xyxy",
    "iou_matrix",
    "ltwh_to_xyxy",
    "nms",
    "xyxy_to_ltwh",
]
