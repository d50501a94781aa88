"""supervision and ONNX Runtime. Usage: with_supervision.py VIDEO MODEL FRAMES."""

from __future__ import annotations

import sys
from itertools import islice

import supervision as sv
from onnx_detector import OnnxDetector, line


def main() -> None:
    """Find objects, frame by frame."""
    video, model, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
    detect = OnnxDetector(model)
    pictures = islice(sv.get_video_frames_generator(video), frames)
    for number, picture in enumerate(pictures):
        found = detect(picture)
        print(line(number, picture, found.xyxy, found.confidence, found.class_id), flush=True)


if __name__ == "__main__":
    main()
