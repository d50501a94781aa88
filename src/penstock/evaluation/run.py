"""Runs a tracker over the detections of a file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

from penstock.errors import ConfigError
from penstock.evaluation.mot import MotRows
from penstock.evaluation.video import video_frames
from penstock.meta import UNTRACKED, Detections
from penstock.surface import Surface
from penstock.trackers import SurfaceCrops, Tracker, TrackerFrame, TrackerResult

_NO_INTS = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class TrackedRun:
    """What a tracker made of a video.

    Attributes:
        rows: The reported boxes, with their ids.
        ms_per_frame: Mean time of the tracker itself, cutting out objects included.
    """

    rows: MotRows
    ms_per_frame: float


def follow(
    tracker: Tracker,
    detections: MotRows,
    *,
    last_frame: int = 0,
    video: str | Path | None = None,
    interval: int = 0,
) -> TrackedRun:
    """Show a tracker every frame in turn.

    Args:
        tracker: A fresh instance.
        detections: What the detector saw, all of one class.
        last_frame: Go on to this frame at least, although nothing was detected there.
        video: The pictures, for trackers that look at them; frame 1 is its first.
        interval: Frames that the detector leaves out after each that it looked at.

    Raises:
        ConfigError: The video cannot be read, or is shorter than the detections.
    """
    last = max(detections.last_frame, last_frame)
    size = tuple(int(edge) for edge in np.ceil(detections.boxes[:, 2:].max(axis=0, initial=1)))
    pictures: Iterator[Surface | None] = repeat(None) if video is None else video_frames(video)
    told: list[tuple[int, TrackerResult]] = []
    seconds = 0.0
    ends = f"--video {video}: ends before frame {last}, the last of the detections and the truth"
    for number, rows in enumerate(detections.frames(last), 1):
        try:
            picture = next(pictures)
        except StopIteration:
            raise ConfigError(ends) from None
        detected = (number - 1) % (interval + 1) == 0
        frame = TrackerFrame(
            _detections(detections, rows if detected else slice(0)),
            size=picture.size if picture else (size[0], size[1]),
            frame_num=number,
            detected=detected,
            crops=SurfaceCrops(picture) if picture else None,
        )
        started = time.perf_counter()
        result = tracker.update(frame)
        seconds += time.perf_counter() - started
        told.append((number, result))
    return TrackedRun(_rows(told), round(1000 * seconds / max(last, 1), 4))


def _detections(detections: MotRows, rows: slice) -> Detections:
    boxes = detections.boxes[rows]
    return Detections(boxes, detections.confidence[rows], np.zeros(len(boxes), np.int32))


def _rows(told: list[tuple[int, TrackerResult]]) -> MotRows:
    """Everything that was reported: tracked detections, and tracks without one."""
    frames, ids, boxes, confidence = [], [], [], []
    for number, result in told:
        seen = result.track_id != UNTRACKED
        frames.append(np.full(int(seen.sum()) + len(result.unseen), number))
        ids += [result.track_id[seen], result.unseen.track_id]
        boxes += [result.boxes[seen], result.unseen.boxes]
        confidence += [result.confidence[seen], result.unseen.confidence]
    return MotRows(
        np.concatenate([_NO_INTS, *frames]),
        np.concatenate([_NO_INTS, *ids]),  # whole: no float holds the ids of useUniqueID
        np.concatenate([np.empty((0, 4)), *boxes]).astype(np.float32),
        np.concatenate([[], *confidence]).astype(np.float32),
    )
