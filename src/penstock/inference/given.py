"""Regions whose input was prepared before: tensors that nvdspreprocess put into the metadata."""

from __future__ import annotations

from typing import Any

import numpy as np

from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.inference.regions import Prepared, Roi
from penstock.meta import BatchMeta, PreprocessMeta


class GivenTensors:
    """Finds in each batch the tensors that are for one network.

    Args:
        config: Gives the network's id.
        shape: Of the network's input, without the batch.
        dtype: Of the network's input.

    Attributes:
        awaited: Batches that came before the first tensor for this network.
        targets: Ids of other networks that tensors were for.
    """

    def __init__(
        self, config: InferConfig, *, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._config, self._shape, self._dtype = config, shape, dtype
        self._has_come = False
        self.awaited = 0
        self.targets: set[int] = set()

    def rois(self, batch: BatchMeta) -> list[Roi]:
        """The regions of one batch, each with its input.

        Raises:
            ModelError: A tensor is not what the network takes.
        """
        found: list[Roi] = []
        for meta in batch.user.of(PreprocessMeta):
            if self._config.component_id not in meta.target_ids:
                self.targets |= meta.target_ids
                continue
            self._check(meta)
            for row, region in zip(meta.tensor, meta.regions, strict=False):
                frame, prepared = region.frame, Prepared(row, region)
                found.append(Roi(frame.surface, region.ltwh, frame, region.parent, prepared))
        self._has_come = self._has_come or bool(found)
        self.awaited += not self._has_come
        return found

    def missing(self) -> str:
        """What to tell the user where nothing has come."""
        wanted = self._config.component_id
        others = ", ".join(map(str, sorted(self.targets)))
        got = f"; there are tensors for {others}" if others else ""
        return (
            f"input-tensor-meta: no tensor for unique-id {wanted} has come, so nothing is "
            f"inferred: nvdspreprocess with target-unique-ids={wanted} must come before it{got}"
        )

    def _check(self, meta: PreprocessMeta) -> None:
        tensor = meta.tensor
        fits = np.can_cast(tensor.dtype, self._dtype, "same_kind")
        if tensor.shape[1:] == self._shape and fits:
            return
        raise ModelError(
            f"{self._config.model}: the network takes {self._shape} of {self._dtype} a "
            f"region, but the tensor {meta.name!r} of nvdspreprocess (unique-id "
            f"{meta.component_id}) has {tensor.shape[1:]} of {tensor.dtype}; set its "
            "network-input-shape, network-input-order and tensor-data-type to what the network "
            "takes"
        )
