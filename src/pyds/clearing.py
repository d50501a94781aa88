"""Emptying lists of metadata."""

from __future__ import annotations

from typing import Any

from penstock.meta import UserMeta
from pyds.attaching import argument, lock_of
from pyds.casters import instance
from pyds.lists import GList
from pyds.nvdsmeta import NvDsBatchMeta, NvDsFrameMeta, NvDsObjectMeta


def nvds_clear_frame_meta_list(batch_meta: NvDsBatchMeta, meta_list: GList | None) -> None:
    """Take all frames out of a batch.

    Args:
        batch_meta: The batch.
        meta_list: Its `frame_meta_list`.

    Raises:
        ValueError: The list is another one.
    """
    name = "nvds_clear_frame_meta_list"
    owner = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    _clear(owner, owner.frames, meta_list, name)


def nvds_clear_obj_meta_list(frame_meta: NvDsFrameMeta, meta_list: GList | None) -> None:
    """Take all objects out of a frame, given its `obj_meta_list`; ValueError for another list."""
    name = "nvds_clear_obj_meta_list"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _clear(owner, owner.objects, meta_list, name)


def nvds_clear_display_meta_list(frame_meta: NvDsFrameMeta, meta_list: GList | None) -> None:
    """Draw nothing more on a frame, given its `display_meta_list`; ValueError for another list."""
    name = "nvds_clear_display_meta_list"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _clear(owner, owner.display, meta_list, name)


def nvds_clear_batch_user_meta_list(batch_meta: NvDsBatchMeta, meta_list: GList | None) -> None:
    """Release a batch's attachments, given its `batch_user_meta_list`; ValueError for another."""
    name = "nvds_clear_batch_user_meta_list"
    owner = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    _clear(owner, owner.user, meta_list, name)


def nvds_clear_frame_user_meta_list(frame_meta: NvDsFrameMeta, meta_list: GList | None) -> None:
    """Release a frame's attachments, given its `frame_user_meta_list`; ValueError for another."""
    name = "nvds_clear_frame_user_meta_list"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _clear(owner, owner.user, meta_list, name)


def nvds_clear_obj_user_meta_list(object_meta: NvDsObjectMeta, meta_list: GList | None) -> None:
    """Release an object's attachments, given its `obj_user_meta_list`; ValueError for another."""
    name = "nvds_clear_obj_user_meta_list"
    owner = argument(object_meta, NvDsObjectMeta, name, "object_meta")
    _clear(owner, owner.user, meta_list, name)


def nvds_clear_meta_list(
    batch_meta: NvDsBatchMeta,
    meta_list: GList | None,
    meta_pool: object,
) -> GList | None:
    """Empty any list of a batch.

    Args:
        batch_meta: The batch.
        meta_list: A list field of it, of its frames or objects.
        meta_pool: Where DeepStream puts the elements; not needed here.

    Returns:
        The list's new head: None.
    """
    name = "nvds_clear_meta_list"
    owner = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    if meta_list is not None:
        items = instance(meta_list, GList, f"pyds.{name}: meta_list")._items
        _clear(owner, items, meta_list, name)
    return None


def _clear(owner: Any, items: list[Any], meta_list: GList | None, function: str) -> None:
    """Empty `items`, of which `meta_list` is the list field; None where that was empty."""
    if meta_list is None:
        return
    if instance(meta_list, GList, f"pyds.{function}: meta_list")._items is not items:
        raise ValueError(f"pyds.{function}: meta_list is not the list of this struct")
    with lock_of(owner):
        removed, items[:] = items[:], []
    for core in removed:
        if isinstance(core, UserMeta):
            core.release_now()
