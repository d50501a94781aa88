"""How long trackers take, in milliseconds a frame, on one core, metadata in and out included.

    taskset -c 0 python benchmarks/tracking.py [--objects 25] [--frames 1000] [--json FILE]

Objects walk on smooth paths and are all found in every frame. What is timed is what nvtracker does
with a batch of one frame: objects into columns, the tracker, ids, boxes and texts back into the
objects, lists onto the batch. Trackers that look at pixels are given noise of 1920x1080.
"""

import argparse
import gc
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.config import TrackerConfig
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface, Surface
from penstock.trackers import TRACKERS, BatchTracker, SubBatches, TrackIds

SIZE = (1920, 1080)
WARM_UP = 50


def paths(objects: int, frames: int, *, seed: int = 1) -> NDArray[np.float64]:
    """Boxes of all objects in all frames, `(frames, objects, 4)` ltwh, frame pixels."""
    random = np.random.default_rng(seed)
    start = random.uniform((60, 100), (SIZE[0] - 60, SIZE[1] - 100), (objects, 2))
    speed = random.normal(0, 2, (objects, 2))
    size = random.uniform((30, 80), (60, 160), (objects, 2))
    limit = np.array(SIZE) - 200
    way = start + speed * np.arange(frames)[:, None, None]
    folded = limit - np.abs(way % (2 * limit) - limit)  # back and forth between the edges
    corners = folded + random.normal(0, 1, folded.shape)
    return np.concatenate([corners, np.broadcast_to(size, corners.shape)], axis=2)


def batch_of(number: int, boxes: NDArray[np.float64], surface: Surface) -> BatchMeta:
    """A batch of one frame, as nvinfer leaves it."""
    frame = FrameMeta(0, frame_num=number, size=SIZE)
    frame.infer_done = True
    for box in boxes.tolist():
        obj = ObjectMeta(tuple(box), label="person", confidence=0.9, component_id=1)
        obj.text.text = "person"
        frame.add(obj)
    return BatchMeta([frame], surfaces=Surfaces([surface]))


def milliseconds(name: str, boxes: NDArray[np.float64], surface: Surface) -> dict[str, float]:
    """Processor time and wall-clock times of one batch."""
    tracker = BatchTracker(
        TRACKERS, [TrackerConfig.of(name)], sub_batches=SubBatches(""), ids=TrackIds()
    )
    batches = [batch_of(number, one, surface) for number, one in enumerate(boxes)]
    gc.collect()
    times = np.empty((len(batches), 2))
    for number, batch in enumerate(batches):
        began = time.perf_counter_ns(), time.thread_time_ns()
        tracker.track(batch)
        times[number] = time.perf_counter_ns() - began[0], time.thread_time_ns() - began[1]
    wall, processor = times[WARM_UP:].T / 1e6
    tracked = np.mean([len({o.track_id for o in b.frames[0].objects}) for b in batches[WARM_UP:]])
    return {
        "processor_ms": round(float(processor.mean()), 4),
        "median_ms": round(float(np.median(wall)), 4),
        "p99_ms": round(float(np.percentile(wall, 99)), 4),
        "objects": round(float(tracked), 1),
    }


def main() -> None:
    """Print one line a tracker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=25)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--trackers", nargs="*", default=list(TRACKERS))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    boxes = paths(arguments.objects, arguments.frames)
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1] * 3 // 2, SIZE[0]), np.uint8)
    planes = (noise[: SIZE[1]], noise[SIZE[1] :].reshape(SIZE[1] // 2, SIZE[0] // 2, 2))
    found = {}
    for name in arguments.trackers:
        surface = CpuSurface.from_planes(planes, "NV12", colorimetry=Colorimetry())
        found[name] = milliseconds(name, boxes, surface)
        print(f"{name:12}", *(f"{key} {value:.3f}" for key, value in found[name].items()))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
