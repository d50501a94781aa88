"""Between pixel formats, both ways of relating YUV to RGB, and both ranges.

Pixels of RGB and gray span 0 to 255. Chroma is subsampled by averaging and brought back by
repetition: it is taken to lie in the middle of the pixels that share it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.surface import color
from penstock.surface.formats import pixel_format
from penstock.surface.pixels import Pixels
from penstock.surface.protocol import Colorimetry, Planes

_OPENCV = Colorimetry("bt601", full_range=False)
_OPAQUE = np.array([0, 0, 0, 255], np.uint8).view(np.uint32)


def convert(source: Pixels, out: Pixels) -> None:
    """Write `source` into `out`, which has the same size, in the format of `out`.

    Ten bits are made of eight: only what is scaled or copied keeps all ten.
    """
    if source.means(out.format, out.colorimetry):
        for plane, to in zip(source.planes, out.planes, strict=True):
            np.copyto(to, plane)
        return
    if out.format.dtype == np.uint16:
        eight = Pixels.allocate(pixel_format("NV12"), out.colorimetry, out.size)
        convert(source, eight)
        for plane, to in zip(eight.planes, out.planes, strict=True):
            np.multiply(plane, 256, out=to, dtype=np.uint16)
        return
    if source.format.dtype == np.uint16:
        narrowed = _narrowed(source)
        if narrowed.means(out.format, out.colorimetry):
            _narrow(source.planes, out.planes)
            return
        source = narrowed
    _ROUTES[source.format.model, out.format.model](source, out)


def rgb_code(source: str, target: str) -> int | None:
    """OpenCV's code from one order of packed samples to another; None when they agree."""
    ours, theirs = source.replace("x", "A"), target.replace("x", "A")
    return None if ours == theirs else int(getattr(cv2, f"COLOR_{ours}2{theirs}"))


def _narrowed(source: Pixels) -> Pixels:
    small = Pixels.allocate(pixel_format("NV12"), source.colorimetry, source.size)
    _narrow(source.planes, small.planes)
    return small


def _narrow(planes: Planes, out: Planes) -> None:
    """Ten bits at the top of sixteen, to eight."""
    for plane, to in zip(planes, out, strict=True):
        cv2.convertScaleAbs(plane, dst=to, alpha=1 / 256)


def _yuv_to_yuv(source: Pixels, out: Pixels) -> None:
    if source.colorimetry == out.colorimetry:
        np.copyto(out.planes[0], source.planes[0])
        _write_chroma(chroma(source), source.format.planes[1].step, out)
        return
    matrix = color.yuv_to_yuv(source.colorimetry, out.colorimetry)
    _write_yuv(cv2.transform(packed_yuv(source), matrix), out)


def _yuv_to_rgb(source: Pixels, out: Pixels) -> None:
    order, to = out.format.planes[0].samples.replace("x", "A"), out.planes[0]
    halved = source.format.planes[1].step == (2, 2)
    if halved and source.colorimetry == _OPENCV and not any(n % 2 for n in source.size):
        pairs = source.planes[1] if len(source.planes) == 2 else cv2.merge(chroma(source))
        code = getattr(cv2, f"COLOR_YUV2{order}_NV12")
        cv2.cvtColorTwoPlane(source.planes[0], pairs, code, dst=to)
        return
    matrix = color.yuv_to_rgb(source.colorimetry)[["RGB".index(c) for c in order[:3]]]
    packed = packed_yuv(source)
    if len(order) == 3:
        cv2.transform(packed, matrix, dst=to)
    else:
        # OpenCV mixes three samples into four 40 times slower than into three.
        cv2.cvtColor(cv2.transform(packed, matrix), cv2.COLOR_RGB2RGBA, dst=to)


def _rgb_to_yuv(source: Pixels, out: Pixels) -> None:
    matrix = color.rgb_to_yuv(out.colorimetry)
    _write_yuv(cv2.transform(_three(source), matrix), out)


def _rgb_to_rgb(source: Pixels, out: Pixels) -> None:
    code = rgb_code(source.format.planes[0].samples, out.format.planes[0].samples)
    if code is None:
        np.copyto(out.planes[0], source.planes[0])
    else:
        cv2.cvtColor(source.planes[0], code, dst=out.planes[0])
    if out.format.has_alpha and not source.format.has_alpha:
        pixels = out.planes[0].view(np.uint32)
        np.bitwise_or(pixels, _OPAQUE, out=pixels)


def _yuv_to_gray(source: Pixels, out: Pixels) -> None:
    if source.colorimetry.matrix != out.colorimetry.matrix:
        matrix = color.yuv_to_yuv(source.colorimetry, color.full_range(out.colorimetry))
        cv2.extractChannel(cv2.transform(packed_yuv(source), matrix), 0, out.planes[0])
        return
    black, levels = color.luma_range(source.colorimetry)
    _stretch(source.planes[0], 255 / levels, -black * 255 / levels, out.planes[0])


def _gray_to_yuv(source: Pixels, out: Pixels) -> None:
    black, levels = color.luma_range(out.colorimetry)
    _stretch(source.planes[0], levels / 255, black, out.planes[0])
    for plane in out.planes[1:]:
        plane[...] = 128


def _rgb_to_gray(source: Pixels, out: Pixels) -> None:
    matrix = color.rgb_to_yuv(color.full_range(out.colorimetry))
    cv2.extractChannel(cv2.transform(_three(source), matrix), 0, out.planes[0])


def _gray_to_rgb(source: Pixels, out: Pixels) -> None:
    code = cv2.COLOR_GRAY2BGR if out.planes[0].shape[2] == 3 else cv2.COLOR_GRAY2BGRA
    cv2.cvtColor(source.planes[0], code, dst=out.planes[0])


_ROUTES = {
    ("yuv", "yuv"): _yuv_to_yuv,
    ("yuv", "rgb"): _yuv_to_rgb,
    ("yuv", "gray"): _yuv_to_gray,
    ("rgb", "yuv"): _rgb_to_yuv,
    ("rgb", "rgb"): _rgb_to_rgb,
    ("rgb", "gray"): _rgb_to_gray,
    ("gray", "yuv"): _gray_to_yuv,
    ("gray", "rgb"): _gray_to_rgb,
}


def _stretch(plane: NDArray[Any], gain: float, offset: float, out: NDArray[Any]) -> None:
    cv2.addWeighted(plane, gain, plane, 0.0, offset, dst=out)


def _three(source: Pixels) -> NDArray[Any]:
    """`(H, W, 3)` in the order R, G, B."""
    code = rgb_code(source.format.planes[0].samples, "RGB")
    plane = source.planes[0]
    return plane if code is None else np.asarray(cv2.cvtColor(plane, code))


def chroma(source: Pixels) -> tuple[NDArray[Any], NDArray[Any]]:
    """U and V, each `(rows, columns)`, whichever way the format keeps them."""
    if len(source.planes) == 2:
        rows, columns = source.planes[1].shape[:2]
        apart = [np.empty((rows, columns), source.planes[1].dtype) for _ in "UV"]
        u, v = cv2.split(source.planes[1], apart)
        return u, v
    first, second = source.planes[1:]
    return (first, second) if source.format.planes[1].samples == "U" else (second, first)


def packed_yuv(source: Pixels) -> NDArray[np.uint8]:
    """`(H, W, 3)` Y, U, V of a picture with any chroma subsampling."""
    width, height = source.size
    across, down = source.format.planes[1].step
    u, v = (_doubled(plane)[:, :width] if across == 2 else plane for plane in chroma(source))
    packed = np.empty((height, width, 3), np.uint8)
    for row in range(min(down, height)):
        luma = source.planes[0][row::down]
        cv2.merge([luma, u[: len(luma)], v[: len(luma)]], dst=packed[row::down])
    return packed


def _doubled(plane: NDArray[Any]) -> NDArray[Any]:
    """Every sample twice, side by side: `(rows, 2·columns)`."""
    rows, columns = plane.shape
    return np.asarray(cv2.merge([plane, plane])).reshape(rows, 2 * columns)


def _write_yuv(packed: NDArray[Any], out: Pixels) -> None:
    u, v = (np.empty(packed.shape[:2], np.uint8) for _ in "UV")
    _, u, v = cv2.split(packed, [out.planes[0], u, v])
    _write_chroma((u, v), (1, 1), out)


def _write_chroma(
    planes: tuple[NDArray[Any], NDArray[Any]], step: tuple[int, int], out: Pixels
) -> None:
    """Bring U and V, sampled every `step` pixels, to the subsampling and order of `out`."""
    wanted = out.format.planes[1].step
    shape = out.planes[1].shape[:2]
    u, v = (_restepped(plane, step, wanted, shape) for plane in planes)
    if len(out.planes) == 2:
        cv2.merge([u, v], dst=out.planes[1])
        return
    for to, plane in zip(chroma(out), (u, v), strict=True):
        np.copyto(to, plane)


def _restepped(
    plane: NDArray[Any], step: tuple[int, int], wanted: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[Any]:
    if wanted[0] < step[0]:
        plane = _doubled(plane)[:, : shape[1]]
    if wanted[1] < step[1]:
        plane = np.repeat(plane, 2, axis=0)[: shape[0]]
    by_x, by_y = max(1, wanted[0] // step[0]), max(1, wanted[1] // step[1])
    if (by_x, by_y) == (1, 1):
        return plane
    rows, columns = plane.shape
    if rows % by_y or columns % by_x:
        edge = cv2.BORDER_REPLICATE
        plane = cv2.copyMakeBorder(plane, 0, rows % by_y, 0, columns % by_x, edge)
    return np.asarray(cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_AREA))
