"""Runs the trackers of the PyPI package `trackers` over a file of detections.

    python benchmarks/others/pypi_trackers.py NAME DETECTIONS LAST_FRAME OUT

All settings are the defaults; lost tracks are kept for 30 frames. Needs only that package: it has
dependencies that disagree with Penstock's, so it gets a virtual environment of its own. Writes
OUT in MOT format and prints the milliseconds a frame.
"""

import sys
import time

import numpy as np
import supervision as sv

import trackers

CLASSES = {"SORT": "SORTTracker", "ByteTrack": "ByteTrackTracker", "OC-SORT": "OCSORTTracker"}


def main(name: str, detections: str, last_frame: str, out: str) -> None:
    """Track, and write who was where."""
    table = np.loadtxt(detections, delimiter=",", ndmin=2)
    tracker = getattr(trackers, CLASSES[name])()
    seconds, lines = 0.0, []
    for number in range(1, int(last_frame) + 1):
        rows = table[table[:, 0] == number]
        boxes = rows[:, 2:6].astype(np.float32)
        boxes[:, 2:] += boxes[:, :2]
        seen = sv.Detections(
            boxes, confidence=rows[:, 6].astype(np.float32), class_id=np.zeros(len(rows), int)
        )
        started = time.perf_counter()
        seen = tracker.update(seen)
        seconds += time.perf_counter() - started
        for (x1, y1, x2, y2), identity in zip(seen.xyxy, seen.tracker_id, strict=True):
            if identity >= 0:
                box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
                lines.append(f"{number},{identity},{box},1,-1,-1,-1\n")
    with open(out, "w") as file:
        file.writelines(lines)
    print(1000 * seconds / int(last_frame))


if __name__ == "__main__":
    main(*sys.argv[1:])
