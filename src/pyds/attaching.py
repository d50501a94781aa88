"""Adding metadata objects to their owners, and taking them off again."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, UserMeta
from pyds.casters import described, instance
from pyds.nvdsmeta import (
    NvDsBatchMeta,
    NvDsClassifierMeta,
    NvDsDisplayMeta,
    NvDsFrameMeta,
    NvDsLabelInfo,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pyds.views import View


def nvds_add_obj_meta_to_frame(
    frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta, obj_parent: NvDsObjectMeta | None
) -> None:
    """Append an object to a frame and set its parent.

    Raises:
        ValueError: The frame has it already.
    """
    name = "nvds_add_obj_meta_to_frame"
    frame = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    core = argument(obj_meta, NvDsObjectMeta, name, "obj_meta")
    parent = None
    if obj_parent is not None:
        parent = argument(obj_parent, NvDsObjectMeta, name, "obj_parent")
    if core.frame is frame:  # spares new objects the search
        _refuse_second(frame.objects, core, name)
    frame.add(core)
    core.parent = parent


def nvds_add_classifier_meta_to_object(
    obj_meta: NvDsObjectMeta, classifier_meta: NvDsClassifierMeta
) -> None:
    """Append a classifier meta to an object."""
    name = "nvds_add_classifier_meta_to_object"
    items = argument(obj_meta, NvDsObjectMeta, name, "obj_meta").classifiers
    _append(items, classifier_meta, NvDsClassifierMeta, name, "classifier_meta")


def nvds_add_label_info_meta_to_classifier(
    classifier_meta: NvDsClassifierMeta, label_info_meta: NvDsLabelInfo
) -> None:
    """Append a label to a classifier meta."""
    name = "nvds_add_label_info_meta_to_classifier"
    items = argument(classifier_meta, NvDsClassifierMeta, name, "classifier_meta").labels
    _append(items, label_info_meta, NvDsLabelInfo, name, "label_info_meta")


def nvds_add_display_meta_to_frame(
    frame_meta: NvDsFrameMeta, display_meta: NvDsDisplayMeta
) -> None:
    """Have a display meta drawn on a frame."""
    name = "nvds_add_display_meta_to_frame"
    items = argument(frame_meta, NvDsFrameMeta, name, "frame_meta").display
    _append(items, display_meta, NvDsDisplayMeta, name, "display_meta")


def nvds_add_user_meta_to_batch(batch_meta: NvDsBatchMeta, user_meta: NvDsUserMeta) -> None:
    """Attach to a batch."""
    name = "nvds_add_user_meta_to_batch"
    items = argument(batch_meta, NvDsBatchMeta, name, "batch_meta").user
    _append(items, user_meta, NvDsUserMeta, name, "user_meta")


def nvds_add_user_meta_to_frame(frame_meta: NvDsFrameMeta, user_meta: NvDsUserMeta) -> None:
    """Attach to a frame."""
    name = "nvds_add_user_meta_to_frame"
    items = argument(frame_meta, NvDsFrameMeta, name, "frame_meta").user
    _append(items, user_meta, NvDsUserMeta, name, "user_meta")


def nvds_add_user_meta_to_obj(obj_meta: NvDsObjectMeta, user_meta: NvDsUserMeta) -> None:
    """Attach to an object."""
    name = "nvds_add_user_meta_to_obj"
    items = argument(obj_meta, NvDsObjectMeta, name, "obj_meta").user
    _append(items, user_meta, NvDsUserMeta, name, "user_meta")


def nvds_remove_obj_meta_from_frame(frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta) -> None:
    """Take an object out of a frame; it stays readable, and so does its place in the list.

    Raises:
        ValueError: The frame does not have it.
    """
    name = "nvds_remove_obj_meta_from_frame"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _remove(owner, owner.objects, obj_meta, NvDsObjectMeta, name, "obj_meta")


def nvds_remove_classifier_meta_from_obj(
    obj_meta: NvDsObjectMeta, classifier_meta: NvDsClassifierMeta
) -> None:
    """Take a classifier meta off an object; ValueError where it is not there."""
    name = "nvds_remove_classifier_meta_from_obj"
    owner = argument(obj_meta, NvDsObjectMeta, name, "obj_meta")
    _remove(owner, owner.classifiers, classifier_meta, NvDsClassifierMeta, name, "classifier_meta")


def nvds_remove_label_info_meta_from_classifier(
    classifier_meta: NvDsClassifierMeta, label_info_meta: NvDsLabelInfo
) -> None:
    """Take a label off a classifier meta; ValueError where it is not there."""
    name = "nvds_remove_label_info_meta_from_classifier"
    owner = argument(classifier_meta, NvDsClassifierMeta, name, "classifier_meta")
    _remove(owner, owner.labels, label_info_meta, NvDsLabelInfo, name, "label_info_meta")


def nvds_remove_display_meta_from_frame(
    frame_meta: NvDsFrameMeta, display_meta: NvDsDisplayMeta
) -> None:
    """Take a display meta off a frame; ValueError where it is not there."""
    name = "nvds_remove_display_meta_from_frame"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _remove(owner, owner.display, display_meta, NvDsDisplayMeta, name, "display_meta")


def nvds_remove_user_meta_from_batch(batch_meta: NvDsBatchMeta, user_meta: NvDsUserMeta) -> None:
    """Detach from a batch and release; ValueError where it is not there."""
    name = "nvds_remove_user_meta_from_batch"
    owner = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    _remove(owner, owner.user, user_meta, NvDsUserMeta, name, "user_meta")


def nvds_remove_user_meta_from_frame(frame_meta: NvDsFrameMeta, user_meta: NvDsUserMeta) -> None:
    """Detach from a frame and release; ValueError where it is not there."""
    name = "nvds_remove_user_meta_from_frame"
    owner = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    _remove(owner, owner.user, user_meta, NvDsUserMeta, name, "user_meta")


def nvds_remove_user_meta_from_object(obj_meta: NvDsObjectMeta, user_meta: NvDsUserMeta) -> None:
    """Detach from an object and release; ValueError where it is not there."""
    name = "nvds_remove_user_meta_from_object"
    owner = argument(obj_meta, NvDsObjectMeta, name, "obj_meta")
    _remove(owner, owner.user, user_meta, NvDsUserMeta, name, "user_meta")


def argument(value: object, kind: type[View], function: str, name: str) -> Any:
    """The core object of an argument.

    Raises:
        TypeError: The argument is not of the class that the function takes.
    """
    return instance(value, kind, f"pyds.{function}: {name}")._core


def _append(items: list[Any], value: object, kind: type[View], function: str, name: str) -> None:
    core = argument(value, kind, function, name)
    _refuse_second(items, core, function)
    items.append(core)


def _refuse_second(items: list[Any], core: object, function: str) -> None:
    if core in items:
        raise ValueError(f"pyds.{function}: {described(core)} was added before")


def _remove(
    owner: Any, items: list[Any], value: object, kind: type[View], function: str, name: str
) -> None:
    core = argument(value, kind, function, name)
    try:
        with lock_of(owner):  # who copies the batch sees it whole or not at all
            items.remove(core)
    except ValueError:
        raise ValueError(
            f"pyds.{function}: {described(core)} is not there, or was removed before"
        ) from None
    if isinstance(core, UserMeta):
        core.release_now()


def lock_of(owner: Any) -> AbstractContextManager[Any]:
    """The lock of the batch that something is in; none where it is in none."""
    core = owner.frame if isinstance(owner, ObjectMeta) else owner
    core = core.batch if isinstance(core, FrameMeta) else core
    return core.lock if isinstance(core, BatchMeta) else nullcontext()
