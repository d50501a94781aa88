"""The 80 classes of COCO, and their places among the 90 numbers that its files use.

Lin et al., "Microsoft COCO: Common Objects in Context" (2014, arXiv:1405.0312). Ten of the
categories 1 to 90 were never labelled; networks trained on the files have outputs for them.
"""

from __future__ import annotations

__all__ = ["COLUMNS_OF_90", "LABELS"]

_NEVER_LABELLED = frozenset((12, 26, 29, 30, 45, 66, 68, 69, 71, 83))

COLUMNS_OF_90: tuple[int, ...] = tuple(
    number - 1 for number in range(1, 91) if number not in _NEVER_LABELLED
)
"""Class 0 to 79 → its column among 90, the first of which is category 1."""

# As the default detector's label file spells them, so that one detector can stand in for another.
LABELS: tuple[str, ...] = (
    *("person", "bicycle", "car", "motorbike", "aeroplane", "bus", "train", "truck", "boat"),
    *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat"),
    *("dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack"),
    *("umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball"),
    *("kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket"),
    *("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple"),
    *("sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair"),
    *("sofa", "pottedplant", "bed", "diningtable", "toilet", "tvmonitor", "laptop", "mouse"),
    *("remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink"),
    *("refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier"),
    "toothbrush",
)
"""Class 0 to 79 → its name."""
