"""Lines, arrows, circles and polygons as filled polygons.

OpenCV paints the pixels on a polygon's edge too, so outlines lie half a pixel further in than the
shape: a line 3 pixels wide is a bar 2 wide around it.
"""

from __future__ import annotations

import math

import numpy as np

from penstock.meta import Arrow, ArrowHead, Circle, Color, Line, Polygon
from penstock.osd.canvas import Canvas, Contour
from penstock.osd.clipping import clip
from penstock.osd.numbers import finite

__all__ = ["draw_arrow", "draw_circle", "draw_line", "draw_polygon"]

CIRCLE_WIDTH_PX = 2
"""Of a circle's outline; the metadata has no width for it."""

HEAD_SLENDERNESS = 2.5  # length of an arrow's head by half its width
MAX_WIDTH_PX = 1 << 12


def draw_line(canvas: Canvas, line: Line) -> None:
    """Draw a line with round ends; without a width nothing."""
    numbers = finite(line.x1, line.y1, line.x2, line.y2, line.width)
    if numbers is None or numbers[4] <= 0:
        return
    x1, y1, x2, y2, width = numbers
    _draw(canvas, [_bar((x1, y1), (x2, y2), width)], color=line.color)


def draw_arrow(canvas: Canvas, arrow: Arrow) -> None:
    """Draw an arrow with its tips on the given ends; without a width nothing.

    A head is `3 · width + 6` pixels long, or less where the arrow has no room for it.
    """
    numbers = finite(arrow.x1, arrow.y1, arrow.x2, arrow.y2, arrow.width)
    if numbers is None or numbers[4] <= 0:
        return
    tail, tip, width = numbers[0:2], numbers[2:4], min(numbers[4], MAX_WIDTH_PX)
    if arrow.head == ArrowHead.START:
        tail, tip = tip, tail
    length = math.dist(tail, tip)
    both = arrow.head == ArrowHead.BOTH
    head = min(3 * width + 6, length / 2 if both else length)
    thin, wide = (width - 1) / 2, max(head / HEAD_SLENDERNESS, (width - 1) / 2)
    base = length - head
    half = [(base, thin), (base, wide), (length, 0.0)]
    half = [(0.0, 0.0), (head, wide), (head, thin), *half] if both else [(0.0, thin), *half]
    outline = half + [(along, -across) for along, across in reversed(half)]
    _draw(canvas, [_placed(np.array(outline), tail, tip)], color=arrow.color)


def draw_circle(canvas: Canvas, circle: Circle) -> None:
    """Draw a circle's outline, over its disc where it has a background."""
    numbers = finite(circle.x, circle.y, circle.radius)
    if numbers is None or numbers[2] <= 0:
        return
    x, y, radius = numbers
    angles = np.linspace(0, 2 * math.pi, _corners(radius), endpoint=False)
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if circle.has_bg:
        _draw(canvas, [unit * radius + (x, y)], color=circle.bg_color)
    spread = (CIRCLE_WIDTH_PX - 1) / 2
    rims = [r for r in (radius + spread, radius - spread) if r > 0]
    _draw(canvas, [unit * rim + (x, y) for rim in rims], color=circle.color)


def draw_polygon(canvas: Canvas, polygon: Polygon) -> None:
    """Draw a polygon's outline with round corners, over its inside where it has a background."""
    points = [finite(x, y) for x, y in polygon.points]
    width = finite(polygon.width)
    corners = [(point[0], point[1]) for point in points if point is not None]
    if len(corners) < len(points) or len(corners) < 2 or width is None:
        return
    if polygon.has_bg:
        _draw(canvas, [np.array(corners, np.float64)], color=polygon.bg_color)
    if width[0] > 0:
        ends = zip(corners, corners[1:] + corners[:1], strict=True)
        _draw(canvas, *[[_bar(*both, width[0])] for both in ends], color=polygon.color)


def _bar(start: tuple[float, float], end: tuple[float, float], width: float) -> Contour:
    """The outline of a line with round ends."""
    radius, length = (min(width, MAX_WIDTH_PX) - 1) / 2, math.dist(start, end)
    if radius <= 0.5:
        local = np.array([(0, -radius), (length, -radius), (length, radius), (0, radius)])
    else:
        cap = np.linspace(-math.pi / 2, math.pi / 2, _corners(radius) // 2)
        across, along = radius * np.sin(cap), radius * np.cos(cap)
        far_end = np.stack([length + along, across], axis=1)
        local = np.concatenate([far_end, np.stack([-along, -across], axis=1)])
    return _placed(local, start, end)


def _corners(radius: float) -> int:
    """Corners of a circle that looks round: a chord is less than 0.1 px off, up to 21,000 px."""
    return int(min(12 + 8 * math.sqrt(radius), 1024))


def _placed(local: Contour, start: tuple[float, ...], end: tuple[float, ...]) -> Contour:
    """Turn `(along, across)` pairs into pixels, along the way from `start` to `end`."""
    length = math.dist(start, end)
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length) if length else (1.0, 0.0)
    axes = np.array([along, (-along[1], along[0])])
    return np.asarray(local @ axes + start, np.float64)


def _draw(canvas: Canvas, *polygons: list[Contour], color: Color) -> None:
    fitting = [
        [clipped for c in contours if len(clipped := clip(c, canvas.width, canvas.height))]
        for contours in polygons
    ]
    visible = [contours for contours in fitting if contours]
    if visible:
        canvas.polygons(visible, color)
