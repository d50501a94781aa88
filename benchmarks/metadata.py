"""What looking at metadata costs, in microseconds: the best and the median of many rounds.

Usage: python benchmarks/metadata.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pyds
from penstock.gst import Gst, attach
from penstock.gst.probes import guard
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta

ROUNDS, CALLS = 200, 50


def batch_with(objects: int) -> BatchMeta:
    """One frame and so many objects."""
    batch = BatchMeta(max_frames=1)
    frame = batch.add(FrameMeta(0, size=(1920, 1080)))
    for n in range(objects):
        box = (20.0 * (n % 90), 10.0 * (n % 100), 40.0, 80.0)
        frame.add(ObjectMeta(box, class_id=2, label="person", confidence=0.9, track_id=n))
    return batch


def walk(_pad: Gst.Pad | None, buffer: Gst.Buffer) -> Gst.PadProbeReturn:
    """A probe as DeepStream's samples write it: count the objects, set their text."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    l_frame = batch_meta.frame_meta_list
    people = 0
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            people += obj_meta.class_id == 2
            obj_meta.text_params.display_text = "person"
            l_obj = l_obj.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def read(obj_meta: pyds.NvDsObjectMeta) -> tuple[Any, ...]:
    """Class, box, confidence and label of one object."""
    rect = obj_meta.rect_params
    box = (rect.left, rect.top, rect.width, rect.height)
    return obj_meta.class_id, box, obj_meta.confidence, obj_meta.obj_label


def measured(call: Callable[[], object]) -> dict[str, float]:
    """Microseconds of one call."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times.append((time.perf_counter() - start) / CALLS * 1e6)
    return {"best_us": round(min(times), 3), "median_us": round(median(times), 3)}


def main() -> None:
    """Measure, print a table, write JSON if asked."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--json", type=Path, help="write the figures")
    chosen = arguments.parse_args()
    buffer, ten = Gst.Buffer.new(), batch_with(10)
    attach(buffer, ten)
    obj = pyds.NvDsObjectMeta.cast(ten.frames[0].objects[0])
    crowd = batch_with(1000).frames[0]
    probe = guard(walk)
    figures = {
        "guarded probe, 10 objects, text set": measured(lambda: probe(None, buffer)),
        "class, box, confidence, label through pyds": measured(lambda: read(obj)),
        "columns of 1,000 objects": measured(lambda: crowd.detections),
        "copy of a batch of 25 objects": measured(batch_with(25).copy),
    }
    for name, figure in figures.items():
        print(f"{name:45} best {figure['best_us']:8.2f} us, median {figure['median_us']:8.2f} us")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
