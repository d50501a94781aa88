"""Batches that applications make themselves, and their frames."""

from __future__ import annotations

from typing import Any

from penstock.meta import BatchMeta
from pyds.attaching import argument
from pyds.casters import described, whole
from pyds.fields import UINT32
from pyds.nvdsmeta import NvDsBatchMeta, NvDsFrameMeta


def nvds_create_batch_meta(max_batch_size: int) -> NvDsBatchMeta:
    """The metadata of a batch without frames, on no buffer.

    Args:
        max_batch_size: What `max_frames_in_batch` says.
    """
    number = whole(max_batch_size, *UINT32, "pyds.nvds_create_batch_meta: max_batch_size")
    return NvDsBatchMeta.cast(BatchMeta(max_frames=number))


def nvds_destroy_batch_meta(batch_meta: NvDsBatchMeta) -> bool:
    """Empty a batch's metadata and release its attachments; always True."""
    clear_batch(argument(batch_meta, NvDsBatchMeta, "nvds_destroy_batch_meta", "batch_meta"))
    return True


def nvds_acquire_frame_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsFrameMeta:
    """A new frame; add it to the batch."""
    argument(batch_meta, NvDsBatchMeta, "nvds_acquire_frame_meta_from_pool", "batch_meta")
    return NvDsFrameMeta()


def nvds_add_frame_meta_to_batch(batch_meta: NvDsBatchMeta, frame_meta: NvDsFrameMeta) -> None:
    """Append a frame to a batch; one without a `batch_id` gets its position.

    Raises:
        ValueError: The batch has it already.
    """
    name = "nvds_add_frame_meta_to_batch"
    batch = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    frame = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    if any(frame is other for other in batch.frames):
        raise ValueError(f"pyds.{name}: {described(frame)} was added before")
    number = frame.batch_id
    batch.add(frame)
    frame.batch_id = number or frame.batch_id


def nvds_remove_frame_meta_from_batch(batch_meta: NvDsBatchMeta, frame_meta: NvDsFrameMeta) -> None:
    """Take a frame out of a batch; the others keep their `batch_id`, and so their pixels.

    Raises:
        ValueError: The batch does not have it.
    """
    name = "nvds_remove_frame_meta_from_batch"
    batch = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    frame = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    try:
        batch.frames.remove(frame)
    except ValueError:
        raise ValueError(
            f"pyds.{name}: {described(frame)} is not there, or was removed before"
        ) from None


def nvds_get_current_metadata_info(batch_meta: NvDsBatchMeta) -> bool:
    """Print how many frames, objects and attachments a batch has; always True."""
    name = "nvds_get_current_metadata_info"
    batch = argument(batch_meta, NvDsBatchMeta, name, "batch_meta")
    frames = batch.frames
    objects = [obj for frame in frames for obj in frame.objects]
    owners: list[Any] = [batch, *frames, *objects]
    print(  # noqa: T201 - that is what it is for
        f"frames {len(frames)} of {batch.max_frames}, objects {len(objects)}, "
        f"display metas {sum(len(frame.display) for frame in frames)}, "
        f"classifier metas {sum(len(obj.classifiers) for obj in objects)}, "
        f"user metas {sum(len(owner.user) for owner in owners)}"
    )
    return True


def clear_batch(batch: BatchMeta) -> None:
    """Take everything out of a batch, and release its attachments."""
    owners: list[Any] = [batch, *batch.frames]
    owners += [obj for frame in batch.frames for obj in frame.objects]
    attached = [user for owner in owners for user in owner.user]
    for owner in owners:
        owner.user.clear()
    batch.frames.clear()
    for user in attached:
        user.release_now()
