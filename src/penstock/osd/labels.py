"""Text of the metadata as stamps."""

from __future__ import annotations

from penstock.meta import Text
from penstock.osd.cache import Cache
from penstock.osd.canvas import Canvas
from penstock.osd.colors import NOTHING, Palette
from penstock.osd.numbers import whole
from penstock.osd.stamps import Stamp, make_stamp, phase_of
from penstock.osd.typesetting import Typesetter

__all__ = ["Labels"]


class Labels:
    """Writes text in one pixel format; a label drawn before costs a copy. For one thread.

    Args:
        typesetter: Sets the text.
        palette: The colours of that pixel format.
        cache_bytes: Bound on the stamps kept.
    """

    def __init__(
        self, typesetter: Typesetter, palette: Palette, *, cache_bytes: int = 4 << 20
    ) -> None:
        self._typesetter = typesetter
        self._palette = palette
        self._stamps: Cache[Stamp] = Cache(cache_bytes)

    def draw(self, canvas: Canvas, text: Text) -> None:
        """Write a text with its top left corner at `(text.x, text.y)`, pixels."""
        x, y = whole(text.x), whole(text.y)
        if not text.text or x >= canvas.width or y >= canvas.height:
            return
        stamp = self._stamp(text, phase_of(self._palette.format, x, y))
        if stamp is not None:
            canvas.put(stamp, x, y)

    def _stamp(self, text: Text, phase: tuple[int, int]) -> Stamp | None:
        ground = text.bg_color if text.has_bg else NOTHING
        key = (text.text, text.font_name, text.font_size, text.font_color, ground, phase)
        stamp = self._stamps.get(key)
        if stamp is None:
            dye = self._palette.dye(text.font_color, ground)
            mask = self._typesetter.mask(text.text or "", text.font_name, text.font_size)
            if dye is None or mask is None:
                return None
            stamp = make_stamp(mask, dye, self._palette.format, phase)
            self._stamps.put(key, stamp)
        return stamp
