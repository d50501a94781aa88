"""Strings as coverage masks, in real fonts, by cairo."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.errors import MissingExtraError
from penstock.osd.cache import Cache

__all__ = ["Typesetter"]

PIXELS_PER_POINT = 96 / 72
MAX_POINTS = 512
MAX_SIDE_PX = 8192
MAX_LINE_CHARACTERS = 4096
MAX_FONTS = 64


class Typesetter:
    """Sets text, one mask a string. For one thread.

    A family that is not installed is replaced by the nearest one that is; a character that the font
    does not have appears as the font's own box.

    Args:
        family: Font family for text that names none, for example `"Serif"`.
        points: Size for text that names none.
        cache_bytes: Bound on the masks kept.

    Raises:
        MissingExtraError: pycairo is not installed.
    """

    def __init__(self, *, family: str, points: float, cache_bytes: int = 2 << 20) -> None:
        try:
            import cairo
        except ImportError as error:
            raise MissingExtraError(
                "the OSD writes text with pycairo, which cannot be imported "
                f"({error}): apt-get install python3-cairo, or pip install pycairo, "
                "or switch the text off (display-text=false)"
            ) from error
        self.family = family
        self.points = points
        self._cairo: Any = cairo
        self._fonts: dict[tuple[str, float], Any] = {}
        self._masks: Cache[NDArray[np.uint8]] = Cache(cache_bytes)
        self.mask("0")  # the first text takes cairo and fontconfig tens of milliseconds

    @property
    def cached_bytes(self) -> int:
        """Memory that the kept masks take."""
        return self._masks.nbytes

    def mask(
        self, text: str, family: str | None = None, points: float = 0
    ) -> NDArray[np.uint8] | None:
        r"""Set a text, lines parted by `\n`, flush left.

        Args:
            text: What to write.
            family: Font family; `None` or empty for the default.
            points: Size, 1/72 inch at 96 pixels an inch; 0 or less for the default.

        Returns:
            Coverage `(H, W)` uint8 with a margin around, read-only; `None` for no text.
        """
        key = (text, family, points)
        mask = self._masks.get(key)
        if mask is None:
            lines = _printable(text)
            if not lines:
                return None
            font = self._font(family or self.family, points if points > 0 else self.points)
            mask = self._set(lines, *font)
            self._masks.put(key, mask)
        return mask

    def _font(self, family: str, points: float) -> tuple[Any, float]:
        pixels = min(max(points, 1), MAX_POINTS) * PIXELS_PER_POINT
        key = (family, pixels)
        font = self._fonts.get(key)
        if font is None:
            cairo = self._cairo
            options = cairo.FontOptions()
            options.set_antialias(cairo.ANTIALIAS_GRAY)
            options.set_hint_style(cairo.HINT_STYLE_SLIGHT)
            face = cairo.ToyFontFace(_encodable(family))
            scale = cairo.Matrix(pixels, 0, 0, pixels, 0, 0)
            font = cairo.ScaledFont(face, scale, cairo.Matrix(), options)
            if len(self._fonts) >= MAX_FONTS:
                self._fonts.clear()
            self._fonts[key] = font
        return font, pixels

    def _set(self, lines: list[str], font: Any, pixels: float) -> NDArray[np.uint8]:
        ascent, descent, spacing = font.extents()[:3]
        margin = max(1, round(pixels / 8))
        line_height = math.ceil(max(ascent + descent, spacing))
        lines = lines[: MAX_SIDE_PX // line_height + 1]
        extents = [font.text_extents(line) for line in lines]
        # Ink may stick out of the advance on both sides: in italics, for one.
        before = max(0, math.ceil(-min(extent.x_bearing for extent in extents)))
        after = max(max(e.x_advance, e.x_bearing + e.width) for e in extents)
        width = min(before + math.ceil(after) + 2 * margin, MAX_SIDE_PX)
        height = min(line_height * len(lines) + 2 * (margin // 2), MAX_SIDE_PX)
        cairo = self._cairo
        stride = cairo.Format.A8.stride_for_width(width)
        buffer = np.zeros((height, stride), np.uint8)
        surface = cairo.ImageSurface.create_for_data(buffer, cairo.Format.A8, width, height, stride)
        context = cairo.Context(surface)
        context.set_scaled_font(font)
        for number, line in enumerate(lines):
            context.move_to(before + margin, margin // 2 + round(ascent) + number * line_height)
            context.show_text(line)
        surface.finish()
        mask = buffer[:, :width]
        mask.flags.writeable = False
        return mask


def _printable(text: str) -> list[str]:
    """Lines without characters that cairo refuses or fonts show as boxes."""
    if text.isprintable():
        return [text[:MAX_LINE_CHARACTERS]] if text else []
    lines = _encodable(text).rstrip("\r\n").expandtabs(4).split("\n")
    lines = ["".join(c for c in line[:MAX_LINE_CHARACTERS] if c >= " ") for line in lines]
    return lines if any(lines) else []


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
