"""YOLOv8 to YOLO11 and their kin: no anchors, no objectness, boxes decoded by the network."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import cxcywh_to_xyxy
from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import best_classes
from penstock.parsers.grids import STRIDES, count_cells, strides_of
from penstock.parsers.head import Fit, Head

_BOX = 4
TASK = "task"  # the property by which exporters of this family say what a network is for


class _Layout(NamedTuple):
    """The one layer of candidates: its name, its channels, and whether they come first."""

    name: str
    channels: int
    channels_first: bool


class YoloV8Parser:
    """Decode one layer `(4 + C, N)` or `(N, 4 + C)` for N candidates; see `Parser`.

    The first four channels are the box, cxcywh in network pixels, the others the probabilities
    of the C classes.
    """

    NAME = "yolov8"
    PURPOSE = "detect"
    LAYERS = "one layer (4 + C, N) or (N, 4 + C)"

    def __init__(self, head: Head) -> None:
        layout = _layout(head)
        classes = layout and layout.channels - _BOX - self._extra_channels(head)
        if layout is None or not classes or classes < 1 or not _is_grid(head, layout):
            count = count_cells(head.size, STRIDES)
            raise unreadable(self.NAME, f"{self.LAYERS} for N = {count} candidates", head)
        self._layout, self._classes = layout, classes

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the metadata, or by the numbers of cells and of classes."""
        layout = _layout(head)
        if layout is None or head.metadata.get(TASK, cls.PURPOSE) != cls.PURPOSE:
            return Fit.NO
        if not _is_grid(head, layout) or not cls._belongs(head):
            return Fit.NO
        known = head.fit_classes(layout.channels - _BOX - cls._extra_channels(head))
        return Fit.NAMES if known and TASK in head.metadata else known

    @classmethod
    def _belongs(cls, head: Head) -> bool:
        return prototypes(head) is None

    @classmethod
    def _extra_channels(cls, head: Head) -> int:
        """Channels behind those of the classes."""
        del head
        return 0

    @property
    def num_classes(self) -> int | None:
        """One for each channel behind the box."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        layer = outputs[self._layout.name]
        last = _BOX + self._classes
        if self._layout.channels_first:
            places, class_ids, scores = best_classes(layer[_BOX:last], context, class_axis=0)
            found = layer[:, places].T
        else:
            places, class_ids, scores = best_classes(layer[:, _BOX:last], context, class_axis=1)
            found = layer[places]
        found = np.asarray(found, np.float32)
        return Parsed.inside(
            context,
            boxes=corners(found[:, :_BOX]),
            class_ids=class_ids,
            confidences=scores,
            **self._extras(found[:, last:], outputs, context),
        )

    def _extras(
        self, channels: NDArray[np.float32], outputs: Outputs, context: ParseContext
    ) -> dict[str, Any]:
        """What the channels behind the classes give besides boxes."""
        del channels, outputs, context
        return {}


def corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners of cxcywh boxes; what is not finite stays so."""
    with np.errstate(over="ignore", invalid="ignore"):
        return cxcywh_to_xyxy(boxes)


def prototypes(head: Head) -> str | None:
    """The layer of mask prototypes `(M, h, w)`, the only one of three dimensions, if any."""
    found = [name for name, shape in head.layers.items() if len(shape) == 3]
    return found[0] if len(found) == 1 and len(head.layers) == 2 else None


def _layout(head: Head) -> _Layout | None:
    name = head.rows()
    if name is None:
        return None
    first, second = head.layers[name]
    if first is None or second is None:
        return None
    # There are always more candidates than channels, save on tiny networks of many classes.
    first_is_cells = strides_of(head.size, first) is not None
    second_is_cells = strides_of(head.size, second) is not None
    channels_first = second_is_cells if first_is_cells != second_is_cells else first < second
    return _Layout(name, first if channels_first else second, channels_first)


def _is_grid(head: Head, layout: _Layout) -> bool:
    """Whether there are as many candidates as cells: else this is another kind of network."""
    candidates = head.layers[layout.name][1 if layout.channels_first else 0]
    return strides_of(head.size, candidates) is not None
