"""Instance masks: a veil over the pixels that belong to an object."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.meta import Color, ObjectMeta
from penstock.osd.canvas import Canvas
from penstock.osd.numbers import finite
from penstock.osd.stamps import make_stamp, phase_of

__all__ = ["draw_mask"]

MASK_OPACITY = 0.5
MAX_MASK_SIDE = 32766  # of OpenCV's warp


def draw_mask(canvas: Canvas, obj: ObjectMeta) -> None:
    """Veil an object's mask in its border colour, half as opaque as its border.

    The mask is stretched over `obj.rect`, pixels; scores between its samples are interpolated.
    """
    visible = _visible(canvas, obj)
    if visible is None or obj.mask is None:
        return
    red, green, blue, alpha = obj.rect.border_color
    color: Color = (red, green, blue, alpha * MASK_OPACITY)
    dye = canvas.palette.dye(color)
    if dye is None:
        return
    coverage = _coverage(obj, visible)
    x, y = visible[:2]
    made = canvas.palette.format
    canvas.put(make_stamp(coverage, dye, made, phase_of(made, x, y)), x, y)


def _visible(canvas: Canvas, obj: ObjectMeta) -> tuple[int, int, int, int] | None:
    """The part of the object's box inside the picture: x0, y0, x1, y1."""
    box = finite(*obj.rect.ltwh)
    if box is None or obj.mask is None or box[2] <= 0 or box[3] <= 0:
        return None
    data = obj.mask.data
    if data.ndim != 2 or not 0 < min(data.shape) <= max(data.shape) <= MAX_MASK_SIDE:
        return None
    left, top, width, height = box
    x0, x1 = (round(min(max(x, 0), canvas.width)) for x in (left, left + width))
    y0, y1 = (round(min(max(y, 0), canvas.height)) for y in (top, top + height))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _coverage(obj: ObjectMeta, visible: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """255 where the mask, sampled at the centres of the visible pixels, exceeds its threshold."""
    assert obj.mask is not None
    x0, y0, x1, y1 = visible
    left, top, width, height = obj.rect.ltwh
    rows, columns = obj.mask.data.shape
    step_x, step_y = columns / width, rows / height
    to_mask = np.array(
        [
            [step_x, 0, (x0 + 0.5 - left) * step_x - 0.5],
            [0, step_y, (y0 + 0.5 - top) * step_y - 0.5],
        ]
    )
    scores = cv2.warpAffine(
        np.ascontiguousarray(obj.mask.data, np.float32),
        to_mask,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    coverage: NDArray[np.uint8] = cv2.compare(scores, float(obj.mask.threshold), cv2.CMP_GT)
    return coverage
