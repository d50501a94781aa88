"""Deep copies of metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.meta import BatchMeta, UserMeta
from pyds.attaching import argument
from pyds.batches import clear_batch
from pyds.casters import described, instance
from pyds.lists import GList
from pyds.nvdsmeta import (
    NvDsBatchMeta,
    NvDsDisplayMeta,
    NvDsFrameMeta,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pyds.views import View


def nvds_copy_frame_meta_list(
    src_frame_meta_list: GList | None, dst_batch_meta: NvDsBatchMeta
) -> None:
    """Append deep copies of frames to a batch."""
    name = "nvds_copy_frame_meta_list"
    batch = argument(dst_batch_meta, NvDsBatchMeta, name, "dst_batch_meta")
    for frame in _cores(src_frame_meta_list, NvDsFrameMeta, name, "src_frame_meta_list"):
        batch.add(frame.copy())


def nvds_copy_obj_meta_list(
    src_obj_meta_list: GList | None, dst_object_meta: NvDsFrameMeta
) -> None:
    """Append deep copies of objects to a frame; parents among them are copied along.

    Args:
        src_obj_meta_list: A frame's `obj_meta_list`.
        dst_object_meta: The frame, whatever the name says.
    """
    name = "nvds_copy_obj_meta_list"
    frame = argument(dst_object_meta, NvDsFrameMeta, name, "dst_object_meta")
    objects = list(_cores(src_obj_meta_list, NvDsObjectMeta, name, "src_obj_meta_list"))
    twins = {id(core): core.copy() for core in objects}
    for twin in twins.values():
        frame.add(twin, parent=twins.get(id(twin.parent), twin.parent))


def nvds_copy_display_meta_list(
    src_display_meta: GList | None, dst_frame_meta: NvDsFrameMeta
) -> None:
    """Append copies of what one frame has drawn on it to another."""
    name = "nvds_copy_display_meta_list"
    frame = argument(dst_frame_meta, NvDsFrameMeta, name, "dst_frame_meta")
    for core in _cores(src_display_meta, NvDsDisplayMeta, name, "src_display_meta"):
        frame.display.append(core.copy())


def nvds_copy_batch_user_meta_list(
    src_user_meta_list: GList | None, dst_batch_meta: NvDsBatchMeta
) -> None:
    """Append copies of attachments to a batch, each by its copy function."""
    name = "nvds_copy_batch_user_meta_list"
    batch = argument(dst_batch_meta, NvDsBatchMeta, name, "dst_batch_meta")
    for core in _cores(src_user_meta_list, NvDsUserMeta, name, "src_user_meta_list"):
        batch.user.append(core.copy())


def nvds_copy_frame_user_meta_list(
    src_user_meta_list: GList | None, dst_frame_meta: NvDsFrameMeta
) -> None:
    """Append copies of attachments to a frame, each by its copy function."""
    name = "nvds_copy_frame_user_meta_list"
    frame = argument(dst_frame_meta, NvDsFrameMeta, name, "dst_frame_meta")
    for core in _cores(src_user_meta_list, NvDsUserMeta, name, "src_user_meta_list"):
        frame.user.append(core.copy())


def nvds_batch_meta_copy_func(data: object, user_meta: object) -> Any:
    """A deep copy of a batch's metadata, for `NvDsBatchMeta.cast`; it shares the pixels.

    Args:
        data: The batch, or an attachment that holds it.
        user_meta: Not used, as in DeepStream.
    """
    return _batch_in(data, "nvds_batch_meta_copy_func").copy()


def nvds_batch_meta_release_func(data: object, user_data: object) -> None:
    """Empty a batch's metadata and release its attachments; `user_data` is not used."""
    clear_batch(_batch_in(data, "nvds_batch_meta_release_func"))


def _batch_in(data: Any, function: str) -> BatchMeta:
    core = data._core if isinstance(data, View) else data
    core = core.data if isinstance(core, UserMeta) else core
    if not isinstance(core, BatchMeta):
        raise TypeError(f"pyds.{function}: data must be a batch's metadata, got {described(data)}")
    return core


def _cores(node: GList | None, kind: type[View], function: str, name: str) -> Iterator[Any]:
    """What a list holds, as it is now: a list may be appended to itself."""
    cores = []
    while node is not None:
        instance(node, GList, f"pyds.{function}: {name}")
        cores.append(argument(kind.cast(node.data), kind, function, name))
        node = node.next
    return iter(cores)
