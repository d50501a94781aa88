"""Pixels: lazy and by reference.

A surface is a picture that is scaled, cropped and converted only when somebody looks at it, and
copied only when somebody writes to pixels that others hold too.
"""

from typing import TYPE_CHECKING, Any

from penstock.surface.formats import (
    FORMATS,
    REPACKED,
    PixelFormat,
    PlaneLayout,
    allocate_with,
    pixel_format,
    stored_format,
)
from penstock.surface.framing import placement
from penstock.surface.protocol import Colorimetry, InputSpec, Interpolation, Planes, Surface

if TYPE_CHECKING:
    from penstock.surface.cpu import CpuSurface

__all__ = [
    "FORMATS",
    "REPACKED",
    "Colorimetry",
    "CpuSurface",
    "InputSpec",
    "Interpolation",
    "PixelFormat",
    "PlaneLayout",
    "Planes",
    "Surface",
    "allocate_with",
    "pixel_format",
    "placement",
    "stored_format",
]


def __getattr__(name: str) -> Any:
    if name == "CpuSurface":  # OpenCV loads with it: only when somebody has pixels
        from penstock.surface.cpu import CpuSurface

        return CpuSurface
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
