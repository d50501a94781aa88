"""Whatever a detector says, trackers that look at objects neither fail nor keep what has ended."""

import weakref

import numpy as np
import pytest
from looks import SIZE, scene

from penstock.config import TrackerConfig
from penstock.meta import Detections
from penstock.trackers import TRACKERS, TrackerFrame

CROWD = np.tile([[100.0, 100, 140, 200]], (500, 1))
ODD = {
    "nothing": np.empty((0, 4)),
    "not a number": np.array([[np.nan, 0, 10, 10], [50, 50, 90, 150]]),
    "endless": np.array([[1e30, 1e30, 3e38, 3e38], [-1e6, -1e6, 1e6, 1e6]]),
    "tiny": np.array([[100, 100, 100.001, 100.001]]),
    "inside out": np.array([[100, 100, 50, 50]]),
    "far outside": np.array([[5000, 5000, 5040, 5100]]),
    "crowd": CROWD + np.random.default_rng(0).normal(0, 0.5, CROWD.shape),
}


def odd_frame(boxes, *, number, crops):
    count = len(boxes)
    rows = Detections(
        boxes.astype(np.float32), np.full(count, 0.9, np.float32), np.zeros(count, np.int32)
    )
    return TrackerFrame(rows, SIZE, number, detected=number % 4 != 3, crops=crops)


@pytest.mark.parametrize("name", ["NvDCF", "NvDeepSORT"])
def test_no_pixels_are_kept(name):
    tracker = TRACKERS.load(name)()
    for number in range(6):
        frame = scene({1: (200, 200)}, number=number, seen=[1] if number < 4 else [])
        pixels = weakref.ref(frame.crops)
        tracker.update(frame)
        del frame
        assert pixels() is None


@pytest.mark.parametrize("name", ["NvDCF", "NvDeepSORT"])
@pytest.mark.parametrize("kind", ODD)
def test_odd_boxes_are_survived_and_forgotten(name, kind):
    config = TrackerConfig.of(name).replace(reid={"outputs_vectors": True})
    tracker = TRACKERS.load(name)(config)
    usual = scene({1: (200, 200)}, number=0)
    for number in range(12):
        shown = ODD[kind] if number % 2 else usual.detections.boxes
        answer = tracker.update(odd_frame(shown, number=number, crops=usual.crops))
        assert len(answer.track_id) == len(shown)
        assert np.isfinite(answer.boxes[answer.track_id >= 0]).all()
        assert len(tracker.targets) <= config.targets.max_targets
    for number in range(12, 200):
        tracker.update(odd_frame(np.empty((0, 4)), number=number, crops=usual.crops))
    assert len(tracker.targets) == 0
    kept = tracker._filters if name == "NvDCF" else tracker._looks._galleries.known
    assert len(kept) == 0
