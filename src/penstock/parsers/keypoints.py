"""A layer of keypoints beside a layer of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.base import ParseContext
from penstock.parsers.convention import NORMALIZED
from penstock.parsers.head import Head

KEYPOINTS = "keypoints"
KEYPOINT_CONVENTION = "penstock.keypoints"
KEYPOINT_CONVENTIONS = ("xy", "xy" + NORMALIZED)


class KeypointLayer:
    """Reads the layer `keypoints`: x, y and perhaps a score of each of K points per candidate.

    The model's metadata says under `penstock.keypoints` whether they are network pixels, `xy`, or
    fractions of the network's size, `xy-normalized`; where it does not, they are what the boxes
    are. Points without a score of their own have that of their candidate.

    Args:
        head: The network's layers and metadata.
        candidates: How many boxes the network gives.

    Attributes:
        found: Whether there is such a layer, `(A, K, 2)` or `(A, K, 3)`.

    Raises:
        ModelError: The metadata says something unknown.
    """

    def __init__(self, head: Head, *, candidates: int | None) -> None:
        self.found = _fits(head.layers.get(KEYPOINTS, ()), candidates)
        self._told = head.metadata.get(KEYPOINT_CONVENTION)
        if self.found and self._told not in (None, *KEYPOINT_CONVENTIONS):
            raise ModelError(
                f"the model's metadata {KEYPOINT_CONVENTION} is {self._told!r}; "
                f"expected one of {', '.join(KEYPOINT_CONVENTIONS)}"
            )

    def to_network_px(
        self,
        points: NDArray[Any],
        confidences: NDArray[np.float32],
        *,
        normalized: bool,
        context: ParseContext,
    ) -> NDArray[np.float32]:
        """Points in network pixels.

        Args:
            points: `(N, K, 2)` or `(N, K, 3)`.
            confidences: `(N,)`, of the candidates.
            normalized: Whether the boxes are fractions of the network's size.
            context: The network's size.

        Returns:
            `(N, K, 3)` float32, x, y and score.
        """
        points = np.asarray(points, np.float32)
        scores = points[..., 2:]
        if points.shape[2] == 2:
            scores = np.broadcast_to(confidences[:, None, None], (*points.shape[:2], 1))
        places = points[..., :2]
        if self._told.endswith(NORMALIZED) if self._told else normalized:
            with np.errstate(over="ignore", invalid="ignore"):
                places = places * context.corner[:2]
        return np.concatenate([places, scores], axis=2)


def _fits(shape: Sequence[int | None], candidates: int | None) -> bool:
    return len(shape) == 3 and shape[0] == candidates and shape[2] in (2, 3)
