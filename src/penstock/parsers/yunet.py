"""YuNet: faces and five points of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Outputs, ParseContext, Parsed, unreadable
from penstock.parsers.grids import STRIDES, make_cells
from penstock.parsers.head import Fit, Head
from penstock.parsers.yolov8 import corners

_POINTS = 5
_COLUMNS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 2 * _POINTS}
_NAMES = tuple(f"{part}_{stride}" for part in _COLUMNS for stride in STRIDES)


class YuNetParser:
    """Decode `cls_8`, `obj_8`, `bbox_8`, `kps_8` and the same for strides 16 and 32; see `Parser`.

    Each has a row for every cell of its grid. The confidence is the root of class times object;
    boxes and points are relative to their cells (Wu et al. 2023, doi:10.1007/s11633-023-1423-y).
    Points are the right eye, the left eye, the nose and the right and left corner of the mouth;
    each has the score of its face.
    """

    num_classes = 1

    def __init__(self, head: Head) -> None:
        if not self.fit(head):
            raise unreadable("yunet", f"the layers {', '.join(_NAMES)}", head)
        self._cells = make_cells(head.size, STRIDES)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the names of the twelve layers, and the numbers of cells."""
        for part, columns in _COLUMNS.items():
            for stride in STRIDES:
                cells = len(make_cells(head.size, (stride,)))
                if head.layers.get(f"{part}_{stride}") != (cells, columns):
                    return Fit.NO
        return Fit.NAMES

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Decode one image; see `Parser`."""
        chance = _joined(outputs, "cls") * _joined(outputs, "obj")
        with np.errstate(invalid="ignore"):
            confidences = np.sqrt(chance[:, 0])
            faces = np.flatnonzero(confidences >= context.thresholds[0])
        cell = self._cells.corners[faces]
        stride = self._cells.strides[faces]
        boxes = _joined(outputs, "bbox")[faces]
        points = _joined(outputs, "kps")[faces].reshape(-1, _POINTS, 2)
        scores = np.repeat(confidences[faces], _POINTS).reshape(-1, _POINTS, 1)
        with np.errstate(over="ignore", invalid="ignore"):
            centres = (boxes[:, :2] + cell) * stride
            cxcywh = np.concatenate([centres, np.exp(boxes[:, 2:]) * stride], axis=1)
            points = (points + cell[:, None]) * stride[:, None]
        return Parsed.inside(
            context,
            boxes=corners(cxcywh),
            class_ids=np.zeros(len(faces), np.int32),
            confidences=confidences[faces],
            keypoints=np.concatenate([points, scores], axis=2),
        )


def _joined(outputs: Outputs, part: str) -> NDArray[np.float32]:
    layers: list[Any] = [outputs[f"{part}_{stride}"] for stride in STRIDES]
    joined = np.asarray(np.concatenate(layers), np.float32)
    # The network's own arithmetic may leave 0..1 by a rounding error.
    return np.clip(joined, 0, 1) if part in ("cls", "obj") else joined
