"""A held picture with the work that has been promised on it, and what of it is done."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any
from weakref import WeakSet

from penstock.surface.conversion import convert
from penstock.surface.formats import PixelFormat
from penstock.surface.framing import Framing
from penstock.surface.memory import Memory
from penstock.surface.pixels import Pixels
from penstock.surface.protocol import Colorimetry, Planes
from penstock.surface.sampling import cut, frame


class Picture:
    """Pixels, a pending crop and scale, and the results computed so far.

    Surfaces that show the same share one picture, so that work is done once for all of them.
    Results are never written: whoever writes takes them over or copies them.

    Args:
        memory: The pixels, or what computes them when they are first needed.
        held: Their format and colorimetry.
        framing: What is pending.

    Attributes:
        viewers: The surfaces that show this picture.
    """

    def __init__(
        self,
        memory: Memory | Callable[[], Memory],
        held: tuple[PixelFormat, Colorimetry],
        framing: Framing,
    ) -> None:
        self.held = held
        self.framing = framing
        self.viewers: WeakSet[Any] = WeakSet()
        self._lock = RLock()
        self._source = memory
        self._done: dict[tuple[str, Colorimetry], Memory] = {}
        if isinstance(memory, Memory):
            memory.users.add(self)

    @classmethod
    def of(cls, memory: Memory) -> Picture:
        """A picture with nothing pending."""
        pixels = memory.pixels
        return cls(memory, (pixels.format, pixels.colorimetry), Framing.whole(pixels.size))

    @property
    def memory(self) -> Memory:
        """The held pixels, before the pending crop and scale."""
        with self._lock:
            source = self._source
            if not isinstance(source, Memory):
                source = self._source = source()
                source.users.add(self)
            return source

    @property
    def is_written(self) -> bool:
        """Whether somebody may write to the held pixels at any time."""
        source = self._source
        return isinstance(source, Memory) and source.is_written

    def framed(self, framing: Framing) -> Picture:
        """The same pixels with another crop and scale pending."""
        with self._lock:
            return Picture(self._source, self.held, framing)

    def look(self, wanted: PixelFormat, colorimetry: Colorimetry) -> Memory:
        """The finished picture in `wanted`, computed at most once."""
        with self._lock:
            memory = self.memory
            if not self.framing.is_whole:
                memory = self._finished(*self.held, self._frame)
            if memory.pixels.means(wanted, colorimetry):
                return memory
            return self._finished(wanted, colorimetry, lambda out: convert(memory.pixels, out))

    def cut(self, wanted: PixelFormat, colorimetry: Colorimetry) -> tuple[Memory, Planes] | None:
        """Held planes that show the finished picture as they lie, if there are such."""
        pixels = self.memory.pixels
        if self.framing.is_whole or not pixels.means(wanted, colorimetry):
            return None
        planes = cut(pixels.planes, pixels.format, self.framing)
        return None if planes is None else (self.memory, planes)

    def render(self, out: Pixels) -> None:
        """Write the finished picture into `out`, by way of as little memory as possible."""
        with self._lock:
            done = self._done.get((out.format.name, out.colorimetry))
            pixels = self.memory.pixels if done is None else done.pixels
            if done is not None or self.framing.is_whole:
                convert(pixels, out)
            elif pixels.means(out.format, out.colorimetry):
                self._frame(out)
            else:
                convert(self._finished(*self.held, self._frame).pixels, out)

    def forget(self) -> None:
        """Drop finished results: the held pixels are about to be written."""
        with self._lock:
            self._done.clear()

    def _frame(self, out: Pixels) -> None:
        pixels = self.memory.pixels
        frame(pixels.planes, pixels.format, pixels.colorimetry, self.framing, out.planes)

    def _finished(
        self, wanted: PixelFormat, colorimetry: Colorimetry, work: Callable[[Pixels], None]
    ) -> Memory:
        key = (wanted.name, colorimetry)
        if key in self._done:
            return self._done[key]
        memory = Memory(Pixels.allocate(wanted, colorimetry, self.framing.size))
        work(memory.pixels)
        memory.users.add(self)
        if not self.is_written:
            self._done[key] = memory
        return memory
