"""Objects that nobody shall recognise."""

from __future__ import annotations

import math

from penstock.meta import ObjectMeta
from penstock.osd.canvas import Canvas
from penstock.osd.masks import mask_coverage
from penstock.osd.numbers import finite

__all__ = ["blur_object"]

CELLS = 8
"""Along the longer side of a box: an eye or a letter of a plate is less than one."""

MIN_CELL_PX = 8


def blur_object(canvas: Canvas, obj: ObjectMeta, *, within_mask: bool) -> None:
    """Replace what is inside an object's box by the averages of a few cells, blended softly.

    A cell is an eighth of the longer side of the whole box or little more, and at least 8 pixels.

    Args:
        canvas: The picture.
        obj: Its `rect`, pixels, is rounded outwards.
        within_mask: Leave alone what is in the box but not in the object's mask, if it has one.
    """
    box = finite(*obj.rect.ltwh)
    if box is None or box[2] <= 0 or box[3] <= 0:
        return
    left, top, width, height = box
    x0, x1 = _inside(left, left + width, canvas.width)
    y0, y1 = _inside(top, top + height, canvas.height)
    if x0 >= x1 or y0 >= y1:
        return
    cell = max(max(width, height) / CELLS, MIN_CELL_PX)
    grid = (max(int((x1 - x0) / cell), 1), max(int((y1 - y0) / cell), 1))
    coverage = mask_coverage(obj, (x0, y0, x1, y1)) if within_mask else None
    canvas.blur((x0, y0, x1, y1), grid, coverage)


def _inside(low: float, high: float, size: int) -> tuple[int, int]:
    return math.floor(min(max(low, 0), size)), math.ceil(min(max(high, 0), size))
