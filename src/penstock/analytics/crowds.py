"""`overcrowding`: too many objects in a zone for too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Event, Findings
from penstock.analytics.table import TrackTable
from penstock.analytics.zones import ZoneRule
from penstock.config import Grammar, Key, ShapeKeys, polygon

_OBJECTS = 1
_TIME_MS = 2000


@dataclass
class CrowdState:
    """Of each zone: since when there are too many (`None`: there are not), and whether it was told.

    Attributes:
        since_ns: Time of the first frame of those that all had too many.
        crowded: What the last frame said.
    """

    since_ns: list[int | None]
    crowded: list[bool]


class Crowds(ZoneRule[CrowdState]):
    """A zone is crowded while every frame of `time-threshold` had `object-threshold` or more."""

    KIND = "overcrowding"
    NEEDS_TRACKS: ClassVar[bool] = False
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {
            "object-threshold": Key(
                "so many objects are too many",
                str(_OBJECTS),
                "objects",
                lambda value: value.integer(minimum=1),
            ),
            "time-threshold": Key(
                "for so long they must be too many in every frame, milliseconds",
                str(_TIME_MS),
                "time_ms",
                lambda value: value.integer(minimum=0),
            ),
        },
        ShapeKeys("roi-", "a zone, x1;y1;x2;y2;x3;y3;…", polygon),
    )

    def new_state(self) -> CrowdState:
        """No zone is crowded."""
        return CrowdState([None] * len(self.labels), [False] * len(self.labels))

    def step(
        self, columns: FrameColumns, state: CrowdState, found: Findings, *, table: TrackTable
    ) -> None:
        """Name the zones of each object; say which are crowded, and when that changes."""
        holds = self.zones.holding(columns.points) & columns.of_classes(self.group.class_ids)
        for zone, row in np.argwhere(holds).tolist():
            found.objects[row].crowds.append(self.labels[zone])
        for zone, count in enumerate(holds.sum(axis=1).tolist()):
            label = self.labels[zone]
            crowded = self._is_crowded(state, zone, count, columns.time_ns)
            found.frame.crowded[label] = crowded
            found.notes[self.KIND, label] = f"{count} crowded" if crowded else str(count)
            if crowded != state.crowded[zone]:
                state.crowded[zone] = crowded
                kind = "crowd-begin" if crowded else "crowd-end"
                rows = tuple(np.flatnonzero(holds[zone]).tolist())
                found.events.append(Event(kind, label, rows, self.drawn()[label], count))

    def _is_crowded(self, state: CrowdState, zone: int, count: int, time_ns: int) -> bool:
        if count < self.setting("objects", _OBJECTS):
            state.since_ns[zone] = None
            return False
        since_ns = state.since_ns[zone]
        if since_ns is None or since_ns > time_ns:  # time goes back when a file begins anew
            since_ns = state.since_ns[zone] = time_ns
        least_ns: int = self.setting("time_ms", _TIME_MS) * 1_000_000
        return time_ns - since_ns >= least_ns
