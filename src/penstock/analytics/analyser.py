"""All the rules of one source."""

from __future__ import annotations

from typing import Any

from penstock.analytics.counts import SmoothCounts
from penstock.analytics.findings import Findings
from penstock.analytics.plan import Plan
from penstock.analytics.rule import Rule
from penstock.analytics.table import TrackTable
from penstock.meta import Detections, FrameAnalytics, ObjectAnalytics


class Analyser:
    """Follows the objects of one source and says what they do.

    Args:
        plan: What the file says.
        source_id: Index of the source.
        size: `(width, height)` of its frames, pixels.
        component_id: Goes into the metadata.
        earlier: The analyser it replaces, where the file or the size changed: tracks go on, rules
            that are the same go on as if nothing had been, and lines keep their totals.
    """

    def __init__(
        self,
        plan: Plan,
        source_id: int,
        *,
        size: tuple[int, int],
        component_id: int = 0,
        earlier: Analyser | None = None,
    ) -> None:
        self.plan, self.source_id, self.size = plan, source_id, size
        self.rules = plan.rules(source_id, size=size)
        self._component_id = component_id
        self._counts = SmoothCounts(plan.config.count_window_ms * 1_000_000)
        self.table = TrackTable()
        self._states = [rule.new_state() for rule in self.rules]
        if earlier is not None:
            self._take_over(earlier)

    @property
    def needs_tracks(self) -> bool:
        """Whether some rule says nothing about objects without a track."""
        return any(rule.NEEDS_TRACKS for rule in self.rules)

    def step(self, detections: Detections, *, time_ns: int, frame_num: int) -> Findings:
        """Look at the next frame.

        Args:
            detections: Frame pixels.
            time_ns: The frame's own time; never goes back but where the source begins anew.
            frame_num: Of its source.
        """
        columns = self.table.columns(
            detections, time_ns=time_ns, frame_num=frame_num, size=self.size
        )
        found = Findings(
            FrameAnalytics(component_id=self._component_id),
            [ObjectAnalytics(component_id=self._component_id) for _ in range(len(columns))],
            columns.slots.tolist(),
        )
        for rule, state in zip(self.rules, self._states, strict=True):
            rule.step(columns, state, found, table=self.table)
        found.frame.objects = self._counts.step(detections.class_id.tolist(), time_ns=time_ns)
        return found

    def forget_tracks(self) -> None:
        """The source begins anew: whoever comes is somebody else. Totals stay."""
        self.table = TrackTable()

    def _take_over(self, earlier: Analyser) -> None:
        if earlier.size == self.size:
            self.table = earlier.table
        before: dict[str, tuple[Rule[Any], Any]] = {
            rule.KIND: (rule, state)
            for rule, state in zip(earlier.rules, earlier._states, strict=True)
        }
        sizes = (earlier.size, earlier.plan.config.size) == (self.size, self.plan.config.size)
        for place, rule in enumerate(self.rules):
            old, state = before.get(rule.KIND, (None, None))
            if old is not None and sizes and old.group == rule.group:
                self._states[place] = state
            elif old is not None:
                rule.adopt(self._states[place], state, earlier_rule=old)
