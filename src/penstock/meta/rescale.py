"""Move metadata from one pixel space to another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from penstock.geometry import Affine
from penstock.meta.objects import KEYPOINTS, NO_BOX, ObjectMeta
from penstock.meta.overlay import Arrow, DisplayMeta, Line, Text


def move_object(obj: ObjectMeta, transform: Affine) -> None:
    """Move an object's boxes, keypoints, text and mask; line widths and font sizes stay.

    Its text keeps its place beside the box: text itself is never turned or mirrored.
    """
    before = obj.rect.ltwh
    obj.rect.ltwh = transform.ltwh(before)
    if obj.detector_box != NO_BOX:
        obj.detector_box = transform.ltwh(obj.detector_box)
    if obj.tracker_box != NO_BOX:
        obj.tracker_box = transform.ltwh(obj.tracker_box)
    for user in obj.user:
        if user.meta_type == KEYPOINTS:
            user.data = _moved_points(user.data, transform)
    if transform.is_upright:
        _move_text(obj.text, transform)
        return
    dx, dy = obj.text.x - before[0], obj.text.y - before[1]
    obj.text.x = _whole(obj.rect.left + dx * abs(transform.sx))
    obj.text.y = _whole(obj.rect.top + dy * abs(transform.sy))
    if obj.mask is not None:
        obj.mask.data = np.ascontiguousarray(transform.turn.array(obj.mask.data))


def move_display(display: DisplayMeta, transform: Affine) -> None:
    """Move every shape; line widths, radii' aspect and font sizes stay those of pixels."""
    for rect in display.rects:
        rect.ltwh = transform.ltwh(rect.ltwh)
    for text in display.texts:
        _move_text(text, transform)
    for line in display.lines:
        _move_line(line, transform)
    for arrow in display.arrows:
        _move_line(arrow, transform)
    for circle in display.circles:
        circle.x, circle.y = _point(circle.x, circle.y, transform)
        circle.radius = _whole(circle.radius * abs(transform.sx * transform.sy) ** 0.5)
    for polygon in display.polygons:
        polygon.points = [transform.point(x, y) for x, y in polygon.points]


def _moved_points(data: Any, transform: Affine) -> Any:
    """Keypoints elsewhere; what is none stays as it is."""
    try:
        points = np.array(data)  # copies of the metadata may share the data
    except ValueError:  # rows of several lengths
        return data
    if points.ndim != 2 or points.shape[1] < 2 or points.dtype.kind not in "fiu":
        return data
    points[:, :2] = transform.points(points[:, :2])
    return points


def _move_line(line: Line | Arrow, transform: Affine) -> None:
    line.x1, line.y1 = _point(line.x1, line.y1, transform)
    line.x2, line.y2 = _point(line.x2, line.y2, transform)


def _move_text(text: Text, transform: Affine) -> None:
    text.x, text.y = _point(text.x, text.y, transform)


def _point(x: float, y: float, transform: Affine) -> tuple[int, int]:
    """Map a point to whole pixels."""
    x, y = transform.point(x, y)
    return (_whole(x), _whole(y))


def _whole(coordinate: float) -> int:
    """These fields are unsigned in DeepStream; without a place it is 0."""
    return max(0, round(coordinate)) if math.isfinite(coordinate) else 0
