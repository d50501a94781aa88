"""Flow as a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.flow.dense import UNITS_PER_PX

_BRIGHT_PX = 4.0
_SHOWN_PERCENT = 99.9  # what moves farther still is mostly a mistake


def color_wheel(vectors: NDArray[np.int16], *, bright_px: float = _BRIGHT_PX) -> NDArray[np.uint8]:
    """One pixel for each vector: its direction as hue, its length as brightness.

    Right is red, down yellow-green, left cyan, up violet; what stands still is black.

    Args:
        vectors: `(rows, columns, 2)`, 1/32 of a pixel.
        bright_px: Motion that is shown as bright as can be, so that a still scene does not glow
            with noise. Where more than a thousandth of the picture moves farther, the scale grows.

    Returns:
        `(rows, columns, 4)` RGBA.
    """
    import cv2

    motion = vectors.astype(np.float32) / UNITS_PER_PX
    length, angle_deg = cv2.cartToPolar(motion[..., 0], motion[..., 1], angleInDegrees=True)
    brightest = max(bright_px, float(np.percentile(length, _SHOWN_PERCENT)))
    hsv = np.empty((*vectors.shape[:2], 3), np.uint8)
    hsv[..., 0] = angle_deg / 2  # OpenCV's hue goes from 0 to 180
    hsv[..., 1] = 255
    hsv[..., 2] = np.minimum(length * (255 / brightest), 255)
    rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8)
