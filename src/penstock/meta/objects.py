"""One detected object and what classifiers say about it."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.meta.detections import UNTRACKED
from penstock.meta.overlay import MISC_FIELDS, Rect, Text
from penstock.meta.referable import Referable
from penstock.meta.user import Attachments

if TYPE_CHECKING:
    from penstock.meta.frame import FrameMeta

Box = tuple[float, float, float, float]
NO_BOX: Box = (0.0, 0.0, 0.0, 0.0)
KEYPOINTS = "penstock.keypoints"
"""`meta_type` of the attachment with an object's keypoints: `(K, 3)` x, y, score, frame pixels."""


@dataclass(slots=True, eq=False)
class LabelInfo(Referable):
    """One answer of a classifier.

    Attributes:
        label: The class's name.
        class_id: The class's index.
        label_id: Which of the classifier's outputs answered, counted from 0.
        confidence: In [0, 1].
        num_classes: Number of classes that output can give.
    """

    label: str = ""
    class_id: int = 0
    label_id: int = 0
    confidence: float = 0.0
    num_classes: int = 0

    def copy(self) -> LabelInfo:
        """An independent copy."""
        return LabelInfo(
            self.label, self.class_id, self.label_id, self.confidence, self.num_classes
        )


@dataclass(slots=True, eq=False)
class ClassifierMeta(Referable):
    """What one classifier says about an object.

    Attributes:
        component_id: `gie-unique-id` of the element that ran it.
        labels: One entry for each output of the network.
        classifier_type: The configuration's `classifier-type`.
    """

    component_id: int = 0
    labels: list[LabelInfo] = field(default_factory=list)
    classifier_type: str = ""

    def copy(self) -> ClassifierMeta:
        """A deep copy."""
        return ClassifierMeta(
            self.component_id, [label.copy() for label in self.labels], self.classifier_type
        )


class Classification(NamedTuple):
    """One answer of a classifier, for reading.

    Attributes:
        label: The class's name.
        confidence: In [0, 1].
        class_id: The class's index.
        component_id: `gie-unique-id` of the classifier.
    """

    label: str
    confidence: float
    class_id: int
    component_id: int


@dataclass(slots=True, eq=False)
class Mask(Referable):
    """An instance mask.

    Attributes:
        data: `(h, w)` float32, mask scores over the object's box.
        threshold: A pixel belongs to the object where its score is higher.
    """

    data: NDArray[np.float32]
    threshold: float = 0.5

    def copy(self) -> Mask:
        """An independent copy."""
        return Mask(self.data.copy(), self.threshold)

    def __repr__(self) -> str:
        height, width = self.data.shape
        return f"<Mask {width}x{height}, threshold {self.threshold:.2f}>"


class ObjectMeta:
    """One object in one frame.

    Attributes:
        component_id: `gie-unique-id` of the element that found it.
        class_id: Index into that network's labels; -1 where unknown.
        label: The class's name.
        confidence: Detector confidence in [0, 1].
        track_id: The tracker's id, `UNTRACKED` where there is none.
        tracker_confidence: In [0, 1].
        rect: The box in frame pixels and its drawing style.
        text: What the OSD writes beside it.
        detector_box: The detector's own box, ltwh, frame pixels; trackers leave it alone.
        tracker_box: The tracker's box, ltwh, frame pixels.
        mask: Instance mask, where a network gives one.
        classifiers: Answers of secondary networks.
        user: Attachments.
        parent: The object this one was found in, if any.
    """

    __slots__ = (
        "__weakref__",
        "_frame",
        "_misc",
        "class_id",
        "classifiers",
        "component_id",
        "confidence",
        "detector_box",
        "label",
        "mask",
        "parent",
        "rect",
        "text",
        "track_id",
        "tracker_box",
        "tracker_confidence",
        "user",
    )

    def __init__(
        self,
        ltwh: Box = NO_BOX,
        *,
        class_id: int = 0,
        label: str = "",
        confidence: float = 0.0,
        track_id: int = UNTRACKED,
        component_id: int = 0,
    ) -> None:
        self.component_id = component_id
        self.class_id = class_id
        self.label = label
        self.confidence = confidence
        self.track_id = track_id
        self.tracker_confidence = 0.0
        self.rect = Rect(*ltwh)
        self.text = Text()
        self.detector_box = ltwh
        self.tracker_box = NO_BOX
        self.mask: Mask | None = None
        self.classifiers: list[ClassifierMeta] = []
        self.user = Attachments()
        self.parent: ObjectMeta | None = None
        self._misc: NDArray[np.int64] | None = None
        self._frame: weakref.ref[FrameMeta] | None = None

    @property
    def ltwh(self) -> Box:
        """The current box: `left, top, width, height`, frame pixels."""
        return self.rect.ltwh

    @property
    def classifications(self) -> list[Classification]:
        """What all classifiers say, one after the other: a snapshot of `classifiers`."""
        return [
            Classification(info.label, info.confidence, info.class_id, answer.component_id)
            for answer in self.classifiers
            for info in answer.labels
        ]

    @property
    def frame(self) -> FrameMeta | None:
        """The frame it was added to, as long as that is alive."""
        return self._frame() if self._frame else None

    @property
    def misc(self) -> NDArray[np.int64]:
        """Four integers for the application's own use, `(4,)` int64."""
        if self._misc is None:
            self._misc = np.zeros(MISC_FIELDS, np.int64)
        return self._misc

    def copy(self) -> ObjectMeta:
        """A deep copy without a frame; `parent` still names the original's."""
        twin = ObjectMeta.__new__(ObjectMeta)
        twin.component_id = self.component_id
        twin.class_id = self.class_id
        twin.label = self.label
        twin.confidence = self.confidence
        twin.track_id = self.track_id
        twin.tracker_confidence = self.tracker_confidence
        twin.rect = self.rect.copy()
        twin.text = self.text.copy()
        twin.detector_box = self.detector_box
        twin.tracker_box = self.tracker_box
        twin.mask = self.mask.copy() if self.mask else None
        twin.classifiers = [c.copy() for c in self.classifiers] if self.classifiers else []
        twin.user = Attachments([user.copy() for user in self.user] if self.user else ())
        twin.parent = self.parent
        twin._misc = None if self._misc is None else self._misc.copy()
        twin._frame = None
        return twin

    def __repr__(self) -> str:
        left, top, width, height = self.ltwh
        track = "" if self.track_id == UNTRACKED else f" #{self.track_id}"
        return (
            f"<ObjectMeta {self.label or f'class {self.class_id}'}{track} {self.confidence:.2f} "
            f"ltwh=({left:.0f}, {top:.0f}, {width:.0f}, {height:.0f})>"
        )
