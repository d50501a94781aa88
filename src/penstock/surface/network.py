"""From held planes to a network's input tensor, one resampling a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine
from penstock.surface import color
from penstock.surface.conversion import rgb_code
from penstock.surface.framing import Framing
from penstock.surface.pixels import Pixels
from penstock.surface.protocol import Box, InputSpec, Interpolation
from penstock.surface.sampling import resample


def fill(
    pixels: Pixels, framing: Framing, rois: Sequence[Box], spec: InputSpec, out: NDArray[Any]
) -> list[Affine]:
    """What `Surface.network_input` promises, for held `pixels` with `framing` pending.

    Colours are rounded to 8 bits between colour conversion and normalisation.

    Raises:
        ValueError: A region has no area, or `out` or `spec` do not fit each other.
    """
    channels = _check(spec, rois, out)
    width, height = spec.size
    scratch = _Scratch()
    is_plain = _is_plain(spec)
    canvas = scratch.array("canvas", (height, width, 3) if channels == 3 else (height, width))
    affines = []
    for roi, tensor in zip(rois, out, strict=True):
        if is_plain:
            canvas = tensor if channels == 3 else tensor[..., 0]
        region, affine = framing.region(
            roi,
            spec.size,
            keep_aspect=spec.keep_aspect,
            centred=spec.centred,
            interpolation=spec.interpolation,
        )
        x1, y1, x2, y2 = region.target
        inside = canvas[y1:y2, x1:x2]
        if inside.size < canvas.size:
            canvas[...] = 0
        if inside.size:
            _sample(pixels, region, spec, inside, scratch)
        if not is_plain:
            _normalise(canvas, spec, tensor, scratch)
        affines.append(affine)
    return affines


def _is_plain(spec: InputSpec) -> bool:
    """Whether the network takes pictures as they are."""
    as_it_lies = spec.layout == "NHWC" and np.dtype(spec.dtype) == np.uint8
    return as_it_lies and spec.scale == 1 and not any(spec.offsets) and spec.mean is None


class _Scratch:
    """Arrays used again for every region: fresh pages cost more than filling them."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[Any, ...], NDArray[Any]] = {}

    def array(self, role: object, shape: tuple[int, ...], dtype: Any = np.uint8) -> NDArray[Any]:
        key = (role, shape)
        if key not in self._arrays:
            self._arrays[key] = np.empty(shape, dtype)
        return self._arrays[key]


def _check(spec: InputSpec, rois: Sequence[Box], out: NDArray[Any]) -> int:
    channels = 1 if spec.color == "GRAY" else 3
    width, height = spec.size
    one = (channels, height, width) if spec.layout == "NCHW" else (height, width, channels)
    if out.shape != (len(rois), *one) or out.dtype != np.dtype(spec.dtype):
        raise ValueError(
            f"{len(rois)} region(s) as {spec.color} {spec.layout} fill "
            f"{(len(rois), *one)} of {np.dtype(spec.dtype)}; out is {out.shape} of {out.dtype}"
        )
    if len(spec.offsets) not in (0, channels):
        raise ValueError(
            f"offsets has one value for each of {channels} channel(s), got {spec.offsets}"
        )
    if spec.mean is not None and spec.mean.shape != (height, width, channels):
        wanted = (height, width, channels)
        raise ValueError(f"the mean picture must be {wanted}, got {spec.mean.shape}")
    return channels


def _sample(
    pixels: Pixels, region: Framing, spec: InputSpec, out: NDArray[np.uint8], scratch: _Scratch
) -> None:
    """Write the visible part of a region into `out`, `(h, w, 3)` or `(h, w)`, 0 to 255."""
    if spec.color == "GRAY" and pixels.format.model == "yuv":
        luma = _small_plane(pixels, region, 0, spec.interpolation, out.shape[:2], scratch)
        black, levels = color.luma_range(pixels.colorimetry)
        cv2.addWeighted(luma, 255 / levels, luma, 0.0, -black * 255 / levels, dst=out)
        return
    small = [
        _small_plane(pixels, region, index, spec.interpolation, out.shape[:2], scratch)
        for index in range(len(pixels.planes))
    ]
    if pixels.format.model == "yuv":
        matrix = color.yuv_to_rgb(pixels.colorimetry)
        if pixels.format.planes[1].samples == "V":
            small[1:] = small[:0:-1]
        packed = cv2.merge(small, dst=scratch.array("packed", out.shape))
        cv2.transform(packed, matrix if spec.color == "RGB" else matrix[::-1], dst=out)
    elif pixels.format.model == "rgb":
        _sample_rgb(small[0], pixels, spec, out)
    elif spec.color == "GRAY":
        np.copyto(out, small[0])
    else:
        cv2.cvtColor(small[0], cv2.COLOR_GRAY2BGR, dst=out)


def _sample_rgb(
    small: NDArray[np.uint8], pixels: Pixels, spec: InputSpec, out: NDArray[np.uint8]
) -> None:
    samples = pixels.format.planes[0].samples
    gray = spec.color == "GRAY"
    code = rgb_code(samples, "RGB" if gray else spec.color)
    if gray:
        matrix = color.rgb_to_yuv(color.full_range(pixels.colorimetry))
        three = small if code is None else cv2.cvtColor(small, code)
        cv2.extractChannel(cv2.transform(three, matrix), 0, out)
    elif code is None:
        np.copyto(out, small)
    else:
        cv2.cvtColor(small, code, dst=out)


def _small_plane(
    pixels: Pixels,
    region: Framing,
    index: int,
    interpolation: Interpolation,
    shape: tuple[int, ...],
    scratch: _Scratch,
) -> NDArray[np.uint8]:
    """Plane `index` of a region, chroma too, at `shape` = `(h, w)`, 8 bits."""
    plane, step = pixels.planes[index], pixels.format.planes[index].step
    small = scratch.array(index, (*shape, *plane.shape[2:]), plane.dtype)
    resample(plane, region.plane_source(step, region.target), small, interpolation)
    if plane.dtype == np.uint8:
        return small
    return np.asarray(
        cv2.convertScaleAbs(small, dst=scratch.array(("narrow", index), small.shape), alpha=1 / 256)
    )


def _normalise(
    canvas: NDArray[np.uint8], spec: InputSpec, out: NDArray[Any], scratch: _Scratch
) -> None:
    """`out` = scale · (canvas - offsets - mean), `out` being one picture's tensor."""
    height, width = canvas.shape[:2]
    if canvas.ndim == 2:
        planes: Sequence[NDArray[np.uint8]] = [canvas]
    else:
        planes = cv2.split(canvas, [scratch.array(c, (height, width)) for c in "RGB"])
    for channel, plane in enumerate(planes):
        view = out[channel] if spec.layout == "NCHW" else out[..., channel]
        direct = view.dtype == np.float32 and view.flags.c_contiguous
        values = view if direct else scratch.array("values", (height, width), np.float32)
        offset = spec.offsets[channel] if spec.offsets else 0.0
        if spec.mean is None:
            shift = -offset * spec.scale
            cv2.addWeighted(plane, spec.scale, plane, 0.0, shift, dst=values, dtype=cv2.CV_32F)
        else:
            np.subtract(plane, spec.mean[..., channel] + offset, out=values, dtype=np.float32)
            values *= spec.scale
        if np.issubdtype(out.dtype, np.integer):
            limits = np.iinfo(out.dtype)
            np.clip(np.rint(values), limits.min, limits.max, out=view, casting="unsafe")
        elif not direct:
            view[...] = values
