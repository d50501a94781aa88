"""What the OSD draws: shapes and text in frame pixels.

Colours are `(red, green, blue, alpha)` tuples of floats in [0, 1]: immutable, so that copies of the
metadata share them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable

Color: TypeAlias = tuple[float, float, float, float]

TRANSPARENT: Color = (0.0, 0.0, 0.0, 0.0)
MISC_FIELDS = 4
MAX_DISPLAY_ELEMENTS = 16
"""Shapes of one kind in one `DisplayMeta`, as in DeepStream."""


class ArrowHead(IntEnum):
    """Which end of an arrow has a head; numbers as in DeepStream."""

    START = 0
    END = 1
    BOTH = 2


@dataclass(slots=True, eq=False)
class Rect(Referable):
    """A box and how to draw it.

    Attributes:
        left: Left edge, frame pixels; the other three likewise.
        border_width: Line width, pixels; 0 draws no border.
        border_color: Line colour.
        has_bg: Whether the inside is filled with `bg_color`.
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    border_width: int = 0
    border_color: Color = TRANSPARENT
    has_bg: int = 0
    bg_color: Color = TRANSPARENT
    has_color_info: int = 0
    color_id: int = 0

    @property
    def ltwh(self) -> tuple[float, float, float, float]:
        """`left, top, width, height`, frame pixels."""
        return (self.left, self.top, self.width, self.height)

    @ltwh.setter
    def ltwh(self, box: tuple[float, float, float, float]) -> None:
        self.left, self.top, self.width, self.height = box

    def copy(self) -> Rect:
        """An independent copy."""
        return Rect(
            self.left,
            self.top,
            self.width,
            self.height,
            self.border_width,
            self.border_color,
            self.has_bg,
            self.bg_color,
            self.has_color_info,
            self.color_id,
        )


@dataclass(slots=True, eq=False)
class Text(Referable):
    """A line of text; `(x, y)` is the top left corner, frame pixels.

    Attributes:
        text: What to write; `None` draws nothing.
        font_size: Points; one point is drawn as 96/72 pixels.
        has_bg: Whether a box of `bg_color` lies behind the text.
    """

    text: str | None = None
    x: int = 0
    y: int = 0
    font_name: str | None = None
    font_size: int = 0
    font_color: Color = TRANSPARENT
    has_bg: int = 0
    bg_color: Color = TRANSPARENT

    def copy(self) -> Text:
        """An independent copy."""
        return Text(
            self.text,
            self.x,
            self.y,
            self.font_name,
            self.font_size,
            self.font_color,
            self.has_bg,
            self.bg_color,
        )


@dataclass(slots=True, eq=False)
class Line(Referable):
    """A line from `(x1, y1)` to `(x2, y2)`, frame pixels; `width` in pixels."""

    x1: int = 0
    y1: int = 0
    x2: int = 0
    y2: int = 0
    width: int = 0
    color: Color = TRANSPARENT

    def copy(self) -> Line:
        """An independent copy."""
        return Line(self.x1, self.y1, self.x2, self.y2, self.width, self.color)


@dataclass(slots=True, eq=False)
class Arrow(Referable):
    """An arrow from `(x1, y1)` to `(x2, y2)`, frame pixels; `width` in pixels."""

    x1: int = 0
    y1: int = 0
    x2: int = 0
    y2: int = 0
    width: int = 0
    head: ArrowHead = ArrowHead.START
    color: Color = TRANSPARENT

    def copy(self) -> Arrow:
        """An independent copy."""
        return Arrow(self.x1, self.y1, self.x2, self.y2, self.width, self.head, self.color)


@dataclass(slots=True, eq=False)
class Circle(Referable):
    """A circle around `(x, y)`, frame pixels; `radius` in pixels."""

    x: int = 0
    y: int = 0
    radius: int = 0
    color: Color = TRANSPARENT
    has_bg: int = 0
    bg_color: Color = TRANSPARENT

    def copy(self) -> Circle:
        """An independent copy."""
        return Circle(self.x, self.y, self.radius, self.color, self.has_bg, self.bg_color)


@dataclass(slots=True, eq=False)
class Polygon(Referable):
    """A closed polygon, a region of interest for example; DeepStream has lines for it.

    Attributes:
        points: Corners x, y, frame pixels; the last is joined to the first. Where sides cross, what
            is inside twice is outside.
        width: Of the outline, pixels; 0 draws none.
        color: Of the outline.
        has_bg: Whether the inside is filled with `bg_color`.
    """

    points: list[tuple[float, float]] = field(default_factory=list)
    width: int = 0
    color: Color = TRANSPARENT
    has_bg: int = 0
    bg_color: Color = TRANSPARENT

    def copy(self) -> Polygon:
        """An independent copy."""
        return Polygon(list(self.points), self.width, self.color, self.has_bg, self.bg_color)


@dataclass(slots=True, eq=False)
class DisplayMeta(Referable):
    """Shapes that the OSD draws on one frame, beside its objects."""

    rects: list[Rect] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)
    polygons: list[Polygon] = field(default_factory=list)
    _misc: NDArray[np.int64] | None = None

    @property
    def misc(self) -> NDArray[np.int64]:
        """Four integers for the application's own use, `(4,)` int64."""
        if self._misc is None:
            self._misc = np.zeros(MISC_FIELDS, np.int64)
        return self._misc

    def copy(self) -> DisplayMeta:
        """A deep copy."""
        return DisplayMeta(
            [rect.copy() for rect in self.rects],
            [text.copy() for text in self.texts],
            [line.copy() for line in self.lines],
            [arrow.copy() for arrow in self.arrows],
            [circle.copy() for circle in self.circles],
            [polygon.copy() for polygon in self.polygons],
            None if self._misc is None else self._misc.copy(),
        )

    def __repr__(self) -> str:
        kinds = ("rects", "texts", "lines", "arrows", "circles", "polygons")
        shown = ((len(getattr(self, kind)), kind) for kind in kinds)
        drawn = ", ".join(f"{n} {kind if n > 1 else kind[:-1]}" for n, kind in shown if n)
        return f"<DisplayMeta {drawn or 'empty'}>"
