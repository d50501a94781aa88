"""Regions of batches into tensors for networks: what nvdspreprocess does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import PreprocessConfig
from penstock.geometry import Affine
from penstock.inference.own_preparation import PreparationContext, TensorFunction
from penstock.inference.region_choice import Chosen, RegionChoice
from penstock.inference.region_pictures import RegionPictures
from penstock.inference.regions import Box
from penstock.inference.sequences import Sequences
from penstock.meta import BatchMeta, PreprocessMeta, RegionMeta

_NHWC, _CUSTOM = 1, 2


class Preprocessor:
    """Makes the tensors of one configuration. An instance serves one thread at a time.

    Args:
        config: What to prepare, and how.

    Attributes:
        outside: Sources of whose frames a region shows less than a pixel: it is left out.
        untracked: Objects left out of deep tensors because nobody tracks them.

    Raises:
        ConfigError: The mean picture or the Python file cannot be used; with file, line and key.
    """

    def __init__(self, config: PreprocessConfig) -> None:
        self._config = config
        self._choice = RegionChoice(config)
        self._dtype = np.dtype(config.dtype)
        context = PreparationContext(
            (), config.user_configs, config.size, config.color, config.shape, self._dtype
        )
        self._context = context
        self._pictures = RegionPictures(config, context)
        self._function: TensorFunction | None = None
        if config.python_file is not None and config.tensor_function is not None:
            self._function = TensorFunction(config, config.python_file)
        self._sequences = _sequences(config) if config.depth > 1 else None
        self.untracked = 0

    @property
    def outside(self) -> set[int]:
        """Sources of whose frames a region shows less than a pixel."""
        return self._choice.outside

    def prepare(self, batch: BatchMeta) -> list[PreprocessMeta]:
        """The tensors of one batch; none where there is nothing to infer.

        Raises:
            ModelError: A function of the Python file failed; names file, line and function.
        """
        chosen = self._choice.regions(batch)
        if self._sequences is not None:
            self._sequences.tick()
            chosen = filter(self._is_tracked, chosen)
        found = []
        while part := list(islice(chosen, self._config.shape[0])):
            tensor, regions = self._tensor(part)
            if regions:
                found.append(self._meta(tensor, regions))
        return found

    def set_rois(self, source_id: int, boxes: Sequence[Box]) -> str:
        """Replace all regions of a source; what is wrong with that, or an empty text."""
        return self._choice.set_rois(source_id, boxes)

    def forget(self, pad: int) -> None:
        """The source of a mux pad ended, or begins anew."""
        if self._sequences is not None:
            self._sequences.forget(pad)

    def _tensor(self, chosen: Sequence[Chosen]) -> tuple[NDArray[Any], list[RegionMeta]]:
        """A tensor, and what its rows show: nothing where there is nothing to infer yet."""
        if self._sequences is not None:
            return self._deep(chosen, self._sequences)
        if self._function is not None:
            pictures, transforms = self._pictures.plain(chosen)
            regions = _regions(chosen, map(self._to_tensor, transforms))
            return self._function(pictures, replace(self._context, regions=regions))
        tensor = np.empty((len(chosen), *self._config.shape[1:]), self._dtype)
        return tensor, _regions(chosen, self._pictures.normalised(chosen, tensor))

    def _deep(
        self, chosen: Sequence[Chosen], sequences: Sequences
    ) -> tuple[NDArray[Any], list[RegionMeta]]:
        rows: list[NDArray[np.float32]] = []
        regions: list[RegionMeta] = []
        for one in chosen:
            transforms: list[Affine] = []

            def fill(
                row: NDArray[np.float32], one: Chosen = one, made: list[Affine] = transforms
            ) -> None:
                made += self._pictures.frames([one], row[None])

            row = sequences.add(one.key, one.roi.frame.frame_num, fill)
            if row is not None:
                rows.append(row)
                regions += _regions([one], transforms)
        tensor = np.empty((len(rows), *self._config.shape[1:]), self._dtype)
        for out, row in zip(tensor, rows, strict=True):
            _convert(row.reshape(out.shape), out)
        return tensor, regions

    def _is_tracked(self, one: Chosen) -> bool:
        self.untracked += one.key is None
        return one.key is not None

    def _to_tensor(self, to_picture: Affine) -> Affine:
        """From frame pixels to the tensor's, where a function makes it of other pictures."""
        config = self._config
        if config.order == _CUSTOM:
            return to_picture
        height, width = config.shape[1:3] if config.order == _NHWC else config.shape[-2:]
        return to_picture.then(Affine.fit((0, 0, *config.size), (width, height)))

    def _meta(self, tensor: NDArray[Any], regions: list[RegionMeta]) -> PreprocessMeta:
        config = self._config
        tensor.flags.writeable = False
        return PreprocessMeta(
            tensor, regions, config.tensor_name, config.component_id, config.target_ids
        )


def _sequences(config: PreprocessConfig) -> Sequences:
    channels, (width, height) = 1 if config.color == "GRAY" else 3, config.size
    return Sequences(
        depth=config.depth,
        stride=config.stride,
        subsample=config.subsample,
        shape=(channels, height, width),
    )


def _regions(chosen: Sequence[Chosen], transforms: Iterable[Affine]) -> list[RegionMeta]:
    return [
        RegionMeta(one.roi.frame, one.roi.box, affine, one.roi.parent)
        for one, affine in zip(chosen, transforms, strict=True)
    ]


def _convert(numbers: NDArray[np.float32], out: NDArray[Any]) -> None:
    if np.issubdtype(out.dtype, np.integer):
        limits = np.iinfo(out.dtype)
        np.clip(np.rint(numbers), limits.min, limits.max, out=out, casting="unsafe")
    else:
        out[...] = numbers
