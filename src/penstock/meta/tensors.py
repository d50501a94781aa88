"""What a network put out, before anybody parsed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class NetworkInfo(Referable):
    """The size of a network's input.

    Attributes:
        width: Network pixels.
        height: Network pixels.
        channels: 3 for colour, 1 for gray.
    """

    width: int = 0
    height: int = 0
    channels: int = 0


@dataclass(slots=True, eq=False)
class TensorLayer(Referable):
    """One layer of a network, for one picture.

    Attributes:
        name: The layer's name in the model.
        data: Its numbers for this picture, C-contiguous, without a batch axis: mostly float32 of
            shape `(C, h, w)` or `(N, 6)`. Nobody writes to it.
        index: Its position among the network's layers, counted from 0.
        is_input: Whether the network reads it instead of writing it.
    """

    name: str = ""
    data: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.float32))
    index: int = 0
    is_input: bool = False

    def __repr__(self) -> str:
        return f"<TensorLayer {self.name!r} {self.data.shape} {self.data.dtype}>"


@dataclass(slots=True, eq=False)
class TensorMeta(Referable):
    """The output layers of one network for one frame, object or region.

    Attributes:
        layers: In the order of the model.
        component_id: `gie-unique-id` of the element that ran the network.
        network: The size of its input.
        keep_aspect: Whether the picture was scaled alike on both axes, with bars.
        gpu_id: Which GPU ran it; 0 on a CPU.
    """

    META_TYPE: ClassVar[int] = 12

    layers: list[TensorLayer] = field(default_factory=list)
    component_id: int = 0
    network: NetworkInfo = field(default_factory=NetworkInfo)
    keep_aspect: bool = False
    gpu_id: int = 0

    def copy(self) -> TensorMeta:
        """A copy that shares the numbers, which nobody writes to."""
        network = self.network
        return TensorMeta(
            [TensorLayer(one.name, one.data, one.index, one.is_input) for one in self.layers],
            self.component_id,
            NetworkInfo(network.width, network.height, network.channels),
            self.keep_aspect,
            self.gpu_id,
        )

    def __repr__(self) -> str:
        layers = ", ".join(f"{layer.name!r} {layer.data.shape}" for layer in self.layers)
        return f"<TensorMeta of component {self.component_id}: {layers or 'no layers'}>"
