"""Core objects of structs that Penstock itself has no use for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.meta import Color, Mask
from penstock.meta.referable import Referable

TRANSPARENT: Color = (0.0, 0.0, 0.0, 0.0)
MAX_DIMS = 8
MAX_PLANES = 4


@dataclass(slots=True, eq=False)
class ColorInfo(Referable):
    """One colour of a palette."""

    number: int = 0
    color: Color = TRANSPARENT


@dataclass(slots=True, eq=False)
class FrameShapes(Referable):
    """Shapes of one kind to draw on one picture, as the OSD library takes them."""

    surface: Any = None
    mode: int = 0
    count: int = 0
    first: Any = None


@dataclass(slots=True, eq=False)
class MaskOwner(Referable):
    """Stands for the object of a mask that belongs to none."""

    mask: Mask | None = None


@dataclass(slots=True, eq=False)
class Pool(Referable):
    """Where the objects of one kind come from. It never runs out, so there is nothing to count."""

    meta_type: int = 0
    largest: int = 0
    element_bytes: int = 0
    empty: list[Any] = field(default_factory=list)
    full: list[Any] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Dims(Referable):
    """The shape of a tensor: the first `count` of 8 sizes."""

    sizes: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(MAX_DIMS, np.uint32))
    count: int = 0

    @property
    def elements(self) -> int:
        """How many numbers a tensor of that shape has."""
        return int(np.prod(self.sizes[: self.count], dtype=np.int64)) if self.count else 0


@dataclass(slots=True, eq=False)
class PictureDims(Referable):
    """The shape of a picture, pixels."""

    channels: int = 0
    height: int = 0
    width: int = 0


@dataclass(slots=True, eq=False)
class FoundBox(Referable):
    """What a parser finds, ltwh in network pixels."""

    class_id: int = 0
    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    confidence: float = 0.0


@dataclass(slots=True, eq=False)
class RegionBox(Referable):
    """A box and its relation to a region of a 360 degree camera, frame pixels."""

    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    class_id: int = 0
    track_id: int = 0
    component_id: int = 0
    status: int = 0
    text: Any = None


@dataclass(slots=True, eq=False)
class Event(Referable):
    """An event and its message."""

    event_type: int = 0
    message: Any = None


@dataclass(slots=True, eq=False)
class BufferMeta(Referable):
    """Metadata on a buffer that is not a batch's."""

    data: Any = None
    user_data: Any = None
    meta_type: int = 0


@dataclass(slots=True, eq=False)
class EncodeArgs(Referable):
    """What to encode as JPEG, and where it goes; sizes in pixels, quality 1 to 100."""

    save: bool = False
    attach: bool = False
    scale: bool = False
    width: int = 0
    height: int = 0
    file_name: str = ""
    object_number: int = 0
    quality: int = 0
    is_frame: bool = False
    measure: bool = False


def _four_uint32() -> NDArray[np.uint32]:
    return np.zeros(MAX_PLANES, np.uint32)


@dataclass(slots=True, eq=False)
class PlaneRecord(Referable):
    """How the planes of a picture lie in memory: pixels and bytes, `(4,)` uint32 each."""

    count: int = 0
    width: NDArray[np.uint32] = field(default_factory=_four_uint32)
    height: NDArray[np.uint32] = field(default_factory=_four_uint32)
    pitch: NDArray[np.uint32] = field(default_factory=_four_uint32)
    offset: NDArray[np.uint32] = field(default_factory=_four_uint32)
    size: NDArray[np.uint32] = field(default_factory=_four_uint32)
    bytes_per_pixel: NDArray[np.uint32] = field(default_factory=_four_uint32)


@dataclass(slots=True, eq=False)
class MappedRecord(Referable):
    """Where the planes are mapped: addresses, `(4,)` uint64."""

    addresses: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(MAX_PLANES, np.uint64))
    egl_image: Any = None


@dataclass(slots=True, eq=False)
class SurfaceRecord(Referable):
    """One picture of a batch in memory.

    Attributes:
        width: Pixels; `height` likewise.
        pitch: Bytes from row to row of the first plane.
        data: Its bytes, `(size,)` uint8, or nothing.
    """

    width: int = 0
    height: int = 0
    pitch: int = 0
    color_format: int = 0
    layout: int = 0
    descriptor: int = 0
    size: int = 0
    data: Any = None
    planes: PlaneRecord = field(default_factory=PlaneRecord)
    mapped: MappedRecord = field(default_factory=MappedRecord)


@dataclass(slots=True, eq=False)
class SurfacesRecord(Referable):
    """A batch of pictures in memory."""

    gpu_id: int = 0
    batch_size: int = 0
    contiguous: bool = False
    memory_type: int = 0
    surfaces: list[SurfaceRecord] = field(default_factory=list)

    @property
    def first(self) -> SurfaceRecord | None:
        """The first picture, which is where the C array begins."""
        return self.surfaces[0] if self.surfaces else None


@dataclass(slots=True, eq=False)
class SurfaceOrder(Referable):
    """What pictures to make."""

    gpu_id: int = 0
    width: int = 0
    height: int = 0
    size: int = 0
    contiguous: bool = False
    color_format: int = 0
    layout: int = 0
    memory_type: int = 0
