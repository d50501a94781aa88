"""What every rule is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Findings
from penstock.analytics.table import TrackTable
from penstock.config import Grammar, RuleGroup

State = TypeVar("State")


class Rule(Generic[State]):
    """One group of one stream: its shapes, in the pixels of the frames that it sees.

    Args:
        group: What the file says.
        scale: `(x, y)` frame pixels for each pixel of the file.
    """

    KIND: ClassVar[str]
    GRAMMAR: ClassVar[Grammar]
    NEEDS_TRACKS: ClassVar[bool] = True

    def __init__(self, group: RuleGroup, *, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        self.group = group
        self.labels = tuple(group.shapes)
        self._scale = np.array(scale)

    def new_state(self) -> State:
        """The state of a source of which nothing was seen yet."""
        raise NotImplementedError

    def step(
        self, columns: FrameColumns, state: State, found: Findings, *, table: TrackTable
    ) -> None:
        """Look at one frame: bring the state up to date, add to the findings.

        Args:
            columns: The frame's objects.
            state: What `new_state` gave and earlier steps left.
            found: Where to add.
            table: Earlier sightings of the same objects.
        """
        raise NotImplementedError

    def adopt(self, state: State, earlier: State, *, earlier_rule: Rule[State]) -> None:
        """Take over what stays true of the state that a changed rule of this kind had."""

    def drawn(self) -> Mapping[str, Mapping[str, Any]]:
        """Name → the parts to draw: `"zone"`, `"line"`, `"direction"` and their points."""
        return {}

    def setting(self, name: str, default: Any) -> Any:
        """What the file says, or the default."""
        return self.group.settings.get(name, default)

    def scaled(self, points: Any) -> NDArray[np.float64]:
        """Points of the file as `(…, 2)` frame pixels."""
        moved: NDArray[np.float64] = np.asarray(points, np.float64) * self._scale
        return moved


def as_pairs(points: NDArray[np.float64]) -> list[list[float]]:
    """Points for people and for JSON: hundredths of a pixel."""
    return [[round(float(x), 2), round(float(y), 2)] for x, y in points]
