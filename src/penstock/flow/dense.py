"""Dense optical flow between two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 4
"""Width and height of the block of pixels that one vector stands for."""
UNITS_PER_PX = 32
"""Vectors count in 1/32 of a pixel: S10.5 fixed point."""
_LEAST_PX = 16  # OpenCV refuses smaller pictures
_GREATEST = np.iinfo(np.int16).max


class Preset(NamedTuple):
    """Settings of the inverse search.

    Attributes:
        stride_px: From one patch of 8x8 pixels to the next; at 8 they do not overlap.
        descents: Most steps for a patch.
        refinements: Variational steps for the whole picture, at each of its sizes.
    """

    stride_px: int
    descents: int
    refinements: int


PRESETS: Mapping[str, Preset] = {
    "fast": Preset(6, 12, 0),
    "medium": Preset(4, 16, 0),
    "slow": Preset(3, 25, 5),
}
"""From quick to exact. All search down to half the picture's size: OpenCV's own quick presets stop
at a quarter, and miss a shift by two to three times as much."""


class DenseFlow:
    """Finds out where every block of a picture came from.

    Kroeger, Timofte, Dai and van Gool, "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    as OpenCV has it. One thread at a time.

    Args:
        preset: A name of `PRESETS`.
    """

    def __init__(self, preset: str = "fast") -> None:
        import cv2

        chosen = PRESETS[preset]
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._search.setFinestScale(1)
        self._search.setPatchStride(chosen.stride_px)
        self._search.setGradientDescentIterations(chosen.descents)
        self._search.setVariationalRefinementIterations(chosen.refinements)

    def motion(self, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> NDArray[np.int16]:
        """How far each block of `now` moved since `before`.

        Args:
            before: `(H, W)`, luma or gray.
            now: `(H, W)`, of the same size.

        Returns:
            `(⌈H / 4⌉, ⌈W / 4⌉, 2)`: to the right and down, 1/32 of a pixel, the mean of each
            block of 4x4 pixels of `now`; 0 where all of them are as they were.
        """
        import cv2

        height, width = now.shape
        rows, columns = -(-height // BLOCK_PX), -(-width // BLOCK_PX)
        before, now = _filled(before), _filled(now)
        size = (now.shape[1] // BLOCK_PX, now.shape[0] // BLOCK_PX)
        back = self._search.calc(now, before, None)
        blocks = cv2.resize(back, size, interpolation=cv2.INTER_AREA)
        units = np.clip(blocks * -UNITS_PER_PX, -_GREATEST, _GREATEST)
        vectors = np.asarray(np.rint(units), np.int16)
        # Where there is nothing to see, as in black bars, the search believes its neighbours.
        differs = cv2.compare(now, before, cv2.CMP_NE)
        vectors[cv2.resize(differs, size, interpolation=cv2.INTER_AREA) == 0] = 0
        return vectors[:rows, :columns]


def _filled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, its edge drawn out to whole blocks, and its rows without gaps for OpenCV."""
    import cv2

    bottom, right = (max(-side % BLOCK_PX, _LEAST_PX - side) for side in picture.shape)
    if not (bottom or right):
        return np.ascontiguousarray(picture)  # decoders pad the rows of what they decode
    made = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)
