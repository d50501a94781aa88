"""YOLOv3, straight from its convolutions."""

from __future__ import annotations

from penstock.parsers.yolo_heads import YoloHeadsParser

# Of COCO, as published.
ANCHORS = (
    *((10, 13), (16, 30), (33, 23)),
    *((30, 61), (62, 45), (59, 119)),
    *((116, 90), (156, 198), (373, 326)),
)
_TINY = ((10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319))


class YoloV3Parser(YoloHeadsParser):
    """Decode the three raw maps of YOLOv3; see `YoloHeadsParser`."""

    NAME = "yolov3"
    ANCHORS = ANCHORS
    SCALES_XY = (1.0, 1.0, 1.0)
    NUMBERED = (82, 94, 106)


class YoloV3TinyParser(YoloHeadsParser):
    """Decode the two raw maps of YOLOv3-tiny; see `YoloHeadsParser`."""

    NAME = "yolov3-tiny"
    ANCHORS = _TINY
    SCALES_XY = (1.0, 1.0)
    NUMBERED = (16, 23)
