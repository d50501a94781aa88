"""The objects of one frame, as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from penstock.meta.objects import ObjectMeta

UNTRACKED = -1
"""`track_id` of an object that no tracker has claimed."""


@dataclass(frozen=True)
class Detections:
    """N objects of one frame; row i of every column describes object i.

    A snapshot: later changes to the objects do not show, and writing to it changes no object.

    Attributes:
        boxes: `(N, 4)` float32, xyxy, frame pixels, origin top left.
        confidence: `(N,)` float32 in [0, 1].
        class_id: `(N,)` int32, index into the network's labels.
        track_id: `(N,)` int64; `UNTRACKED` where no tracker has claimed the object.

    Raises:
        ValueError: A column's shape does not match `boxes`.
    """

    boxes: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int32]
    track_id: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        n = len(self.boxes)
        if self.boxes.shape != (n, 4):
            raise ValueError(f"boxes must have shape (N, 4), got {self.boxes.shape}")
        if n and not self.track_id.size:
            object.__setattr__(self, "track_id", np.full(n, UNTRACKED, np.int64))
        for name in ("confidence", "class_id", "track_id"):
            if (shape := getattr(self, name).shape) != (n,):
                raise ValueError(f"{name} must have shape ({n},) to match boxes, got {shape}")

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def of(cls, objects: Iterable[ObjectMeta]) -> Detections:
        """Columns of the given objects, in their order."""
        rows = [
            (r.left, r.top, r.width, r.height, o.confidence, o.class_id, o.track_id)
            for o in objects
            for r in (o.rect,)
        ]
        if not rows:
            return cls.empty()
        left, top, width, height, confidence, class_id, track_id = zip(*rows, strict=True)
        boxes = np.array((left, top, width, height), np.float32)
        boxes[2:] += boxes[:2]
        return cls(
            np.ascontiguousarray(boxes.T),
            np.array(confidence, np.float32),
            np.array(class_id, np.int32),
            np.array(track_id, np.int64),
        )

    @classmethod
    def empty(cls) -> Detections:
        """No objects."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))
