"""The objects of one frame, as columns."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from penstock.meta.objects import ObjectMeta

UNTRACKED = -1
"""`track_id` of an object that no tracker has claimed."""

# Packing each object's row in C takes half the time of building a column from Python's numbers.
_pack = struct.Struct("=5diq").pack
_COLUMNS = np.dtype([("ltwh", "4f8"), ("confidence", "f8"), ("class_id", "i4"), ("track_id", "i8")])


@dataclass(frozen=True, repr=False, eq=False)
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

    def __repr__(self) -> str:
        classes, counts = np.unique(self.class_id, return_counts=True)
        found = ", ".join(f"{n} of class {c}" for c, n in zip(classes, counts, strict=True))
        return f"<Detections {len(self)} objects{found and ': '}{found}>"

    @classmethod
    def of(cls, objects: Iterable[ObjectMeta]) -> Detections:
        """Columns of the given objects, in their order.

        Raises:
            TypeError: A value of an object is no number, or too large for its column.
        """
        table = np.frombuffer(b"".join([_packed(obj) for obj in objects]), _COLUMNS)
        boxes = table["ltwh"].astype(np.float32)
        boxes[:, 2:] += boxes[:, :2]
        return cls(
            boxes,
            table["confidence"].astype(np.float32),
            table["class_id"].astype(np.int32),
            table["track_id"].astype(np.int64),
        )

    @classmethod
    def empty(cls) -> Detections:
        """No objects."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))


def _packed(obj: ObjectMeta) -> bytes:
    rect = obj.rect
    try:
        return _pack(
            rect.left,
            rect.top,
            rect.width,
            rect.height,
            obj.confidence,
            obj.class_id,
            obj.track_id,
        )
    except struct.error as error:
        raise TypeError(
            f"columns cannot hold box {rect.ltwh}, confidence {obj.confidence!r}, "
            f"class_id {obj.class_id!r}, track_id {obj.track_id!r}: the first two take numbers, "
            f"class_id an int of 32 bits, track_id of 64 ({error})"
        ) from None
