"""Draws what the metadata says onto pixels, in the format they lie in.

`Painter` is the front: boxes, labels, masks, lines, arrows and circles of one frame, drawn in place
on YUV, gray or RGB planes, without a conversion and without touching the metadata.
"""

from penstock.osd.formats import PIXEL_FORMATS
from penstock.osd.painter import Painter, PainterSettings

__all__ = ["PIXEL_FORMATS", "Painter", "PainterSettings"]
