"""Surfaces in ordinary memory. OpenCV loads with this module and nowhere else in the room."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Affine, Turn
from penstock.surface import exchange, network
from penstock.surface.formats import PixelFormat, PlaneLayout
from penstock.surface.formats import pixel_format as format_called
from penstock.surface.framing import Framing
from penstock.surface.memory import Memory
from penstock.surface.picture import Picture
from penstock.surface.pixels import Pixels, check_planes
from penstock.surface.protocol import (
    Box,
    Colorimetry,
    InputSpec,
    Interpolation,
    Planes,
    WholeBox,
)
from penstock.surface.turning import turned_format, turned_memory


class CpuSurface:
    """One picture in ordinary memory; see `penstock.surface.Surface` for what it promises.

    Make one with `from_planes` or `from_memory`. Any method may be called from any thread.

    Read-only arrays keep what they show for as long as they live: while one is alive, whoever
    wants to write gets a copy. Writeable arrays show through: what is written to them is seen
    by whatever this surface is asked afterwards, and by no share taken before or after.
    """

    __slots__ = ("__weakref__", "_colorimetry", "_format", "_lock", "_picture")

    def __init__(self, picture: Picture, made: PixelFormat, colorimetry: Colorimetry) -> None:
        self._lock = RLock()
        self._picture = picture
        self._format = made
        self._colorimetry = colorimetry
        picture.viewers.add(self)

    @classmethod
    def from_planes(
        cls,
        planes: Planes,
        format: str,  # noqa: A002 (GStreamer's word)
        *,
        colorimetry: Colorimetry,
        owner: object = None,
        exclusive: bool = False,
    ) -> CpuSurface:
        """A surface over arrays, which are not copied.

        Args:
            planes: Shaped and typed as `Surface.planes` returns them.
            format: GStreamer's name.
            colorimetry: How YUV relates to RGB in this picture.
            owner: Kept alive for as long as the arrays are needed.
            exclusive: Nobody else reads or writes the arrays, so that they may be written in
                place; else the first write makes a copy.

        Raises:
            ValueError: The planes do not fit the format.
            UnknownNameError: There is no such format.
        """
        check_planes(planes, format)
        if exclusive and not all(plane.flags.writeable for plane in planes):
            raise ValueError("exclusive planes will be written, but these arrays are read-only")
        pixels = Pixels(tuple(planes), format_called(format), colorimetry)
        memory = Memory(pixels, owner=owner, foreign=not exclusive)
        return cls(Picture.of(memory), pixels.format, colorimetry)

    @classmethod
    def from_memory(
        cls, memory: Any, layout: PlaneLayout, *, colorimetry: Colorimetry, owner: object = None
    ) -> CpuSurface:
        """A surface over one block of memory that somebody else may still read: a decoder's.

        Args:
            memory: One-dimensional uint8 array, or anything with the buffer protocol.
            layout: Where the planes are in it.
            colorimetry: How YUV relates to RGB in this picture.
            owner: Kept alive for as long as the memory is needed.

        Raises:
            ValueError: The memory is smaller than the layout.
            UnknownNameError: There is no such format.
        """
        planes = layout.planes(memory)
        return cls.from_planes(planes, layout.format, colorimetry=colorimetry, owner=owner)

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)`, pixels."""
        return self._picture.framing.size

    @property
    def format(self) -> str:
        """The promised pixel format."""
        return self._format.name

    @property
    def held_format(self) -> str:
        """The pixel format that lies in memory, or will once it is needed."""
        return self._picture.held[0].name

    @property
    def colorimetry(self) -> Colorimetry:
        """How YUV relates to RGB in this picture."""
        return self._colorimetry

    @property
    def device(self) -> str:
        """`"cpu"`."""
        return "cpu"

    def __repr__(self) -> str:
        with self._lock:
            picture = self._picture
            size, held = picture.framing.size, picture.framing.held
            holds = f"{picture.held[0].name} {held[0]}x{held[1]}"
            return f"<CpuSurface {self.format} {size[0]}x{size[1]}, holds {holds}>"

    def share(self) -> CpuSurface:
        """A second holder of the same pixels; whoever writes first gets a copy of its own."""
        with self._lock:
            return CpuSurface(self._unwritten(), self._format, self._colorimetry)

    def crop(self, box: Box) -> CpuSurface:
        """The part inside `box`: left, top, width, height, pixels of this surface.

        Edges are rounded to whole pixels and clipped to the picture.

        Raises:
            ValueError: No pixel is inside.
        """
        with self._lock:
            return self._framed(self._picture.framing.crop(box))

    def scale(
        self,
        size: tuple[int, int],
        *,
        keep_aspect: bool = False,
        centred: bool = True,
        interpolation: Interpolation = "bilinear",
    ) -> CpuSurface:
        """Resized to `(width, height)`; with `keep_aspect`, black bars fill what is left.

        Bars begin at even pixels. Raises ValueError for a size that is not positive.
        """
        with self._lock:
            framing = self._picture.framing.scale(
                size, keep_aspect=keep_aspect, centred=centred, interpolation=interpolation
            )
            if self._picture.framing.composes_with(framing):
                return self._framed(framing)
            settled = self._settled(*self._picture.held)
            return settled.scale(
                size, keep_aspect=keep_aspect, centred=centred, interpolation=interpolation
            )

    def place(
        self, box: WholeBox, size: tuple[int, int], *, interpolation: Interpolation = "bilinear"
    ) -> CpuSurface:
        """Scaled into `box`, ltwh, whole pixels, of a black picture of `size`.

        Raises:
            ValueError: `box` has no area or is not inside.
        """
        with self._lock:
            framing = self._picture.framing.place(box, size, interpolation=interpolation)
            if self._picture.framing.composes_with(framing):
                return self._framed(framing)
            settled = self._settled(*self._picture.held)
            return settled.place(box, size, interpolation=interpolation)

    def turn(self, turn: Turn) -> CpuSurface:
        """Turned by quarters or mirrored, once somebody looks.

        Chroma that is shared by two pixels side by side becomes one sample a pixel (`Y444`) where
        rows become columns. Mirroring an odd size moves shared chroma by one pixel.
        """
        with self._lock:
            held, colorimetry = self._picture.held
            made, source = turned_format(held, turn), self.share()
            picture = Picture(
                lambda: turned_memory(source._picture, turn, made),
                (made, colorimetry),
                Framing.whole(turn.size(self.size)),
            )
            return CpuSurface(picture, self._format, self._colorimetry)

    def convert(self, pixel_format: str, *, colorimetry: Colorimetry | None = None) -> CpuSurface:
        """The same picture, promised in another format.

        Raises:
            UnknownNameError: There is no such format.
            ValueError: It is P010_10LE, which is only read, and the surface holds another.
        """
        with self._lock:
            wanted, held = format_called(pixel_format), self._picture.held[0]
            colorimetry = colorimetry or self._colorimetry
            surface = self
            if wanted.model == "gray" and held.model != "gray":
                # Colour must not come back when gray is converted once more.
                surface = self._settled(wanted, colorimetry)
            elif wanted.has_alpha and held.has_alpha and not self._format.has_alpha:
                surface = self._settled(self._format, self._colorimetry)
            return CpuSurface(surface._unwritten(), wanted, colorimetry)

    def planes(self, pixel_format: str | None = None) -> Planes:
        """Read-only views of the picture in `pixel_format` (default: the promised one).

        Without pending work, and for a crop at chroma samples, they are views of what is held;
        copies of it only while somebody keeps writeable arrays of this surface.
        """
        with self._lock:
            wanted = format_called(pixel_format or self.format)
            cut = self._picture.cut(wanted, self._colorimetry)
            if cut is not None:
                memory, planes = cut
                return memory.lend(planes)
            memory = self._picture.look(wanted, self._colorimetry)
            return (memory.clone() if memory.is_written else memory).lend()

    def writable(self, pixel_format: str | None = None) -> Planes:
        """Writeable views that no other holder sees, in `pixel_format` (default: the held one).

        From then on the surface holds that format. Arrays from an earlier call stay valid as
        long as the format is the same; after another, writing to them changes nothing here.
        """
        with self._lock:
            picture = self._picture
            wanted = format_called(pixel_format or self.held_format)
            memory = picture.look(wanted, self._colorimetry)
            alone = len(memory.users) == 1 and len(picture.viewers) == 1
            if memory.foreign or memory.is_read or not alone:
                self._hold(Picture.of(memory.clone()))
            elif picture.framing.is_whole and memory is picture.memory:
                picture.forget()
            else:
                self._hold(Picture.of(memory))
            return self._picture.memory.lend(writable=True)

    def render(self, pixel_format: str, out: Planes) -> None:
        """Write the picture into `out`, arrays as `planes(pixel_format)` would return.

        Raises:
            ValueError: Number, shapes or dtype of `out` differ, or an array is read-only.
        """
        with self._lock:
            wanted = format_called(pixel_format)
            size = check_planes(out, pixel_format)
            if size != self.size or not all(plane.flags.writeable for plane in out):
                state = "" if size != self.size else ", read-only"
                raise ValueError(f"{self!r} cannot be written into {size[0]}x{size[1]}{state}")
            if all(map(_samples_adjoin, out)):
                self._picture.render(Pixels(tuple(out), wanted, self._colorimetry))
                return
            for plane, to in zip(self.planes(pixel_format), out, strict=True):
                np.copyto(to, plane)

    def give_away(self, pixel_format: str) -> Planes | None:
        """The planes themselves, if they are the picture in that format and nobody else's.

        From then on nothing is written to them through this surface, whoever has them now.
        """
        with self._lock:
            picture = self._picture
            memory = picture.memory
            lent = memory.foreign or memory.is_read or memory.is_written
            alone = len(memory.users) == 1 and len(picture.viewers) == 1
            fits = memory.pixels.means(format_called(pixel_format), self._colorimetry)
            if lent or not alone or not fits or not picture.framing.is_whole:
                return None
            memory.foreign = True
            return memory.pixels.planes

    def network_input(
        self, rois: Sequence[Box], spec: InputSpec, out: NDArray[Any]
    ) -> list[Affine]:
        """Sample regions into a network's input tensor, straight from the held planes.

        What a region shows outside this surface is black, as the bars are: 0 before
        normalisation. Colours are rounded to 8 bits before normalisation.

        Args:
            rois: R boxes: left, top, width, height, pixels of this surface.
            spec: Size, channel order, normalisation.
            out: `(R, C, h, w)` or `(R, h, w, C)` of `spec.dtype`, written completely.

        Returns:
            R transforms from this surface's pixels to network pixels.

        Raises:
            ValueError: A region has no area, or `out` does not fit; the message has both.
        """
        with self._lock:
            picture = self._picture
            pixels = picture.memory.pixels
            if pixels.format.model == "rgb":  # what gray is made of RGB follows the promise
                pixels = pixels._replace(colorimetry=self._colorimetry)
            return network.fill(pixels, picture.framing, rois, spec, out)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """The promised picture, `(H, W, C)` or gray `(H, W)`, for `from_dlpack` of any library.

        Read-only as `planes()` is. Libraries that read DLPack older than 1.0, which cannot say
        so, get a copy.

        Raises:
            BufferError: The promised format has several planes, another device is asked for, or
                no copy by a library that needs one.
        """
        if len(self._format.planes) > 1:
            raise BufferError(
                f"{self.format} has {len(self._format.planes)} planes, DLPack takes one array: "
                "convert('RGB') first"
            )
        asked = exchange.Request(stream, max_version, dl_device, copy)
        return exchange.export(self.planes()[0], asked)

    def __dlpack_device__(self) -> tuple[int, int]:
        """`(1, 0)`: the CPU."""
        return exchange.CPU

    def _unwritten(self) -> Picture:
        """This picture for another holder: a copy while somebody may write to this one."""
        picture = self._picture
        return Picture.of(picture.memory.clone()) if picture.is_written else picture

    def _framed(self, framing: Framing) -> CpuSurface:
        picture = self._unwritten().framed(framing)
        return CpuSurface(picture, self._format, self._colorimetry)

    def _settled(self, made: PixelFormat, colorimetry: Colorimetry) -> CpuSurface:
        """A surface that will hold this one's finished picture, computed when it is needed."""
        source = self.share()
        picture = Picture(
            lambda: source._picture.look(made, colorimetry),
            (made, colorimetry),
            Framing.whole(self.size),
        )
        return CpuSurface(picture, self._format, self._colorimetry)

    def _hold(self, picture: Picture) -> None:
        self._picture.viewers.discard(self)
        picture.viewers.add(self)
        self._picture = picture


def _samples_adjoin(plane: NDArray[Any]) -> bool:
    """Whether OpenCV can write into the array in place."""
    inner = plane.itemsize * (plane.shape[2] if plane.ndim == 3 else 1)
    adjoin = plane.strides[-1] == plane.itemsize and plane.strides[1] == inner
    return adjoin and plane.strides[0] >= plane.shape[1] * inner
