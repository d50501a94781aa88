"""What optical flow costs and how exact it is: one row for each preset of `nvof`.

python benchmarks/optical_flow.py VIDEO...

Cost is processor time of all threads, from frame to frame of the first video, at its size. The
error is that of the median vector of the first frame of each video, shifted by known steps.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.flow import PRESETS, UNITS_PER_PX, DenseFlow, SourceFlows

SHIFTS = [
    (3, 0), (-5, 2), (0, -4), (0.5, 0.25), (12.25, -7.5), (-0.75, 1.5), (0, 0), (0.25, 0.25),
    (0.1, 0),
]  # fmt: skip
FRAMES = 30

Gray = NDArray[np.uint8]


def gray_frames(video: Path, count: int) -> list[Gray]:
    """The first frames of a video."""
    capture = cv2.VideoCapture(str(video))
    read = itertools.takewhile(lambda found: found[0], iter(capture.read, None))
    return [cv2.cvtColor(f, cv2.COLOR_BGR2GRAY) for _, f in itertools.islice(read, count)]


def cpu_ms(preset: str, frames: list[Gray]) -> float:
    """Processor time of one frame, milliseconds."""
    flows = SourceFlows(preset)
    flows.motion(0, frames[0])
    begun_s = time.process_time()
    for frame in frames[1:]:
        flows.motion(0, frame)
    return (time.process_time() - begun_s) / (len(frames) - 1) * 1e3


def errors_px(preset: str, pictures: list[Gray]) -> list[float]:
    """The error of the median vector, pixels, of every picture and shift."""
    flow, errors = DenseFlow(preset), []
    for picture, (dx, dy) in itertools.product(pictures, SHIFTS):
        matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        size = picture.shape[::-1]
        moved = cv2.warpAffine(
            picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        off = np.abs(flow.motion(picture, moved) / UNITS_PER_PX - (dx, dy)).reshape(-1, 2)
        errors.append(float(np.median(off, axis=0).max()))
    return errors


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What optical flow costs, and how exact it is.")
    parser.add_argument("video", nargs="+", type=Path)
    videos = parser.parse_args().video
    frames = gray_frames(videos[0], FRAMES)
    pictures = [gray_frames(video, 1)[0] for video in videos]
    height, width = frames[0].shape
    print(f"| preset-level | typical error | worst | {width}x{height}, CPU-ms |")
    print("| --- | --- | --- | --- |")
    for preset in PRESETS:
        errors = errors_px(preset, pictures)
        cost = cpu_ms(preset, frames)
        print(f"| `{preset}` | {np.mean(errors):.2f} px | {max(errors):.2f} px | {cost:.0f} |")


if __name__ == "__main__":
    main()
