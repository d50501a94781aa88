"""Which pixel formats elements offer."""

from __future__ import annotations

from penstock.surface import FORMATS, REPACKED, stored_format

SOURCE_FORMATS = tuple(FORMATS)
"""Formats that can come in, by GStreamer's names."""
TARGET_FORMATS = tuple(FORMATS)
"""Formats that can be made."""
RAW_FORMATS = tuple(REPACKED)
"""Formats that come and leave outside NVMM only."""


def is_yuv(name: str) -> bool:
    """Whether pictures of this format have a YUV colorimetry."""
    return stored_format(name).model == "yuv"
