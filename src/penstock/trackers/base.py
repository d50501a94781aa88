"""What a tracker is given, what it answers, and what it promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from penstock.config import TrackerConfig
from penstock.meta import Detections, Target

NextId = Callable[[], int]
"""Gives an id that no track had before; each track takes one, when it is first reported."""

NO_VECTORS: Mapping[int, NDArray[np.float32]] = {}


class Crops(Protocol):
    """Cuts pictures out of the present frame, all in one go."""

    def __call__(self, boxes: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
        """The pixels of each box, scaled to one size.

        Args:
            boxes: `(N, 4)` xyxy, frame pixels; what lies outside the frame is black.
            size: `(width, height)` of the pictures, pixels.

        Returns:
            `(N, height, width, 3)` RGB, valid until the next call.
        """
        ...


@dataclass(slots=True)
class TrackerFrame:
    """One frame of one source.

    Attributes:
        detections: The detector's objects, frame pixels; empty where it did not look.
        size: `(width, height)` of the frame, pixels.
        frame_num: Of its source.
        detected: Whether the detector looked at this frame; where not, tracks are predicted.
        crops: Its pixels; `None` where there are none, as in files of boxes.
        tracker_size: `(width, height)`, the pixels that the configuration's noise is told in;
            `None`: frame pixels.
    """

    detections: Detections
    size: tuple[int, int]
    frame_num: int = 0
    detected: bool = True
    crops: Crops | None = None
    tracker_size: tuple[int, int] | None = None


@dataclass(slots=True)
class Tracks:
    """K tracks in one frame; row i of every column describes track i.

    Attributes:
        track_id: `(K,)` int64.
        boxes: `(K, 4)` xyxy, frame pixels.
        confidence: `(K,)` the tracker's, in [0, 1].
        class_id: `(K,)` int.
        age: `(K,)` int, frames since the track began.
    """

    track_id: NDArray[np.int64]
    boxes: NDArray[np.floating]
    confidence: NDArray[np.floating]
    class_id: NDArray[np.int64]
    age: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.track_id)


_NO_INTS = np.empty(0, np.int64)
NO_TRACKS = Tracks(_NO_INTS, np.empty((0, 4)), np.empty(0), _NO_INTS, _NO_INTS)


@dataclass(slots=True)
class TrackerResult:
    """What a tracker says about one frame; the first three columns belong to its N detections.

    Attributes:
        track_id: `(N,)` int64; `UNTRACKED` where a detection has no track, or one in probation.
        boxes: `(N, 4)` xyxy, frame pixels: the track's box, the detector's where there is none.
        confidence: `(N,)` the tracker's, in [0, 1]; 0 where there is no track.
        unseen: Tracks to report although no detection belongs to them.
        shadows: Tracks that are followed without being reported, where the settings ask for them.
        past: Of tracks reported now: where they were in earlier frames that did not report them.
        terminated: Tracks that ended with this frame, where the settings ask for them.
        embeddings: Row of `detections` → `(D,)` what the object looks like.
    """

    track_id: NDArray[np.int64]
    boxes: NDArray[np.floating]
    confidence: NDArray[np.floating]
    unseen: Tracks = field(default_factory=lambda: NO_TRACKS)
    shadows: Tracks = field(default_factory=lambda: NO_TRACKS)
    past: Sequence[Target] = ()
    terminated: Sequence[Target] = ()
    embeddings: Mapping[int, NDArray[np.float32]] = field(default_factory=lambda: NO_VECTORS)


class Tracker(Protocol):
    """Follows the objects of one source. Make one instance for each source.

    Every registered tracker must pass `tests/trackers/test_contract.py`. The same frames in the
    same order give the same answers. Boxes that are not finite or have no area are not tracked.

    Args:
        config: What a low-level YAML says; `None`: the tracker's own default.
        next_id: Where ids come from; `None`: 0, 1, 2, …
    """

    def __init__(
        self, config: TrackerConfig | None = None, *, next_id: NextId | None = None
    ) -> None: ...

    def update(self, frame: TrackerFrame) -> TrackerResult:
        """Track the objects of the next frame."""
        ...

    def reset(self) -> Sequence[Target]:
        """End every track; those are told where the settings ask for terminated tracks."""
        ...


def counting() -> NextId:
    """Ids 0, 1, 2 and so on."""
    return count().__next__
