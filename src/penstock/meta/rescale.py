"""Move metadata from one pixel space to another."""

from __future__ import annotations

from penstock.geometry import Affine
from penstock.meta.objects import NO_BOX, ObjectMeta
from penstock.meta.overlay import Arrow, DisplayMeta, Line, Text


def move_object(obj: ObjectMeta, transform: Affine) -> None:
    """Move an object's boxes and text; line widths and font sizes stay."""
    obj.rect.ltwh = transform.ltwh(obj.rect.ltwh)
    if obj.detector_box != NO_BOX:
        obj.detector_box = transform.ltwh(obj.detector_box)
    if obj.tracker_box != NO_BOX:
        obj.tracker_box = transform.ltwh(obj.tracker_box)
    _move_text(obj.text, transform)


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
        circle.radius = round(circle.radius * (transform.sx * transform.sy) ** 0.5)


def _move_line(line: Line | Arrow, transform: Affine) -> None:
    line.x1, line.y1 = _point(line.x1, line.y1, transform)
    line.x2, line.y2 = _point(line.x2, line.y2, transform)


def _move_text(text: Text, transform: Affine) -> None:
    text.x, text.y = _point(text.x, text.y, transform)


def _point(x: float, y: float, transform: Affine) -> tuple[int, int]:
    """Map a point to whole pixels; these fields are unsigned in DeepStream."""
    return (
        max(0, round(x * transform.sx + transform.tx)),
        max(0, round(y * transform.sy + transform.ty)),
    )
