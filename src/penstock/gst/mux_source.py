"""One sink pad of a mux: its stream, and how its buffers become frames."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from penstock.bitstream import ReadBatch
from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.gst.carrier import batch_of
from penstock.gst.gi import Gst
from penstock.gst.latency_query import UpstreamLatency
from penstock.gst.ntp import ntp_ns_of
from penstock.gst.read_facts import take_over
from penstock.gst.stream_state import StreamState
from penstock.gst.surfaces import PictureCaps, surfaces
from penstock.meta import FrameMeta
from penstock.surface import Interpolation, Surface, placement


@dataclass(frozen=True)
class MuxTarget:
    """What a mux makes of every frame.

    Attributes:
        size: `(width, height)`, pixels; none keeps that of the source.
        keep_aspect: Scale both axes alike, with black bars on both sides.
        interpolation: How pixels are sampled.
        surfaces_per_frame: Most surfaces of one buffer that are taken, each as a frame.
        system_time: Stamp frames with the wall clock; else with the camera's, where it is known.
    """

    size: tuple[int, int] | None = None
    keep_aspect: bool = False
    interpolation: Interpolation = "bilinear"
    surfaces_per_frame: int = 1
    system_time: bool = True


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
    """

    frames: list[FrameMeta]
    surfaces: list[Surface]
    running_time_ns: int
    shown_ns: int
    begins: bool
    duration_ns: int


@dataclass(eq=False)
class MuxSource:
    """A sink pad and what has come through it.

    Only its own streaming thread writes, but for `shift_ns`, which belongs to the one that pushes.

    Attributes:
        number: Of the pad; its frames have it as `source_id`.
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
        picture, stream = self.stream.picture, self.stream
        if picture is None:
            raise StreamError("a buffer came before its caps")
        pts = stream.pts_of(buffer)
        running = stream.running_time_of(pts)
        if running is None:
            return None
        begins, stream.is_new = stream.is_new, False
        held = surfaces(buffer, picture)[: target.surfaces_per_frame]
        frames = [self._frame(pts, picture, target) for _ in held]
        ntp_ns = self._ntp_ns(buffer, target)
        for index, frame in enumerate(frames):
            frame.ntp_ns = ntp_ns
            frame.surfaces_per_frame, frame.surface_index = len(frames), index
        _keep_kinds(buffer, frames)
        self.frame_num += 1
        return MuxArrival(
            frames,
            [_scaled(surface, target) for surface in held],
            running,
            stream.next_pts_ns - pts,
            begins,
            buffer.duration,
        )

    def _frame(self, pts_ns: int, picture: PictureCaps, target: MuxTarget) -> FrameMeta:
        fitted = self._fitted
        if fitted is None or fitted[0] is not picture or fitted[1] is not target:
            self._fitted = fitted = (picture, target, _to_source(picture.size, target))
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


def _keep_kinds(buffer: Gst.Buffer, frames: list[FrameMeta]) -> None:
    """Take over what nvdewarper says its surfaces are, and what nvdsmetaextract read."""
    batch = batch_of(buffer)
    if isinstance(batch, ReadBatch):
        take_over(batch, frames[0])
        return
    # In a batch of several pictures, their surfaces were numbered picture by picture.
    if batch is not None and all(f.surfaces_per_frame == len(batch.frames) for f in batch.frames):
        for frame, given in zip(frames, batch.frames, strict=False):
            frame.surface_type, frame.surface_index = given.surface_type, given.surface_index


def _scaled(surface: Surface, target: MuxTarget) -> Surface:
    if target.size is None:
        return surface
    return surface.scale(
        target.size, keep_aspect=target.keep_aspect, interpolation=target.interpolation
    )


def _to_source(picture: tuple[int, int], target: MuxTarget) -> Affine:
    if target.size is None:
        return Affine()
    x1, y1, x2, y2 = placement(
        picture, target.size, keep_aspect=target.keep_aspect, centred=True, even=True
    )
    return Affine.fit((x1, y1, x2 - x1, y2 - y1), picture)
