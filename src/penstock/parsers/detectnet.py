"""DetectNet_v2: a grid of cells, each with a coverage and a box for every class."""

from __future__ import annotations

import numpy as np

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.candidates import above_threshold
from penstock.parsers.head import Fit, Head, Shape

_COVERAGE, _BOXES = "cov", "bbox"
_BOX_NORM_PX = 35.0
_CELL_CENTRE_PX = 0.5


class DetectNetParser:
    """Decode a coverage layer `(C, gh, gw)` and a box layer `(4·C, gh, gw)`; see `Parser`.

    The layers are known by their names, which contain `cov` and `bbox`. A cell's stride is the
    network's size divided by the grid's, rounded up. Its four numbers are the distances from its
    centre, `column · stride + 0.5`, to the left, top, right and bottom edge, divided by 35.
    """

    def __init__(self, head: Head) -> None:
        names = _layers(head)
        if names is None:
            raise unreadable(
                "detectnet-v2",
                "one layer named …cov…, (C, grid height, grid width), and one named …bbox…, "
                "(4 C, grid height, grid width)",
                head,
            )
        self._coverage, self._boxes = names
        self._classes = head.layers[self._coverage][0]

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of the layers."""
        return Fit.NAMES if _layers(head) else Fit.NO

    @property
    def num_classes(self) -> int | None:
        """One for each channel of the coverage layer."""
        return self._classes

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        coverage, distances = outputs[self._coverage], outputs[self._boxes]
        classes, rows, columns = coverage.shape
        coverage = coverage.reshape(classes, -1)
        cells, class_ids = above_threshold(coverage, context, class_axis=0)
        row, column = np.divmod(cells, columns)
        stride = (-(-context.size[0] // columns), -(-context.size[1] // rows))
        x = column * stride[0] + _CELL_CENTRE_PX
        y = row * stride[1] + _CELL_CENTRE_PX
        reach = np.asarray(distances.reshape(classes, 4, -1)[class_ids, :, cells], np.float32)
        with np.errstate(over="ignore"):  # what becomes infinite is dropped
            reach = reach * _BOX_NORM_PX
        edges = (x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3])
        return Parsed.inside(
            context,
            boxes=np.stack(edges, axis=1),
            class_ids=class_ids,
            confidences=coverage[class_ids, cells],
        )


def _layers(head: Head) -> tuple[str, str] | None:
    """The layer of coverages and that of boxes."""
    coverage = [name for name in head.layers if _COVERAGE in name]
    boxes = [name for name in head.layers if _BOXES in name]
    if len(coverage) != 1 or len(boxes) != 1:
        return None
    belong = _belong(head.layers[coverage[0]], head.layers[boxes[0]])
    return (coverage[0], boxes[0]) if belong else None


def _belong(coverage: Shape, boxes: Shape) -> bool:
    if len(coverage) != 3 or len(boxes) != 3:
        return False
    classes = coverage[0]
    channels = None if classes is None else 4 * classes
    wanted = (channels, *coverage[1:])
    return all(
        side in (have, None) or have is None for side, have in zip(wanted, boxes, strict=True)
    )
