"""YOLOv8-pose and its kin: boxes, and the joints of a body in each."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Outputs, ParseContext
from penstock.parsers.head import Fit, Head
from penstock.parsers.yolov8 import TASK, YoloV8Parser

_KEYPOINTS = "kpt_shape"
_BODY = (17, 3)


class YoloV8PoseParser(YoloV8Parser):
    """Like `YoloV8Parser`, and behind the classes x, y and score of each of K keypoints.

    K is 17, the joints of a body, unless the metadata property `kpt_shape` says otherwise.
    """

    NAME = "yolov8-pose"
    PURPOSE = "pose"
    LAYERS = "one layer (4 + C + 3 K, N) or (N, 4 + C + 3 K) for K keypoints"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._keypoints, self._numbers = _keypoints(head)

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """Like a detector; without metadata only bodies of one class are recognised."""
        known = super().fit(head)
        return known if TASK in head.metadata or head.num_classes == 1 else Fit.NO

    @classmethod
    def _extra_channels(cls, head: Head) -> int:
        count, numbers = _keypoints(head)
        return count * numbers

    def _extras(
        self, channels: NDArray[np.float32], outputs: Outputs, context: ParseContext
    ) -> dict[str, Any]:
        points = channels.reshape(len(channels), self._keypoints, self._numbers)
        if self._numbers == 2:
            points = np.concatenate([points, np.ones_like(points[..., :1])], axis=2)
        return {"keypoints": points}


def _keypoints(head: Head) -> tuple[int, int]:
    """How many keypoints there are, and the numbers of each: x, y and perhaps a score."""
    try:
        count, numbers = ast.literal_eval(head.metadata[_KEYPOINTS])
    except (KeyError, ValueError, SyntaxError, TypeError):
        return _BODY
    valid = isinstance(count, int) and count > 0 and numbers in (2, 3)
    return (count, numbers) if valid else _BODY
