"""Functions on metadata: locks, pools, lists."""

from __future__ import annotations

from typing import TypeVar

from penstock.meta import locks
from pyds.attaching import argument
from pyds.casters import instance, whole
from pyds.fields import INT32
from pyds.lists import GList
from pyds.nvbufsurface import NvBufSurfaceParams
from pyds.nvdsinfer import NvDsInferTensorMeta
from pyds.nvdsmeta import (
    NvDsBatchMeta,
    NvDsClassifierMeta,
    NvDsDisplayMeta,
    NvDsFrameMeta,
    NvDsLabelInfo,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pyds.schema import NvDsEventMsgMeta, NvDsPersonObject, NvDsVehicleObject
from pyds.views import View

V = TypeVar("V", bound=View)


def nvds_acquire_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Lock the batch; the same thread may do so again.

    A probe that ends while it holds the lock is warned about, and the lock is released.
    """
    locks.acquire(argument(batch_meta, NvDsBatchMeta, "nvds_acquire_meta_lock", "batch_meta"))


def nvds_release_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Unlock the batch.

    Raises:
        RuntimeError: This thread does not hold the lock.
    """
    core = argument(batch_meta, NvDsBatchMeta, "nvds_release_meta_lock", "batch_meta")
    try:
        locks.release(core)
    except RuntimeError:
        raise RuntimeError(
            "pyds.nvds_release_meta_lock: this thread does not hold the lock of this batch; "
            "call nvds_acquire_meta_lock first"
        ) from None


def nvds_acquire_obj_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsObjectMeta:
    """A new object; add it to a frame."""
    return _acquire(NvDsObjectMeta, batch_meta, "nvds_acquire_obj_meta_from_pool")


def nvds_acquire_classifier_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsClassifierMeta:
    """A new classifier meta; add it to an object."""
    return _acquire(NvDsClassifierMeta, batch_meta, "nvds_acquire_classifier_meta_from_pool")


def nvds_acquire_label_info_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsLabelInfo:
    """A new label; add it to a classifier meta."""
    return _acquire(NvDsLabelInfo, batch_meta, "nvds_acquire_label_info_meta_from_pool")


def nvds_acquire_display_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsDisplayMeta:
    """A new display meta; add it to a frame."""
    return _acquire(NvDsDisplayMeta, batch_meta, "nvds_acquire_display_meta_from_pool")


def nvds_acquire_user_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsUserMeta:
    """A new attachment; add it to a batch, a frame or an object."""
    return _acquire(NvDsUserMeta, batch_meta, "nvds_acquire_user_meta_from_pool")


def nvds_get_nth_frame_meta(frame_meta_list: GList, index: int) -> NvDsFrameMeta:
    """The frame at a position of a list, counted from 0.

    Raises:
        IndexError: The list is shorter.
    """
    name = "pyds.nvds_get_nth_frame_meta"
    node: GList | None = instance(frame_meta_list, GList, f"{name}: frame_meta_list")
    steps = number = whole(index, *INT32, f"{name}: index")
    while node is not None and steps > 0:
        node, steps = node.next, steps - 1
    if node is None or number < 0:
        raise IndexError(f"{name}: the list has no frame {number}")
    return NvDsFrameMeta.cast(node.data)


glist_get_nvds_batch_meta = NvDsBatchMeta.cast
glist_get_nvds_frame_meta = NvDsFrameMeta.cast
glist_get_nvds_object_meta = NvDsObjectMeta.cast
glist_get_nvds_user_meta = NvDsUserMeta.cast
glist_get_nvds_classifier_meta = NvDsClassifierMeta.cast
glist_get_nvds_display_meta = NvDsDisplayMeta.cast
glist_get_nvds_label_info = NvDsLabelInfo.cast
glist_get_nvds_event_msg_meta = NvDsEventMsgMeta.cast
glist_get_nvds_vehicle_object = NvDsVehicleObject.cast
glist_get_nvds_person_object = NvDsPersonObject.cast
glist_get_nvds_tensor_meta = NvDsInferTensorMeta.cast
glist_get_nvds_Surface_Params = NvBufSurfaceParams.cast  # noqa: N816


def _acquire(kind: type[V], batch_meta: object, function: str) -> V:
    argument(batch_meta, NvDsBatchMeta, function, "batch_meta")
    return kind()
