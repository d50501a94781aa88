"""What every surface promises, whichever memory it lives in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine, Turn

Planes: TypeAlias = tuple[NDArray[Any], ...]
Box: TypeAlias = tuple[float, float, float, float]
WholeBox: TypeAlias = tuple[int, int, int, int]
Interpolation = Literal["nearest", "bilinear", "area", "cubic", "lanczos"]


@dataclass(frozen=True)
class Colorimetry:
    """How YUV relates to RGB.

    Attributes:
        matrix: `"bt601"` or `"bt709"`.
        full_range: Luma spans 0 to 255 instead of 16 to 235.
    """

    matrix: Literal["bt601", "bt709"] = "bt601"
    full_range: bool = False


@dataclass(frozen=True, eq=False)
class InputSpec:
    """What a network wants to see: `y = scale * (x - offsets - mean)`, x in 0..255.

    Attributes:
        size: `(width, height)` of the network's input, pixels.
        color: Channel order, C = 3, or `"GRAY"`, C = 1.
        layout: `"NCHW"` or `"NHWC"`.
        scale: Factor after subtraction.
        offsets: One value a channel, in `color`'s order; empty means zero.
        mean: `(h, w, C)` float32 picture to subtract, in `color`'s order, or none.
        keep_aspect: Scale both axes alike and leave black bars; else stretch.
        centred: With `keep_aspect`, bars on both sides; else right and bottom only.
        interpolation: How pixels are sampled.
        dtype: Of the tensor.
    """

    size: tuple[int, int]
    color: Literal["RGB", "BGR", "GRAY"] = "RGB"
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    scale: float = 1.0
    offsets: tuple[float, ...] = ()
    mean: NDArray[np.float32] | None = None
    keep_aspect: bool = False
    centred: bool = False
    interpolation: Interpolation = "bilinear"
    dtype: Any = np.float32


class Surface(Protocol):
    """One picture. Methods that return a surface record what to do; nothing is computed yet."""

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)`, pixels."""
        ...

    @property
    def format(self) -> str:
        """The promised pixel format, by GStreamer's name: what `planes()` returns."""
        ...

    @property
    def held_format(self) -> str:
        """The pixel format that lies in memory now: what `writable()` returns."""
        ...

    @property
    def colorimetry(self) -> Colorimetry:
        """How YUV relates to RGB in this picture."""
        ...

    @property
    def device(self) -> str:
        """Where the pixels are: `"cpu"`."""
        ...

    def share(self) -> Surface:
        """A second holder of the same pixels; whoever writes first gets a copy of its own."""
        ...

    def crop(self, box: Box) -> Surface:
        """The part inside `box`: left, top, width, height, pixels of this surface."""
        ...

    def scale(
        self,
        size: tuple[int, int],
        *,
        keep_aspect: bool = False,
        centred: bool = True,
        interpolation: Interpolation = "bilinear",
    ) -> Surface:
        """Resized to `(width, height)`; with `keep_aspect`, black bars fill what is left."""
        ...

    def place(
        self, box: WholeBox, size: tuple[int, int], *, interpolation: Interpolation = "bilinear"
    ) -> Surface:
        """Scaled into `box`, ltwh, whole pixels, of a black picture of `size`."""
        ...

    def turn(self, turn: Turn) -> Surface:
        """Turned by quarters or mirrored."""
        ...

    def convert(self, pixel_format: str, *, colorimetry: Colorimetry | None = None) -> Surface:
        """The same picture, promised in another format."""
        ...

    def planes(self, pixel_format: str | None = None) -> Planes:
        """Read-only views of the picture in `pixel_format` (default: the promised one).

        One array a plane: `(H, W)` luma, gray or subsampled chroma; `(H/2, W/2, 2)` interleaved
        chroma; `(H, W, C)` packed colour. uint8, or uint16 where a sample has more than 8 bits.
        """
        ...

    def writable(self, pixel_format: str | None = None) -> Planes:
        """Writeable views that no other holder sees, in `pixel_format` (default: the held one)."""
        ...

    def render(self, pixel_format: str, out: Planes) -> None:
        """Write the picture into `out`, arrays as `planes(pixel_format)` would return."""
        ...

    def give_away(self, pixel_format: str) -> Planes | None:
        """The planes themselves, if they are the picture in that format and nobody else's.

        From then on nothing is written to them through this surface, whoever has them now.
        """
        ...

    def network_input(
        self, rois: Sequence[Box], spec: InputSpec, out: NDArray[Any]
    ) -> list[Affine]:
        """Sample regions into a network's input tensor.

        Args:
            rois: R boxes: left, top, width, height, pixels of this surface.
            spec: Size, channel order, normalisation.
            out: `(R, C, h, w)` or `(R, h, w, C)` of `spec.dtype`, written completely.

        Returns:
            R transforms from this surface's pixels to network pixels.
        """
        ...

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """The promised picture, `(H, W, C)` or gray `(H, W)`, for `from_dlpack` of any library.

        Read-only as `planes()` is, and not copied where the library can be told so.

        Raises:
            BufferError: The promised format has several planes: `convert("RGB")` first.
        """
        ...

    def __dlpack_device__(self) -> tuple[int, int]:
        """Where the pixels are, in DLPack's numbers: `(1, 0)` is the CPU."""
        ...
