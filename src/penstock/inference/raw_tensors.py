"""`output-tensor-meta`: a network's outputs as they are, for the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import InferConfig
from penstock.inference.network import Outputs
from penstock.inference.regions import Roi
from penstock.meta import NetworkInfo, TensorLayer, TensorMeta, UserMeta

_KNOWN = tuple(map(np.dtype, ("f4", "f2", "i1", "i4", "i8", "u1")))
_STAND_INS = {"f": np.float32, "b": np.uint8}
"""Types that DeepStream has no number for: what their kind becomes; all others int64."""


def tensor_meta(outputs: Outputs, config: InferConfig, *, size: tuple[int, int]) -> TensorMeta:
    """The outputs for one region, copied: the network's own are overwritten by its next run.

    Args:
        outputs: Layer → array without the batch.
        config: Of the network.
        size: `(width, height)` of the network's input, pixels.
    """
    layers = [
        TensorLayer(name, _kept(array), index)  # the one input is layer 0
        for index, (name, array) in enumerate(outputs.items(), 1)
    ]
    channels = 1 if config.color == "GRAY" else 3
    return TensorMeta(
        layers, config.component_id, NetworkInfo(*size, channels), config.keep_aspect, config.gpu_id
    )


def attach_tensors(rois: Iterable[Roi], tensors: Iterable[TensorMeta]) -> None:
    """Attach the outputs of each region to what it is of: its frame, object or prepared region.

    Args:
        rois: The regions.
        tensors: One for each of them, or none at all.
    """
    for roi, meta in zip(rois, tensors, strict=False):
        roi.user.append(UserMeta(meta, meta_type=TensorMeta.META_TYPE, copy_data=TensorMeta.copy))


def _kept(array: NDArray[Any]) -> NDArray[Any]:
    known = array.dtype in _KNOWN
    return np.array(array, None if known else _STAND_INS.get(array.dtype.kind, np.int64), order="C")
