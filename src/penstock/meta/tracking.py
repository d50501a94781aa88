"""What a tracker knows beyond the objects of the present frame.

One structure serves three lists of a batch: what earlier frames held (tracks that were confirmed
late), what is tracked without being seen (shadows), and the tracks that have ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from penstock.meta.overlay import Rect
from penstock.meta.referable import Referable


@dataclass(slots=True, eq=False)
class TrackedBox(Referable):
    """Where a target was in one frame.

    Attributes:
        frame_num: Of its source.
        rect: The box, frame pixels.
        confidence: The tracker's, 0 to 1.
        age: Frames since the track began.
    """

    frame_num: int = 0
    rect: Rect = field(default_factory=Rect)
    confidence: float = 0.0
    age: int = 0

    def copy(self) -> TrackedBox:
        """A deep copy."""
        return TrackedBox(self.frame_num, self.rect.copy(), self.confidence, self.age)


@dataclass(slots=True, eq=False)
class Target(Referable):
    """One track.

    Attributes:
        track_id: The tracker's id.
        class_id: Index into the detector's labels.
        label: The class's name.
        boxes: One entry a frame, oldest first.
    """

    track_id: int = 0
    class_id: int = 0
    label: str = ""
    boxes: list[TrackedBox] = field(default_factory=list)

    def copy(self) -> Target:
        """A deep copy."""
        boxes = [box.copy() for box in self.boxes]
        return Target(self.track_id, self.class_id, self.label, boxes)

    def __repr__(self) -> str:
        name = self.label or f"class {self.class_id}"
        return f"<Target {name} #{self.track_id}, {len(self.boxes)} boxes>"


@dataclass(slots=True, eq=False)
class SourceTargets(Referable):
    """The tracks of one source.

    Attributes:
        source_id: Index of the camera or file.
        targets: In the order of their ids.
        surface_id: The mux pad and the surface, as DeepStream packs them: `pad << 32 | surface`.
    """

    source_id: int = 0
    targets: list[Target] = field(default_factory=list)
    surface_id: int = 0

    def copy(self) -> SourceTargets:
        """A deep copy."""
        targets = [target.copy() for target in self.targets]
        return SourceTargets(self.source_id, targets, self.surface_id)

    def __repr__(self) -> str:
        return f"<SourceTargets source {self.source_id}, {len(self.targets)} tracks>"


@dataclass(slots=True, eq=False)
class TargetsMeta(Referable):
    """Tracks of all sources; attached to the batch as one of three lists.

    Attributes:
        sources: One entry for each source that has any.
    """

    PAST_FRAMES: ClassVar[int] = 15
    TERMINATED: ClassVar[int] = 18
    SHADOWS: ClassVar[int] = 19

    sources: list[SourceTargets] = field(default_factory=list)

    def copy(self) -> TargetsMeta:
        """A deep copy."""
        return TargetsMeta([source.copy() for source in self.sources])


@dataclass(slots=True, eq=False)
class ReidVector(Referable):
    """What an object looks like to a re-identification network; attached to the object.

    Attributes:
        values: `(D,)` float32.
    """

    META_TYPE: ClassVar[int] = 17

    values: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))

    def copy(self) -> ReidVector:
        """An independent copy."""
        return ReidVector(self.values.copy())

    def __repr__(self) -> str:
        return f"<ReidVector of {len(self.values)}>"
