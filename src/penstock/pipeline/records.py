"""What goes out about each frame: counts, and lines of JSON."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.meta import KEYPOINTS, UNTRACKED, BatchMeta, FrameMeta, ObjectMeta
from penstock.pipeline.job import STDOUT, Summary


class Tally:
    """Counts frames and objects on the streaming thread, for whoever asks on another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = Summary()

    def add(self, batch: BatchMeta) -> None:
        """Count one batch."""
        with self._lock:
            self._counted.frames.update(frame.source_id for frame in batch.frames)
            for frame in batch.frames:
                self._counted.objects.update(obj.label for obj in frame.objects)

    def so_far(self) -> Summary:
        """A copy of the counts."""
        with self._lock:
            return Summary(self._counted.frames.copy(), self._counted.objects.copy())


class JsonLines:
    """Writes one line a frame; a context manager.

    Writing happens on the streaming thread, where nobody hears an exception: `check` raises it.

    Args:
        path: The file; `-` is standard output.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._error: OSError | None = None

    def __enter__(self) -> JsonLines:
        # Line by line, for those who watch.
        self._file = sys.stdout if self._path == STDOUT else self._path.open("w", buffering=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and self._path != STDOUT:
            try:
                self._file.close()
            except OSError as failed:
                self._error = self._error or failed
        if error is None:
            self.check()

    def add(self, batch: BatchMeta) -> None:
        """Write a batch's frames, unless writing failed before."""
        if self._error is not None or self._file is None:
            return
        try:
            for frame in batch.frames:
                self._file.write(json.dumps(frame_record(frame)) + "\n")
            self._file.flush()
        except OSError as error:
            self._error = error

    def check(self) -> None:
        """Raise what went wrong.

        Raises:
            BrokenPipeError: Nobody reads standard output any more.
            StreamError: Writing failed.
        """
        if isinstance(self._error, BrokenPipeError):
            raise self._error
        if self._error is not None:
            raise StreamError(
                f"{self._path}: writing failed: {self._error.strerror}"
            ) from self._error


def frame_record(frame: FrameMeta) -> dict[str, Any]:
    """What `--json` says about a frame.

    Boxes are `left`, `top`, `width`, `height` in source pixels, within the picture. `keypoints`,
    where an object has some, is a list of `[x, y, score]` in source pixels, not cut at its edges.
    """
    width, height = frame.source_width, frame.source_height
    boxes = frame.to_source.xyxy(frame.detections.boxes).astype(np.float64)
    boxes = boxes.clip(0, (width, height, width, height))
    boxes[:, 2:] -= boxes[:, :2]
    return {
        "source_id": frame.source_id,
        "frame_num": frame.frame_num,
        "pts_ns": frame.pts_ns,
        "objects": [
            {
                "class_id": obj.class_id,
                "label": obj.label,
                "confidence": round(float(obj.confidence), 4),
                "left": left,
                "top": top,
                "width": width,
                "height": height,
                "track_id": None if obj.track_id == UNTRACKED else obj.track_id,
                **_keypoints(obj, frame.to_source),
            }
            for obj, (left, top, width, height) in zip(
                frame.objects, boxes.round(2).tolist(), strict=True
            )
        ],
    }


def _keypoints(obj: ObjectMeta, to_source: Affine) -> dict[str, list[list[float]]]:
    for user in obj.user:
        if user.meta_type == KEYPOINTS:
            points = to_source.points(user.data[:, :2]).tolist()
            scores = user.data[:, 2].tolist()
            rows = zip(points, scores, strict=True)
            return {"keypoints": [[round(x, 2), round(y, 2), round(s, 4)] for (x, y), s in rows]}
    return {}
