"""DeepStream's Python API, version 1.2.0, as thin views on Penstock's metadata.

Importing this module registers Penstock's elements, so that a script written for DeepStream finds
both. `PENSTOCK_REGISTER=0` leaves registration out. Nothing here is copied from DeepStream: names,
numbers and behaviours only.

Structs, one module per area: `nvdsmeta`, `pools`, `gstmeta`, `nvosd`, `nvosd_frames`, `masks`,
`nvdsinfer`, `tracker`, `analytics`, `schema`, `opticalflow`, `nvbufsurface`, `encoding`,
`video360d`, `custom`; numbers: `enums`, `constants`. The mechanism: `views`, `fields`, `arrays`,
`fixed`, `embedded`, `elements`, `lists`, `pointed`, `copied`, `extras`, `records`, `casters`,
`live`. The other modules are functions. `__init__.pyi` is generated: see `scripts/pyds_stub.py`.
"""

from __future__ import annotations

import contextlib as _contextlib
import difflib as _difflib
from typing import Any as _Any

import penstock as _penstock
from penstock.errors import MissingExtraError as _MissingExtraError
from pyds import enums as _enums
from pyds.allocating import (
    alloc_nvds_event,
    alloc_nvds_event_msg_meta,
    alloc_nvds_face_object,
    alloc_nvds_payload,
    alloc_nvds_person_object,
    alloc_nvds_vehicle_object,
)
from pyds.analytics import (
    NvDsAnalyticsFrameMeta,
    NvDsAnalyticsObjInfo,
)
from pyds.attaching import (
    nvds_add_classifier_meta_to_object,
    nvds_add_display_meta_to_frame,
    nvds_add_label_info_meta_to_classifier,
    nvds_add_obj_meta_to_frame,
    nvds_add_user_meta_to_batch,
    nvds_add_user_meta_to_frame,
    nvds_add_user_meta_to_obj,
    nvds_remove_classifier_meta_from_obj,
    nvds_remove_display_meta_from_frame,
    nvds_remove_label_info_meta_from_classifier,
    nvds_remove_obj_meta_from_frame,
    nvds_remove_user_meta_from_batch,
    nvds_remove_user_meta_from_frame,
    nvds_remove_user_meta_from_object,
)
from pyds.batches import (
    nvds_acquire_frame_meta_from_pool,
    nvds_add_frame_meta_to_batch,
    nvds_create_batch_meta,
    nvds_destroy_batch_meta,
    nvds_get_current_metadata_info,
    nvds_remove_frame_meta_from_batch,
)
from pyds.buffers import gst_buffer_add_nvds_meta, gst_buffer_get_nvds_batch_meta
from pyds.callbacks import (
    register_user_copyfunc,
    register_user_releasefunc,
    set_user_copyfunc,
    set_user_releasefunc,
    unset_callback_funcs,
    user_copyfunc,
    user_releasefunc,
)
from pyds.clearing import (
    nvds_clear_batch_user_meta_list,
    nvds_clear_display_meta_list,
    nvds_clear_frame_meta_list,
    nvds_clear_frame_user_meta_list,
    nvds_clear_meta_list,
    nvds_clear_obj_meta_list,
    nvds_clear_obj_user_meta_list,
)
from pyds.constants import (
    FILE_NAME_SIZE,
    MAX_BORDER_WIDTH,
    MAX_ELEMENTS_IN_DISPLAY_META,
    MAX_LABEL_SIZE,
    MAX_RESERVED_FIELDS,
    MAX_USER_FIELDS,
    NVBUF_MAX_PLANES,
    NVDSINFER_MAX_DIMS,
    STRUCTURE_PADDING,
    UNTRACKED_OBJECT_ID,
    __version__,
)
from pyds.copying import (
    nvds_batch_meta_copy_func,
    nvds_batch_meta_release_func,
    nvds_copy_batch_user_meta_list,
    nvds_copy_display_meta_list,
    nvds_copy_frame_meta_list,
    nvds_copy_frame_user_meta_list,
    nvds_copy_obj_meta_list,
)
from pyds.custom import CustomDataStruct, alloc_custom_struct
from pyds.descriptors import nvds_get_user_meta_type
from pyds.encoding import (
    NvDsObjEncOutParams,
    NvDsObjEncUsrArgs,
)
from pyds.events import (
    configure_source_for_ntp_sync,
    gst_element_send_nvevent_interval_update,
    gst_element_send_nvevent_new_stream_reset,
)
from pyds.functions import (
    glist_get_nvds_batch_meta,
    glist_get_nvds_classifier_meta,
    glist_get_nvds_display_meta,
    glist_get_nvds_event_msg_meta,
    glist_get_nvds_frame_meta,
    glist_get_nvds_label_info,
    glist_get_nvds_object_meta,
    glist_get_nvds_person_object,
    glist_get_nvds_Surface_Params,
    glist_get_nvds_tensor_meta,
    glist_get_nvds_user_meta,
    glist_get_nvds_vehicle_object,
    nvds_acquire_classifier_meta_from_pool,
    nvds_acquire_display_meta_from_pool,
    nvds_acquire_label_info_meta_from_pool,
    nvds_acquire_meta_lock,
    nvds_acquire_obj_meta_from_pool,
    nvds_acquire_user_meta_from_pool,
    nvds_get_nth_frame_meta,
    nvds_release_meta_lock,
)
from pyds.gstmeta import NvDsMeta
from pyds.latency import nvds_measure_buffer_latency
from pyds.lists import GList
from pyds.masks import (
    NvOSD_MaskParams,
)
from pyds.memory import (
    alloc_buffer,
    alloc_char_buffer,
    free_gbuffer,
    generate_ts_rfc3339,
    get_ptr,
    memdup,
    strdup,
    strdup2str,
)
from pyds.nvbufsurface import (
    NvBufSurface,
    NvBufSurfaceCreateParams,
    NvBufSurfaceMappedAddr,
    NvBufSurfaceParams,
    NvBufSurfacePlaneParams,
)
from pyds.nvdsinfer import (
    NvDsInferAttribute,
    NvDsInferDims,
    NvDsInferDimsCHW,
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferObjectDetectionInfo,
    NvDsInferSegmentationMeta,
    NvDsInferTensorMeta,
)
from pyds.nvdsmeta import (
    NvDsBaseMeta,
    NvDsBatchMeta,
    NvDsClassifierMeta,
    NvDsDisplayMeta,
    NvDsFrameMeta,
    NvDsLabelInfo,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pyds.nvosd import (
    NvBbox_Coords,
    NvDsComp_BboxInfo,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_Color_info,
    NvOSD_ColorParams,
    NvOSD_FontParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pyds.nvosd_frames import (
    NvOSD_FrameArrowParams,
    NvOSD_FrameCircleParams,
    NvOSD_FrameLineParams,
    NvOSD_FrameRectParams,
    NvOSD_FrameTextParams,
)
from pyds.object_encoder import (
    nvds_obj_enc_create_context,
    nvds_obj_enc_destroy_context,
    nvds_obj_enc_finish,
    nvds_obj_enc_process,
)
from pyds.opticalflow import (
    NvDsOpticalFlowMeta,
    NvOFFlowVector,
)
from pyds.outputs import (
    get_detections,
    get_nvds_LayerInfo,
    get_optical_flow_vectors,
    get_segmentation_masks,
)
from pyds.picture_memory import (
    NvBufSurfaceCopy,
    NvBufSurfaceCreate,
    NvBufSurfaceDestroy,
    NvBufSurfaceFromFd,
    NvBufSurfaceMap,
    NvBufSurfaceMapEglImage,
    NvBufSurfaceMemSet,
    NvBufSurfaceSyncForCpu,
    NvBufSurfaceSyncForDevice,
    NvBufSurfaceUnMap,
)
from pyds.pools import NvDsMetaPool
from pyds.schema import (
    NvDsCoordinate,
    NvDsEvent,
    NvDsEventMsgMeta,
    NvDsFaceObject,
    NvDsFaceObjectWithExt,
    NvDsGeoLocation,
    NvDsObjectSignature,
    NvDsPayload,
    NvDsPersonObject,
    NvDsPersonObjectExt,
    NvDsRect,
    NvDsVehicleObject,
    NvDsVehicleObjectExt,
)
from pyds.strings import free_buffer, get_string
from pyds.surfaces import get_nvds_buf_surface, get_nvds_buf_surface_gpu, unmap_nvds_buf_surface
from pyds.tracker import (
    NvDsObjReid,
    NvDsPastFrameObj,
    NvDsPastFrameObjBatch,
    NvDsPastFrameObjList,
    NvDsPastFrameObjStream,
    NvDsTargetMiscDataBatch,
    NvDsTargetMiscDataFrame,
    NvDsTargetMiscDataObject,
    NvDsTargetMiscDataStream,
)
from pyds.video360d import (
    RectDim,
)

__all__ = [
    "FILE_NAME_SIZE",
    "MAX_BORDER_WIDTH",
    "MAX_ELEMENTS_IN_DISPLAY_META",
    "MAX_LABEL_SIZE",
    "MAX_RESERVED_FIELDS",
    "MAX_USER_FIELDS",
    "NVBUF_MAX_PLANES",
    "NVDSINFER_MAX_DIMS",
    "STRUCTURE_PADDING",
    "UNTRACKED_OBJECT_ID",
    "CustomDataStruct",
    "GList",
    "NvBbox_Coords",
    "NvBufSurface",
    "NvBufSurfaceCopy",
    "NvBufSurfaceCreate",
    "NvBufSurfaceCreateParams",
    "NvBufSurfaceDestroy",
    "NvBufSurfaceFromFd",
    "NvBufSurfaceMap",
    "NvBufSurfaceMapEglImage",
    "NvBufSurfaceMappedAddr",
    "NvBufSurfaceMemSet",
    "NvBufSurfaceParams",
    "NvBufSurfacePlaneParams",
    "NvBufSurfaceSyncForCpu",
    "NvBufSurfaceSyncForDevice",
    "NvBufSurfaceUnMap",
    "NvDsAnalyticsFrameMeta",
    "NvDsAnalyticsObjInfo",
    "NvDsBaseMeta",
    "NvDsBatchMeta",
    "NvDsClassifierMeta",
    "NvDsComp_BboxInfo",
    "NvDsCoordinate",
    "NvDsDisplayMeta",
    "NvDsEvent",
    "NvDsEventMsgMeta",
    "NvDsFaceObject",
    "NvDsFaceObjectWithExt",
    "NvDsFrameMeta",
    "NvDsGeoLocation",
    "NvDsInferAttribute",
    "NvDsInferDims",
    "NvDsInferDimsCHW",
    "NvDsInferLayerInfo",
    "NvDsInferNetworkInfo",
    "NvDsInferObjectDetectionInfo",
    "NvDsInferSegmentationMeta",
    "NvDsInferTensorMeta",
    "NvDsLabelInfo",
    "NvDsMeta",
    "NvDsMetaPool",
    "NvDsObjEncOutParams",
    "NvDsObjEncUsrArgs",
    "NvDsObjReid",
    "NvDsObjectMeta",
    "NvDsObjectSignature",
    "NvDsOpticalFlowMeta",
    "NvDsPastFrameObj",
    "NvDsPastFrameObjBatch",
    "NvDsPastFrameObjList",
    "NvDsPastFrameObjStream",
    "NvDsPayload",
    "NvDsPersonObject",
    "NvDsPersonObjectExt",
    "NvDsRect",
    "NvDsTargetMiscDataBatch",
    "NvDsTargetMiscDataFrame",
    "NvDsTargetMiscDataObject",
    "NvDsTargetMiscDataStream",
    "NvDsUserMeta",
    "NvDsVehicleObject",
    "NvDsVehicleObjectExt",
    "NvOFFlowVector",
    "NvOSD_ArrowParams",
    "NvOSD_CircleParams",
    "NvOSD_ColorParams",
    "NvOSD_Color_info",
    "NvOSD_FontParams",
    "NvOSD_FrameArrowParams",
    "NvOSD_FrameCircleParams",
    "NvOSD_FrameLineParams",
    "NvOSD_FrameRectParams",
    "NvOSD_FrameTextParams",
    "NvOSD_LineParams",
    "NvOSD_MaskParams",
    "NvOSD_RectParams",
    "NvOSD_TextParams",
    "RectDim",
    "__version__",
    "alloc_buffer",
    "alloc_char_buffer",
    "alloc_custom_struct",
    "alloc_nvds_event",
    "alloc_nvds_event_msg_meta",
    "alloc_nvds_face_object",
    "alloc_nvds_payload",
    "alloc_nvds_person_object",
    "alloc_nvds_vehicle_object",
    "configure_source_for_ntp_sync",
    "free_buffer",
    "free_gbuffer",
    "generate_ts_rfc3339",
    "get_detections",
    "get_nvds_LayerInfo",
    "get_nvds_buf_surface",
    "get_nvds_buf_surface_gpu",
    "get_optical_flow_vectors",
    "get_ptr",
    "get_segmentation_masks",
    "get_string",
    "glist_get_nvds_Surface_Params",
    "glist_get_nvds_batch_meta",
    "glist_get_nvds_classifier_meta",
    "glist_get_nvds_display_meta",
    "glist_get_nvds_event_msg_meta",
    "glist_get_nvds_frame_meta",
    "glist_get_nvds_label_info",
    "glist_get_nvds_object_meta",
    "glist_get_nvds_person_object",
    "glist_get_nvds_tensor_meta",
    "glist_get_nvds_user_meta",
    "glist_get_nvds_vehicle_object",
    "gst_buffer_add_nvds_meta",
    "gst_buffer_get_nvds_batch_meta",
    "gst_element_send_nvevent_interval_update",
    "gst_element_send_nvevent_new_stream_reset",
    "memdup",
    "nvds_acquire_classifier_meta_from_pool",
    "nvds_acquire_display_meta_from_pool",
    "nvds_acquire_frame_meta_from_pool",
    "nvds_acquire_label_info_meta_from_pool",
    "nvds_acquire_meta_lock",
    "nvds_acquire_obj_meta_from_pool",
    "nvds_acquire_user_meta_from_pool",
    "nvds_add_classifier_meta_to_object",
    "nvds_add_display_meta_to_frame",
    "nvds_add_frame_meta_to_batch",
    "nvds_add_label_info_meta_to_classifier",
    "nvds_add_obj_meta_to_frame",
    "nvds_add_user_meta_to_batch",
    "nvds_add_user_meta_to_frame",
    "nvds_add_user_meta_to_obj",
    "nvds_batch_meta_copy_func",
    "nvds_batch_meta_release_func",
    "nvds_clear_batch_user_meta_list",
    "nvds_clear_display_meta_list",
    "nvds_clear_frame_meta_list",
    "nvds_clear_frame_user_meta_list",
    "nvds_clear_meta_list",
    "nvds_clear_obj_meta_list",
    "nvds_clear_obj_user_meta_list",
    "nvds_copy_batch_user_meta_list",
    "nvds_copy_display_meta_list",
    "nvds_copy_frame_meta_list",
    "nvds_copy_frame_user_meta_list",
    "nvds_copy_obj_meta_list",
    "nvds_create_batch_meta",
    "nvds_destroy_batch_meta",
    "nvds_get_current_metadata_info",
    "nvds_get_nth_frame_meta",
    "nvds_get_user_meta_type",
    "nvds_measure_buffer_latency",
    "nvds_obj_enc_create_context",
    "nvds_obj_enc_destroy_context",
    "nvds_obj_enc_finish",
    "nvds_obj_enc_process",
    "nvds_release_meta_lock",
    "nvds_remove_classifier_meta_from_obj",
    "nvds_remove_display_meta_from_frame",
    "nvds_remove_frame_meta_from_batch",
    "nvds_remove_label_info_meta_from_classifier",
    "nvds_remove_obj_meta_from_frame",
    "nvds_remove_user_meta_from_batch",
    "nvds_remove_user_meta_from_frame",
    "nvds_remove_user_meta_from_object",
    "register_user_copyfunc",
    "register_user_releasefunc",
    "set_user_copyfunc",
    "set_user_releasefunc",
    "strdup",
    "strdup2str",
    "unmap_nvds_buf_surface",
    "unset_callback_funcs",
    "user_copyfunc",
    "user_releasefunc",
]

_numbers: dict[str, _Any] = {
    name: value
    for kind in _enums.BoundEnum.__subclasses__()
    for name, value in {kind.__name__: kind, **kind.__members__}.items()
}
globals().update(_numbers)
__all__ += list(_numbers)


def __getattr__(name: str) -> _Any:
    close = _difflib.get_close_matches(name, __all__, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise AttributeError(f"module 'pyds' has no attribute {name!r}{hint}")


# Without GStreamer the metadata still works; what needs a buffer says what is missing.
with _contextlib.suppress(_MissingExtraError):
    _penstock.init()
