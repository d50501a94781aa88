"""Strings as coverage masks, in real fonts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.errors import MissingExtraError
from penstock.osd.cache import Cache

if TYPE_CHECKING:
    from penstock.osd.pango import Layout

__all__ = ["Typesetter"]

_log = logging.getLogger(__name__)

PIXELS_PER_POINT = 96 / 72
MAX_POINTS = 512
MAX_SIDE_PX = 8192
MAX_LINE_CHARACTERS = 4096
NARROWEST_EM = 1 / 8  # of a letter that takes room; keeps Pango's 32-bit widths from overflowing
FIRST_PICTOGRAM = "\u2190"


class Typesetter:
    """Sets text by Pango, one mask a string. For one thread.

    A font that is not installed is replaced by the nearest one that is. A character that the font
    does not have comes from another one; where none has it, it appears as a box, and the log says
    so once.

    Args:
        family: Font for text that names none, for example `"Serif"`.
        points: Size for text that names none.
        cache_bytes: Bound on the masks kept.
    """

    def __init__(self, *, family: str, points: float, cache_bytes: int = 2 << 20) -> None:
        self.family = family
        self.points = points
        self._layout: Layout | None = None
        self._masks: Cache[NDArray[np.uint8]] = Cache(cache_bytes)
        self._has_warned = False

    @property
    def cached_bytes(self) -> int:
        """Memory that the kept masks take."""
        return self._masks.nbytes

    def load(self) -> Layout:
        """Load what the first text needs, which takes tens of milliseconds.

        Raises:
            MissingExtraError: Pango is not installed.
        """
        if self._layout is None:
            try:
                from penstock.osd.pango import Layout
            except OSError as error:
                raise MissingExtraError(
                    f"the OSD writes text with Pango, which cannot be loaded ({error}): "
                    "apt-get install libpangocairo-1.0-0, or switch the text off "
                    "(display-text=false)"
                ) from error
            self._layout = Layout()
            self.mask("0")
        return self._layout

    def mask(
        self, text: str, family: str | None = None, points: float = 0
    ) -> NDArray[np.uint8] | None:
        r"""Set a text, lines parted by `\n`, flush left.

        Args:
            text: What to write.
            family: Font family, and a style behind it; `None` or empty for the default.
            points: Size, 1/72 inch at 96 pixels an inch; 0 or less for the default.

        Returns:
            Coverage `(H, W)` uint8 with a margin around, read-only; `None` for no text.
        """
        key = (text, family, points)
        mask = self._masks.get(key)
        if mask is None:
            pixels = min(max(points if points > 0 else self.points, 1), MAX_POINTS)
            pixels *= PIXELS_PER_POINT
            printable = _printable(text, pixels)
            if not printable:
                return None
            layout = self.load()
            layout.set_font(_encodable(family or self.family), pixels)
            mask = self._set(layout, printable, pixels)
            self._masks.put(key, mask)
        return mask

    def _set(self, layout: Layout, text: str, pixels: float) -> NDArray[np.uint8]:
        extents = layout.set_text(text)
        if not self._has_warned and layout.unknown_characters:
            self._has_warned = True
            _log.warning(
                "no installed font has all characters of %r: boxes stand for them. Install one "
                "that has them, for example fonts-noto, fonts-noto-cjk or fonts-noto-color-emoji "
                "(said once)",
                text[:80],
            )
        margin = max(1, round(pixels / 8))
        # Ink may stick out of the letters' room on both sides: in italics, for one.
        left, _, ink_width, _ = extents.ink
        before = max(0, -left)
        width = min(before + max(extents.width, left + ink_width) + 2 * margin, MAX_SIDE_PX)
        height = min(extents.height + 2 * (margin // 2), MAX_SIDE_PX)
        row = (width + 3) // 4 * 4
        is_colored = max(text) >= FIRST_PICTOGRAM
        picture = np.zeros((height, row, 4) if is_colored else (height, row), np.uint8)
        layout.paint(picture, before + margin, margin // 2)
        mask = (_shades(picture) if is_colored else picture)[:, :width]
        mask.flags.writeable = False
        return mask


def _shades(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The coverage of white text stays what it is; pictograms come in shades, none invisible."""
    luma = cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY)
    shades: NDArray[np.uint8] = cv2.addWeighted(luma, 0.75, picture[..., 3], 0.25, 0)
    return shades


def _printable(text: str, pixels: float) -> str:
    """Text that Pango takes, without what fonts show as boxes, and no larger than is visible."""
    length = min(MAX_LINE_CHARACTERS, int(MAX_SIDE_PX / (pixels * NARROWEST_EM)) + 1)
    if text.isprintable():
        return text[:length]
    lines = _encodable(text).rstrip("\r\n").expandtabs(4).split("\n")[: int(MAX_SIDE_PX / pixels)]
    lines = ["".join(c for c in line[:length] if c >= " ") for line in lines]
    return "\n".join(lines) if any(lines) else ""


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
