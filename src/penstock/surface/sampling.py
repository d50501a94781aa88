"""Resampling of held planes: one pass from what is held to what was promised."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.surface.color import black
from penstock.surface.formats import PixelFormat
from penstock.surface.framing import Edges, Framing, outward, whole_edges
from penstock.surface.protocol import Colorimetry, Interpolation, Planes

_FLAGS: dict[Interpolation, int] = {
    "nearest": cv2.INTER_NEAREST_EXACT,  # INTER_NEAREST shifts by half a pixel
    "bilinear": cv2.INTER_LINEAR,
    "area": cv2.INTER_LINEAR,  # after halving: what is left to shrink is less than two
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}


def frame(
    planes: Planes, made: PixelFormat, colorimetry: Colorimetry, framing: Framing, out: Planes
) -> None:
    """Crop, scale and place a picture, in the format it has.

    Args:
        planes: The held picture.
        made: Format of `planes` and `out`.
        colorimetry: Decides what black is.
        framing: What goes where.
        out: Planes of `framing.size`, written completely.
    """
    shades = black(made, colorimetry)
    for plane, held, to, shade in zip(made.planes, planes, out, shades, strict=True):
        x1, y1, x2, y2 = framing.plane_target(plane.step)
        inside = to[y1:y2, x1:x2]
        if inside.shape != to.shape:
            to[...] = shade if to.ndim == 3 else shade[0]
        if inside.size:
            step_x, step_y = plane.step
            window = (x1 * step_x, y1 * step_y, x2 * step_x, y2 * step_y)
            source = framing.plane_source(plane.step, window)
            resample(held, source, inside, framing.interpolation)


def cut(planes: Planes, made: PixelFormat, framing: Framing) -> Planes | None:
    """Views of the held planes that show a pure crop, or None where samples must be mixed."""
    if not framing.is_crop:
        return None
    views = []
    for plane, held, shape in zip(made.planes, planes, made.shapes(framing.size), strict=True):
        left, top = framing.source[0] / plane.step[0], framing.source[1] / plane.step[1]
        if left != int(left) or top != int(top):
            return None
        views.append(held[int(top) :, int(left) :][: shape[0], : shape[1]])
    return tuple(views)


def resample(
    plane: NDArray[Any], source: Edges, out: NDArray[Any], interpolation: Interpolation
) -> None:
    """Stretch part of a plane over all of `out`.

    Args:
        plane: `(H, W)` or `(H, W, C)`, uint8 or uint16.
        source: The part, xyxy, samples of `plane`, any fraction.
        out: Same dtype and C as `plane`; samples of a plane side by side in memory.
        interpolation: `"area"` halves by averaging 2 by 2 as long as bilinear sampling would skip
            pixels, then samples bilinearly: close to true area averaging, and many times
            faster on a 1080p plane. Enlarging, it is `"bilinear"`.
    """
    if interpolation == "area":
        plane, source = _halved(plane, source, out.shape)
    edges = whole_edges(source)
    if edges is None:
        nearest = interpolation == "nearest"
        _warp(plane, source, out, cv2.INTER_NEAREST if nearest else _FLAGS[interpolation])
        return
    x1, y1, x2, y2 = edges
    part = plane[y1:y2, x1:x2]
    if part.shape == out.shape:
        np.copyto(out, part)
    else:
        cv2.resize(part, out.shape[1::-1], dst=out, interpolation=_FLAGS[interpolation])


def _halved(
    plane: NDArray[Any], source: Edges, shape: tuple[int, ...]
) -> tuple[NDArray[Any], Edges]:
    """What `source` shows, smaller, and where it is there; still at least as large as `shape`."""
    x1, y1, x2, y2 = outward(source)
    plane = plane[y1:y2, x1:x2]
    left, top, right, bottom = source[0] - x1, source[1] - y1, source[2] - x1, source[3] - y1
    while True:
        rows, columns = plane.shape[:2]
        by_y, by_x = 1 + (rows >= 2 * shape[0]), 1 + (columns >= 2 * shape[1])
        if (by_y, by_x) == (1, 1):
            return plane, (left, top, right, bottom)
        # OpenCV averages whole factors ten times faster: a last odd row or column is left out.
        even = plane[: rows - rows % by_y, : columns - columns % by_x]
        plane = cv2.resize(even, (columns // by_x, rows // by_y), interpolation=cv2.INTER_AREA)
        left, top, right, bottom = left / by_x, top / by_y, right / by_x, bottom / by_y


def _warp(plane: NDArray[Any], source: Edges, out: NDArray[Any], flags: int) -> None:
    x1, y1, x2, y2 = outward(source)
    left, top = source[0] - x1, source[1] - y1
    sx = (source[2] - source[0]) / out.shape[1]
    sy = (source[3] - source[1]) / out.shape[0]
    # Pixel centres lie at a half in our coordinates and at whole numbers in OpenCV's.
    matrix = np.array([[sx, 0, left + sx / 2 - 0.5], [0, sy, top + sy / 2 - 0.5]], np.float64)
    cv2.warpAffine(
        plane[y1:y2, x1:x2],
        matrix,
        out.shape[1::-1],
        dst=out,
        flags=flags | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
