"""Pictures whose every pixel comes from somewhere of its own in another picture."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.surface.color import black
from penstock.surface.cpu import CpuSurface
from penstock.surface.formats import PixelFormat, PlaneFormat, pixel_format
from penstock.surface.framing import Framing
from penstock.surface.memory import Memory
from penstock.surface.picture import Picture
from penstock.surface.pixels import Pixels
from penstock.surface.protocol import Colorimetry, Surface

_Where = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[Any], NDArray[Any]]]
_Maps = tuple[NDArray[np.int16], NDArray[np.uint16], NDArray[np.bool_] | None]


class Warp:
    """A way to make one picture of another; it may be used by many threads, for many pictures.

    Where pixels come from is worked out once for each kind of plane, when it is first needed.

    Args:
        source: `(width, height)` of the pictures that come, pixels.
        size: `(width, height)` of those that are made.
        where: Takes columns and rows of the made picture, `(H, W)` float64, whole numbers for the
            pixels' middles; returns the columns and rows in the source, NaN for nowhere.
        draws_edge_out: Outside the source its edge goes on; else it is black there. Nowhere is
            always black.
    """

    def __init__(
        self,
        source: tuple[int, int],
        size: tuple[int, int],
        where: _Where,
        *,
        draws_edge_out: bool = False,
    ) -> None:
        self.source, self.size = source, size
        self._where = where
        self._border = cv2.BORDER_REPLICATE if draws_edge_out else cv2.BORDER_CONSTANT
        self._maps: dict[tuple[int, int], _Maps] = {}
        self._lock = Lock()

    def apply(self, surface: Surface) -> CpuSurface:
        """What is made of a surface, once somebody looks; bilinear, in the format it holds.

        Raises:
            ValueError: Its size is another.
        """
        if surface.size != self.source:
            raise ValueError(f"wanted a picture of {self.source}, got {surface.size}")
        held = pixel_format(surface.held_format)
        made = held if held.dtype == np.uint8 else pixel_format("NV12")
        source, colorimetry = surface.share(), surface.colorimetry
        picture = Picture(
            lambda: self._warped(source, made, colorimetry),
            (made, colorimetry),
            Framing.whole(self.size),
        )
        return CpuSurface(picture, pixel_format(surface.format), colorimetry)

    def _warped(self, surface: Surface, made: PixelFormat, colorimetry: Colorimetry) -> Memory:
        out = Pixels.allocate(made, colorimetry, self.size)
        shades = black(made, colorimetry)
        planes = surface.planes(made.name)
        for kind, plane, to, shade in zip(made.planes, planes, out.planes, shades, strict=True):
            at, part, nowhere = self._maps_of(kind)
            cv2.remap(
                plane,
                at,
                part,
                cv2.INTER_LINEAR,
                dst=to,
                borderMode=self._border,
                borderValue=shade,
            )
            if nowhere is not None:
                to[nowhere] = shade if to.ndim == 3 else shade[0]
        return Memory(out)

    def _maps_of(self, kind: PlaneFormat) -> _Maps:
        with self._lock:
            if kind.step not in self._maps:
                self._maps[kind.step] = self._worked_out(kind)
            return self._maps[kind.step]

    def _worked_out(self, kind: PlaneFormat) -> _Maps:
        rows, columns = kind.shape(self.size)[:2]
        samples = kind.shape(self.source)[1::-1]
        indices = np.indices((rows, columns), np.float64)
        # A sample that pixels share lies in their middle.
        places = [indices[1 - n] * step + (step - 1) / 2 for n, step in enumerate(kind.step)]
        found = self._where(places[0], places[1])
        nowhere = np.isnan(found[0]) | np.isnan(found[1])
        at = [
            np.clip(np.where(nowhere, -2, (axis - (step - 1) / 2) / step), -2, length + 1)
            for axis, step, length in zip(found, kind.step, samples, strict=True)
        ]
        x, y = (axis.astype(np.float32) for axis in at)
        whole, part = cv2.convertMaps(x, y, cv2.CV_16SC2)
        return whole, part, nowhere if nowhere.any() else None
