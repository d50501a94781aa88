"""What goes into the engine, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Attachments, FrameMeta, ObjectMeta, RegionMeta
from penstock.surface import Surface

Box: TypeAlias = tuple[float, float, float, float]


class Prepared(NamedTuple):
    """A region's input, made before.

    Attributes:
        pixels: As the network takes it, without the batch.
        region: Where it is of.
    """

    pixels: NDArray[Any]
    region: RegionMeta


@dataclass(frozen=True, eq=False)
class Roi:
    """A region to look at: a whole frame, an object's box, a piece of a frame.

    Attributes:
        surface: The frame's pixels.
        box: The region: left, top, width, height, frame pixels.
        frame: The frame it belongs to.
        parent: The object it is the box of, if it is one.
        prepared: What to give to the network, where that is not to be cut out of the surface.
    """

    surface: Surface
    box: Box
    frame: FrameMeta
    parent: ObjectMeta | None = None
    prepared: Prepared | None = None

    @classmethod
    def whole(cls, frame: FrameMeta) -> Roi:
        """All of a frame.

        Raises:
            StreamError: The frame's pixels are gone.
        """
        surface = frame.surface
        width, height = surface.size
        return cls(surface, (0.0, 0.0, float(width), float(height)), frame)

    @classmethod
    def of(cls, frame: FrameMeta, obj: ObjectMeta) -> Roi | None:
        """What of an object's box lies in its frame; `None` where that is less than a pixel.

        Raises:
            StreamError: The frame's pixels are gone.
        """
        left, top, width, height = obj.ltwh
        if not isfinite(left + top + width + height):
            return None
        x1, y1 = max(left, 0.0), max(top, 0.0)
        x2, y2 = min(left + width, float(frame.width)), min(top + height, float(frame.height))
        if x2 - x1 < 1 or y2 - y1 < 1:
            return None
        return cls(frame.surface, (x1, y1, x2 - x1, y2 - y1), frame, obj)

    @property
    def user(self) -> Attachments:
        """The attachments of what it is of: a prepared region, an object, or the whole frame."""
        if self.prepared is not None:
            return self.prepared.region.user
        return self.frame.user if self.parent is None else self.parent.user

    @property
    def place(self) -> str:
        """Which frame it is of, for messages: `source 0 frame 7`."""
        return f"source {self.frame.source_id} frame {self.frame.frame_num}"


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
