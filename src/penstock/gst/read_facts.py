"""Metadata that came with a stream, into the frames that a mux makes of it."""

from __future__ import annotations

from penstock.geometry import Affine
from penstock.meta import BatchMeta, FrameMeta


def take_over(given: BatchMeta, frame: FrameMeta) -> None:
    """Add what a stream brought along about one picture to the frame that the picture becomes.

    Args:
        given: One frame, or several that were tiles of the picture; its boxes are in pixels of the
            picture as it was when it was encoded.
        frame: As large as the mux makes it.
    """
    size = (frame.source_width, frame.source_height)
    for one in given.copy().frames:
        of = (one.width, one.height) if one.width > 0 and one.height > 0 else size
        to_picture = Affine.fit((0, 0, *of), size)
        one.rescale(to_picture.then(frame.to_source.inverse()), (frame.width, frame.height))
        for obj in one.objects:
            frame.add(obj, parent=obj.parent)
        frame.display += one.display
        frame.user.extend(one.user)
        frame.infer_done = frame.infer_done or one.infer_done
