"""Regions of frames as pictures of one size: built in, or cut out by a function of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import PreprocessConfig
from penstock.geometry import Affine
from penstock.inference.mean_picture import read_mean
from penstock.inference.own_preparation import PreparationContext, TransformationFunction
from penstock.inference.region_choice import Chosen
from penstock.meta import RegionMeta
from penstock.surface import Colorimetry, InputSpec

_NHWC = 1
_FORMATS = {"RGB": "RGB", "BGR": "BGR", "GRAY": "GRAY8"}


class RegionPictures:
    """Fills tensors with regions.

    Args:
        config: How they are scaled and normalised, and by whom.
        context: What a function of one's own is told, but for the region.

    Raises:
        ConfigError: The mean picture or a function cannot be used; with file, line and key.
    """

    def __init__(self, config: PreprocessConfig, context: PreparationContext) -> None:
        self._config, self._context = config, context
        self._spec = InputSpec(
            config.size,
            color=config.color,
            layout="NHWC" if config.order == _NHWC else "NCHW",
            scale=config.scale,
            offsets=config.offsets,
            mean=read_mean(config, size=config.size, group="user-configs"),
            keep_aspect=config.keep_aspect,
            centred=config.centred,
            interpolation=config.interpolation,
            dtype=np.dtype(config.dtype),
        )
        self._plain = replace(
            self._spec, layout="NHWC", scale=1.0, offsets=(), mean=None, dtype=np.uint8
        )
        self._scales = np.array(config.channel_scales, np.float32)[:, None, None]
        self._frame = replace(
            self._spec,
            scale=1.0 if config.channel_scales else config.scale,
            offsets=config.channel_means or config.offsets,
            dtype=np.float32,
        )
        self._functions = {
            name: TransformationFunction(config, config.python_file, name, where=group.where)
            for group in config.groups
            if (name := group.transformation) and config.python_file
        }

    def normalised(self, chosen: Sequence[Chosen], out: NDArray[Any]) -> list[Affine]:
        """Write regions as the network takes them; returns the transforms from frame pixels.

        Args:
            chosen: R regions.
            out: `(R, C, h, w)` or `(R, h, w, C)` of the tensor's type, written completely.

        Raises:
            ModelError: A function of the file failed; names file, line and function.
        """
        return self._fill(chosen, self._spec, out)

    def frames(self, chosen: Sequence[Chosen], out: NDArray[np.float32]) -> list[Affine]:
        """The same for one frame of a deep tensor: `(R, C, h, w)` float32."""
        transforms = self._fill(chosen, self._frame, out)
        if len(self._scales):
            out *= self._scales
        return transforms

    def plain(self, chosen: Sequence[Chosen]) -> tuple[NDArray[np.uint8], list[Affine]]:
        """Regions as pictures, `(R, h, w, C)`, 0 to 255, and the transforms from frame pixels."""
        (width, height), channels = self._config.size, 1 if self._config.color == "GRAY" else 3
        out = np.empty((len(chosen), height, width, channels), np.uint8)
        return out, self._fill(chosen, self._plain, out)

    def _fill(self, chosen: Sequence[Chosen], spec: InputSpec, out: NDArray[Any]) -> list[Affine]:
        transforms: list[Affine] = []
        for _, neighbours in groupby(
            chosen, key=lambda one: (id(one.roi.surface), one.group.transformation)
        ):
            same = list(neighbours)
            part = out[len(transforms) : len(transforms) + len(same)]
            function = self._functions.get(same[0].group.transformation or "")
            if function is not None:
                transforms += [
                    self._transformed(one, function, spec, part[n : n + 1])
                    for n, one in enumerate(same)
                ]
            else:
                boxes = [one.roi.box for one in same]
                transforms += same[0].roi.surface.network_input(boxes, spec, part)
        return transforms

    def _transformed(
        self, one: Chosen, function: TransformationFunction, spec: InputSpec, out: NDArray[Any]
    ) -> Affine:
        """What a function makes of one region; boxes come back as if it had only scaled."""
        roi, config = one.roi, self._config
        affine = Affine.fit(
            roi.box, config.size, keep_aspect=config.keep_aspect, centred=config.centred
        )
        pixel_format = _FORMATS[config.color]
        cut = roi.surface.crop(roi.box).planes(pixel_format)[0]
        region = RegionMeta(roi.frame, roi.box, affine, roi.parent)
        context = replace(self._context, regions=[region])
        picture = function(cut[..., None] if cut.ndim == 2 else cut, context)
        plane = picture[..., 0] if config.color == "GRAY" else picture
        from penstock.surface import CpuSurface

        surface = CpuSurface.from_planes((plane,), pixel_format, colorimetry=Colorimetry())
        surface.network_input([(0, 0, *config.size)], spec, out)
        return affine
