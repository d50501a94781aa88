"""YOLOv8-seg and its kin: boxes, and a mask for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.parsers.base import Outputs, ParseContext, unreadable
from penstock.parsers.head import Head
from penstock.parsers.masks import PrototypeMasks
from penstock.parsers.yolov8 import YoloV8Parser, prototypes


class YoloV8SegmentParser(YoloV8Parser):
    """Like `YoloV8Parser`, and behind the classes the weights of M prototype masks.

    A second layer `(M, h, w)` has the prototypes.
    """

    NAME = "yolov8-seg"
    PURPOSE = "segment"
    LAYERS = "one layer (4 + C + M, N) or (N, 4 + C + M) and prototypes (M, h, w)"

    def __init__(self, head: Head) -> None:
        name = prototypes(head)
        if name is None:
            raise unreadable(self.NAME, self.LAYERS, head)
        super().__init__(head)
        self._prototypes = name

    @classmethod
    def _belongs(cls, head: Head) -> bool:
        return prototypes(head) is not None

    @classmethod
    def _extra_channels(cls, head: Head) -> int:
        name = prototypes(head)
        return int(head.layers[name][0] or 0) if name else 0

    def _extras(
        self, channels: NDArray[np.float32], outputs: Outputs, context: ParseContext
    ) -> dict[str, Any]:
        pictures = np.asarray(outputs[self._prototypes], np.float32)
        return {"masks": PrototypeMasks(channels, pictures, context.size)}
