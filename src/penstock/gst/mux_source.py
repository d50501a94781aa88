"""One sink pad of a mux: its stream, and how its buffers become frames."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from penstock.bitstream import ReadBatch
from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.gst.carrier import batch_of
from penstock.gst.earlier_frames import Unbatched, latencies, own_batch, refit
from penstock.gst.gi import Gst
from penstock.gst.latency_query import UpstreamLatency
from penstock.gst.mux_target import MuxTarget
from penstock.gst.ntp import ntp_ns_of
from penstock.gst.read_facts import take_over
from penstock.gst.stream_state import StreamState
from penstock.gst.surfaces import PictureCaps, surfaces
from penstock.meta import FrameMeta, UserMeta
from penstock.surface import Surface


@dataclass(eq=False)
class MuxArrival:
    """One buffer on its way through the mux.

    Attributes:
        frames: One entry a surface.
        surfaces: Scaled to the mux's size.
        running_time_ns: When it is to be shown, on the pipeline's time line.
        shown_ns: For how long, as its duration or its rate says.
        begins: Whether it is the first of a segment.
        duration_ns: The buffer's own, `Gst.CLOCK_TIME_NONE` where unknown.
        latencies: How long its frames took in the elements before, where that is measured.
    """

    frames: list[FrameMeta]
    surfaces: list[Surface]
    running_time_ns: int
    shown_ns: int
    begins: bool
    duration_ns: int
    latencies: list[UserMeta] = field(default_factory=list)


@dataclass(eq=False)
class MuxSource:
    """A sink pad and what has come through it.

    Only its own streaming thread writes, but for `shift_ns`, which belongs to the one that pushes.

    Attributes:
        number: Of the pad; its frames have it as `pad_index`.
        pad: The pad.
        stream: Its caps and its segment.
        frame_num: Number of its next frame.
        latency: What its upstream answered, since it was asked.
        lacks_clock: Whether a frame came without the camera's time.
        shift_ns: What the times of its frames lack, where it joined late: see `StreamMux`.
        is_known: Whether its stream has started, so that the elements downstream heard of it.
    """

    number: int
    pad: Gst.Pad
    stream: StreamState = field(default_factory=StreamState)
    frame_num: int = 0
    latency: UpstreamLatency | None = None
    lacks_clock: bool = False
    shift_ns: int = 0
    is_known: bool = False
    _fitted: tuple[PictureCaps, MuxTarget, Affine] | None = None

    def is_left_alone(self) -> bool:
        """Whether nobody is linked, or whoever is linked is being stopped.

        An element that is set to NULL waits for its thread, which may wait here for room.
        """
        pad = self.pad.get_peer()
        while isinstance(pad, Gst.GhostPad) and pad.is_active():
            pad = pad.get_target()
        return pad is None or not pad.is_active()

    def arrival(self, buffer: Gst.Buffer, target: MuxTarget) -> MuxArrival | None:
        """Wrap a buffer; none where it lies outside its segment.

        Raises:
            StreamError: There are no caps yet, or the buffer does not hold what they say.
        """
        stream = self.stream
        pts = stream.pts_of(buffer)
        running = stream.running_time_of(pts)
        if running is None:
            return None
        begins, stream.is_new = stream.is_new, False
        frames, held, measured = self._taken(buffer, pts, target)
        self.frame_num += 1
        return MuxArrival(
            frames,
            [target.scaled(surface) for surface in held],
            running,
            stream.next_pts_ns - pts,
            begins,
            buffer.duration,
            measured,
        )

    def _taken(
        self, buffer: Gst.Buffer, pts_ns: int, target: MuxTarget
    ) -> tuple[list[FrameMeta], list[Surface], list[UserMeta]]:
        """The frames of a buffer, their surfaces as they came, and latencies."""
        picture, carried = self._picture(), batch_of(buffer)
        if carried is None or isinstance(carried, ReadBatch):
            held = surfaces(buffer, picture)
        else:
            carried = own_batch(buffer)
            held = carried.surfaces or surfaces(buffer, picture)
            if pairs := _pairs(carried.frames, held):
                if isinstance(carried, Unbatched):
                    pairs = pairs[: target.surfaces_per_frame]
                    frames = [frame for frame, _ in pairs]
                    self._begin(frames, pts_ns, self._ntp_ns(buffer, target))
                self._renew(pairs, target)
                return [frame for frame, _ in pairs], [one for _, one in pairs], latencies(carried)
        frame = self._frame(pts_ns, picture, target)
        frame.ntp_ns = self._ntp_ns(buffer, target)
        if carried is not None:  # what was written into video, or the frames of a wall of tiles
            take_over(carried, frame)
        return [frame], held[:1], []

    def _begin(self, frames: list[FrameMeta], pts_ns: int, ntp_ns: int) -> None:
        """Say of the views of one picture what a mux says of a picture."""
        for frame in frames:
            frame.source_id, frame.frame_num = self.number, self.frame_num
            frame.pts_ns, frame.ntp_ns = pts_ns, ntp_ns
            frame.surfaces_per_frame = len(frames)

    def _renew(self, pairs: list[tuple[FrameMeta, Surface]], target: MuxTarget) -> None:
        """Say of frames that come with their metadata what is different behind this mux."""
        for frame, surface in pairs:
            refit(frame, surface.size, target)
            if not self.stream.is_batch:
                frame.pad_index = self.number

    def _picture(self) -> PictureCaps:
        if self.stream.picture is None:
            raise StreamError("a buffer came before its caps")
        return self.stream.picture

    def _frame(self, pts_ns: int, picture: PictureCaps, target: MuxTarget) -> FrameMeta:
        fitted = self._fitted
        if fitted is None or fitted[0] is not picture or fitted[1] is not target:
            self._fitted = fitted = (picture, target, target.to_picture(picture.size))
        return FrameMeta(
            self.number,
            frame_num=self.frame_num,
            pts_ns=pts_ns,
            size=target.size or picture.size,
            source_size=picture.size,
            to_source=fitted[2],
        )

    def _ntp_ns(self, buffer: Gst.Buffer, target: MuxTarget) -> int:
        if target.system_time:
            return time.time_ns()
        ntp_ns = ntp_ns_of(buffer)
        if not ntp_ns:
            self.lacks_clock = True
        return ntp_ns or time.time_ns()


def _pairs(frames: list[FrameMeta], held: list[Surface]) -> list[tuple[FrameMeta, Surface]]:
    """Each frame with its picture; none where several are of one picture, as behind a tiler.

    An application may have taken frames out of the batch, and put in others without a picture.
    """
    if len(held) == 1 < len(frames):
        return []
    frame_at = {frame.batch_id: frame for frame in reversed(frames)}
    return [(frame_at[at], surface) for at, surface in enumerate(held) if at in frame_at]
