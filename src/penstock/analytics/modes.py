"""How well a movement must fit a direction."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from penstock.config import Key, Value

MODES: Final = {"strict": 0.8, "balanced": 0.5, "loose": 0.1}
"""`mode` → the least cosine of the angle between a movement and a direction, as in DeepStream."""


def mode_key(effect: str, default: str) -> Key:
    """The key `mode` of a rule."""
    return Key(effect, default, "mode", _mode)


def fit(movement: NDArray[np.float64], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(D, N)` cosines between `(N, 2)` movements and `(D, 2)` unit vectors; 0: no movement."""
    length = np.hypot(movement[:, 0], movement[:, 1])
    cosines: NDArray[np.float64] = directions @ movement.T / np.maximum(length, 1e-9)
    return cosines


def units(arrows: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(D, 2)` unit vectors along `(D, 2, 2)` arrows from a point to another."""
    vectors = arrows[:, 1] - arrows[:, 0]
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _mode(value: Value) -> str:
    if value.text not in MODES:
        raise value.error(f"one of {', '.join(MODES)}")
    return value.text
