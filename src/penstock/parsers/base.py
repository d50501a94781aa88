"""What every parser takes, gives and promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Layers: TypeAlias = Mapping[str, tuple[int | None, ...]]
"""Output layer → its shape for one image, without the batch; `None` where it varies."""

Outputs: TypeAlias = Mapping[str, NDArray[Any]]
Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ParseContext:
    """What a parser has to know besides the layers.

    Attributes:
        size: `(width, height)` of the network's input, pixels.
        num_classes: Classes from 0 that count; a network may have more.
        thresholds: `(C,)` float32, C = `num_classes`: least confidence of each class.
    """

    size: tuple[int, int]
    num_classes: int
    thresholds: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Parsed:
    """N candidates found in one image, before clustering, in no particular order.

    Attributes:
        boxes: `(N, 4)` float32, xyxy, network pixels, inside the network's input, with an area.
        class_ids: `(N,)` int32, from 0 to C - 1.
        confidences: `(N,)` float32, finite, at or above the threshold of the class.
        masks: `(N, h, w)` float32 scores over each box, where the network gives masks.
        keypoints: `(N, K, 3)` float32, x and y in network pixels and a score.
        labels: A name for each candidate, where the network itself gives names.
        class_map: `(h, w)` int32, a class for each pixel, where the network segments.
    """

    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    confidences: NDArray[np.float32]
    masks: NDArray[np.float32] | None = None
    keypoints: NDArray[np.float32] | None = None
    labels: tuple[str, ...] | None = None
    class_map: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def inside(
        cls,
        size: tuple[int, int],
        *,
        boxes: NDArray[Any],
        class_ids: NDArray[Any],
        confidences: NDArray[Any],
    ) -> Parsed:
        """Keep what is finite and lies in the network's input, clipped to it.

        Args:
            size: `(width, height)` of the network's input, pixels.
            boxes: `(N, 4)`, xyxy, network pixels.
            class_ids: `(N,)`.
            confidences: `(N,)`.
        """
        boxes = np.asarray(boxes, np.float32)
        finite = np.isfinite(boxes).all(axis=1) & np.isfinite(confidences)
        boxes = np.clip(boxes, 0, np.array([*size, *size], np.float32))
        with np.errstate(invalid="ignore"):  # what is not finite goes anyway
            good = finite & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        return cls(
            boxes[good],
            np.asarray(class_ids[good], np.int32),
            np.asarray(confidences[good], np.float32),
        )

    def take(self, rows: Indices) -> Parsed:
        """The candidates in `rows`, in that order."""
        return Parsed(
            self.boxes[rows],
            self.class_ids[rows],
            self.confidences[rows],
            None if self.masks is None else self.masks[rows],
            None if self.keypoints is None else self.keypoints[rows],
            None if self.labels is None else tuple(self.labels[row] for row in rows),
            self.class_map,
        )


class Parser(Protocol):
    """Reads the layers of one kind of network. An instance belongs to one network.

    Args:
        layers: The network's output layers.
        metadata: The `metadata_props` of its ONNX file.

    Raises:
        ModelError: The layers are not what this parser reads; the message lists them.
    """

    def __init__(self, layers: Layers, *, metadata: Mapping[str, str]) -> None: ...

    @classmethod
    def reads(cls, layers: Layers) -> bool:
        """Whether these layers, by their names, are meant for this parser."""
        ...

    @property
    def num_classes(self) -> int | None:
        """How many classes the layers tell apart; `None` where they do not say."""
        ...

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image.

        Args:
            outputs: Layer → array, without the batch dimension; not kept, not written to.
            context: The network's size, the classes, the thresholds.

        Returns:
            All candidates whose confidence reaches the threshold of their class.
        """
        ...


def layers_text(layers: Layers) -> str:
    """Layers for people: `'boxes' (2535, 4), 'scores' (2535, 80)`."""
    return ", ".join(f"{name!r} {_shape_text(shape)}" for name, shape in layers.items())


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('?' if side is None else str(side) for side in shape)})"
