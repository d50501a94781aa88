"""`direction-detection`: which of the named ways objects move."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Findings
from penstock.analytics.modes import MODES, fit, mode_key, units
from penstock.analytics.rule import Rule, as_pairs
from penstock.analytics.table import TrackTable
from penstock.config import Grammar, RuleGroup, ShapeKeys, direction

_MOVES, _STANDS = 0.15, 0.03  # of an object's height, within the last sightings
_LEAST_PX = 2.0
_SIGHTINGS = 5

STOPPED = "STOPPED"
"""Status of an object that has not moved within its last sightings."""


class Directions(Rule[None]):
    """Names the direction that fits an object's last sightings best, of those that fit at all."""

    KIND = "direction-detection"
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {
            "mode": mode_key(
                "how well a movement must fit: strict 37°, balanced 60°, loose 84°", "balanced"
            )
        },
        ShapeKeys("direction-", "a direction, x1;y1;x2;y2: from 1 to 2", direction),
    )

    def __init__(self, group: RuleGroup, *, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__(group, scale=scale)
        self._arrows = self.scaled([*group.shapes.values()])
        self._ways = units(self._arrows)
        self._least = MODES[self.setting("mode", "balanced")]

    def new_state(self) -> None:
        """Earlier sightings are all it needs."""

    def step(
        self, columns: FrameColumns, state: None, found: Findings, *, table: TrackTable
    ) -> None:
        """Name the direction of each object."""
        way = np.hypot(columns.movement[:, 0], columns.movement[:, 1])
        concerned = columns.of_classes(self.group.class_ids)
        moves = (way > np.maximum(_MOVES * columns.heights, _LEAST_PX)) & concerned
        moves &= columns.ages >= _SIGHTINGS
        cosines = fit(columns.movement, self._ways)
        best = cosines.argmax(axis=0)
        moves &= cosines.max(axis=0) >= self._least
        for row in np.flatnonzero(moves).tolist():
            found.objects[row].direction = self.labels[best[row]]
        stands = (way < np.maximum(_STANDS * columns.heights, _LEAST_PX)) & concerned
        stands &= columns.ages >= table.LAST
        for row in np.flatnonzero(stands).tolist():
            found.objects[row].status = STOPPED

    def drawn(self) -> dict[str, dict[str, Any]]:
        """Name → its arrow."""
        pairs = zip(self.labels, self._arrows, strict=True)
        return {label: {"direction": as_pairs(arrow)} for label, arrow in pairs}
