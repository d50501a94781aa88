"""What goes into the engine, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta import FrameMeta, ObjectMeta
from penstock.surface import Surface

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Roi:
    """A region to look at: a whole frame, an object's box, a piece of a frame.

    Attributes:
        surface: The frame's pixels.
        box: The region: left, top, width, height, frame pixels.
        frame: The frame it belongs to.
        parent: The object it is the box of, if it is one.
    """

    surface: Surface
    box: Box
    frame: FrameMeta
    parent: ObjectMeta | None = None

    @classmethod
    def whole(cls, frame: FrameMeta) -> Roi:
        """All of a frame.

        Raises:
            StreamError: The frame's pixels are gone.
        """
        surface = frame.surface
        width, height = surface.size
        return cls(surface, (0.0, 0.0, float(width), float(height)), frame)


class Detection(NamedTuple):
    """One object that was found.

    Attributes:
        class_id: Index into the network's labels.
        label: The class's name; empty where there is no label file.
        confidence: In [0, 1], as the network gives it.
        ltwh: Left, top, width, height, frame pixels; inside its region unless boxes are not
            clipped.
        mask: `(h, w)` float32 scores in [0, 1] over the box, where the network gives masks and
            the configuration asks for them.
        keypoints: `(K, 3)` float32, x and y in frame pixels and a score, where the network gives
            keypoints.
    """

    class_id: int
    label: str
    confidence: float
    ltwh: Box
    mask: NDArray[np.float32] | None = None
    keypoints: NDArray[np.float32] | None = None
