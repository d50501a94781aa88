"""One frame's description."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.meta.detections import Detections
from penstock.meta.objects import ObjectMeta
from penstock.meta.overlay import MISC_FIELDS, DisplayMeta
from penstock.meta.sensors import SensorInfo
from penstock.meta.user import Attachments

if TYPE_CHECKING:
    from penstock.meta.batch import BatchMeta


class FrameMeta:
    """Everything known about one frame of one source.

    Attributes:
        source_id: Index of the camera or file, counted from 0.
        pad_index: Number of the mux pad it came through.
        batch_id: Its position in the batch, which is its surface's position too.
        frame_num: Frames of this source seen before this one.
        pts_ns: Presentation time in its own source, nanoseconds; -1 where unknown.
        ntp_ns: Wall clock time of capture, nanoseconds since 1970; 0 where unknown.
        width: Width of the frame as it is now, pixels; boxes are in these pixels.
        height: Height of the frame as it is now, pixels.
        source_width: Width before the mux scaled it, pixels.
        source_height: Height before the mux scaled it, pixels.
        to_source: Transform from frame pixels to source pixels.
        objects: What was found in it, in order.
        display: What else the OSD draws.
        user: Attachments.
        entered_ns: When it entered the mux, on the clock of `time.monotonic_ns`.
        infer_done: Whether a network really looked at it (`interval` skips frames).
        sensor: What its source is called, where that was said; copies share it.
    """

    __slots__ = (
        "__weakref__",
        "_batch",
        "_misc",
        "batch_id",
        "display",
        "entered_ns",
        "frame_num",
        "height",
        "infer_done",
        "ntp_ns",
        "objects",
        "pad_index",
        "pts_ns",
        "sensor",
        "source_height",
        "source_id",
        "source_width",
        "surface_index",
        "surface_type",
        "surfaces_per_frame",
        "to_source",
        "user",
        "width",
    )

    def __init__(
        self,
        source_id: int = 0,
        *,
        frame_num: int = 0,
        pts_ns: int = 0,
        size: tuple[int, int] = (0, 0),
        source_size: tuple[int, int] | None = None,
        to_source: Affine | None = None,
    ) -> None:
        self.source_id = source_id
        self.pad_index = source_id
        self.batch_id = 0
        self.frame_num = frame_num
        self.pts_ns = pts_ns
        self.ntp_ns = 0
        self.entered_ns = time.monotonic_ns()
        self.width, self.height = size
        self.source_width, self.source_height = source_size or size
        self.to_source = to_source or Affine()
        self.objects: list[ObjectMeta] = []
        self.display: list[DisplayMeta] = []
        self.user = Attachments()
        self.infer_done = False
        self.sensor: SensorInfo | None = None
        self.surfaces_per_frame = 1
        self.surface_type = 0
        self.surface_index = 0
        self._misc: NDArray[np.int64] | None = None
        self._batch: weakref.ref[BatchMeta] | None = None

    @property
    def batch(self) -> BatchMeta | None:
        """The batch it belongs to, as long as that is alive."""
        return self._batch() if self._batch else None

    @property
    def view(self) -> tuple[int, int, int]:
        """Mux pad, surface type and index: what is kept from frame to frame is kept for each.

        A camera has one; with a dewarper several, which are frames of one `frame_num`.
        """
        return self.pad_index, self.surface_type, self.surface_index

    @property
    def surface(self) -> Any:
        """Its pixels, a `penstock.surface.Surface`.

        Raises:
            StreamError: The buffer that held the pixels is gone, or left NVMM.
        """
        batch = self.batch
        surfaces = None if batch is None else batch.surfaces
        if surfaces is None:
            raise StreamError(
                f"the pixels of source {self.source_id}, frame {self.frame_num} are gone: "
                "read them while the buffer is alive and in memory:NVMM, or copy them then"
            )
        return surfaces[self.batch_id]

    @property
    def image(self) -> NDArray[np.uint8]:
        """Its picture as it is now, `(H, W, 3)` uint8 RGB; read-only.

        A snapshot, valid as long as it is held, whatever is drawn later. Where RGB, RGBA or RGBx
        lies in memory, it is a view of that; else it is converted, once for all who ask. An array
        of that shape that is assigned takes the picture's place, here and downstream, and is
        seen by no other branch of a `tee`.

        Raises:
            StreamError: The buffer that held the pixels is gone, or left NVMM.
            ValueError: What is assigned has another shape or dtype.
        """
        surface = self.surface
        lying = [n for n in (surface.held_format, surface.format) if n in ("RGB", "RGBA", "RGBx")]
        (plane,) = surface.planes(lying[0] if lying else "RGB")
        rgb: NDArray[np.uint8] = plane[..., :3]
        return rgb

    @image.setter
    def image(self, picture: NDArray[np.uint8]) -> None:
        surface = self.surface
        given, shape = np.asarray(picture), (*surface.size[::-1], 3)
        if given.shape != shape or given.dtype != np.uint8:
            raise ValueError(
                f"frame.image takes RGB, uint8, {shape} for this frame; "
                f"got {given.shape} {given.dtype}"
            )
        (plane,) = surface.writable("RGB")
        np.copyto(plane, given)

    @property
    def detections(self) -> Detections:
        """The objects as NumPy columns: a snapshot, frame pixels."""
        return Detections.of(self.objects)

    @property
    def misc(self) -> NDArray[np.int64]:
        """Four integers for the application's own use, `(4,)` int64."""
        if self._misc is None:
            self._misc = np.zeros(MISC_FIELDS, np.int64)
        return self._misc

    def add(self, obj: ObjectMeta, *, parent: ObjectMeta | None = None) -> ObjectMeta:
        """Append an object, give it its back-references, and return it."""
        obj._frame = weakref.ref(self)
        if parent is not None:
            obj.parent = parent
        self.objects.append(obj)
        return obj

    def rescale(self, transform: Affine, size: tuple[int, int]) -> None:
        """Move everything drawn or found in this frame to another pixel space.

        Args:
            transform: From the present frame pixels to the new ones.
            size: `(width, height)` of the new frame, pixels.
        """
        from penstock.meta.rescale import move_display, move_object

        for obj in self.objects:
            move_object(obj, transform)
        for display in self.display:
            move_display(display, transform)
        self.to_source = transform.inverse().then(self.to_source)
        self.width, self.height = size

    def copy(self) -> FrameMeta:
        """A deep copy that belongs to no batch yet."""
        twin = FrameMeta(
            self.source_id,
            frame_num=self.frame_num,
            pts_ns=self.pts_ns,
            size=(self.width, self.height),
            source_size=(self.source_width, self.source_height),
            to_source=self.to_source,
        )
        twin.pad_index = self.pad_index
        twin.batch_id = self.batch_id
        twin.ntp_ns = self.ntp_ns
        twin.entered_ns = self.entered_ns
        twin.infer_done = self.infer_done
        twin.sensor = self.sensor
        twin.surfaces_per_frame = self.surfaces_per_frame
        twin.surface_type = self.surface_type
        twin.surface_index = self.surface_index
        twin._misc = None if self._misc is None else self._misc.copy()
        twin.display = [display.copy() for display in self.display]
        twin.user.extend([user.copy() for user in self.user])
        _copy_objects(self, twin)
        return twin

    def __repr__(self) -> str:
        return (
            f"<FrameMeta source {self.source_id} frame {self.frame_num} "
            f"{self.width}x{self.height}, {len(self.objects)} objects>"
        )


def _copy_objects(frame: FrameMeta, twin: FrameMeta) -> None:
    reference = weakref.ref(twin)
    objects = frame.objects[:]  # another thread may add or remove some
    for obj in objects:
        copied = obj.copy()
        copied._frame = reference
        twin.objects.append(copied)
    if any(obj.parent is not None for obj in objects):
        twin_of = dict(zip(map(id, objects), twin.objects, strict=True))
        for copied in twin.objects:
            if copied.parent is not None:
                copied.parent = twin_of.get(id(copied.parent), copied.parent)
