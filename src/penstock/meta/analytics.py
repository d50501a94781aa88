"""What analytics found: regions, crowds, lines crossed, directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class ObjectAnalytics(Referable):
    """What analytics says about one object; attached to it.

    Attributes:
        regions: Names of the regions it is in.
        crowds: Names of the regions watched for crowds it is in.
        lines: Names of the lines that it crosses in this frame.
        direction: Name of the direction it moves in; "" where none fits.
        status: Anything else; "" mostly.
        component_id: `unique-id` of the element.
        dwell_s: For how long it has been in a zone, seconds, by its name.
        speed_m_s: Over the ground, metres a second; `None` where nothing is known.
    """

    META_TYPE: ClassVar[str] = "NVIDIA.DSANALYTICSOBJ.USER_META"

    regions: list[str] = field(default_factory=list)
    crowds: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    direction: str = ""
    status: str = ""
    component_id: int = 0
    dwell_s: dict[str, float] = field(default_factory=dict)
    speed_m_s: float | None = None

    def copy(self) -> ObjectAnalytics:
        """An independent copy."""
        return ObjectAnalytics(
            list(self.regions),
            list(self.crowds),
            list(self.lines),
            self.direction,
            self.status,
            self.component_id,
            dict(self.dwell_s),
            self.speed_m_s,
        )


@dataclass(slots=True, eq=False)
class FrameAnalytics(Referable):
    """What analytics counted in one frame; attached to it.

    Attributes:
        crowded: Whether a region is crowded, by its name.
        in_region: Objects in a region, by its name.
        crossed_now: Crossings of a line in this frame, by its name.
        crossed_total: Crossings of a line since the start, by its name.
        objects: Objects of a class, by its index.
        component_id: `unique-id` of the element.
        dwell_s: For how long those in a zone have been there, mean seconds, by its name.
        heat: `(rows, columns)` float32, seconds that objects stood in each cell of the frame.
    """

    META_TYPE: ClassVar[str] = "NVIDIA.DSANALYTICSFRAME.USER_META"

    crowded: dict[str, bool] = field(default_factory=dict)
    in_region: dict[str, int] = field(default_factory=dict)
    crossed_now: dict[str, int] = field(default_factory=dict)
    crossed_total: dict[str, int] = field(default_factory=dict)
    objects: dict[int, int] = field(default_factory=dict)
    component_id: int = 0
    dwell_s: dict[str, float] = field(default_factory=dict)
    heat: NDArray[np.float32] | None = None

    def copy(self) -> FrameAnalytics:
        """An independent copy."""
        return FrameAnalytics(
            dict(self.crowded),
            dict(self.in_region),
            dict(self.crossed_now),
            dict(self.crossed_total),
            dict(self.objects),
            self.component_id,
            dict(self.dwell_s),
            None if self.heat is None else self.heat.copy(),
        )
