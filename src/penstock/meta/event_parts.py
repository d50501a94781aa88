"""What an event may say beside the usual: products, poses, embeddings, where somebody stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class Product(Referable):
    """A product. Texts are `None` where unknown."""

    brand: str | None = None
    kind: str | None = None
    shape: str | None = None

    def copy(self) -> Product:
        """An independent copy."""
        return replace(self)


class Joint(NamedTuple):
    """One joint of a pose; which one, its place in the list says.

    Attributes:
        x: Frame pixels in a pose of type 0, else the model's own space; y and z likewise.
        confidence: 0 to 1; 0: not seen.
    """

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """How a body stands.

    Attributes:
        joints: In the order of `pose_type`.
        pose_type: DeepStream's number: 0 in the picture (18 joints), 1 with depth, 2 in the world
            (34 joints each).
    """

    joints: tuple[Joint, ...] = ()
    pose_type: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tracked body stands, as a tracker that knows the camera's place finds it.

    Attributes:
        foot: x, y in frame pixels.
        ground: x, y on the ground, in the world of the camera's matrix.
        hull: Outline of the body's projection, x, y, x, y, …, frame pixels.
    """

    foot: tuple[float, float] = (0.0, 0.0)
    ground: tuple[float, float] = (0.0, 0.0)
    hull: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class EventExtras(Referable):
    """What few events have; shared by their copies, so make a new one instead of changing one.

    Attributes:
        pose: How a body stands.
        embedding: `(D,)`: what the object looks like to a re-identification network.
        standing: Where it stands.
        visibility: How much of the object is seen, 0 to 1.
    """

    pose: Pose | None = None
    embedding: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    standing: Standing | None = None
    visibility: float = 0.0


@dataclass(slots=True, eq=False)
class CustomMessage(Referable):
    """A text that a message converter adds to the messages of its frame; attached to the frame."""

    META_TYPE: ClassVar[int] = 28

    text: str = ""

    def copy(self) -> CustomMessage:
        """An independent copy."""
        return CustomMessage(self.text)
