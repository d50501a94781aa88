"""`roi-filtering`: which objects stand in which zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Event, Findings
from penstock.analytics.table import TrackTable
from penstock.analytics.zones import ZoneRule
from penstock.config import Grammar, Key, ShapeKeys, Value, polygon

_GAP_NS = 1_000_000_000


@dataclass
class RegionState:
    """What is known about each zone and each slot, `(Z, CAPACITY)` each.

    Attributes:
        inside: Whether the object is in the zone, or was less than a second ago.
        inside_ns: When it was last seen inside.
    """

    inside: NDArray[np.bool_]
    inside_ns: NDArray[np.int64]


class Regions(ZoneRule[RegionState]):
    """Counts the objects in each zone, or with `inverse-roi` those outside; drops none."""

    KIND = "roi-filtering"
    NEEDS_TRACKS: ClassVar[bool] = False
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {"inverse-roi": Key("1: objects outside the zones", "0", "inverse", Value.boolean)},
        ShapeKeys("roi-", "a zone, x1;y1;x2;y2;x3;y3;…", polygon),
    )

    def new_state(self) -> RegionState:
        """Nobody is anywhere."""
        shape = (len(self.labels), TrackTable.CAPACITY)
        return RegionState(np.zeros(shape, bool), np.zeros(shape, np.int64))

    def step(
        self, columns: FrameColumns, state: RegionState, found: Findings, *, table: TrackTable
    ) -> None:
        """Count, name the zones of each object, tell who came and went."""
        holds = self.zones.holding(columns.points) != self.setting("inverse", False)
        holds &= columns.of_classes(self.group.class_ids)
        counts = holds.sum(axis=1).tolist()
        found.frame.in_region.update(zip(self.labels, counts, strict=True))
        for label, count in zip(self.labels, counts, strict=True):
            found.notes[self.KIND, label] = str(count)
        for zone, row in np.argwhere(holds).tolist():
            found.objects[row].regions.append(self.labels[zone])
        self._tell(columns, state, found, holds)

    def _tell(
        self,
        columns: FrameColumns,
        state: RegionState,
        found: Findings,
        holds: NDArray[np.bool_],
    ) -> None:
        state.inside[:, columns.fresh] = False
        rows = np.flatnonzero(columns.tracked)
        slots = columns.slots[rows]
        is_in, was_in, seen_ns = holds[:, rows], state.inside[:, slots], state.inside_ns[:, slots]
        # At a zone's edge boxes tremble: who is back at once has not been away.
        leaves = was_in & ~is_in & (np.abs(columns.time_ns - seen_ns) > _GAP_NS)
        enters = is_in & ~was_in
        state.inside[:, slots] = (was_in | enters) & ~leaves
        state.inside_ns[:, slots] = np.where(is_in, columns.time_ns, seen_ns)
        for zone, place in np.argwhere(enters | leaves).tolist():
            row, label = int(rows[place]), self.labels[zone]
            found.events.append(
                Event(
                    "roi-enter" if enters[zone, place] else "roi-leave",
                    label,
                    (row,),
                    {**self.drawn()[label], "inverse": self.setting("inverse", False)},
                    found.frame.in_region[label],
                )
            )
