"""The metadata of a batch, as C structs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from pyds.arrays import UserFields
from pyds.casters import fitting, instance, text
from pyds.constants import MAX_LABEL_SIZE
from pyds.elements import Elements, NumberShown
from pyds.embedded import Embedded, EmbeddedTuple
from pyds.enums import NvDsMetaType
from pyds.extras import ReservedFields, ReservedPointer
from pyds.fields import (
    CharArray,
    Field,
    Flag,
    Float,
    PlainString,
    Reference,
    Unsigned,
    Unsigned64,
    VoidPointer,
    Whole,
)
from pyds.lists import Counted, Listed
from pyds.masks import Masked, NvOSD_MaskParams
from pyds.nvosd import (
    NvDsComp_BboxInfo,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pyds.pools import PoolOf
from pyds.views import View

_TYPES: dict[type, NvDsMetaType] = {
    BatchMeta: NvDsMetaType.NVDS_BATCH_META,
    FrameMeta: NvDsMetaType.NVDS_FRAME_META,
    ObjectMeta: NvDsMetaType.NVDS_OBJ_META,
    DisplayMeta: NvDsMetaType.NVDS_DISPLAY_META,
    ClassifierMeta: NvDsMetaType.NVDS_CLASSIFIER_META,
    LabelInfo: NvDsMetaType.NVDS_LABEL_INFO_META,
}


class NvDsBaseMeta(View, of=(UserMeta, *_TYPES)):
    """What all metadata objects have in common."""

    __slots__ = ()

    @property
    def batch_meta(self) -> NvDsBatchMeta | None:
        """The batch that the object is in, None where it is in none."""
        core = self._core
        if isinstance(core, ObjectMeta):
            core = core.frame
        if isinstance(core, FrameMeta):
            core = core.batch
        elif not isinstance(core, BatchMeta):  # these do not know their owners
            core = BatchMeta.holding(self._core)
        return None if core is None else NvDsBatchMeta.cast(core)

    @batch_meta.setter
    def batch_meta(self, value: NvDsBatchMeta | None) -> None:
        if value != self.batch_meta:
            raise AttributeError(
                "NvDsBaseMeta.batch_meta follows from where the object is: "
                "add it with the nvds_add_* functions"
            )

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

    uContext = ReservedPointer("uContext")  # noqa: N815 - DeepStream's name


class _BaseMeta(Embedded):
    def __init__(self) -> None:
        super().__init__("", "What all metadata objects have in common.", kind=NvDsBaseMeta)

    def _write(self, view: Any, value: object) -> None:
        if value == view.base_meta:
            return
        raise AttributeError(f"{self.label} cannot be assigned: assign its members")


class _Lock(Field):
    """The batch's lock: Penstock's own, a `threading.RLock`."""

    def _write(self, view: View, value: object) -> None:
        if value is not view._core.lock:
            super()._write(view, value)


class NvDsBatchMeta(View, of=BatchMeta):
    """The metadata of one buffer behind nvstreammux."""

    __slots__ = ()

    base_meta = _BaseMeta()
    max_frames_in_batch = Unsigned("max_frames", "The mux's batch size.")
    num_frames_in_batch = Counted("frames", "Number of frames.")
    frame_meta_pool = PoolOf(NvDsMetaType.NVDS_FRAME_META, "frames")
    obj_meta_pool = PoolOf(NvDsMetaType.NVDS_OBJ_META, "objects")
    classifier_meta_pool = PoolOf(NvDsMetaType.NVDS_CLASSIFIER_META, "classifier metas")
    display_meta_pool = PoolOf(NvDsMetaType.NVDS_DISPLAY_META, "display metas")
    user_meta_pool = PoolOf(NvDsMetaType.NVDS_USER_META, "attachments")
    label_info_meta_pool = PoolOf(NvDsMetaType.NVDS_LABEL_INFO_META, "labels")
    frame_meta_list = Listed("frames", "The frames, `NvDsFrameMeta`.")
    batch_user_meta_list = Listed("user", "Attachments, `NvDsUserMeta`.")
    meta_mutex = _Lock("lock", "The batch's lock, a `threading.RLock`.")
    misc_batch_info = UserFields("misc", "Four integers for the application.")
    reserved = ReservedFields()


class NvDsFrameMeta(View, of=FrameMeta):
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
    reserved = ReservedFields()


class NvDsObjectMeta(View, of=ObjectMeta):
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
    mask_params = Masked("", "Which pixels of the box are the object's.", kind=NvOSD_MaskParams)
    text_params = Embedded("text", "The text beside it.", kind=NvOSD_TextParams)
    obj_label = CharArray("label", "Name of its class.")
    classifier_meta_list = Listed("classifiers", "Secondary networks, `NvDsClassifierMeta`.")
    obj_user_meta_list = Listed("user", "Attachments, `NvDsUserMeta`.")
    misc_obj_info = UserFields("misc", "Four integers for the application.")
    reserved = ReservedFields()


class NvDsClassifierMeta(View, of=ClassifierMeta):
    """What one classifier says about an object."""

    __slots__ = ()

    base_meta = _BaseMeta()
    num_labels = Counted("labels", "Number of labels.", set_by_hand=True)
    unique_component_id = Whole("component_id", "`gie-unique-id` of the classifier.")
    label_info_list = Listed("labels", "The labels, `NvDsLabelInfo`.")


class _LongLabel(PlainString):
    """A label that does not fit into `result_label`, None where it fits."""

    def _reader(self) -> Callable[[Any], str | None]:
        stored = self.core_attribute

        def read(view: View) -> str | None:
            label: str = stored(view)
            return None if fitting(label, MAX_LABEL_SIZE) == label else label

        return read

    def _write(self, view: View, value: object) -> None:
        short = fitting(self.core_attribute(view), MAX_LABEL_SIZE)
        setattr(view._core, self.path, short if value is None else text(value, self.label))


class NvDsLabelInfo(View, of=LabelInfo):
    """One answer of a classifier."""

    __slots__ = ()

    base_meta = _BaseMeta()
    num_classes = Unsigned("num_classes", "Number of classes it can tell apart.")
    result_label = CharArray("label", "Name of the class.")
    pResult_label = _LongLabel("label", "Name of the class where it exceeds 127 bytes.")  # noqa: N815
    result_class_id = Unsigned("class_id", "Index of the class.")
    label_id = Unsigned("label_id", "Which output of the network answered.")
    result_prob = Float("confidence", "Confidence, 0 to 1.")


class NvDsDisplayMeta(View, of=DisplayMeta):
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
    misc_osd_data = UserFields("misc", "Four integers for the application.")
    reserved = ReservedFields()


class NvDsUserMeta(View, of=UserMeta):
    """Anything attached to a batch, a frame or an object."""

    __slots__ = ()

    base_meta = _BaseMeta()
    user_meta_data = VoidPointer("data", "The attached object; give it to its class's `cast`.")
