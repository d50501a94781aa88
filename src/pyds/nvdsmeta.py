"""The metadata of a batch, as C structs."""

from __future__ import annotations

from penstock.meta import (
    Arrow,
    BatchMeta,
    Circle,
    ClassifierMeta,
    DisplayMeta,
    FrameMeta,
    LabelInfo,
    Line,
    ObjectMeta,
    Rect,
    Text,
    UserMeta,
)
from pyds import descriptors
from pyds.casters import instance
from pyds.elements import Elements, NumberShown
from pyds.embedded import Embedded, EmbeddedTuple
from pyds.enums import NvDsMetaType
from pyds.fields import (
    CharArray,
    Flag,
    Float,
    Reference,
    Unsigned,
    Unsigned64,
    UserFields,
    VoidPointer,
    Whole,
)
from pyds.lists import Counted, Listed
from pyds.nvosd import (
    NvDsComp_BboxInfo,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pyds.views import View

_TYPES: dict[type, NvDsMetaType] = {
    BatchMeta: NvDsMetaType.NVDS_BATCH_META,
    FrameMeta: NvDsMetaType.NVDS_FRAME_META,
    ObjectMeta: NvDsMetaType.NVDS_OBJ_META,
    DisplayMeta: NvDsMetaType.NVDS_DISPLAY_META,
    ClassifierMeta: NvDsMetaType.NVDS_CLASSIFIER_META,
    LabelInfo: NvDsMetaType.NVDS_LABEL_INFO_META,
}
_POOLS = tuple(
    f"{kind}_meta_pool" for kind in ("frame", "obj", "classifier", "display", "user", "label_info")
)


class NvDsBaseMeta(View, of=(UserMeta, *_TYPES)):
    """What all metadata objects have in common."""

    __slots__ = ()

    @property
    def batch_meta(self) -> NvDsBatchMeta | None:
        """The batch; None where the object belongs to none, or does not know it."""
        core = self._core
        if isinstance(core, ObjectMeta):
            core = core.frame
        if isinstance(core, FrameMeta):
            core = core.batch
        return NvDsBatchMeta.cast(core) if isinstance(core, BatchMeta) else None

    @property
    def meta_type(self) -> NvDsMetaType:
        """What the object is; of a user meta, what its data is."""
        fixed = _TYPES.get(type(self._core))
        return fixed or NvDsMetaType(descriptors.number_of(self._core.meta_type))

    @meta_type.setter
    def meta_type(self, value: NvDsMetaType) -> None:
        wanted = instance(value, NvDsMetaType, "NvDsBaseMeta.meta_type")
        fixed = _TYPES.get(type(self._core))
        if fixed is None:
            self._core.meta_type = descriptors.stored(wanted)
        elif wanted != fixed:
            raise TypeError(f"NvDsBaseMeta.meta_type of this object is always {fixed}")

    @property
    def uContext(self) -> None:  # noqa: N802 - DeepStream's name
        """Unused: None."""


class _BaseMeta(Embedded):
    def __init__(self) -> None:
        super().__init__("", "What all metadata objects have in common.", kind=NvDsBaseMeta)

    def _write(self, view: View, value: object) -> None:
        raise AttributeError(f"{self.label} cannot be assigned: assign its members")


class NvDsBatchMeta(View, of=BatchMeta, coming=("meta_mutex", "reserved", *_POOLS)):
    """The metadata of one buffer behind nvstreammux."""

    __slots__ = ()

    base_meta = _BaseMeta()
    max_frames_in_batch = Unsigned("max_frames", "The mux's batch size.")
    num_frames_in_batch = Counted("frames", "Number of frames.")
    frame_meta_list = Listed("frames", "The frames, `NvDsFrameMeta`.")
    batch_user_meta_list = Listed("user", "Attachments, `NvDsUserMeta`.")
    misc_batch_info = UserFields("misc", "Four integers for the application.")


class NvDsFrameMeta(View, of=FrameMeta, coming=("reserved",)):
    """One frame of one source."""

    __slots__ = ()

    base_meta = _BaseMeta()
    pad_index = Unsigned("pad_index", "Number of the mux pad that the frame came through.")
    batch_id = Unsigned("batch_id", "Position in the batch.")
    frame_num = Whole("frame_num", "Frames of this source seen before this one.")
    buf_pts = Unsigned64("pts_ns", "Presentation time, nanoseconds; all ones where unknown.")
    ntp_timestamp = Unsigned64("ntp_ns", "Time of capture, nanoseconds since 1970.")
    source_id = Unsigned("source_id", "Index of the camera or file.")
    num_surfaces_per_frame = Whole("surfaces_per_frame", "Surfaces of one frame.")
    source_frame_width = Unsigned("source_width", "Width before the mux, pixels.")
    source_frame_height = Unsigned("source_height", "Height before the mux, pixels.")
    surface_type = Unsigned("surface_type", "Kind of surface.")
    surface_index = Unsigned("surface_index", "Index of the surface.")
    num_obj_meta = Counted("objects", "Number of objects.")
    bInferDone = Flag("infer_done", "1 if a network looked at the frame.")  # noqa: N815
    obj_meta_list = Listed("objects", "The objects, `NvDsObjectMeta`.")
    display_meta_list = Listed("display", "What else the OSD draws, `NvDsDisplayMeta`.")
    frame_user_meta_list = Listed("user", "Attachments, `NvDsUserMeta`.")
    misc_frame_info = UserFields("misc", "Four integers for the application.")


class NvDsObjectMeta(View, of=ObjectMeta, coming=("mask_params", "reserved")):
    """One object in one frame."""

    __slots__ = ()

    base_meta = _BaseMeta()
    parent = Reference(
        "parent", "The object this one was found in.", kind=lambda: NvDsObjectMeta, writable=True
    )
    unique_component_id = Whole("component_id", "`gie-unique-id` of the element that found it.")
    class_id = Whole("class_id", "Index into the network's labels.")
    object_id = Unsigned64("track_id", "The tracker's id; all ones where there is none.")
    detector_bbox_info = EmbeddedTuple(
        "detector_box", "The detector's own box.", kind=NvDsComp_BboxInfo
    )
    tracker_bbox_info = EmbeddedTuple("tracker_box", "The tracker's box.", kind=NvDsComp_BboxInfo)
    confidence = Float("confidence", "The detector's confidence, 0 to 1.")
    tracker_confidence = Float("tracker_confidence", "The tracker's confidence, 0 to 1.")
    rect_params = Embedded("rect", "The box and how it is drawn.", kind=NvOSD_RectParams)
    text_params = Embedded("text", "The text beside it.", kind=NvOSD_TextParams)
    obj_label = CharArray("label", "Name of its class.")
    classifier_meta_list = Listed("classifiers", "Secondary networks, `NvDsClassifierMeta`.")
    obj_user_meta_list = Listed("user", "Attachments, `NvDsUserMeta`.")
    misc_obj_info = UserFields("misc", "Four integers for the application.")


class NvDsClassifierMeta(View, of=ClassifierMeta):
    """What one classifier says about an object."""

    __slots__ = ()

    base_meta = _BaseMeta()
    num_labels = Counted("labels", "Number of labels.", set_by_hand=True)
    unique_component_id = Whole("component_id", "`gie-unique-id` of the classifier.")
    label_info_list = Listed("labels", "The labels, `NvDsLabelInfo`.")


class NvDsLabelInfo(View, of=LabelInfo, coming=("pResult_label",)):
    """One answer of a classifier."""

    __slots__ = ()

    base_meta = _BaseMeta()
    num_classes = Unsigned("num_classes", "Number of classes it can tell apart.")
    result_label = CharArray("label", "Name of the class.")
    result_class_id = Unsigned("class_id", "Index of the class.")
    label_id = Unsigned("label_id", "Which output of the network answered.")
    result_prob = Float("confidence", "Confidence, 0 to 1.")


class NvDsDisplayMeta(View, of=DisplayMeta, coming=("misc_osd_data", "reserved")):
    """Shapes and text to draw on a frame: arrays of 16, of which the first `num_*` are drawn."""

    __slots__ = ()

    base_meta = _BaseMeta()
    num_rects = NumberShown("rects", "Boxes to draw, at most 16.", make=Rect)
    num_labels = NumberShown("texts", "Texts to draw, at most 16.", make=Text)
    num_lines = NumberShown("lines", "Lines to draw, at most 16.", make=Line)
    num_arrows = NumberShown("arrows", "Arrows to draw, at most 16.", make=Arrow)
    num_circles = NumberShown("circles", "Circles to draw, at most 16.", make=Circle)
    rect_params = Elements("rects", "16 boxes.", kind=NvOSD_RectParams)
    text_params = Elements("texts", "16 texts.", kind=NvOSD_TextParams)
    line_params = Elements("lines", "16 lines.", kind=NvOSD_LineParams)
    arrow_params = Elements("arrows", "16 arrows.", kind=NvOSD_ArrowParams)
    circle_params = Elements("circles", "16 circles.", kind=NvOSD_CircleParams)


class NvDsUserMeta(View, of=UserMeta):
    """Anything attached to a batch, a frame or an object."""

    __slots__ = ()

    base_meta = _BaseMeta()
    user_meta_data = VoidPointer("data", "The attached object; give it to its class's `cast`.")
