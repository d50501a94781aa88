"""Pixels: lazy and by reference.

A surface is a picture that is scaled, cropped and converted only when somebody looks at it, and
copied only when somebody writes to pixels that others hold too.
"""

from penstock.surface.protocol import Colorimetry, InputSpec, Interpolation, Surface

__all__ = ["Colorimetry", "InputSpec", "Interpolation", "Surface"]
