"""Every event as a line of JSON that can be drawn again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from penstock.analytics.findings import Event
from penstock.analytics.table import TrackTable
from penstock.errors import ConfigError, StreamError
from penstock.meta import UNTRACKED, FrameMeta

_PARTS = {"zone": 0, "line": 2, "direction": 2}  # how many points; 0: any number
_FARTHEST = 1e9  # pixels, or frames
_NEEDED = {
    "event": str,
    "label": str,
    "source_id": int,
    "frame_num": int,
    "size": list,
    "geometry": dict,
    "objects": list,
    "count": int,
}


@dataclass(frozen=True)
class ProofRecord:
    """One line of a proof.

    Attributes:
        event: What happened: `Event.kind`.
        label: The shape's name.
        source_id: Index of the source.
        frame_num: Of the frame that it happened in.
        size: `(width, height)` of the frame, pixels; every point is in these pixels.
        geometry: The shape: name of a part → its points.
        objects: Those that it is about, each with `track_id`, `label`, `ltwh` and `path`, a list of
            `[frame number, x, y]`.
        count: A line's crossings so far, a zone's objects then.
    """

    event: str
    label: str
    source_id: int
    frame_num: int
    size: tuple[int, int]
    geometry: Mapping[str, Any]
    objects: tuple[Mapping[str, Any], ...]
    count: int


def event_record(
    event: Event, frame: FrameMeta, *, table: TrackTable, slots: list[int]
) -> dict[str, Any]:
    """What a line of a proof says.

    Args:
        event: What happened.
        frame: The frame that it happened in.
        table: Earlier sightings.
        slots: Of the frame's objects; -1: nobody tracks it.
    """
    return {
        "event": event.kind,
        "label": event.label,
        "source_id": frame.source_id,
        "frame_num": frame.frame_num,
        "pts_ns": frame.pts_ns,
        "size": [frame.width, frame.height],
        "geometry": event.geometry,
        "objects": [_object(frame, row, table, slots[row]) for row in event.rows],
        "count": event.count,
    }


def _object(frame: FrameMeta, row: int, table: TrackTable, slot: int) -> dict[str, Any]:
    obj = frame.objects[row]
    path = table.path(slot) if slot >= 0 else []
    return {
        "track_id": None if obj.track_id == UNTRACKED else obj.track_id,
        "class_id": obj.class_id,
        "label": obj.label,
        "confidence": round(float(obj.confidence), 4),
        "ltwh": [round(float(side), 2) for side in obj.ltwh],
        "path": [[number, round(x, 2), round(y, 2)] for number, x, y in path],
    }


def _is_drawable(obj: Mapping[str, Any]) -> bool:
    box, path = obj.get("ltwh"), obj.get("path")
    if not (_are_numbers(box, 4) and isinstance(path, list)):
        return False
    return all(_are_numbers(at, 3) for at in path)


def _are_points(values: Any) -> bool:
    return isinstance(values, list) and all(_are_numbers(point, 2) for point in values)


def _are_numbers(values: Any, count: int) -> bool:
    if not isinstance(values, list) or len(values) != count:
        return False
    return all(isinstance(value, int | float) and abs(value) <= _FARTHEST for value in values)


class ProofFile:
    """A file of records, begun anew when it is opened.

    Args:
        path: The file.

    Raises:
        ConfigError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: IO[str] = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise ConfigError(f"proof-file {path} cannot be written: {error.strerror}") from error

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a record.

        Raises:
            StreamError: Writing failed.
        """
        try:
            self._file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise StreamError(f"proof-file {self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def read_proof(path: Path) -> Iterator[ProofRecord]:
    """The records of a file, in its order.

    Raises:
        ConfigError: It cannot be read, or a line is no record; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"proof {path} cannot be read: {reason}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield _record(line, where=f"{path}, line {number}")


def _record(line: str, *, where: str) -> ProofRecord:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: wanted a record of JSON, got {line[:60]!r}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{where}: wanted a record of JSON, got {line[:60]!r}")
    found = {"count": 0, **found}
    for name, kind in _NEEDED.items():
        if not isinstance(found.get(name), kind):
            raise ConfigError(f"{where}: wanted {name!r}, {kind.__name__}, got {found.get(name)!r}")
    for obj in found["objects"]:
        if not (isinstance(obj, dict) and _is_drawable(obj)):
            raise ConfigError(
                f"{where}: wanted objects with 'ltwh', four numbers, and 'path', a list of "
                f"[frame number, x, y], got {str(obj)[:60]}"
            )
    for part, count in _PARTS.items():
        points = found["geometry"].get(part, [[0, 0]] * (count or 3))
        if not _are_points(points) or len(points) < 2 or (count and len(points) != count):
            raise ConfigError(f"{where}: wanted {part!r}, a list of points, got {points!r}"[:300])
    width, height = found["size"] if len(found["size"]) == 2 else (0, 0)
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        raise ConfigError(f"{where}: wanted 'size', [width, height], got {found['size']!r}")
    return ProofRecord(
        found["event"],
        found["label"],
        found["source_id"],
        found["frame_num"],
        (width, height),
        found["geometry"],
        tuple(found["objects"]),
        found["count"],
    )
