"""Pictures of people for trackers that look at them."""

import numpy as np
from scenes import detections

from penstock.surface import Colorimetry, CpuSurface
from penstock.trackers import SurfaceCrops, TrackerFrame

SIZE = (640, 480)
WIDE, HIGH = 40, 90


def person(seed):
    """Clothes that nobody else wears, but for twins, 100 apart: `(90, 40, 3)`."""
    stripes = np.random.default_rng(seed % 100).integers(0, 255, (6, 2, 3), np.uint8)
    return np.kron(stripes, np.ones((15, 20, 1), np.uint8))


def box(left, top):
    return (left, top, left + WIDE, top + HIGH)


def scene(people, *, number, seen=None, detected=True, class_id=0):
    """A gray picture with people, `seed → (left, top)`, later ones in front.

    `seen` says whom the detector sees; all of them by default.
    """
    picture = np.random.default_rng(0).integers(110, 130, (SIZE[1], SIZE[0], 3), np.uint8)
    for seed, (left, top) in people.items():
        picture[top : top + HIGH, left : left + WIDE] = person(seed)
    boxes = [box(*people[seed]) for seed in (people if seen is None else seen)] if detected else []
    surface = CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
    rows = detections(*boxes, class_id=class_id)
    return TrackerFrame(rows, SIZE, number, detected, SurfaceCrops(surface))


def known(tracker, people, *, frames=8):
    """Show people who stand still until they have ids: seed → id."""
    for number in range(frames):
        answer = tracker.update(scene(people, number=number))
    return dict(zip(people, answer.track_id.tolist(), strict=True))


def meeting(tracker):
    """Two walk towards each other, unseen while close, and back: their ids before and after."""
    told = []
    for number, step in enumerate([*range(10), *range(8, -1, -1)]):
        people = {1: (160 + 8 * step, 200), 2: (320 - 8 * step, 204)}
        apart = people[2][0] - people[1][0]
        answer = tracker.update(scene(people, number=number, seen=None if apart > 44 else []))
        told.append(answer.track_id.tolist())
    return told[6], told[-1]
