"""Draws what the metadata says onto pixels, in the format they lie in.

`Painter` is the front: boxes, labels, masks, shapes and blur of one frame, drawn in place
on YUV, gray or RGB planes, without a conversion and without touching the metadata.
`draw_class_map` shows a segmentation network's map in colours.
"""

from penstock.osd.class_maps import CLASS_COLORS, draw_class_map
from penstock.osd.formats import PIXEL_FORMATS
from penstock.osd.painter import Painter
from penstock.osd.settings import PainterSettings, parse_class_colors, parse_gie_class_ids

__all__ = [
    "CLASS_COLORS",
    "PIXEL_FORMATS",
    "Painter",
    "PainterSettings",
    "draw_class_map",
    "parse_class_colors",
    "parse_gie_class_ids",
]
