"""Boxes for trackers to follow."""

import numpy as np

from penstock.meta import Detections
from penstock.trackers import TrackerFrame

SIZE = (640, 480)
BOX = (100, 100, 150, 200)
FAR_BOX = (400, 300, 450, 400)


def detections(*boxes, confidence=0.9, class_id=0):
    """Columns of xyxy boxes; a number for all, or one for each."""
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(count, 4),
        np.broadcast_to(np.float32(confidence), count).copy(),
        np.broadcast_to(np.int32(class_id), count).copy(),
    )


def frame(*boxes, number=0, detected=True, **columns):
    return TrackerFrame(detections(*boxes, **columns), SIZE, number, detected)


def moved(box, *, dx=0, dy=0):
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


def run(tracker, *frames):
    """The answer to the last frame."""
    for one in frames:
        answer = tracker.update(one)
    return answer


def confirmed(tracker, *boxes, frames=8, **columns):
    """Show still boxes until they are reported; their ids."""
    answer = run(tracker, *[frame(*boxes, number=n, **columns) for n in range(frames)])
    assert (answer.track_id >= 0).all()
    return answer.track_id.tolist()
