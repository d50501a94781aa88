"""How long frames took, as a whole and in each element."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from penstock.meta.referable import Referable

if TYPE_CHECKING:
    from penstock.meta.frame import FrameMeta


@dataclass(slots=True, eq=False)
class ComponentLatency(Referable):
    """One frame's way through one element; attached to the batch.

    Attributes:
        component: The element's name.
        source_id: Index of the camera or file.
        frame_num: Of its source.
        entered_ns: When the frame came in, on the clock of `time.monotonic_ns`.
        left_ns: When it went out; 0 while it has not.
    """

    META_TYPE: ClassVar[int] = 11

    component: str = ""
    source_id: int = 0
    frame_num: int = 0
    entered_ns: int = 0
    left_ns: int = 0

    @property
    def duration_ns(self) -> int:
        """Time between the two, nanoseconds; 0 while it has not gone out."""
        return self.left_ns - self.entered_ns if self.left_ns else 0

    def copy(self) -> ComponentLatency:
        """An independent copy."""
        return replace(self)


def age_ns(frame: FrameMeta) -> int:
    """Time since a frame entered the mux, nanoseconds."""
    return time.monotonic_ns() - frame.entered_ns
