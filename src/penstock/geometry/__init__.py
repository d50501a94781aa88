"""Boxes, overlaps, and the transforms between pixel spaces."""

from penstock.geometry.affine import Affine
from penstock.geometry.boxes import (
    FloatArray,
    cxcywh_to_xyxy,
    iou_matrix,
    ltwh_to_xyxy,
    xyxy_to_ltwh,
)
from penstock.geometry.lenses import Lens, Model, focal_of_field, focal_of_view
from penstock.geometry.nms import nms
from penstock.geometry.tiles import Tile, grid_for, percent_of, row_by_row, square_for
from penstock.geometry.turn import Turn
from penstock.geometry.view import View, turned

__all__ = [
    "Affine",
    "FloatArray",
    "Lens",
    "Model",
    "Tile",
    "Turn",
    "View",
    "cxcywh_to_xyxy",
    "focal_of_field",
    "focal_of_view",
    "grid_for",
    "iou_matrix",
    "ltwh_to_xyxy",
    "nms",
    "percent_of",
    "row_by_row",
    "square_for",
    "turned",
    "xyxy_to_ltwh",
]
