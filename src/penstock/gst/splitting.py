"""Take a batch apart: every frame becomes a batch of its own."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.errors import StreamError
from penstock.gst import native
from penstock.gst.carrier import batch_of
from penstock.gst.gi import Gst
from penstock.meta import BatchMeta, Surfaces
from penstock.meta.latency import ComponentLatency


def split(buffer: Gst.Buffer) -> Iterator[BatchMeta]:
    """The frames of a buffer, one batch each, in their order; nothing is copied.

    The frames move: their batch gives its pixels up, and they belong to the new batches. Where
    somebody else holds the buffer too, as behind a `tee`, copies of the frames move, and the
    pixels are shared until somebody writes. Frames that are surfaces of one picture stay together.
    Attachments of the batch itself stay behind, but for latencies.

    Raises:
        StreamError: The buffer carries no batch.
    """
    batch = batch_of(buffer)
    if batch is None or batch.surfaces is None:
        raise StreamError(
            "the buffer carries no batch: nvstreammux must come before this element, "
            "and nothing in between may leave memory:NVMM"
        )
    if not native.gst_mini_object_is_writable(hash(buffer)):
        batch = batch.copy()
    surfaces, batch.surfaces = batch.surfaces, None
    assert surfaces is not None
    frames, at = tuple(batch.frames), 0
    while at < len(frames):
        count = max(1, frames[at].surfaces_per_frame)  # an application may have set it to 0
        together = frames[at : at + count]
        at += len(together)
        pixels = Surfaces([surfaces[frame.batch_id] for frame in together], token=surfaces.token)
        part = BatchMeta(together, surfaces=pixels)
        part.user.extend(
            user
            for user in batch.user
            if isinstance(user.data, ComponentLatency)
            and user.data.source_id == together[0].source_id
        )
        yield part
