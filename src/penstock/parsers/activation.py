"""The logistic function: what makes a probability of a network's number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_MARGIN = 0.01  # rounding of the exact probability that is computed afterwards


def sigmoid(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities: `1 / (1 + e^-x)`; same shape, float32."""
    with np.errstate(over="ignore"):  # of large negative numbers it is 0
        return np.asarray(1 / (1 + np.exp(-np.asarray(numbers, np.float32))), np.float32)


def least_logit(probability: float | np.float32) -> np.float32:
    """A number below which `sigmoid` surely is below `probability`.

    Comparing a network's numbers with it costs a tenth of computing their probabilities.
    """
    if probability <= 0:
        return np.float32(-np.inf)
    inside = min(float(probability), 0.9999)
    return np.float32(np.log(inside / (1 - inside)) - _MARGIN)
