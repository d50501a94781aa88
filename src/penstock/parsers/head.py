"""What is known about a network's outputs before it runs, and how well a parser suits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

Shape: TypeAlias = tuple[int | None, ...]
Layers: TypeAlias = Mapping[str, Shape]
"""Output layer → its shape for one image, without the batch; `None` where it varies."""


class Fit(IntEnum):
    """How well a parser suits a network; the best one is taken, if it is the only best.

    Attributes:
        NO: It cannot read these layers.
        SHAPE: It could: the shapes would do.
        COUNTS: The numbers of candidates and classes are right as well.
        NAMES: The layers' names or the model's metadata say that it is the one.
    """

    NO = 0
    SHAPE = 1
    COUNTS = 2
    NAMES = 3


@dataclass(frozen=True)
class YoloLayer:
    """One output of a YOLO network with anchors, as its authors describe it.

    Attributes:
        anchors: `(width, height)` of each anchor, network pixels.
        scale_xy: How far a centre may leave its cell; 1 is not at all.
        activated: Whether the network itself applies the logistic function.
    """

    anchors: tuple[tuple[float, float], ...]
    scale_xy: float = 1.0
    activated: bool = False


@dataclass(frozen=True, eq=False)
class Head:
    """The end of one network, as a parser sees it.

    Attributes:
        layers: The output layers.
        size: `(width, height)` of the network's input, pixels.
        num_classes: How many classes the configuration asks for, if it says so.
        metadata: The `metadata_props` of the ONNX file.
        yolo_layers: What the configuration's Darknet file says, finest grid first; may be empty.
    """

    layers: Layers
    size: tuple[int, int]
    num_classes: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    yolo_layers: tuple[YoloLayer, ...] = ()

    def rows(self) -> str | None:
        """The one layer of two dimensions; `None` where there are none or several."""
        found = [name for name, shape in self.layers.items() if len(shape) == 2]
        return found[0] if len(found) == 1 else None

    def named(self, *spellings: Iterable[str]) -> tuple[str, ...] | None:
        """The layers that have these names, one for each set of spellings; else `None`."""
        found = [next((name for name in names if name in self.layers), None) for names in spellings]
        names = [name for name in found if name is not None]
        return tuple(names) if len(names) == len(spellings) else None

    def fit_classes(self, classes: int | None) -> Fit:
        """How well a layer for so many classes suits the number that is asked for."""
        if classes is not None and classes < max(1, self.num_classes or 0):
            return Fit.NO
        if classes is None or self.num_classes is None:
            return Fit.SHAPE
        return Fit.COUNTS if classes == self.num_classes else Fit.SHAPE


def layers_text(layers: Layers) -> str:
    """Layers for people: `'boxes' (2535, 4), 'scores' (2535, 80)`."""
    return ", ".join(f"{name!r} {shape_text(shape)}" for name, shape in layers.items())


def shape_text(shape: Shape) -> str:
    """A shape for people: `(?, 4)`."""
    sides = ", ".join("?" if side is None else str(side) for side in shape)
    return f"({sides},)" if len(shape) == 1 else f"({sides})"
