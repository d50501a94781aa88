"""What one sink pad has been told about its stream."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.gst.gi import Gst
from penstock.gst.surfaces import PictureCaps

_GUESSED_FRAMERATE = (30, 1)


@dataclass
class StreamState:
    """Caps and segment of a stream; only its own streaming thread writes.

    Attributes:
        picture: What the caps say about its frames, once there are caps.
        framerate: `(numerator, denominator)`, where known.
        segment: Maps its times to running time.
        next_pts_ns: When the next frame is due.
        is_new: Whether no frame has come since the segment.
        is_batch: Whether its buffers hold the frames of several sources.
    """

    picture: PictureCaps | None = None
    framerate: tuple[int, int] | None = None
    segment: Gst.Segment = field(default_factory=Gst.Segment)
    next_pts_ns: int = 0
    is_new: bool = True
    is_batch: bool = False

    def set_caps(self, caps: Gst.Caps) -> None:
        """New caps hold for the frames that follow."""
        self.picture = PictureCaps.of(caps)
        structure = caps.get_structure(0)
        known, numerator, denominator = structure.get_fraction("framerate")
        self.framerate = (numerator, denominator) if known and numerator else None
        frames, views = structure.get_int("batch-size"), structure.get_int("num-surfaces-per-frame")
        self.is_batch = frames[1] > max(1, views[1])

    def set_segment(self, segment: Gst.Segment) -> None:
        """A new segment holds for the frames that follow."""
        self.segment = segment.copy()
        self.next_pts_ns = segment.start
        self.is_new = True

    def pts_of(self, buffer: Gst.Buffer) -> int:
        """The buffer's time, or where the one before ended; nanoseconds."""
        pts = self.next_pts_ns if buffer.pts == Gst.CLOCK_TIME_NONE else buffer.pts
        duration = buffer.duration
        if duration == Gst.CLOCK_TIME_NONE:
            numerator, denominator = self.framerate or _GUESSED_FRAMERATE
            duration = denominator * Gst.SECOND // numerator
        self.next_pts_ns = pts + duration
        return int(pts)

    def running_time_of(self, pts_ns: int) -> int | None:
        """Time since the pipeline started, nanoseconds; none outside the segment."""
        if self.segment.format != Gst.Format.TIME:
            return pts_ns
        running = self.segment.to_running_time(Gst.Format.TIME, pts_ns)
        return None if running == Gst.CLOCK_TIME_NONE else int(running)
