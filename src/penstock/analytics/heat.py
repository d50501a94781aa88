"""`heat-map`: where objects spend their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Findings
from penstock.analytics.rule import Rule
from penstock.analytics.table import TrackTable
from penstock.config import Grammar, Key

_CELL = 32
_LONGEST_S = 1.0  # between two frames; a longer gap says nothing about where objects were


@dataclass
class HeatState:
    """The map so far, and the time of the frame before (`None`: there was none)."""

    heat: NDArray[np.float32]
    before_ns: int | None = None


class Heat(Rule[HeatState]):
    """Adds up, cell by cell of the frame, the seconds that objects stood there."""

    KIND = "heat-map"
    NEEDS_TRACKS: ClassVar[bool] = False
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {
            "cell-size": Key(
                "side of a cell, pixels of the file",
                str(_CELL),
                "cell",
                lambda value: value.integer(minimum=4, maximum=4096),
            ),
            "half-life-s": Key(
                "what was added fades to one half within so many seconds; 0: never",
                "0",
                "half_life_s",
                lambda value: value.number(minimum=0),
            ),
        }
    )

    def new_state(self) -> HeatState:
        """A map that gets its size with the first frame."""
        return HeatState(np.zeros((0, 0), np.float32))

    def step(
        self, columns: FrameColumns, state: HeatState, found: Findings, *, table: TrackTable
    ) -> None:
        """Fade, add this frame's time, and give a copy of the map."""
        passed_s = 0.0
        if state.before_ns is not None:
            passed_s = min(max(0, columns.time_ns - state.before_ns) / 1e9, _LONGEST_S)
        state.before_ns = columns.time_ns
        half_life_s = self.setting("half_life_s", 0.0)
        if half_life_s:
            state.heat *= 0.5 ** (passed_s / half_life_s)
        cell = self.setting("cell", _CELL) * self._scale
        if not state.heat.size:
            columns_and_rows = np.ceil(np.array(columns.size) / cell).astype(int)
            state.heat = np.zeros(columns_and_rows[::-1], np.float32)
        stands = columns.of_classes(self.group.class_ids) & np.isfinite(columns.points).all(axis=1)
        cells = (columns.points[stands] / cell).astype(np.intp)
        np.add.at(state.heat, (cells[:, 1], cells[:, 0]), passed_s)
        found.frame.heat = state.heat.copy()
