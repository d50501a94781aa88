"""`speed`: how fast objects move over the ground."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.analytics.columns import FrameColumns
from penstock.analytics.findings import Findings
from penstock.analytics.ground import homography, on_ground
from penstock.analytics.rule import Rule
from penstock.analytics.table import TrackTable
from penstock.config import Grammar, RuleGroup, ShapeKeys, ground_pairs

_SIGHTINGS = 3


class Speed(Rule[None]):
    """Fits a straight way at constant speed to an object's last sightings, on the ground."""

    KIND = "speed"
    GRAMMAR: ClassVar[Grammar] = Grammar(
        {},
        ShapeKeys(
            "ground-",
            "the ground, x1;y1;X1;Y1;x2;y2;X2;Y2;…: four points or more of the picture, each with "
            "its place on the ground in metres",
            ground_pairs,
        ),
        most=1,
    )

    def __init__(self, group: RuleGroup, *, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__(group, scale=scale)
        (pairs,) = group.shapes.values()
        picture = self.scaled([point for point, _ in pairs])
        self._to_ground = homography(picture, np.array([place for _, place in pairs]))

    def new_state(self) -> None:
        """Earlier sightings are all it needs."""

    def step(
        self, columns: FrameColumns, state: None, found: Findings, *, table: TrackTable
    ) -> None:
        """Tell each object's speed, metres a second."""
        concerned = columns.tracked & (columns.ages >= _SIGHTINGS)
        rows = np.flatnonzero(concerned & columns.of_classes(self.group.class_ids))
        if not len(rows):
            return
        seen, held = table.sightings(columns.slots[rows])
        places = on_ground(self._to_ground, seen[..., :2].reshape(-1, 2))
        speeds = fitted_speed(places.reshape(*seen.shape[:2], 2), seen[..., 2], held)
        for row, speed in zip(rows.tolist(), speeds.tolist(), strict=True):
            if np.isfinite(speed):
                found.objects[row].speed_m_s = speed


def fitted_speed(
    places: NDArray[np.float64], times: NDArray[np.float64], held: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Speeds of the straight ways that fit best, by least squares.

    Args:
        places: `(N, K, 2)` metres.
        times: `(N, K)` seconds.
        held: `(N, K)` which of them count.

    Returns:
        `(N,)` metres a second; NaN where all times are one.
    """
    weight = held / held.sum(axis=1, keepdims=True)
    away = times - (weight * times).sum(axis=1, keepdims=True)
    centred = places - (weight[..., None] * places).sum(axis=1, keepdims=True)
    spread = (weight * away**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        velocity = ((weight * away)[..., None] * centred).sum(axis=1) / spread[:, None]
    speed: NDArray[np.float64] = np.hypot(velocity[:, 0], velocity[:, 1])
    return speed
