"""What a mux makes of every picture."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.geometry import Affine
from penstock.surface import Interpolation, Surface, placement


@dataclass(frozen=True)
class MuxTarget:
    """What a mux makes of every picture.

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

    def scaled(self, surface: Surface) -> Surface:
        """The picture as it is in the batch."""
        if self.size is None:
            return surface
        return surface.scale(
            self.size, keep_aspect=self.keep_aspect, interpolation=self.interpolation
        )

    def to_picture(self, size: tuple[int, int]) -> Affine:
        """From pixels of the batch's frame to those of a picture of `(width, height)` that came."""
        if self.size is None:
            return Affine()
        x1, y1, x2, y2 = placement(
            size, self.size, keep_aspect=self.keep_aspect, centred=True, even=True
        )
        return Affine.fit((x1, y1, x2 - x1, y2 - y1), size)
