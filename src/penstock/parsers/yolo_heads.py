"""YOLO with anchors, before anything is decoded: one map a grid, straight from its convolution."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError
from penstock.parsers.activation import least_logit, sigmoid
from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_of_rows
from penstock.parsers.head import Fit, Head, Shape, YoloLayer
from penstock.parsers.yolov5 import CLASSES_FROM
from penstock.parsers.yolov8 import corners

Anchors: TypeAlias = tuple[tuple[float, float], ...]
_IN_A_CELL = 3


@dataclass(frozen=True, eq=False)
class _Grid:
    """One layer, and what its numbers mean."""

    name: str
    strides: NDArray[np.float32]
    anchors: NDArray[np.float32]
    scale_xy: float
    activated: bool


class YoloHeadsParser:
    """Decode three raw maps, each `(3 · (5 + C), gh, gw)` or `(3, gh, gw, 5 + C)`: a base.

    A cell has three anchors, and for each of them x, y, width, height, objectness and C classes.
    Centres are `(f(x) · s - (s - 1) / 2 + column) · stride`, sizes `exp(width) · anchor`, the
    confidence of a class is `f(objectness) · f(class)`, f being the logistic function (Redmon and
    Farhadi 2018, arXiv:1804.02767). Anchors and s are those of the `custom-network-config` if
    there is one, else those published with the family.
    """

    NAME = ""
    ANCHORS: Anchors = ()
    SCALES_XY: tuple[float, ...] = ()
    NUMBERED: tuple[int, ...] = ()
    SQUARED_SIZES = False

    def __init__(self, head: Head) -> None:
        maps = _maps(head, len(self.SCALES_XY))
        if maps is None:
            grids = len(self.SCALES_XY)
            raise unreadable(
                self.NAME, f"{grids} layers (3 (5 + C), gh, gw) or (3, gh, gw, 5 + C)", head
            )
        names, self._classes = maps
        layers = head.yolo_layers or self._published()
        if len(layers) != len(names) or any(len(one.anchors) != _IN_A_CELL for one in layers):
            told = ", ".join(str(len(one.anchors)) for one in layers)
            raise ModelError(
                f"{self.NAME} reads {len(names)} layers of {_IN_A_CELL} anchors each; "
                f"the Darknet file describes layers of {told} anchors"
            )
        self._grids = [
            _grid(name, head.layers[name], layer, head.size)
            for name, layer in zip(names, layers, strict=True)
        ]

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of Darknet's layers, by the Darknet file, or else by the shapes alone."""
        maps = _maps(head, len(cls.SCALES_XY))
        if maps is None:
            return Fit.NO
        names, classes = maps
        known = min(Fit.SHAPE, head.fit_classes(classes))
        if len(head.layers[names[0]]) == 4 and not cls.SQUARED_SIZES:
            return Fit.NO  # only later families keep the anchors apart
        if head.yolo_layers:
            if len(head.yolo_layers) != len(names):
                return Fit.NO
            same = all(
                layer.activated == cls.SQUARED_SIZES and (layer.scale_xy == 1) == (scale == 1)
                for layer, scale in zip(head.yolo_layers, cls.SCALES_XY, strict=True)
            )
            return Fit.NAMES if known and same else Fit.NO
        numbers = {int(number) for name in names for number in re.findall(r"\d+", name)}
        return Fit.NAMES if known and cls.NUMBERED and numbers >= set(cls.NUMBERED) else known

    @property
    def num_classes(self) -> int | None:
        """One for each channel of an anchor behind its objectness."""
        return self._classes

    @classmethod
    def _published(cls) -> tuple[YoloLayer, ...]:
        return tuple(
            YoloLayer(cls.ANCHORS[_IN_A_CELL * i : _IN_A_CELL * (i + 1)], scale)
            for i, scale in enumerate(cls.SCALES_XY)
        )

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        found = [self._read(outputs[grid.name], grid, context) for grid in self._grids]
        boxes, class_ids, confidences = (
            np.concatenate(column) for column in zip(*found, strict=True)
        )
        return Parsed.inside(context, boxes=boxes, class_ids=class_ids, confidences=confidences)

    def _read(
        self, layer: NDArray[Any], grid: _Grid, context: ParseContext
    ) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float32]]:
        """The likely boxes of one grid, xyxy, their classes and confidences."""
        maps = _by_anchor(layer)
        probability = np.asarray if grid.activated else sigmoid
        least = context.lowest if grid.activated else least_logit(context.lowest)
        with np.errstate(invalid="ignore"):
            anchor, row, column = (maps[..., 4] >= least).nonzero()
        found = np.asarray(maps[anchor, row, column], np.float32)
        scores = probability(found[:, 4:])
        likely, class_ids, confidences = best_of_rows(scores[:, 1:] * scores[:, :1], context)
        found, anchor = found[likely], anchor[likely]
        cells = np.stack([column[likely], row[likely]], axis=1).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            scale = np.float32(grid.scale_xy)
            inside = probability(found[:, :2]) * scale - (scale - 1) / 2
            sizes = (
                (2 * probability(found[:, 2:4])) ** 2
                if self.SQUARED_SIZES
                else np.exp(found[:, 2:4])
            )
            cxcywh = np.concatenate(
                [(inside + cells) * grid.strides, sizes * grid.anchors[anchor]], axis=1
            )
        return corners(cxcywh), class_ids, confidences


def _maps(head: Head, grids: int) -> tuple[list[str], int] | None:
    """The layers, finest grid first, and the number of classes; `None` if they are no such maps."""
    names = sorted(head.layers, key=lambda name: -(_grid_size(head.layers[name]) or (0, 0))[0])
    channels = {_channels(head.layers[name]) for name in names}
    (count,) = channels if len(channels) == 1 else (None,)
    if len(names) != grids or count is None or count <= CLASSES_FROM:
        return None
    return names, count - CLASSES_FROM


def _channels(shape: Shape) -> int | None:
    """The numbers of each anchor: 5 + C."""
    if len(shape) == 3 and shape[0] and shape[0] % _IN_A_CELL == 0:
        return shape[0] // _IN_A_CELL
    return shape[3] if len(shape) == 4 and shape[0] == _IN_A_CELL else None


def _grid_size(shape: Shape) -> tuple[int, int] | None:
    """`(columns, rows)`."""
    if len(shape) not in (3, 4):
        return None
    rows, columns = shape[1], shape[2]
    return (columns, rows) if columns and rows else None


def _grid(name: str, shape: Shape, layer: YoloLayer, size: tuple[int, int]) -> _Grid:
    columns, rows = _grid_size(shape) or size
    strides = np.array([size[0] / columns, size[1] / rows], np.float32)
    anchors = np.array(layer.anchors, np.float32)
    return _Grid(name, strides, anchors, layer.scale_xy, layer.activated)


def _by_anchor(layer: NDArray[Any]) -> NDArray[Any]:
    """A view `(3, gh, gw, 5 + C)`."""
    if layer.ndim == 4:
        return layer
    return np.moveaxis(layer.reshape(_IN_A_CELL, -1, *layer.shape[1:]), 1, 3)
