"""Which points lie in which polygons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.rule import Rule, State, as_pairs
from penstock.config import RuleGroup

_ON_EDGE_PX = 1e-6


class Zones:
    """Z polygons without crossing sides; a point on a side is inside.

    By the even-odd rule: a ray from the point crosses the sides an odd number of times.

    Args:
        polygons: `(E, 2)` corners of each, pixels.
    """

    def __init__(self, polygons: Sequence[NDArray[np.float64]]) -> None:
        most = max((len(polygon) for polygon in polygons), default=1)
        # All get as many sides; those too many have no length.
        padded = [np.pad(p, ((0, most - len(p)), (0, 0)), mode="edge") for p in polygons]
        starts = np.stack(padded) if padded else np.empty((0, 1, 2))
        ends = np.roll(starts, -1, axis=1)
        for zone, polygon in enumerate(polygons):
            ends[zone, len(polygon) - 1 :] = polygon[0]
            ends[zone, len(polygon) :] = starts[zone, len(polygon) :]
        self._x, self._y = starts[..., 0, None], starts[..., 1, None]
        self._dx = ends[..., 0, None] - self._x
        self._dy = ends[..., 1, None] - self._y
        self._to_y = ends[..., 1, None]
        self._up = self._dy > 0
        low, high = np.minimum(starts, ends), np.maximum(starts, ends)
        self._low, self._high = low[..., None] - _ON_EDGE_PX, high[..., None] + _ON_EDGE_PX
        self._near = _ON_EDGE_PX * np.hypot(self._dx, self._dy)

    def holding(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`(Z, N)` whether each zone holds each of the `(N, 2)` points."""
        x, y = points[:, 0], points[:, 1]
        spans = (self._y > y) != (self._to_y > y)
        turn = self._dx * (y - self._y) - self._dy * (x - self._x)
        inside: NDArray[np.bool_] = np.logical_xor.reduce(spans & ((turn > 0) == self._up), axis=1)
        on_line = np.abs(turn) <= self._near
        if on_line.any():
            within = (x >= self._low[:, :, 0]) & (x <= self._high[:, :, 0])
            within &= (y >= self._low[:, :, 1]) & (y <= self._high[:, :, 1])
            inside |= (on_line & within).any(axis=1)
        return inside


class ZoneRule(Rule[State]):
    """A rule whose shapes are polygons."""

    def __init__(self, group: RuleGroup, *, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__(group, scale=scale)
        self.polygons = [self.scaled(points) for points in self.group.shapes.values()]
        self.zones = Zones(self.polygons)

    def drawn(self) -> dict[str, dict[str, list[list[float]]]]:
        """Name → its polygon."""
        pairs = zip(self.labels, self.polygons, strict=True)
        return {label: {"zone": as_pairs(polygon)} for label, polygon in pairs}
