"""A picture of tracks over time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from penstock.errors import MissingExtraError
from penstock.evaluation.mot import MotRows
from penstock.geometry import iou_matrix

_LEAST_OVERLAP = 0.5


def draw_timeline(path: str | Path, truth: MotRows, tracked: Mapping[str, MotRows]) -> None:
    """Draw which id each true object had when: one colour an id, gaps where it was lost.

    Args:
        path: PNG, SVG or PDF file.
        truth: Who is where.
        tracked: What to call a tracker → what it says.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "--plot needs the Python package 'matplotlib': pip install 'penstock[plot]'"
        ) from error
    people = np.unique(truth.track_id)
    figure = Figure(figsize=(9, 0.6 + len(tracked) * (0.5 + 0.16 * len(people))))
    figure.set_layout_engine("constrained")
    panels = figure.subplots(max(len(tracked), 1), squeeze=False, sharex=True)[:, 0]
    colors = colormaps["tab20"]
    for axes, (name, rows) in zip(panels, tracked.items(), strict=True):
        for place, person in enumerate(people):
            _bar(axes, place, truth, person, colors(19))
        for place, frames, identity in _held(truth, rows, people):
            axes.scatter(frames, [place] * len(frames), marker="s", s=12, color=colors(identity))
        axes.set_yticks(range(len(people)), [str(person) for person in people], fontsize=7)
        axes.set(title=name, ylabel="object")
    panels[-1].set_xlabel("frame")
    figure.savefig(path)


def _bar(axes: Any, place: int, truth: MotRows, person: int, color: Any) -> None:
    frames = truth.frame[truth.track_id == person]
    axes.scatter(frames, [place] * len(frames), marker="|", s=12, color=color)


def _held(
    truth: MotRows, tracked: MotRows, people: np.ndarray[Any, Any]
) -> list[tuple[int, list[int], int]]:
    """Object's place, frames, colour: for each pair of a true object and an id that it had."""
    held: dict[tuple[int, int], list[int]] = {}
    last = max(truth.last_frame, tracked.last_frame)
    for number, (true, told) in enumerate(
        zip(truth.frames(last), tracked.frames(last), strict=True), 1
    ):
        overlaps = iou_matrix(truth.boxes[true], tracked.boxes[told])
        if not overlaps.size:
            continue
        best = overlaps.argmax(axis=1)
        for row in np.flatnonzero(overlaps.max(axis=1) >= _LEAST_OVERLAP):
            pair = (int(truth.track_id[true][row]), int(tracked.track_id[told][best[row]]))
            held.setdefault(pair, []).append(number)
    order = {identity: n for n, identity in enumerate(dict.fromkeys(i for _, i in held))}
    places = {int(person): place for place, person in enumerate(people)}
    return [
        (places[person], frames, order[identity] % 19)
        for (person, identity), frames in held.items()
    ]
