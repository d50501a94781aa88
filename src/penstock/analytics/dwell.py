"""`dwell-time`: for how long objects have been in a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Event, Findings
from penstock.analytics.table import TrackTable
from penstock.analytics.zones import ZoneRule
from penstock.config import Grammar, Key, ShapeKeys, polygon

_GAP_MS = 1000


@dataclass
class DwellState:
    """What is known about each zone and each slot, `(Z, CAPACITY)` each.

    Attributes:
        is_in: Whether the object is in the zone, or was within the gap.
        entered_ns: Since when.
        inside_ns: When it was last seen inside.
        told: Whether its long stay was told.
    """

    is_in: NDArray[np.bool_]
    entered_ns: NDArray[np.int64]
    inside_ns: NDArray[np.int64]
    told: NDArray[np.bool_]


class Dwell(ZoneRule[DwellState]):
    """Measures stays; being away for no longer than `gap-ms` does not end one."""

    KIND = "dwell-time"
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {
            "time-threshold": Key(
                "a stay of so long is an event, milliseconds; 0: none is",
                "0",
                "time_ms",
                lambda value: value.integer(minimum=0),
            ),
            "gap-ms": Key(
                "who is outside or unseen for longer, milliseconds, begins a new stay",
                str(_GAP_MS),
                "gap_ms",
                lambda value: value.integer(minimum=0),
            ),
        },
        ShapeKeys("roi-", "a zone, x1;y1;x2;y2;x3;y3;…", polygon),
    )

    def new_state(self) -> DwellState:
        """Nobody is anywhere."""
        shape = (len(self.labels), TrackTable.CAPACITY)
        times = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        return DwellState(np.zeros(shape, bool), *times, np.zeros(shape, bool))

    def step(
        self, columns: FrameColumns, state: DwellState, found: Findings, *, table: TrackTable
    ) -> None:
        """Measure; tell stays that become long."""
        state.is_in[:, columns.fresh] = False
        rows = np.flatnonzero(columns.tracked & columns.of_classes(self.group.class_ids))
        slots, now = columns.slots[rows], columns.time_ns
        inside = self.zones.holding(columns.points[rows])
        was_in, seen_ns = state.is_in[:, slots], state.inside_ns[:, slots]
        gap_ns = self.setting("gap_ms", _GAP_MS) * 1_000_000
        stays = was_in & (np.abs(now - seen_ns) <= gap_ns)
        entered = np.where(stays, state.entered_ns[:, slots], now)
        told = state.told[:, slots] & stays
        dwell = now - entered
        threshold_ns = self.setting("time_ms", 0) * 1_000_000
        long = inside & (dwell >= threshold_ns) & ~told & (threshold_ns > 0)
        state.is_in[:, slots] = inside | stays
        state.entered_ns[:, slots] = entered
        state.inside_ns[:, slots] = np.where(inside, now, seen_ns)
        state.told[:, slots] = told | long
        self._report(found, rows, inside, dwell)
        for zone, place in np.argwhere(long).tolist():
            label, count = self.labels[zone], int(inside[zone].sum())
            row = (int(rows[place]),)
            found.events.append(Event("dwell", label, row, self.drawn()[label], count))

    def _report(
        self,
        found: Findings,
        rows: NDArray[np.intp],
        inside: NDArray[np.bool_],
        dwell_ns: NDArray[np.int64],
    ) -> None:
        for zone, place in np.argwhere(inside).tolist():
            obj = found.objects[rows[place]]
            obj.dwell_s[self.labels[zone]] = float(dwell_ns[zone, place]) / 1e9
        for zone, label in enumerate(self.labels):
            stays = dwell_ns[zone, inside[zone]] / 1e9
            found.frame.dwell_s[label] = float(stays.mean()) if len(stays) else 0.0
            found.notes[self.KIND, label] = f"{found.frame.dwell_s[label]:.1f} s"
