"""DeepStream's Python API, version 1.2.0, as thin views on Penstock's metadata.

Importing this module registers Penstock's elements, so that a script written for DeepStream finds
both. `PENSTOCK_REGISTER=0` leaves registration out. Nothing here is copied from DeepStream: names,
numbers and behaviours only.

One module per area: `enums`, `nvosd`, `nvdsmeta` (structs and numbers); `attaching`, `functions`,
`buffers`, `strings`, `descriptors` (functions); `views`, `fields`, `embedded`, `lists`, `elements`,
`casters` (the mechanism); `coming` (what is still missing).
"""

from __future__ import annotations

import contextlib as _contextlib
import difflib as _difflib
from typing import Any as _Any

import penstock as _penstock
from penstock.errors import MissingExtraError as _MissingExtraError
from pyds import enums as _enums
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
from pyds.buffers import gst_buffer_get_nvds_batch_meta
from pyds.coming import COMING as _COMING
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
from pyds.descriptors import nvds_get_user_meta_type
from pyds.functions import (
    glist_get_nvds_batch_meta,
    glist_get_nvds_classifier_meta,
    glist_get_nvds_display_meta,
    glist_get_nvds_frame_meta,
    glist_get_nvds_label_info,
    glist_get_nvds_object_meta,
    glist_get_nvds_user_meta,
    nvds_acquire_classifier_meta_from_pool,
    nvds_acquire_display_meta_from_pool,
    nvds_acquire_label_info_meta_from_pool,
    nvds_acquire_meta_lock,
    nvds_acquire_obj_meta_from_pool,
    nvds_acquire_user_meta_from_pool,
    nvds_get_nth_frame_meta,
    nvds_release_meta_lock,
)
from pyds.lists import GList
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
    NvOSD_ColorParams,
    NvOSD_FontParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pyds.strings import free_buffer, get_string

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
    "GList",
    "NvBbox_Coords",
    "NvDsBaseMeta",
    "NvDsBatchMeta",
    "NvDsClassifierMeta",
    "NvDsComp_BboxInfo",
    "NvDsDisplayMeta",
    "NvDsFrameMeta",
    "NvDsLabelInfo",
    "NvDsObjectMeta",
    "NvDsUserMeta",
    "NvOSD_ArrowParams",
    "NvOSD_CircleParams",
    "NvOSD_ColorParams",
    "NvOSD_FontParams",
    "NvOSD_LineParams",
    "NvOSD_RectParams",
    "NvOSD_TextParams",
    "__version__",
    "free_buffer",
    "get_string",
    "glist_get_nvds_batch_meta",
    "glist_get_nvds_classifier_meta",
    "glist_get_nvds_display_meta",
    "glist_get_nvds_frame_meta",
    "glist_get_nvds_label_info",
    "glist_get_nvds_object_meta",
    "glist_get_nvds_user_meta",
    "gst_buffer_get_nvds_batch_meta",
    "nvds_acquire_classifier_meta_from_pool",
    "nvds_acquire_display_meta_from_pool",
    "nvds_acquire_label_info_meta_from_pool",
    "nvds_acquire_meta_lock",
    "nvds_acquire_obj_meta_from_pool",
    "nvds_acquire_user_meta_from_pool",
    "nvds_add_classifier_meta_to_object",
    "nvds_add_display_meta_to_frame",
    "nvds_add_label_info_meta_to_classifier",
    "nvds_add_obj_meta_to_frame",
    "nvds_add_user_meta_to_batch",
    "nvds_add_user_meta_to_frame",
    "nvds_add_user_meta_to_obj",
    "nvds_get_nth_frame_meta",
    "nvds_get_user_meta_type",
    "nvds_release_meta_lock",
    "nvds_remove_classifier_meta_from_obj",
    "nvds_remove_display_meta_from_frame",
    "nvds_remove_label_info_meta_from_classifier",
    "nvds_remove_obj_meta_from_frame",
    "nvds_remove_user_meta_from_batch",
    "nvds_remove_user_meta_from_frame",
    "nvds_remove_user_meta_from_object",
]

_numbers: dict[str, _Any] = {
    name: value
    for kind in _enums.BoundEnum.__subclasses__()
    for name, value in {kind.__name__: kind, **kind.__members__}.items()
}
globals().update(_numbers)
__all__ += list(_numbers)


def __getattr__(name: str) -> _Any:
    if name in _COMING:
        raise AttributeError(f"pyds.{name} is not part of Penstock yet")
    close = _difflib.get_close_matches(name, [*__all__, *_COMING], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise AttributeError(f"module 'pyds' has no attribute {name!r}{hint}")


# Without GStreamer the metadata still works; what needs a buffer says what is missing.
with _contextlib.suppress(_MissingExtraError):
    _penstock.init()
