"""What every parser takes, gives and promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.head import Fit, Head, layers_text
from penstock.parsers.masks import BoxMasks, Masks

Outputs: TypeAlias = Mapping[str, NDArray[Any]]
Indices: TypeAlias = NDArray[np.intp]

_FARTHEST_PX = 1e6  # no box of a picture is out there: such numbers are rubbish


@dataclass(frozen=True, eq=False)
class ParseContext:
    """What a parser has to know besides the layers.

    Attributes:
        size: `(width, height)` of the network's input, pixels.
        num_classes: Classes from 0 that count; a network may have more.
        thresholds: `(C,)` float32, C = `num_classes`: least confidence of each class.
        clip: Whether boxes end where the network's input ends.
        labels: Names of the classes, as far as there are any.
    """

    size: tuple[int, int]
    num_classes: int
    thresholds: NDArray[np.float32]
    clip: bool = True
    labels: tuple[str, ...] = ()

    @cached_property
    def lowest(self) -> np.float32:
        """The lowest of the thresholds."""
        return np.float32(self.thresholds.min())

    @cached_property
    def uniform(self) -> bool:
        """Whether all classes have the same threshold."""
        return bool((self.thresholds == self.thresholds[0]).all())

    @cached_property
    def corner(self) -> NDArray[np.float32]:
        """`(4,)` float32: width, height, width, height of the network's input."""
        return np.array([*self.size, *self.size], np.float32)


@dataclass(frozen=True, eq=False)
class Parsed:
    """N candidates found in one image, before clustering, in no particular order.

    Attributes:
        boxes: `(N, 4)` float32, xyxy, network pixels, with an area; inside the network's input
            where the context says `clip`.
        class_ids: `(N,)` int32, from 0 to C - 1.
        confidences: `(N,)` float32, finite, at or above the threshold of the class.
        masks: Which part of each box the object fills, where the network says so: `(N, h, w)`
            float32 scores in [0, 1] over each box, or a `PrototypeMasks`.
        keypoints: `(N, K, 3)` float32, x and y in network pixels and a score.
        labels: A name for each candidate, where the network itself gives names.
        class_map: `(h, w)` int32, a class for each pixel, where the network segments.
    """

    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    confidences: NDArray[np.float32]
    masks: Masks | NDArray[np.float32] | None = None
    keypoints: NDArray[np.float32] | None = None
    labels: tuple[str, ...] | None = None
    class_map: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def inside(
        cls,
        context: ParseContext,
        *,
        boxes: NDArray[Any],
        class_ids: NDArray[Any],
        confidences: NDArray[Any],
        masks: Masks | NDArray[Any] | None = None,
        keypoints: NDArray[Any] | None = None,
        labels: tuple[str, ...] | None = None,
    ) -> Parsed:
        """Keep what is finite and lies in the network's input, clipped to it if that is asked for.

        Args:
            context: The network's size, and whether to clip.
            boxes: `(N, 4)`, xyxy, network pixels.
            class_ids: `(N,)`.
            confidences: `(N,)`.
            masks: One for each box, or `(N, h, w)`.
            keypoints: `(N, K, 3)`.
            labels: N names.
        """
        boxes = np.asarray(boxes, np.float32)
        found = cls(
            np.minimum(np.maximum(boxes, 0), context.corner),
            np.asarray(class_ids, np.int32),
            np.asarray(confidences, np.float32),
            BoxMasks(masks, boxes) if isinstance(masks, np.ndarray) else masks,
            None if keypoints is None else _finite(keypoints),
            labels,
        )
        if not len(boxes):
            return found
        # Comparisons with what is not a number are false. Clipping makes numbers of infinities,
        # so these are looked for in the boxes as they were.
        extent = found.boxes[:, 2:] > found.boxes[:, :2]
        distance = np.abs(boxes)
        all_good = extent.all() and distance.max() <= _FARTHEST_PX
        if not context.clip:
            found = replace(found, boxes=boxes.copy())
        if all_good and found.confidences.max() < np.inf:
            return found
        good = extent.all(axis=1) & (distance <= _FARTHEST_PX).all(axis=1)
        return found.take(np.flatnonzero(good & np.isfinite(found.confidences)))

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
    """Decodes the layers of one network."""

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


class NamedParser(Parser, Protocol):
    """A parser with a name in the table: for one kind of network. An instance belongs to one.

    Args:
        head: What is known about the network's outputs.

    Raises:
        ModelError: The layers are not what this parser reads; the message lists them.
    """

    def __init__(self, head: Head) -> None: ...

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """How well these layers suit this parser."""
        ...


def _finite(keypoints: NDArray[Any]) -> NDArray[np.float32]:
    """Points without a place get the score 0."""
    points = np.asarray(keypoints, np.float32)
    with np.errstate(invalid="ignore"):
        known = (np.abs(points) <= _FARTHEST_PX).all(axis=2, keepdims=True)
    return np.where(known, points, np.float32(0))


def unreadable(name: str, wanted: str, head: Head) -> ModelError:
    """The error that says: the parser `name` reads `wanted`, and this is something else."""
    return ModelError(f"{name} reads {wanted}; got {layers_text(head.layers) or 'no layers'}")
