"""Keypoints of objects: joints of a body, landmarks of a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penstock.meta import KEYPOINTS, Circle, Line, ObjectMeta
from penstock.osd.canvas import Canvas
from penstock.osd.shapes import draw_circle, draw_line

__all__ = ["draw_keypoints", "has_keypoints"]

LEAST_SCORE = 0.3
BODY = (
    *((0, 1), (0, 2), (1, 3), (2, 4)),  # nose, eyes, ears
    *((5, 7), (7, 9), (6, 8), (8, 10)),  # shoulders, elbows, wrists
    *((5, 6), (5, 11), (6, 12), (11, 12)),  # the trunk
    *((11, 13), (13, 15), (12, 14), (14, 16)),  # hips, knees, ankles
)
"""Which of the 17 joints of COCO's bodies belong together."""

_JOINTS = 17
_SHARE_OF_BOX = 1 / 80


def has_keypoints(obj: ObjectMeta) -> bool:
    """Whether an object has any."""
    return bool(obj.user) and obj.user.get(KEYPOINTS) is not None


def draw_keypoints(canvas: Canvas, obj: ObjectMeta, hidden: Sequence[ObjectMeta] = ()) -> None:
    """Draw a dot for each point with a score of 0.3 or more, in the colour of the border.

    Where there are 17, they are taken for COCO's joints of a body, and its limbs are drawn too.
    Dots and limbs are as thick as the object's size asks for.

    Args:
        canvas: The picture.
        obj: Whose.
        hidden: Objects that nobody shall recognise: no point within their boxes is drawn, nor a
            limb that ends there.
    """
    try:
        points = np.asarray(obj.user[KEYPOINTS])
    except ValueError:  # rows of several lengths
        return
    if points.ndim != 2 or points.shape[1] != 3 or points.dtype.kind not in "fiu":
        return
    with np.errstate(invalid="ignore"):
        shown = np.isfinite(points).all(axis=1) & (points[:, 2] >= LEAST_SCORE)
        shown &= ~_within(points[:, :2], hidden)
    color = obj.rect.border_color
    _, _, width, height = obj.ltwh
    size = max(width, height)
    radius = max(2, round(size * _SHARE_OF_BOX)) if np.isfinite(size) else 2
    places = [(round(float(x)), round(float(y))) for x, y in points[shown, :2]]
    if len(points) == _JOINTS:
        place_of = dict(zip(np.flatnonzero(shown).tolist(), places, strict=True))
        for one, other in BODY:
            if one in place_of and other in place_of:
                draw_line(canvas, Line(*place_of[one], *place_of[other], radius, color))
    for x, y in places:
        draw_circle(canvas, Circle(x, y, radius, color, has_bg=1, bg_color=color))


def _within(points: NDArray[np.generic], hidden: Sequence[ObjectMeta]) -> NDArray[np.bool_]:
    """Which of the points `(K, 2)` lie in a box that is rounded outwards, `(K,)`."""
    ltwh = np.array([obj.ltwh for obj in hidden], np.float64).reshape(-1, 1, 4)
    low, high = np.floor(ltwh[..., :2]), np.ceil(ltwh[..., :2] + ltwh[..., 2:])
    inside = (points >= low) & (points <= high)
    return np.asarray(inside.all(axis=2).any(axis=0))
