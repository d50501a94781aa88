"""Files of boxes as the MOT benchmarks write them (https://motchallenge.net, format of MOT15).

One box a line: `frame, id, left, top, width, height, confidence, ...`; frames count from 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ConfigError

_LEAST_COLUMNS = 6
_MOST_FRAMES = 10_000_000  # four days; of more, not even an empty list fits into memory


@dataclass(frozen=True, eq=False)
class MotRows:
    """N boxes of one video; row i of every column describes box i, frames in order.

    Attributes:
        frame: `(N,)` int64, counted from 1.
        track_id: `(N,)` int64; -1 where nobody was identified.
        boxes: `(N, 4)` float32, xyxy, pixels of the video.
        confidence: `(N,)` float32; of truth 1 where the box counts.
    """

    frame: NDArray[np.int64]
    track_id: NDArray[np.int64]
    boxes: NDArray[np.float32]
    confidence: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def last_frame(self) -> int:
        """Number of the last frame with a box; 0 where there is none."""
        return int(self.frame[-1]) if len(self) else 0

    def frames(self, last: int) -> Iterator[slice]:
        """The rows of each frame from 1 to `last`."""
        edges = np.searchsorted(self.frame, np.arange(1, last + 2))
        for first, behind in pairwise(edges):
            yield slice(int(first), int(behind))


def read_mot(path: str | Path, *, truth: bool = False) -> MotRows:
    """Read a file of boxes.

    Args:
        path: The file.
        truth: It says who is where: leave out boxes whose flag (the confidence's column) is 0,
            and expect an identity only once in a frame.

    Raises:
        ConfigError: It cannot be read; a line is not as it should be, with file and line.
    """
    file = Path(path)
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: wanted a file of boxes in MOT format, got {error}") from error
    rows = [_row(line, f"{file}, line {n}") for n, line in enumerate(lines, 1) if _is_box(line)]
    # Apart from the rest: a float does not hold every id.
    track_id = np.array([identity for identity, _ in rows], np.int64)
    table = np.array([values for _, values in rows], np.float64).reshape(-1, 6)
    if truth:
        track_id, table = track_id[table[:, 5] != 0], table[table[:, 5] != 0]
    order = np.argsort(table[:, 0], kind="stable")
    track_id, table = track_id[order], table[order]
    boxes = table[:, 1:5].copy()
    boxes[:, 2:] += boxes[:, :2]
    frame = table[:, 0].astype(np.int64)
    if truth:
        _check_once(file, frame, track_id)
    return MotRows(frame, track_id, boxes.astype(np.float32), table[:, 5].astype(np.float32))


def write_mot(path: str | Path, rows: MotRows) -> None:
    """Write a file of boxes, as `read_mot` reads it.

    Raises:
        ConfigError: It cannot be written.
    """
    text = []
    for frame, identity, (x1, y1, x2, y2), confidence in zip(
        rows.frame, rows.track_id, rows.boxes, rows.confidence, strict=True
    ):
        box = ",".join(f"{value:.2f}" for value in (x1, y1, x2 - x1, y2 - y1))
        text.append(f"{frame},{identity},{box},{confidence:.4g},-1,-1,-1\n")
    try:
        Path(path).write_text("".join(text))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error})") from error


def _is_box(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _row(line: str, where: str) -> tuple[int, list[float]]:
    """The id; and frame, left, top, width, height, confidence (1 where the line ends before it)."""
    texts = line.replace(",", " ").split()
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = []
    if len(values) < _LEAST_COLUMNS or not all(map(math.isfinite, values[:7])):
        wanted = "'frame, id, left, top, width, height, confidence'"
        raise ConfigError(f"{where}: wanted {wanted}, got {line.strip()!r}")
    frame, identity = values[0], _whole(texts[1])
    if not 1 <= frame <= _MOST_FRAMES or frame != int(frame) or identity is None:
        raise ConfigError(
            f"{where}: wanted a whole frame number from 1 to {_MOST_FRAMES:,} and a whole id, "
            f"got {line.strip()!r}"
        )
    return identity, [frame, *values[2:6], values[6] if len(values) > _LEAST_COLUMNS else 1.0]


def _whole(text: str) -> int | None:
    """An id of 64 bits, also where it is written as `7.0`; `None` for any other number."""
    try:
        number = int(text)
    except ValueError:
        number = int(float(text))
        if number != float(text):
            return None
    return number if -(2**63) <= number < 2**63 else None


def _check_once(file: Path, frame: NDArray[np.int64], track_id: NDArray[np.int64]) -> None:
    pairs, counts = np.unique(np.stack([frame, track_id], 1), axis=0, return_counts=True)
    if (counts > 1).any():
        number, identity = pairs[counts > 1][0]
        raise ConfigError(f"{file}: id {identity} is there more than once in frame {number}")
