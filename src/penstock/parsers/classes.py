"""From a classifier's output layers to classes: one answer a layer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.base import Outputs
from penstock.parsers.head import Layers, layers_text
from penstock.registry import Registry

_log = logging.getLogger(__name__)

CLASS_PARSERS: Registry[NamedClassParser] = Registry(
    "classifier",
    {
        "probabilities": "penstock.parsers.classes:ProbabilitiesParser",
        "logits": "penstock.parsers.classes:LogitsParser",
    },
)
DEFAULT_CLASS_PARSER = "probabilities"

CLASS_ALIASES: Mapping[str, str] = {
    "nvdsinferclassiferparsecustomsoftmax": "probabilities",  # the SDK's own spelling
    "nvdsinferclassifierparsecustomsoftmax": "probabilities",
}
"""Well-known functions of C libraries, in small letters → parsers that read such layers."""


class Attribute(NamedTuple):
    """One answer of a classifier.

    Attributes:
        output: Which of the classifier's outputs answered, counted from 0.
        class_id: The class's index in that output.
        confidence: In [0, 1].
        label: The class's name; empty where none is known.
        num_classes: Classes that output tells apart; 0 where unknown.
    """

    output: int
    class_id: int
    confidence: float
    label: str = ""
    num_classes: int = 0


@dataclass(frozen=True)
class ClassContext:
    """What a classifier's parser has to know besides the layers.

    Attributes:
        size: `(width, height)` of the network's input, pixels.
        threshold: A class must be more confident than this.
        labels: For each output the names of its classes, as far as there are any.
    """

    size: tuple[int, int]
    threshold: float = 0.0
    labels: tuple[tuple[str, ...], ...] = ()

    def label(self, index: int, class_id: int) -> str:
        """The name of a class of an output; empty where there is none."""
        names = self.labels[index] if 0 <= index < len(self.labels) else ()
        return names[class_id] if 0 <= class_id < len(names) else ""


class ClassParser(Protocol):
    """Reads the layers of one classifier."""

    @property
    def num_classes(self) -> tuple[int, ...]:
        """How many classes each output tells apart; empty where nobody knows."""
        ...

    def parse(self, outputs: Outputs, context: ClassContext) -> tuple[Attribute, ...]:
        """Read one image's answers.

        Args:
            outputs: Layer → array, without the batch dimension; not kept, not written to.
            context: The threshold and the names.

        Returns:
            For each output at most one answer, more confident than the threshold.
        """
        ...


class NamedClassParser(ClassParser, Protocol):
    """A classifier's parser with a name in the table.

    Args:
        layers: The output layers in the order of their labels.

    Raises:
        ModelError: They are not what this parser reads; the message lists them.
    """

    def __init__(self, layers: Layers) -> None: ...


class ProbabilitiesParser:
    """Each layer has one number a class; the greatest one is the answer and its confidence.

    As in DeepStream nothing is applied to the numbers: the network ends in a softmax or a sigmoid.
    """

    def __init__(self, layers: Layers) -> None:
        self._names = tuple(layers)
        self.num_classes = tuple(_classes(name, layers) for name in layers)
        self._doubted = False

    def parse(self, outputs: Outputs, context: ClassContext) -> tuple[Attribute, ...]:
        """The most confident class of each layer; see `ClassParser.parse`."""
        found = []
        for index, name in enumerate(self._names):
            numbers = outputs[name].reshape(-1)
            class_id = int(numbers.argmax())
            confidence = float(self._probabilities(numbers)[class_id])
            # Comparisons with what is not a number are false.
            if context.threshold < confidence < np.inf:
                label = context.label(index, class_id)
                found.append(Attribute(index, class_id, confidence, label, len(numbers)))
        return tuple(found)

    def _probabilities(self, numbers: NDArray[Any]) -> NDArray[Any]:
        if not self._doubted and numbers.max() > 1.01:
            self._doubted = True
            _log.warning(
                "a classifier's confidence is %.3g: if the network does not end in a softmax, "
                "write parse-classifier-func-name=logits",
                numbers.max(),
            )
        return numbers


class LogitsParser(ProbabilitiesParser):
    """The same for networks without a softmax at their end: it is applied here."""

    def _probabilities(self, numbers: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(invalid="ignore", over="ignore"):
            powers = np.exp(numbers.astype(np.float32) - numbers.max())
            return np.asarray(powers / powers.sum(), np.float32)


def _classes(name: str, layers: Layers) -> int:
    """How many numbers a layer has, which may stand along one axis only."""
    sides = [side for side in layers[name] if side != 1]
    if len(sides) > 1 or None in sides:
        raise ModelError(
            f"a classifier's layer has one number a class; got {layers_text(layers)}. Name the "
            "layers to read with output-blob-names, or write a parser in Python"
        )
    return sides[0] or 1 if sides else 1
