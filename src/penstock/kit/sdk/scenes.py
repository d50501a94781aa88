"""The pictures that the tree's videos are made of, from the kit's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.errors import PenstockError

__all__ = ["Picture", "defect", "frames_of", "panned", "still", "through_fisheye"]

Picture = NDArray[Any]
"""`(H, W, 3)` uint8, BGR."""


def frames_of(
    video: Path, size: tuple[int, int], *, most: int, top: float = 0.0
) -> Iterator[Picture]:
    """The first frames of a video, cut to the aspect ratio of `size` and scaled.

    Args:
        video: The file.
        size: `(width, height)`.
        most: How many frames.
        top: What share of the superfluous height is cut off above; the rest is below.
    """
    capture = cv2.VideoCapture(str(video))
    try:
        for number in range(most):
            there, frame = capture.read()
            if not there:
                if not number:
                    raise PenstockError(f"{video}: OpenCV cannot read the video")
                return
            yield _cut(frame, size, top=top)
    finally:
        capture.release()


def panned(picture: Path, size: tuple[int, int], *, most: int) -> Iterator[Picture]:
    """A camera that moves down a still picture and back, cut to the aspect ratio of `size`."""
    whole = _read(picture)
    height, width = whole.shape[:2]
    rows = min(height, round(width * size[1] / size[0]))
    for number in range(most):
        share = 0.5 - 0.5 * np.cos(2 * np.pi * number / most)
        first = round(share * (height - rows))
        yield _scaled(whole[first : first + rows], size)


def through_fisheye(frames: Iterator[Picture]) -> Iterator[Picture]:
    """As an equidistant lens of 180 degrees would show a scene that fills 120."""
    maps: tuple[Any, Any] | None = None
    for frame in frames:
        maps = maps or _fisheye_maps(frame.shape[1], frame.shape[0])
        yield np.asarray(cv2.remap(frame, *maps, interpolation=cv2.INTER_LINEAR))


def still(picture: Path, size: tuple[int, int]) -> Picture:
    """A still picture, cut to the aspect ratio of `size` and scaled."""
    return _cut(_read(picture), size, top=0.5)


def defect(size: tuple[int, int]) -> Picture:
    """A drawn grey surface with a dark scratch."""
    noise = np.random.default_rng(0).normal(128, 12, (size[1], size[0])).astype(np.float32)
    surface = np.clip(cv2.GaussianBlur(noise, (0, 0), 1.5), 0, 255).astype(np.uint8)
    centre = (size[0] * 5 // 8, size[1] * 3 // 8)
    cv2.ellipse(surface, centre, (size[0] // 8, size[1] // 24), 30, 0, 360, 60, -1)
    return np.asarray(cv2.cvtColor(surface, cv2.COLOR_GRAY2BGR))


def _read(picture: Path) -> Picture:
    read = cv2.imread(str(picture))
    if read is None:
        raise PenstockError(f"{picture}: OpenCV cannot read the picture")
    return np.asarray(read)


def _cut(frame: Picture, size: tuple[int, int], *, top: float) -> Picture:
    height, width = frame.shape[:2]
    rows = min(height, round(width * size[1] / size[0]))
    columns = min(width, round(rows * size[0] / size[1]))
    first, left = round((height - rows) * top), (width - columns) // 2
    return _scaled(frame[first : first + rows, left : left + columns], size)


def _scaled(frame: Picture, size: tuple[int, int]) -> Picture:
    smaller = size[0] < frame.shape[1]
    return np.asarray(
        cv2.resize(frame, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    )


def _fisheye_maps(width: int, height: int) -> tuple[Any, Any]:
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    radius = np.hypot(x, y)
    angle = radius / (min(width, height) / 2) * np.pi / 2
    flat = np.tan(np.minimum(angle, np.pi / 2 - 1e-3)) * (width / 2) / np.tan(np.pi / 3)
    grow = np.divide(flat, radius, out=np.zeros_like(flat), where=radius > 0)
    return (
        (x * grow + width / 2).astype(np.float32),
        (y * grow + height / 2).astype(np.float32),
    )
