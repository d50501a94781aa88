"""The settings of all classes as columns, so that a frame's boxes are filtered in one go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.config import InferConfig

_NO_LIMIT = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """Row c of every column belongs to class c, of C classes.

    Attributes:
        pre_cluster: `(C,)` float32, least confidence before clustering.
        post_cluster: `(C,)` float32, least confidence after it.
        nms_iou: `(C,)` float32, overlap above which NMS drops a box.
        top_k: `(C,)` int32, most boxes of a class in one region.
        eps: `(C,)` float32, how far neighbours are apart in DBSCAN and in group rectangles.
        min_boxes: `(C,)` int32, least neighbours of a box that DBSCAN builds on.
        min_score: `(C,)` float32, least sum of confidences of a DBSCAN cluster.
        group_threshold: `(C,)` int32, least boxes of a group of rectangles, less one.
        roi_top: `(C,)` float32, least top edge, frame pixels.
        roi_bottom: `(C,)` float32, least distance of the bottom edge to the frame's, pixels.
        min_size: `(C, 2)` float32, least width and height, frame pixels.
        max_size: `(C, 2)` float32, greatest width and height, frame pixels.
        wanted: `(C,)` bool, false where `filter-out-class-ids` names the class.
    """

    pre_cluster: NDArray[np.float32]
    post_cluster: NDArray[np.float32]
    nms_iou: NDArray[np.float32]
    top_k: NDArray[np.int32]
    eps: NDArray[np.float32]
    min_boxes: NDArray[np.int32]
    min_score: NDArray[np.float32]
    group_threshold: NDArray[np.int32]
    roi_top: NDArray[np.float32]
    roi_bottom: NDArray[np.float32]
    min_size: NDArray[np.float32]
    max_size: NDArray[np.float32]
    wanted: NDArray[np.bool_]

    @classmethod
    def of(cls, config: InferConfig, *, num_classes: int) -> ClassColumns:
        """The columns of classes 0 to `num_classes` - 1."""
        rows = [config.attributes_of(class_id) for class_id in range(num_classes)]
        max_size = _floats([row.max_size for row in rows])
        return cls(
            pre_cluster=_floats([row.pre_cluster_threshold for row in rows]),
            post_cluster=_floats([row.post_cluster_threshold for row in rows]),
            nms_iou=_floats([row.nms_iou for row in rows]),
            top_k=np.array([row.top_k if row.top_k > 0 else _NO_LIMIT for row in rows], np.int32),
            eps=_floats([row.eps for row in rows]),
            min_boxes=np.array([row.min_boxes for row in rows], np.int32),
            min_score=_floats([row.dbscan_min_score for row in rows]),
            group_threshold=np.array([row.group_threshold for row in rows], np.int32),
            roi_top=_floats([row.roi_top_offset for row in rows]),
            roi_bottom=_floats([row.roi_bottom_offset for row in rows]),
            min_size=_floats([row.min_size for row in rows]),
            max_size=np.where(max_size > 0, max_size, np.float32(np.inf)),
            wanted=np.array([c not in config.filter_out_class_ids for c in range(num_classes)]),
        )

    @cached_property
    def fewest_kept(self) -> int:
        """The lowest of `top_k`."""
        return int(self.top_k.min())

    @cached_property
    def all_wanted(self) -> bool:
        """Whether no class is filtered out."""
        return bool(self.wanted.all())

    @cached_property
    def limits_boxes(self) -> bool:
        """Whether a class has an offset, a size or a threshold that a placed box could fail."""
        columns = (self.roi_top, self.roi_bottom, self.min_size, self.post_cluster)
        return any(column.any() for column in columns) or bool(np.isfinite(self.max_size).any())


def _floats(rows: list[Any]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)
