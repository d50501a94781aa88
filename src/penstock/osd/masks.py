"""Instance masks: a veil over the pixels that belong to an object."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.meta import Color, ObjectMeta
from penstock.osd.canvas import Canvas
from penstock.osd.numbers import finite
from penstock.osd.stamps import make_stamp, phase_of

__all__ = ["draw_mask", "mask_coverage"]

MASK_OPACITY = 0.5
MAX_MASK_SIDE = 32766  # of OpenCV's warp


def draw_mask(canvas: Canvas, obj: ObjectMeta) -> None:
    """Veil an object's mask in its border colour, half as opaque as its border.

    The mask is stretched over `obj.rect`, pixels; scores between its samples are interpolated.
    """
    visible = _visible(canvas, obj)
    coverage = None if visible is None else mask_coverage(obj, visible)
    if visible is None or coverage is None:
        return
    red, green, blue, alpha = obj.rect.border_color
    color: Color = (red, green, blue, alpha * MASK_OPACITY)
    dye = canvas.palette.dye(color)
    if dye is None:
        return
    x, y = visible[:2]
    made = canvas.palette.format
    canvas.put(make_stamp(coverage, dye, made, phase_of(made, x, y)), x, y)


def mask_coverage(obj: ObjectMeta, part: tuple[int, int, int, int]) -> NDArray[np.uint8] | None:
    """Which pixels of a part of the picture belong to an object.

    Args:
        obj: An object whose box has a finite place and an area.
        part: `x0, y0, x1, y1`, pixels; the last two are the first column and row outside.

    Returns:
        `(y1 - y0, x1 - x0)` uint8: 255 where the mask, sampled at the centre of the pixel, exceeds
        its threshold; `None` without a mask, or with one that has no two sides.
    """
    if obj.mask is None:
        return None
    data = obj.mask.data
    if data.ndim != 2 or not 0 < min(data.shape) <= max(data.shape) <= MAX_MASK_SIDE:
        return None
    x0, y0, x1, y1 = part
    left, top, width, height = obj.rect.ltwh
    rows, columns = data.shape
    step_x, step_y = columns / width, rows / height
    to_mask = np.array(
        [
            [step_x, 0, (x0 + 0.5 - left) * step_x - 0.5],
            [0, step_y, (y0 + 0.5 - top) * step_y - 0.5],
        ]
    )
    scores = cv2.warpAffine(
        np.ascontiguousarray(data, np.float32),
        to_mask,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.where(scores > obj.mask.threshold, np.uint8(255), np.uint8(0))


def _visible(canvas: Canvas, obj: ObjectMeta) -> tuple[int, int, int, int] | None:
    """The part of the object's box inside the picture: x0, y0, x1, y1."""
    box = finite(*obj.rect.ltwh)
    if box is None or box[2] <= 0 or box[3] <= 0:
        return None
    left, top, width, height = box
    x0, x1 = (round(min(max(x, 0), canvas.width)) for x in (left, left + width))
    y0, y1 = (round(min(max(y, 0), canvas.height)) for y in (top, top + height))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
