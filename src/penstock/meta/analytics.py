"""What analytics found: regions, crowds, lines crossed, directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class ObjectAnalytics(Referable):
    """What analytics says about one object; attached to it.

    Attributes:
        regions: Names of the regions it is in.
        crowds: Names of the crowded regions it is in.
        lines: Names of the lines that it has just crossed.
        direction: Name of the direction it moves in; "" where none fits.
        status: Anything else; "" mostly.
        component_id: `unique-id` of the element.
    """

    META_TYPE: ClassVar[str] = "NVIDIA.DSANALYTICSOBJ.USER_META"

    regions: list[str] = field(default_factory=list)
    crowds: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    direction: str = ""
    status: str = ""
    component_id: int = 0

    def copy(self) -> ObjectAnalytics:
        """An independent copy."""
        return ObjectAnalytics(
            list(self.regions),
            list(self.crowds),
            list(self.lines),
            self.direction,
            self.status,
            self.component_id,
        )


@dataclass(slots=True, eq=False)
class FrameAnalytics(Referable):
    """What analytics counted in one frame; attached to it.

    Attributes:
        crowded: Whether a region is crowded, by its name.
        in_region: Objects in a region, by its name.
        crossed_now: Objects that crossed a line in this frame, by its name.
        crossed_total: Objects that have crossed a line since the start, by its name.
        objects: Objects of a class, by its index.
        component_id: `unique-id` of the element.
    """

    META_TYPE: ClassVar[str] = "NVIDIA.DSANALYTICSFRAME.USER_META"

    crowded: dict[str, bool] = field(default_factory=dict)
    in_region: dict[str, int] = field(default_factory=dict)
    crossed_now: dict[str, int] = field(default_factory=dict)
    crossed_total: dict[str, int] = field(default_factory=dict)
    objects: dict[int, int] = field(default_factory=dict)
    component_id: int = 0

    def copy(self) -> FrameAnalytics:
        """An independent copy."""
        return FrameAnalytics(
            dict(self.crowded),
            dict(self.in_region),
            dict(self.crossed_now),
            dict(self.crossed_total),
            dict(self.objects),
            self.component_id,
        )
