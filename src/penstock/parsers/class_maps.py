"""From a segmentation network's output layer to a class for each pixel."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.meta import NO_CLASS
from penstock.parsers.activation import sigmoid
from penstock.parsers.base import Outputs
from penstock.parsers.head import Layers, layers_text
from penstock.registry import Registry

_log = logging.getLogger(__name__)

MAP_PARSERS: Registry[NamedMapParser] = Registry(
    "segmenter",
    {
        "probabilities": "penstock.parsers.class_maps:ProbabilityMapParser",
        "logits": "penstock.parsers.class_maps:LogitMapParser",
        "classes": "penstock.parsers.class_maps:ClassNumberParser",
    },
)

_LEAST = -1.0  # as in DeepStream: whatever the threshold, no score below it counts


@dataclass(frozen=True, eq=False)
class ClassMap:
    """A class for each pixel of one picture.

    Attributes:
        classes: `(h, w)` int32, network pixels: the class, or -1 where none is likely enough.
        probabilities: `(C, h, w)` float32 in [0, 1], where the network gives them; may be memory
            of the network, valid until it runs again.
    """

    classes: NDArray[np.int32]
    probabilities: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class MapContext:
    """What a parser of class maps has to know besides the layers.

    Attributes:
        size: `(width, height)` of the network's input, pixels.
        threshold: A pixel's class must be more probable than this.
        num_classes: How many classes there are, if the configuration says so.
        channels_last: Whether layers are `(h, w, C)` instead of `(C, h, w)`.
        labels: Names of the classes, as far as there are any.
    """

    size: tuple[int, int]
    threshold: float = 0.0
    num_classes: int | None = None
    channels_last: bool = False
    labels: tuple[str, ...] = ()


class MapParser(Protocol):
    """Reads the layer of one segmentation network."""

    @property
    def num_classes(self) -> int | None:
        """How many classes the layer tells apart; `None` where nobody knows."""
        ...

    def parse(self, outputs: Outputs, context: MapContext) -> ClassMap:
        """Read one picture's map.

        Args:
            outputs: Layer → array, without the batch dimension; not kept, not written to.
            context: The threshold, and how the layer lies.
        """
        ...


class NamedMapParser(MapParser, Protocol):
    """A parser of class maps with a name in the table.

    Args:
        layers: The output layers to read.
        context: How they lie.

    Raises:
        ModelError: They are not what this parser reads; the message lists them.
    """

    def __init__(self, layers: Layers, context: MapContext) -> None: ...


class ProbabilityMapParser:
    """One layer with a probability for each class: the greatest one is the pixel's class.

    The numbers are taken as they are, as in DeepStream: the network ends in a softmax or, with one
    class, in a sigmoid.
    """

    NAME = "probabilities"

    def __init__(self, layers: Layers, context: MapContext) -> None:
        wanted = "(h, w, C)" if context.channels_last else "(C, h, w)"
        self._name = _only_layer(self.NAME, f"one layer {wanted}", layers, ranks=(2, 3))
        shape = layers[self._name]
        self.num_classes = shape[-1 if context.channels_last else 0] if len(shape) == 3 else 1
        self._doubted = False

    def parse(self, outputs: Outputs, context: MapContext) -> ClassMap:
        """The most probable class of each pixel; see `MapParser.parse`."""
        layer = outputs[self._name]
        if layer.ndim == 2:
            layer = layer[None]
        elif context.channels_last:
            layer = layer.transpose(2, 0, 1)
        probabilities = self._probabilities(np.ascontiguousarray(layer, np.float32))
        return ClassMap(most_probable(probabilities, context.threshold), probabilities)

    def _probabilities(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._doubted and float(numbers[:, ::16, ::16].max(initial=0)) > 1.01:
            self._doubted = True
            _log.warning(
                "the class map's layer %r is no probability: if the network does not end in a "
                "softmax, write parse-segmentation-func-name=logits",
                self._name,
            )
        return numbers


class LogitMapParser(ProbabilityMapParser):
    """The same for networks without a softmax at their end; with one class, without a sigmoid."""

    NAME = "logits"

    def _probabilities(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(numbers) == 1:
            return sigmoid(numbers)
        with np.errstate(invalid="ignore", over="ignore"):
            powers = np.exp(numbers - numbers.max(axis=0))
            return np.asarray(powers / powers.sum(axis=0), np.float32)


class ClassNumberParser:
    """One layer `(h, w)` of class numbers, for networks that choose the class themselves.

    There are no probabilities, and the threshold has no effect. What is no class is -1.
    """

    def __init__(self, layers: Layers, context: MapContext) -> None:
        wanted = "one layer (h, w), (1, h, w) or (h, w, 1)"
        self._name = _only_layer("classes", wanted, layers, ranks=(2, 3))
        shape = layers[self._name]
        if len(shape) == 3 and 1 not in (shape[0], shape[2]):
            raise _unreadable("classes", wanted, layers)
        self.num_classes = context.num_classes or len(context.labels) or None

    def parse(self, outputs: Outputs, context: MapContext) -> ClassMap:
        """The numbers as they are; see `MapParser.parse`."""
        layer = outputs[self._name]
        if layer.ndim == 3:
            layer = layer[0] if layer.shape[0] == 1 else layer[..., 0]
        return ClassMap(known_classes(layer, self.num_classes))


def most_probable(probabilities: NDArray[Any], threshold: float) -> NDArray[np.int32]:
    """For each pixel the class with the greatest number above the threshold, else -1.

    Args:
        probabilities: `(C, h, w)`; NaN is never the greatest.
        threshold: A number must be above this, and above -1.

    Returns:
        `(h, w)` int32; of equals the first class.
    """
    best = probabilities.max(axis=0)
    if np.isnan(best).any():
        probabilities = np.where(np.isnan(probabilities), -np.inf, probabilities)
        best = probabilities.max(axis=0)
    classes = _first_with(best, probabilities)
    classes[best <= max(threshold, _LEAST)] = NO_CLASS
    return classes


def _first_with(best: NDArray[Any], probabilities: NDArray[Any]) -> NDArray[np.int32]:
    """The first class that has the greatest number: `argmax(axis=0)` in a tenth of its time."""
    count = len(probabilities)
    to_the_end = np.zeros(best.shape, np.min_scalar_type(count))
    for class_id, plane in enumerate(probabilities):
        found = (plane == best) * to_the_end.dtype.type(count - class_id)
        np.maximum(to_the_end, found, out=to_the_end)
    return count - to_the_end.astype(np.int32)


def known_classes(numbers: NDArray[Any], count: int | None) -> NDArray[np.int32]:
    """Class numbers as int32; what is no number from 0 to `count` - 1 becomes -1."""
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = np.rint(numbers) if numbers.dtype.kind == "f" else numbers
        good = (rounded >= 0) & (rounded < (count or np.iinfo(np.int32).max))
        return np.where(good, rounded, NO_CLASS).astype(np.int32)


def looks_like_classes(
    layers: Layers, types: Mapping[str, np.dtype[Any]], num_classes: int | None
) -> bool:
    """Whether a network's only layer has class numbers, not probabilities."""
    if len(layers) != 1:
        return False
    ((name, shape),) = layers.items()
    kind = types[name].kind
    one_a_pixel = len(shape) == 2 or (len(shape) == 3 and 1 in (shape[0], shape[2]))
    return one_a_pixel and (kind in "iub" or (num_classes or 0) > 1)


def _only_layer(name: str, wanted: str, layers: Layers, *, ranks: tuple[int, ...]) -> str:
    if len(layers) != 1:
        raise _unreadable(name, wanted, layers)
    ((layer, shape),) = layers.items()
    if len(shape) not in ranks or 0 in shape:
        raise _unreadable(name, wanted, layers)
    return layer


def _unreadable(name: str, wanted: str, layers: Layers) -> ModelError:
    advice = "; name the one to read with output-blob-names" if len(layers) > 1 else ""
    return ModelError(f"{name} reads {wanted} for class maps; got {layers_text(layers)}{advice}")
