"""What a network says about every pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable

NO_CLASS = -1
"""In a class map: no class reaches the threshold here."""


@dataclass(slots=True, eq=False)
class SegmentationMeta(Referable):
    """A class for each pixel of one frame or object.

    Attributes:
        class_map: `(h, w)` int32, network pixels: the class, or `NO_CLASS`.
        probabilities: `(C, h, w)` float32 in [0, 1], network pixels; `None` where the network
            gives none.
        classes: C, the number of classes.
        component_id: `gie-unique-id` of the element that ran the network.
    """

    META_TYPE: ClassVar[int] = 13

    class_map: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 0), np.int32))
    probabilities: NDArray[np.float32] | None = None
    classes: int = 0
    component_id: int = 0

    @property
    def width(self) -> int:
        """Columns of the map."""
        return int(self.class_map.shape[1])

    @property
    def height(self) -> int:
        """Rows of the map."""
        return int(self.class_map.shape[0])

    def copy(self) -> SegmentationMeta:
        """An independent copy."""
        probabilities = None if self.probabilities is None else self.probabilities.copy()
        return SegmentationMeta(
            self.class_map.copy(), probabilities, self.classes, self.component_id
        )

    def __repr__(self) -> str:
        return (
            f"<SegmentationMeta {self.width}x{self.height}, {self.classes} classes, "
            f"of component {self.component_id}>"
        )
