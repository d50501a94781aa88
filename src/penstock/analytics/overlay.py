"""What the OSD is told to draw: the rules' shapes, names and numbers."""

from __future__ import annotations

from typing import Any

from penstock.analytics.analyser import Analyser
from penstock.analytics.findings import Findings
from penstock.config import AnalyticsConfig
from penstock.meta import (
    Arrow,
    ArrowHead,
    Color,
    DisplayMeta,
    FrameMeta,
    Line,
    ObjectAnalytics,
    Polygon,
    Text,
)

SHAPES_AND_NAMES, NUMBERS_TOO = 1, 2
COLORS: dict[str, Color] = {
    "roi-filtering": (0.1, 0.9, 0.3, 1.0),
    "overcrowding": (1.0, 0.35, 0.2, 1.0),
    "line-crossing": (1.0, 0.85, 0.1, 1.0),
    "direction-detection": (0.2, 0.6, 1.0, 1.0),
    "dwell-time": (0.75, 0.4, 1.0, 1.0),
}
"""Kind of rule → its colour."""
_OTHERS: Color = (0.8, 0.8, 0.8, 1.0)
_WHITE: Color = (1.0, 1.0, 1.0, 1.0)
_SHADE: Color = (0.0, 0.0, 0.0, 0.6)
_FONT = "Sans"


class Overlay:
    """Draws one source's rules.

    Args:
        analyser: Of the source.
    """

    def __init__(self, analyser: Analyser) -> None:
        self._config: AnalyticsConfig = analyser.plan.config
        self._shapes = DisplayMeta()
        self._names: list[tuple[tuple[str, str], Text]] = []
        width = max(2, round(analyser.size[1] / 270))
        for rule in analyser.rules:
            color = COLORS.get(rule.KIND, _OTHERS)
            for label, parts in rule.drawn().items():
                add_shape(self._shapes, parts, color=color, width=width)
                # Two lines, in and out, often share their ends, but not their arrows' heads.
                first = next(iter(parts.values()))[0]
                x, y = parts["direction"][1] if "direction" in parts else first
                text = self._text(label, int(x), int(y))
                self._names.append(((rule.KIND, label), text))

    def add(self, frame: FrameMeta, found: Findings) -> None:
        """Tell the OSD what to draw on a frame, and what to write beside its objects."""
        if self._config.osd_mode >= SHAPES_AND_NAMES:
            frame.display.append(self.display(found))
        if self._config.osd_mode == NUMBERS_TOO:
            for obj, info in zip(frame.objects, found.objects, strict=True):
                words = object_text(info)
                if words:
                    obj.text.text = f"{obj.text.text} {words}" if obj.text.text else words

    def display(self, found: Findings) -> DisplayMeta:
        """Shapes and names, and the numbers of `found` where the file asks for them."""
        made = self._shapes.copy()
        numbers = self._config.osd_mode == NUMBERS_TOO
        for key, name in self._names:
            text = name.copy()
            if numbers and key in found.notes:
                text.text = f"{text.text}: {found.notes[key]}"
            made.texts.append(text)
        if numbers and self._config.display_counts:
            counts = " ".join(f"{k}: {n}" for k, n in sorted(found.frame.objects.items()))
            made.texts.append(self._text(f"objects by class  {counts}", 8, 8))
        return made

    def _text(self, text: str, x: int, y: int) -> Text:
        size = self._config.font_size
        return Text(text, max(0, x), max(0, y), _FONT, size, _WHITE, 1, _SHADE)


def add_shape(display: DisplayMeta, parts: Any, *, color: Color, width: int) -> None:
    """Add a shape's parts to what is drawn.

    Args:
        display: Where to add.
        parts: `"zone"`, `"line"`, `"direction"` → points, frame pixels.
        color: Of all of it.
        width: Of the lines, pixels.
    """
    for part, points in parts.items():
        if part == "zone":
            corners = [(x, y) for x, y in points]
            display.polygons.append(Polygon(corners, width, color))
        elif part == "line":
            (x1, y1), (x2, y2) = _whole(points)
            display.lines.append(Line(x1, y1, x2, y2, width, color))
        elif part == "direction":
            (x1, y1), (x2, y2) = _whole(points)
            display.arrows.append(Arrow(x1, y1, x2, y2, width, ArrowHead.END, color))


def object_text(info: ObjectAnalytics) -> str:
    """What is written beside an object; empty where nothing is to be said."""
    words = [f"ROI:{label}" for label in info.regions]
    words += [f"LC:{label}" for label in info.lines]
    words += [f"DIR:{info.direction}"] if info.direction else []
    words += [info.status] if info.status else []
    words += [f"{label} {seconds:.0f}s" for label, seconds in info.dwell_s.items()]
    words += [f"{info.speed_m_s * 3.6:.0f} km/h"] if info.speed_m_s is not None else []
    return " ".join(words)


def _whole(points: Any) -> list[tuple[int, int]]:
    return [(max(0, round(x)), max(0, round(y))) for x, y in points]
