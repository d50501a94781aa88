"""What is known about a batch, its frames and the objects in them.

`BatchMeta` → `FrameMeta` → `ObjectMeta` → `ClassifierMeta` → `LabelInfo`; each of the first three
carries `UserMeta`, a frame carries `DisplayMeta` (what the OSD draws beside the objects).
Everything stays valid as long as somebody holds it; references upwards are weak.

What `UserMeta` carries when Penstock's own elements attach it: `TensorMeta`, `SegmentationMeta`,
`TargetsMeta`, `ReidVector`, `ObjectAnalytics`, `FrameAnalytics`, `OpticalFlowMeta`,
`EventMessage`, `Payload`, `EncodedImage`, `CustomMessage`, `PreprocessMeta`. Each has its
`meta_type` as `META_TYPE` (`TargetsMeta` has three), and a `copy` to be the attachment's
`copy_data`.
"""

from penstock.meta.analytics import FrameAnalytics, ObjectAnalytics
from penstock.meta.batch import BatchMeta, Surfaces, Token
from penstock.meta.detections import UNTRACKED, Detections
from penstock.meta.event_parts import (
    CustomMessage,
    EventExtras,
    Joint,
    Pose,
    Product,
    Standing,
)
from penstock.meta.events import (
    EventMessage,
    Face,
    Payload,
    Person,
    Signature,
    Vehicle,
)
from penstock.meta.flow import OpticalFlowMeta
from penstock.meta.frame import FrameMeta
from penstock.meta.images import EncodedImage
from penstock.meta.objects import (
    KEYPOINTS,
    Classification,
    ClassifierMeta,
    LabelInfo,
    Mask,
    ObjectMeta,
)
from penstock.meta.overlay import (
    MAX_DISPLAY_ELEMENTS,
    Arrow,
    ArrowHead,
    Circle,
    Color,
    DisplayMeta,
    Line,
    Polygon,
    Rect,
    Text,
)
from penstock.meta.preprocess import PreprocessMeta, RegionMeta
from penstock.meta.segmentation import NO_CLASS, SegmentationMeta
from penstock.meta.sensors import SensorInfo
from penstock.meta.tensors import NetworkInfo, TensorLayer, TensorMeta
from penstock.meta.tracking import ReidVector, SourceTargets, Target, TargetsMeta, TrackedBox
from penstock.meta.user import Attachments, OfMeta, UserMeta

__all__ = [
    "KEYPOINTS",
    "MAX_DISPLAY_ELEMENTS",
    "NO_CLASS",
    "UNTRACKED",
    "Arrow",
    "ArrowHead",
    "Attachments",
    "BatchMeta",
    "Circle",
    "Classification",
    "ClassifierMeta",
    "Color",
    "CustomMessage",
    "Detections",
    "DisplayMeta",
    "EncodedImage",
    "EventExtras",
    "EventMessage",
    "Face",
    "FrameAnalytics",
    "FrameMeta",
    "Joint",
    "LabelInfo",
    "Line",
    "Mask",
    "NetworkInfo",
    "ObjectAnalytics",
    "ObjectMeta",
    "OfMeta",
    "OpticalFlowMeta",
    "Payload",
    "Person",
    "Polygon",
    "Pose",
    "PreprocessMeta",
    "Product",
    "Rect",
    "RegionMeta",
    "ReidVector",
    "SegmentationMeta",
    "SensorInfo",
    "Signature",
    "SourceTargets",
    "Standing",
    "Surfaces",
    "Target",
    "TargetsMeta",
    "TensorLayer",
    "TensorMeta",
    "Text",
    "Token",
    "TrackedBox",
    "UserMeta",
    "Vehicle",
]
