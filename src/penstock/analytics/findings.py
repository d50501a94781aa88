"""What the rules found in one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from penstock.meta import FrameAnalytics, ObjectAnalytics

EVENTS: Final[Mapping[str, str]] = {
    "line-crossing": "line-crossing",
    "roi-enter": "roi-filtering",
    "roi-leave": "roi-filtering",
    "crowd-begin": "overcrowding",
    "crowd-end": "overcrowding",
    "dwell": "dwell-time",
}
"""What may happen → the rule that says so."""


@dataclass(frozen=True)
class Event:
    """Something that happened in this frame, at a line or in a zone.

    Attributes:
        kind: One of `EVENTS`.
        label: The shape's name.
        rows: Of the objects that it is about.
        geometry: The shape: name of a part → its points, frame pixels.
        count: A line's crossings so far, a zone's objects now.
    """

    kind: str
    label: str
    rows: tuple[int, ...]
    geometry: Mapping[str, Any]
    count: int


@dataclass
class Findings:
    """What is known about one frame so far; every rule adds its part.

    Attributes:
        frame: About the frame.
        objects: About each object, in the rows' order.
        slots: Of each object in the tracks' table; -1: nobody tracks it.
        events: What happened.
        notes: Shape's key (kind, name) → the number that is written beside its name.
    """

    frame: FrameAnalytics
    objects: list[ObjectAnalytics]
    slots: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)
