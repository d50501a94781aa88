"""The classes of PASCAL VOC.

Everingham et al., "The PASCAL Visual Object Classes Challenge" (2010): 20 kinds of objects, and the
background in front.
"""

from __future__ import annotations

__all__ = ["CLASSES"]

CLASSES: tuple[str, ...] = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat"),
    *("chair", "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant"),
    *("sheep", "sofa", "train", "tvmonitor"),
)
"""Class 0 to 20 → its name, as the default detector's label file spells it."""
