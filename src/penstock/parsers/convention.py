"""What the four columns of a box are: corners or centre and size, pixels or fractions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.geometry import cxcywh_to_xyxy
from penstock.parsers.base import ParseContext

_log = logging.getLogger(__name__)

CONVENTION = "penstock.boxes"
_ORDERS = ("cxcywh", "xyxy", "yxyx")
NORMALIZED = "-normalized"
CONVENTIONS = tuple(order + scale for order in _ORDERS for scale in ("", NORMALIZED))
_LARGEST_FRACTION = 2.0  # a box may stick out of the picture, not by more than its size
_CORNER_SHARE = 0.99


class BoxConvention:
    """Turns a network's boxes into corners in network pixels.

    The model's metadata says under `penstock.boxes` what they are; else the parser does; what
    neither says the first boxes that are not all zero decide, once: corners if in 99 of 100 the
    second corner is below and to the right of the first; fractions if no number is above 2.

    Args:
        metadata: The `metadata_props` of the model.
        order: `xyxy`, `yxyx` or `cxcywh`, where the parser knows it.
        normalized: Whether they are fractions of the network's size, where the parser knows it.

    Raises:
        ModelError: The metadata says something unknown.
    """

    def __init__(
        self,
        metadata: Mapping[str, str],
        *,
        order: str | None = None,
        normalized: bool | None = None,
    ) -> None:
        self._order, self._normalized = order, normalized
        told = metadata.get(CONVENTION)
        if told is None:
            return
        if told not in CONVENTIONS:
            raise ModelError(
                f"the model's metadata {CONVENTION} is {told!r}; "
                f"expected one of {', '.join(CONVENTIONS)}"
            )
        self._order, self._normalized = told.removesuffix(NORMALIZED), told.endswith(NORMALIZED)

    @property
    def normalized(self) -> bool:
        """Whether boxes are fractions of the network's size; false as long as nothing says so."""
        return bool(self._normalized)

    def settle(self, boxes: NDArray[Any]) -> None:
        """Let boxes decide what is still open.

        Args:
            boxes: `(N, 4)`: all that the network gives for one image.
        """
        if self._order is not None and self._normalized is not None:
            return
        telling = boxes[np.isfinite(boxes).all(axis=1) & boxes.any(axis=1)]
        if not len(telling):
            return
        if self._normalized is None:
            self._normalized = bool(np.abs(telling).max() <= _LARGEST_FRACTION)
        if self._order is None:
            corners = (telling[:, 2:] >= telling[:, :2]).all(axis=1).mean() >= _CORNER_SHARE
            self._order = "xyxy" if corners else "cxcywh"
            _log.warning(
                "the model does not say what its boxes are: taken for %s, by their values. "
                "The ONNX metadata property %s settles it: %s",
                self._order + (NORMALIZED if self._normalized else ""),
                CONVENTION,
                ", ".join(CONVENTIONS),
            )

    def to_network_px(self, boxes: NDArray[Any], context: ParseContext) -> NDArray[np.float32]:
        """Corners in network pixels.

        Args:
            boxes: `(N, 4)` in this convention.
            context: The network's size.

        Returns:
            `(N, 4)` float32 xyxy; what is not finite stays so.
        """
        boxes = np.asarray(boxes, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            if self._order == "yxyx":
                boxes = boxes[:, [1, 0, 3, 2]]
            if self._normalized:
                boxes = boxes * context.corner
            return cxcywh_to_xyxy(boxes) if self._order == "cxcywh" else boxes
