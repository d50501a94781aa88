"""What is known about a batch, its frames and the objects in them.

`BatchMeta` → `FrameMeta` → `ObjectMeta` → `ClassifierMeta` → `LabelInfo`; each of the first three
carries `UserMeta`, a frame carries `DisplayMeta` (what the OSD draws beside the objects).
Everything stays valid as long as somebody holds it; references upwards are weak.
"""

from penstock.meta.batch import BatchMeta, Surfaces, Token
from penstock.meta.detections import UNTRACKED, Detections
from penstock.meta.frame import FrameMeta
from penstock.meta.objects import ClassifierMeta, LabelInfo, Mask, ObjectMeta
from penstock.meta.overlay import (
    MAX_DISPLAY_ELEMENTS,
    Arrow,
    ArrowHead,
    Circle,
    Color,
    DisplayMeta,
    Line,
    Rect,
    Text,
)
from penstock.meta.user import UserMeta

__all__ = [
    "MAX_DISPLAY_ELEMENTS",
    "UNTRACKED",
    "Arrow",
    "ArrowHead",
    "BatchMeta",
    "Circle",
    "ClassifierMeta",
    "Color",
    "Detections",
    "DisplayMeta",
    "FrameMeta",
    "LabelInfo",
    "Line",
    "Mask",
    "ObjectMeta",
    "Rect",
    "Surfaces",
    "Text",
    "Token",
    "UserMeta",
]
