"""The pixel formats that can be drawn on."""

from __future__ import annotations

import numpy as np

from penstock.errors import UnknownNameError
from penstock.surface import FORMATS, PixelFormat

__all__ = ["PIXEL_FORMATS", "drawable"]

PIXEL_FORMATS: tuple[str, ...] = tuple(
    name for name, made in FORMATS.items() if made.dtype == np.uint8
)
"""Names, as GStreamer's, of the formats that can be drawn on: those of 8 bits a sample."""


def drawable(name: str) -> PixelFormat:
    """The format of that name.

    Raises:
        UnknownNameError: It cannot be drawn on; the message lists those that can.
    """
    if name not in PIXEL_FORMATS:
        raise UnknownNameError(
            f"the OSD cannot draw on pixel format {name!r}: convert the surface first. "
            f"Known: {', '.join(PIXEL_FORMATS)}"
        )
    return FORMATS[name]
