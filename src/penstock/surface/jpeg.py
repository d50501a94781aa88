"""JPEG files of surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock.surface.protocol import Surface


def encode_jpeg(surface: Surface, *, quality: int = 80) -> NDArray[np.uint8]:
    """The bytes of a JPEG file that shows a surface as it is promised: crops and scales done.

    Args:
        surface: The picture.
        quality: 1 to 100.

    Returns:
        `(n,)` uint8.

    Raises:
        ValueError: `quality` is none of these, or the picture is too large for JPEG.
    """
    import cv2

    if not 1 <= quality <= 100:
        raise ValueError(f"the quality of a JPEG is from 1 to 100, got {quality}")
    (plane,) = surface.planes("BGR")
    done, data = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        width, height = surface.size
        raise ValueError(f"a picture of {width}x{height} cannot be made a JPEG: at most 65500")
    return np.asarray(data).reshape(-1)
