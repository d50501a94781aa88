"""Frames that come to a mux with what is known of them: from an earlier mux, or a dewarper."""

from __future__ import annotations

from penstock.geometry import Affine
from penstock.gst import native
from penstock.gst.carrier import batch_of
from penstock.gst.gi import Gst
from penstock.gst.mux_target import MuxTarget
from penstock.meta import BatchMeta, FrameMeta, UserMeta
from penstock.meta.latency import ComponentLatency


class Unbatched(BatchMeta):
    """Pictures that have passed no mux yet: which source they are of, and when, a mux will say."""

    __slots__ = ()


def own_batch(buffer: Gst.Buffer) -> BatchMeta:
    """The batch of a buffer that has come to its end here: its frames can be moved.

    Where somebody else holds the buffer too, as behind a `tee`, it is a copy, whose pixels are
    shared until somebody writes. Behind NVMM the metadata is always shared, so it is copied.
    """
    batch = batch_of(buffer)
    assert batch is not None
    alone = batch.surfaces is not None and native.gst_mini_object_is_writable(hash(buffer))
    return batch if alone else batch.copy()


def refit(frame: FrameMeta, picture: tuple[int, int], target: MuxTarget) -> None:
    """Move what is known of a frame to where a mux puts its picture.

    Args:
        frame: Changed in place. Where elements behind NVMM have scaled its picture, they did not
            tell it.
        picture: `(width, height)` of the picture as it comes to the mux, pixels.
        target: What the mux makes of it.
    """
    before, after = (frame.width, frame.height), target.size or picture
    if before == picture == after:
        return
    to_picture = Affine.fit((0, 0, *before), picture) if all(before) else Affine()
    frame.rescale(to_picture.then(target.to_picture(picture).inverse()), after)


def latencies(batch: BatchMeta) -> list[UserMeta]:
    """Those of a batch's attachments that are about single frames."""
    return [user for user in batch.user if isinstance(user.data, ComponentLatency)]
