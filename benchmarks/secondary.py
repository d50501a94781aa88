"""What classifying objects costs beside the classifier: CPU milliseconds a frame.

Usage: python benchmarks/secondary.py [--objects 25] [--rounds 60] [--json FILE]

Each round measures a frame with objects, then the network alone on the same inputs in runs of the
same size: neighbours on the machine disturb both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from penstock import kit
from penstock.config import InferConfig
from penstock.inference import Task, open_task
from penstock.meta import UNTRACKED, BatchMeta, FrameMeta, ObjectMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

MODELS = ("gender", "age", "vehicle-type")
SIZE = (1920, 1080)
BOX = (90.0, 120.0)


def picture() -> CpuSurface:
    """Noise in I420, as a decoder gives it."""
    random, (width, height) = np.random.default_rng(1), SIZE
    shapes = (height, width), (height // 2, width // 2), (height // 2, width // 2)
    planes = tuple(random.integers(16, 235, shape, np.uint8) for shape in shapes)
    return CpuSurface.from_planes(planes, "I420", colorimetry=Colorimetry("bt709"))


def frame_with(objects: int, surface: CpuSurface, *, number: int, tracked: bool) -> BatchMeta:
    """A batch of one frame with so many objects, all over the picture."""
    frame = FrameMeta(0, frame_num=number, size=SIZE)
    for n in range(objects):
        left = 37.0 * n % (SIZE[0] - BOX[0])
        top = 211.0 * n % (SIZE[1] - BOX[1])
        track_id = n if tracked else UNTRACKED
        frame.add(ObjectMeta((left, top, *BOX), label="car", track_id=track_id))
    return BatchMeta([frame], surfaces=Surfaces([surface]))


def took(call: Callable[[], object], *, clock: Callable[[], float] = time.process_time) -> float:
    """CPU milliseconds of one call, of all threads unless `clock` counts one."""
    start = clock()
    call()
    return (clock() - start) * 1e3


def network_alone(task: Task, objects: int) -> None:
    """As many runs of as many pictures as the task makes."""
    network, batch = task.network._network, task.network.batch_size
    for start in range(0, objects, batch):
        network.run(min(batch, objects - start))


def measured(model: str, *, objects: int, rounds: int) -> dict[str, float]:
    """The figures of one model, medians."""
    changes = {"operate_on_gie_id": -1, "operate_on_class_ids": None, "network_mode": 0}
    config = InferConfig.read(kit.config_of(model)).replace(**changes)
    task, surface = open_task(config), picture()
    frame = partial(frame_with, objects, surface)
    times: dict[str, list[float]] = {name: [] for name in ("network", "beside", "known", "none")}
    for number in range(rounds):
        new, known = (frame(number=number, tracked=tracked) for tracked in (False, True))
        whole = took(partial(task.process, new))
        alone = took(partial(network_alone, task, objects))
        times["network"].append(alone)
        times["beside"].append(whole - alone)
        times["known"].append(took(partial(task.process, known)))
        none = frame_with(0, surface, number=number, tracked=False)
        times["none"].append(took(partial(task.process, none)))
    task.close()
    return {name: round(median(values[rounds // 4 :]), 4) for name, values in times.items()}


def main() -> None:
    """Measure, print a table, write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    figures = {}
    print(f"{arguments.objects} objects, CPU-ms    network  beside it  all known  no object  async")
    for model in MODELS:
        found = measured(model, objects=arguments.objects, rounds=arguments.rounds)
        figures[model] = found
        print(
            f"{model:20} {found['network']:8.2f} {found['beside']:9.2f} {found['known']:10.3f} "
            f"{found['none']:10.4f}"
        )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
