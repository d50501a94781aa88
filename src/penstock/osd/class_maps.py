"""Class maps: a colour for each class, over a picture or alone."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.osd.numbers import finite

__all__ = ["CLASS_COLORS", "draw_class_map"]

_COLORS = 255
_FIRST_HUE = 0.6  # a calm blue: mostly the background
_HUE_STEP = 0.61803399  # the golden section: classes that follow each other differ most
_VALUES = (1.0, 0.7, 0.85, 0.55)


def _color(class_id: int) -> list[int]:
    value = _VALUES[class_id // 8 % len(_VALUES)]
    rgb = colorsys.hsv_to_rgb((_FIRST_HUE + class_id * _HUE_STEP) % 1, 0.8, value)
    return [round(part * 255) for part in rgb]


CLASS_COLORS: NDArray[np.uint8] = np.array(
    [[0, 0, 0], *(_color(class_id) for class_id in range(_COLORS))], np.uint8
)
"""`(256, 3)` RGB: row 0 is black, for pixels without a class; row c + 1 belongs to class c."""


def draw_class_map(
    picture: NDArray[np.uint8],
    class_map: NDArray[np.int32],
    box: tuple[float, float, float, float],
    *,
    alpha: float = 1.0,
    kept: int | None = None,
) -> None:
    """Stretch a class map over a box and colour it, in place; nothing is mixed between pixels.

    Args:
        picture: `(H, W, 3)` or `(H, W, 4)` RGB or RGBA.
        class_map: `(h, w)`, the class of each pixel; below 0 where there is none.
        box: Left, top, width, height, pixels of the picture; may stick out of it. Without a
            finite place nothing is drawn.
        alpha: How opaque the colours are, 0 to 1.
        kept: Pixels of this class, and those without one, stay as they are; `None`: all are
            coloured.
    """
    if finite(*box) is None:
        return
    height, width = picture.shape[:2]
    x0, x1 = (round(min(max(x, 0.0), float(width))) for x in (box[0], box[0] + box[2]))
    y0, y1 = (round(min(max(y, 0.0), float(height))) for y in (box[1], box[1] + box[3]))
    if x0 >= x1 or y0 >= y1 or not class_map.size:
        return
    classes = _stretched(class_map, box, (x0, y0, x1, y1))
    part = picture[y0:y1, x0:x1, :3]
    colors = CLASS_COLORS[np.where(classes < 0, 0, classes % _COLORS + 1)]
    if alpha < 1:
        colors = cv2.addWeighted(colors, alpha, np.ascontiguousarray(part), 1 - alpha, 0)
    if kept is None:
        part[...] = colors
    else:
        drawn = (classes >= 0) & (classes != kept)
        part[drawn] = colors[drawn]


def _stretched(
    class_map: NDArray[np.int32],
    box: tuple[float, float, float, float],
    part: tuple[int, int, int, int],
) -> NDArray[np.int32]:
    """The classes at the centres of the pixels of a part of the box."""
    rows, columns = class_map.shape
    x0, y0, x1, y1 = part
    x = (np.arange(x0, x1) + 0.5 - box[0]) / box[2] * columns
    y = (np.arange(y0, y1) + 0.5 - box[1]) / box[3] * rows
    nearest_x = np.clip(x.astype(np.intp), 0, columns - 1)
    nearest_y = np.clip(y.astype(np.intp), 0, rows - 1)
    stretched: NDArray[np.int32] = class_map[nearest_y[:, None], nearest_x]
    return stretched
