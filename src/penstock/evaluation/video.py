"""Pictures of a video for trackers that look at objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2

from penstock.errors import ConfigError
from penstock.surface import Colorimetry, CpuSurface, Surface

_COLORS = Colorimetry("bt601")  # of no consequence: the pictures are BGR


def video_frames(path: str | Path) -> Iterator[Surface]:
    """Every picture of a video, read by OpenCV.

    Raises:
        ConfigError: It cannot be read.
    """
    file = Path(path)
    if not file.exists():
        raise ConfigError(f"--video {file}: there is no such file")
    capture = cv2.VideoCapture(str(file))
    try:
        found, picture = capture.read()
        if not found:
            raise ConfigError(f"--video {file}: wanted a video that OpenCV reads, got no picture")
        while found:
            yield CpuSurface.from_planes((picture,), "BGR", colorimetry=_COLORS)
            found, picture = capture.read()
    finally:
        capture.release()
