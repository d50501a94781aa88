"""YOLOv4, straight from its convolutions."""

from __future__ import annotations

from penstock.parsers.yolo_heads import YoloHeadsParser

# Of COCO, as published.
ANCHORS = (
    *((12, 16), (19, 36), (40, 28)),
    *((36, 75), (76, 55), (72, 146)),
    *((142, 110), (192, 243), (459, 401)),
)
# The published file of YOLOv4-tiny gives its finer grid the second to fourth anchor.
_TINY = ((23, 27), (37, 58), (81, 82), (81, 82), (135, 169), (344, 319))


class YoloV4Parser(YoloHeadsParser):
    """Decode the three raw maps of YOLOv4; see `YoloHeadsParser`.

    Centres may leave their cells a little (Bochkovskiy et al. 2020, arXiv:2004.10934).
    """

    NAME = "yolov4"
    ANCHORS = ANCHORS
    SCALES_XY = (1.2, 1.1, 1.05)
    NUMBERED = (139, 150, 161)


class YoloV4TinyParser(YoloHeadsParser):
    """Decode the two raw maps of YOLOv4-tiny; see `YoloHeadsParser`."""

    NAME = "yolov4-tiny"
    ANCHORS = _TINY
    SCALES_XY = (1.05, 1.05)
    NUMBERED = (30, 37)
