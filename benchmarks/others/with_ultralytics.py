"""Ultralytics and ONNX Runtime. Usage: with_ultralytics.py VIDEO MODEL FRAMES.

Its bars beside the picture are gray by default; black ones, as everybody else's here, give the
network the same picture, so that results can be compared.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import islice
from typing import Any

os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false")

from ultralytics import YOLO
from ultralytics.data.augment import LetterBox
from ultralytics.models.yolo.detect import DetectionPredictor


class BlackBars(DetectionPredictor):
    """The predictor as it is, but for the colour of the bars."""

    def pre_transform(self, im: list[Any]) -> list[Any]:
        """Fit pictures into the network's size."""
        fit = LetterBox(self.imgsz, auto=False, stride=self.model.stride, padding_value=0)
        return [fit(image=picture) for picture in im]


def main() -> None:
    """Find objects, frame by frame."""
    video, model, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
    results = YOLO(model, task="detect").predict(
        source=video,
        predictor=BlackBars,
        stream=True,
        conf=0.25,
        iou=0.45,
        device="cpu",
        verbose=False,
    )
    for number, result in enumerate(islice(results, frames)):
        rows = result.boxes.data.numpy().round(4).tolist()
        objects = [
            {
                "class_id": int(class_id),
                "confidence": confidence,
                "left": x1,
                "top": y1,
                "width": round(x2 - x1, 2),
                "height": round(y2 - y1, 2),
            }
            for x1, y1, x2, y2, confidence, class_id in rows
        ]
        print(json.dumps({"frame_num": number, "objects": objects}), flush=True)


if __name__ == "__main__":
    main()
