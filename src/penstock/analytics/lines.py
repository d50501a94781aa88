"""`line-crossing`: who crosses which line, the way that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Event, Findings
from penstock.analytics.modes import MODES, fit, mode_key, units
from penstock.analytics.rule import Rule, as_pairs
from penstock.analytics.table import TrackTable
from penstock.config import Grammar, Key, RuleGroup, ShapeKeys, Value, crossing_line

_MARGIN_PERCENT = 5.0
_BEFORE, _AFTER = 1, 2


@dataclass
class LineState:
    """What is known about each line and each slot.

    Attributes:
        side: `(L, CAPACITY)` where the object was last surely: 0 unknown, 1 before, 2 after.
        through: `(L, CAPACITY)` whether it last changed sides between the line's ends.
        counted: `(L, CAPACITY)` whether the line has counted it.
        totals: `(L,)` crossings counted.
    """

    side: NDArray[np.int8]
    through: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    totals: NDArray[np.int64]


class Lines(Rule[LineState]):
    """Counts every crossing of each line, the way that counts.

    Its path is the straight line from one sighting to the next. It is before the line while it
    stands on it, and has crossed when it is beyond by more than `margin`, so that boxes that
    tremble on the line do not count; what matters is where it last changed sides.
    """

    KIND = "line-crossing"
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {
            "mode": mode_key(
                "how well the way must fit the direction: strict 37°, balanced 60°; loose: only "
                "the side matters",
                "loose",
            ),
            "extended": Key("1: the line has no ends", "1", "extended", Value.boolean),
            "margin": Key(
                "how far beyond the line an object must get, percent of its height",
                f"{_MARGIN_PERCENT:g}",
                "margin",
                lambda value: value.number(minimum=0, maximum=1000),
            ),
            "once": Key(
                "1: a line counts each object once, as DeepStream's do, however often it crosses",
                "0",
                "once",
                Value.boolean,
            ),
        },
        ShapeKeys(
            "line-crossing-",
            "a line, x1;y1;x2;y2;x3;y3;x4;y4: the way from 1 to 2 across it counts; from 3 to 4",
            crossing_line,
        ),
    )

    def __init__(self, group: RuleGroup, *, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__(group, scale=scale)
        shapes = [*group.shapes.values()]
        self._ends = self.scaled([shape.ends for shape in shapes])
        self._arrows = self.scaled([shape.direction for shape in shapes])
        self._ways = units(self._arrows)
        along = units(self._ends)
        normal = np.stack((-along[:, 1], along[:, 0]), axis=1)
        normal *= np.sign((normal * self._ways).sum(axis=1))[:, None]
        # Rows that turn a point into its distance beyond the lines, and along them.
        self._normal = normal
        self._normal_at = (normal * self._ends[:, 0]).sum(axis=1)[:, None]
        self._along = along
        self._along_at = (along * self._ends[:, 0]).sum(axis=1)[:, None]
        self._lengths = np.linalg.norm(self._ends[:, 1] - self._ends[:, 0], axis=1)
        mode = self.setting("mode", "loose")
        self._least = None if mode == "loose" else MODES[mode]

    def new_state(self) -> LineState:
        """Nobody has crossed."""
        shape = (len(self.labels), TrackTable.CAPACITY)
        return LineState(
            np.zeros(shape, np.int8),
            np.zeros(shape, bool),
            np.zeros(shape, bool),
            np.zeros(len(self.labels), np.int64),
        )

    def adopt(self, state: LineState, earlier: LineState, *, earlier_rule: Rule[LineState]) -> None:
        """Lines that keep their name go on counting from where they were."""
        for line, label in enumerate(self.labels):
            if label in earlier_rule.labels:
                state.totals[line] = earlier.totals[earlier_rule.labels.index(label)]

    def step(
        self, columns: FrameColumns, state: LineState, found: Findings, *, table: TrackTable
    ) -> None:
        """Follow everybody's path; count, name the lines of each object, tell."""
        crossed = self._crossed(columns, state)
        now = crossed.sum(axis=1)
        state.totals += now
        found.frame.crossed_now.update(zip(self.labels, now.tolist(), strict=True))
        totals = dict(zip(self.labels, state.totals.tolist(), strict=True))
        found.frame.crossed_total.update(totals)
        for label, total in totals.items():
            found.notes[self.KIND, label] = str(total)
        if not now.any():
            return
        for line, row in np.argwhere(crossed).tolist():
            label = self.labels[line]
            found.objects[row].lines.append(label)
            geometry = self.drawn()[label]
            found.events.append(Event(self.KIND, label, (row,), geometry, totals[label]))

    def _crossed(self, columns: FrameColumns, state: LineState) -> NDArray[np.bool_]:
        """`(L, N)` who crosses which line with this frame."""
        slots = np.where(columns.tracked, columns.slots, 0)
        for array in (state.side, state.through, state.counted):
            array[:, columns.fresh] = 0
        beyond = self._normal @ columns.points.T - self._normal_at
        before = self._normal @ columns.previous.T - self._normal_at  # NaN: never seen
        side, through = state.side[:, slots], state.through[:, slots]
        changed = (beyond > 0) != (before > 0)
        if changed.any():
            through = np.where(changed, self._is_between(columns, before, beyond), through)
        margin = columns.heights * (self.setting("margin", _MARGIN_PERCENT) / 100)
        is_after, is_before = beyond > margin, beyond <= -margin
        crossed: NDArray[np.bool_] = is_after & (side == _BEFORE) & through
        if crossed.any():
            crossed &= columns.tracked & columns.of_classes(self.group.class_ids)
            if self._least is not None:
                crossed &= fit(columns.movement, self._ways) >= self._least
            if self.setting("once", False):
                crossed &= ~state.counted[:, slots]
        sure = np.where(is_after, _AFTER, np.where(is_before, _BEFORE, side))
        side = np.where(side == 0, np.where(beyond > 0, _AFTER, _BEFORE), sure)
        rows = columns.tracked
        at = slots[rows]
        state.side[:, at], state.through[:, at] = side[:, rows], through[:, rows]
        state.counted[:, at] |= crossed[:, rows]
        return crossed

    def _is_between(
        self,
        columns: FrameColumns,
        before: NDArray[np.float64],
        beyond: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """`(L, N)` whether paths that change sides do so between the line's ends."""
        if self.setting("extended", True):
            return np.ones(beyond.shape, bool)
        now = self._along @ columns.points.T - self._along_at
        then = self._along @ columns.previous.T - self._along_at
        with np.errstate(divide="ignore", invalid="ignore"):
            place = then + before / (before - beyond) * (now - then)
        between: NDArray[np.bool_] = (place >= 0) & (place <= self._lengths[:, None])
        return between

    def drawn(self) -> dict[str, dict[str, Any]]:
        """Name → its line and the way that counts."""
        parts = zip(self.labels, self._ends, self._arrows, strict=True)
        return {
            label: {"line": as_pairs(ends), "direction": as_pairs(arrow)}
            for label, ends, arrow in parts
        }
