"""Objects that walk as told, and what the rules say about them."""

import numpy as np

from penstock.analytics import Analyser, Plan
from penstock.meta import UNTRACKED, Detections

SIZE = (1000, 1000)
SECOND_NS = 1_000_000_000
FRAME_NS = SECOND_NS // 10
HEIGHT = 100.0


def analyser(folder, groups, *, properties="", size=SIZE, earlier=None):
    """An analyser of source 0 whose file holds `groups`, in frame pixels."""
    path = folder / "walks.txt"
    head = f"[property]\nconfig-width={SIZE[0]}\nconfig-height={SIZE[1]}\n{properties}\n"
    path.write_text(head + groups)
    return Analyser(Plan.read(path), 0, size=size, earlier=earlier)


def frame(objects, *, height=HEIGHT, classes=None):
    """Detections of `{track id: (x, y) where it stands}`; ids below 0 are untracked."""
    ids = np.array([track_id if track_id >= 0 else UNTRACKED for track_id in objects], np.int64)
    feet = np.array([*objects.values()], np.float32).reshape(-1, 2)
    boxes = np.tile(feet, 2) + np.array((-20, -height, 20, 0), np.float32)
    kinds = np.array(classes or [0] * len(ids), np.int32)
    return Detections(boxes, np.ones(len(ids), np.float32), kinds, ids)


def walk(of, frames, *, start=0, height=HEIGHT, step_ns=FRAME_NS):
    """The findings of each frame: a list of `{track id: (x, y)}`."""
    return [
        of.step(frame(objects, height=height), time_ns=(start + n) * step_ns, frame_num=start + n)
        for n, objects in enumerate(frames)
    ]


def paths(*paths):
    """The frames of objects 0, 1, … that walk along lists of points; `None`: not seen."""
    longest = max(map(len, paths))
    return [
        {n: path[at] for n, path in enumerate(paths) if at < len(path) and path[at] is not None}
        for at in range(longest)
    ]


def straight(start, end, steps):
    """Points from one to another."""
    return [tuple(point) for point in np.linspace(start, end, steps)]


def events(findings, kind):
    """`(frame, label, row)` of every event of a kind."""
    return [
        (n, event.label, *event.rows)
        for n, found in enumerate(findings)
        for event in found.events
        if event.kind == kind
    ]
