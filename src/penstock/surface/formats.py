"""The pixel formats we know, by GStreamer's names, and how they lie in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penstock.errors import UnknownNameError
from penstock.surface.protocol import Planes


@dataclass(frozen=True)
class PlaneFormat:
    """One plane of a format.

    Attributes:
        samples: What a pixel of the plane holds, in order: `"Y"`, `"UV"`, `"BGRx"`.
        step: Picture pixels that share one sample, `(horizontally, vertically)`.
    """

    samples: str
    step: tuple[int, int] = (1, 1)

    def shape(self, size: tuple[int, int]) -> tuple[int, ...]:
        """`(rows, columns)` or `(rows, columns, samples)` for a picture of `size`, pixels."""
        columns, rows = (-(-n // step) for n, step in zip(size, self.step, strict=True))
        return (rows, columns) if len(self.samples) == 1 else (rows, columns, len(self.samples))


@dataclass(frozen=True)
class PixelFormat:
    """How a picture is cut into planes.

    Attributes:
        name: GStreamer's name.
        model: `"yuv"`, `"rgb"` or `"gray"`; gray spans 0 to 255 as GStreamer's GRAY8 does.
        planes: In the order of `Surface.planes()` and of memory.
        dtype: Of a sample.
    """

    name: str
    model: Literal["yuv", "rgb", "gray"]
    planes: tuple[PlaneFormat, ...]
    dtype: Any = np.uint8

    @property
    def has_alpha(self) -> bool:
        """Whether a pixel says how opaque it is."""
        return "A" in self.planes[0].samples

    def shapes(self, size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """The shape of every plane of a picture of `size` = `(width, height)` pixels."""
        return tuple(plane.shape(size) for plane in self.planes)

    def allocate(self, size: tuple[int, int]) -> Planes:
        """Fresh planes for a picture of `size`, contents undefined, in GStreamer's layout."""
        layout = PlaneLayout.default(self.name, size)
        return layout.planes(_allocate(layout.size_bytes))


def allocate_with(allocate: Callable[[int], NDArray[np.uint8]]) -> None:
    """Put new pictures into memory from elsewhere: bytes → one-dimensional array."""
    global _allocate  # noqa: PLW0603 - whose memory it is concerns the process, not a picture
    _allocate = allocate


def _ordinary_memory(size_bytes: int) -> NDArray[np.uint8]:
    return np.empty(size_bytes, np.uint8)


_allocate: Callable[[int], NDArray[np.uint8]] = _ordinary_memory


def _yuv(name: str, *planes: str, step: tuple[int, int], dtype: Any = np.uint8) -> PixelFormat:
    chroma = (PlaneFormat(samples, step) for samples in planes)
    return PixelFormat(name, "yuv", (PlaneFormat("Y"), *chroma), dtype)


def _packed(name: str) -> PixelFormat:
    return PixelFormat(name, "rgb", (PlaneFormat(name),))


FORMATS: Mapping[str, PixelFormat] = {
    made.name: made
    for made in (
        _yuv("NV12", "UV", step=(2, 2)),
        _yuv("I420", "U", "V", step=(2, 2)),
        _yuv("YV12", "V", "U", step=(2, 2)),
        _yuv("Y42B", "U", "V", step=(2, 1)),
        _yuv("Y444", "U", "V", step=(1, 1)),
        _yuv("P010_10LE", "UV", step=(2, 2), dtype=np.uint16),
        *map(_packed, ("RGBA", "RGBx", "BGRA", "BGRx", "RGB", "BGR")),
        PixelFormat("GRAY8", "gray", (PlaneFormat("Y"),)),
    )
}
"""Every known format."""

REPACKED: Mapping[str, str] = {
    "UYVY": "Y42B",
    "YUY2": "Y42B",
    "YVYU": "Y42B",
    "NV16": "Y42B",
    "NV24": "Y444",
    "GBR": "RGB",
}
"""Formats that pictures come and leave in, and what they are held as in between."""

_STORED: Mapping[str, PixelFormat] = {
    **FORMATS,
    "UYVY": PixelFormat("UYVY", "yuv", (PlaneFormat("UYVY", (2, 1)),)),
    "YUY2": PixelFormat("YUY2", "yuv", (PlaneFormat("YUYV", (2, 1)),)),
    "YVYU": PixelFormat("YVYU", "yuv", (PlaneFormat("YVYU", (2, 1)),)),
    "NV16": _yuv("NV16", "UV", step=(2, 1)),
    "NV24": _yuv("NV24", "UV", step=(1, 1)),
    "GBR": PixelFormat("GBR", "rgb", tuple(map(PlaneFormat, "GBR"))),
}


def stored_format(name: str) -> PixelFormat:
    """A format as it lies in a buffer, those of `REPACKED` too.

    Raises:
        UnknownNameError: Nothing is called that; the message lists what is.
    """
    return _STORED[name] if name in _STORED else pixel_format(name)


def pixel_format(name: str) -> PixelFormat:
    """Look up a format by GStreamer's name.

    Raises:
        UnknownNameError: Nothing is called that; the message lists what is.
    """
    found = FORMATS.get(name)
    if found is None:
        close = get_close_matches(str(name), FORMATS, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        known = ", ".join(FORMATS)
        raise UnknownNameError(f"no pixel format is called {name!r}{meant} Known: {known}")
    return found


@dataclass(frozen=True)
class PlaneLayout:
    """Where the planes of one picture lie inside one block of memory.

    Attributes:
        format: GStreamer's name.
        size: `(width, height)`, pixels.
        strides: Bytes from row to row, one value a plane.
        offsets: First byte of each plane.
    """

    format: str
    size: tuple[int, int]
    strides: tuple[int, ...]
    offsets: tuple[int, ...]

    @classmethod
    def default(cls, name: str, size: tuple[int, int]) -> PlaneLayout:
        """The layout GStreamer uses when nothing says otherwise (`GstVideoInfo`)."""
        made = stored_format(name)
        tallest = max(plane.step[1] for plane in made.planes)
        strides, offsets, end = [], [], 0
        for plane in made.planes:
            # GStreamer reserves whole chroma blocks: the luma of 9 rows takes the room of 10.
            rows = -(-size[1] // tallest) * tallest // plane.step[1]
            strides.append(-(-_row_bytes(made, plane, size) // 4) * 4)
            offsets.append(end)
            end += strides[-1] * rows
        return cls(name, size, tuple(strides), tuple(offsets))

    @property
    def size_bytes(self) -> int:
        """Bytes from the start of the memory to the end of the last plane's last row."""
        shapes = stored_format(self.format).shapes(self.size)
        ends = zip(shapes, self.strides, self.offsets, strict=True)
        return max(offset + stride * shape[0] for shape, stride, offset in ends)

    def planes(self, memory: Any) -> Planes:
        """Views of the planes in `memory`, without copying.

        Args:
            memory: One-dimensional uint8 array, or anything with the buffer protocol.

        Raises:
            ValueError: The memory is too small; the message says by how much.
        """
        made, block = stored_format(self.format), _flat(memory)
        for plane, stride, offset in zip(made.planes, self.strides, self.offsets, strict=True):
            row, rows = _row_bytes(made, plane, self.size), plane.shape(self.size)[0]
            needed = offset + stride * (rows - 1) + row
            if stride < row or needed > block.nbytes:
                raise ValueError(
                    f"{self.format} {self.size[0]}x{self.size[1]}, plane {plane.samples}: rows of "
                    f"{row} bytes, stride {stride}, offset {offset} reach byte {needed}; "
                    f"the memory has {block.nbytes} bytes"
                )
        return tuple(
            _view(block, made.dtype, plane.shape(self.size), stride, offset)
            for plane, stride, offset in zip(made.planes, self.strides, self.offsets, strict=True)
        )


def _row_bytes(made: PixelFormat, plane: PlaneFormat, size: tuple[int, int]) -> int:
    return plane.shape(size)[1] * len(plane.samples) * int(np.dtype(made.dtype).itemsize)


def _flat(memory: Any) -> NDArray[np.uint8]:
    block = memory if isinstance(memory, np.ndarray) else np.frombuffer(memory, np.uint8)
    if block.ndim != 1 or block.dtype != np.uint8 or block.strides[0] != 1:
        got = f"shape {block.shape}, {block.dtype}, strides {block.strides}"
        raise ValueError(f"memory is one block of bytes: 1-D contiguous uint8, got {got}")
    return block


def _view(
    block: NDArray[np.uint8], dtype: Any, shape: tuple[int, ...], stride: int, offset: int
) -> NDArray[Any]:
    item = np.dtype(dtype).itemsize
    inner = (item,) if len(shape) == 2 else (item * shape[2], item)
    return np.ndarray(shape, dtype, block.data, offset, (stride, *inner))
