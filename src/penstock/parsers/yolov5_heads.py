"""YOLOv5 and YOLOv7, straight from their convolutions."""

from __future__ import annotations

from penstock.parsers import yolov3, yolov4
from penstock.parsers.head import Fit, Head
from penstock.parsers.yolo_heads import YoloHeadsParser


class YoloV5HeadsParser(YoloHeadsParser):
    """Decode the three raw maps of YOLOv5; see `YoloHeadsParser`.

    s is 2, and sizes are `(2 f(width))² · anchor`.
    """

    NAME = "yolov5-heads"
    ANCHORS = yolov3.ANCHORS
    SCALES_XY = (2.0, 2.0, 2.0)
    NUMBERED = ()
    SQUARED_SIZES = True


class YoloV7HeadsParser(YoloV5HeadsParser):
    """Like `YoloV5HeadsParser`, with the anchors of YOLOv7."""

    NAME = "yolov7-heads"
    ANCHORS = yolov4.ANCHORS

    @classmethod
    def fit(cls, head: Head) -> Fit:
        """By the shapes alone; with a Darknet file it would be the same as `yolov5-heads`."""
        return min(Fit.SHAPE, super().fit(head))
