"""A detector as scripts write it by hand: OpenCV, ONNX Runtime, supervision's NMS."""

from __future__ import annotations

import json
import os
from typing import Any

import cv2
import numpy as np
import onnxruntime
import supervision as sv

THRESHOLD, IOU, MOST = 0.25, 0.45, 300


class OnnxDetector:
    """YOLOv8's ONNX form; f32, ONNX Runtime's own defaults: a thread for every core.

    `SPINNING=0` in the environment lets these threads sleep while they wait.

    Args:
        model: The ONNX file; its input is a square.
    """

    def __init__(self, model: str) -> None:
        options = onnxruntime.SessionOptions()
        spinning = os.environ.get("SPINNING", "1")
        options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        node = self._session.get_inputs()[0]
        self._input, self._side = node.name, node.shape[2]

    def __call__(self, picture: np.ndarray) -> sv.Detections:
        """Find objects in a BGR picture `(H, W, 3)`; xyxy in its pixels."""
        tensor, factor, left, top = self._letterbox(picture)
        (output,) = self._session.run(None, {self._input: tensor})
        rows = output[0]
        scores = rows[4:]
        class_ids = scores.argmax(axis=0)
        confidences = scores[class_ids, np.arange(scores.shape[1])]
        kept = confidences > THRESHOLD
        cx, cy, width, height = rows[:4, kept]
        boxes = np.stack([cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2], axis=1)
        boxes = (boxes - [left, top, left, top]) / factor
        found = sv.Detections(
            xyxy=boxes, confidence=confidences[kept], class_id=class_ids[kept]
        ).with_nms(threshold=IOU)
        return found[np.argsort(-found.confidence)[:MOST]]

    def _letterbox(self, picture: np.ndarray) -> tuple[np.ndarray, float, int, int]:
        height, width = picture.shape[:2]
        factor = self._side / max(height, width)
        size = (round(width * factor), round(height * factor))
        left, top = (self._side - size[0]) // 2, (self._side - size[1]) // 2
        canvas = np.zeros((self._side, self._side, 3), np.uint8)
        canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size)
        return cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True), factor, left, top


def line(number: int, picture: np.ndarray, boxes: Any, scores: Any, classes: Any) -> str:
    """One frame as JSON, as `penstock detect --json` writes it, in fewer words.

    Args:
        number: The frame's.
        picture: `(H, W, 3)`; boxes are clipped at its edges.
        boxes: `(N, 4)` xyxy.
        scores: `(N,)`.
        classes: `(N,)`.
    """
    height, width = picture.shape[:2]
    objects = []
    for (x1, y1, x2, y2), score, class_id in zip(boxes, scores, classes, strict=True):
        left, top = max(0.0, float(x1)), max(0.0, float(y1))
        objects.append(
            {
                "class_id": int(class_id),
                "confidence": round(float(score), 4),
                "left": round(left, 2),
                "top": round(top, 2),
                "width": round(min(width, float(x2)) - left, 2),
                "height": round(min(height, float(y2)) - top, 2),
            }
        )
    return json.dumps({"frame_num": number, "objects": objects})
