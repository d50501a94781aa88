"""Pictures of objects, cut out of a surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.surface import InputSpec, Surface

_LEAST_PX = 1.0


class SurfaceCrops:
    """Samples the planes as they lie; see `penstock.trackers.base.Crops`.

    Args:
        surface: The frame.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def __call__(self, boxes: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint8]:
        """`(N, height, width, 3)` RGB of boxes `(N, 4)` xyxy, frame pixels."""
        width, height = size
        out = np.zeros((len(boxes), height, width, 3), np.uint8)
        if len(boxes):
            lows, highs = boxes[:, :2], boxes[:, 2:]
            sizes = np.maximum(highs - lows, _LEAST_PX)
            rois = np.concatenate([lows, sizes], axis=1).tolist()
            spec = InputSpec(size=size, layout="NHWC", dtype=np.uint8, interpolation="bilinear")
            self._surface.network_input([tuple(roi) for roi in rois], spec, out)
        return out
