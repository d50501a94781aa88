"""Pango and cairo by ctypes: one text, laid out and painted.

Both come with GStreamer's own plugins. Pango's Python binding is part of `gi`, which only the `gst`
room imports, and needs two packages more.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Extents", "Layout"]

ANTIALIAS_GRAY = 2
HINT_STYLE_SLIGHT = 2
FORMAT_ARGB32, FORMAT_A8 = 0, 2
UNITS_PER_PIXEL = 1024

_Pointer, _Int, _Double = ctypes.c_void_p, ctypes.c_int, ctypes.c_double


class _Rectangle(ctypes.Structure):
    _fields_ = [(name, _Int) for name in ("x", "y", "width", "height")]


def _library(name: str) -> Callable[..., Any]:
    """A function that declares functions of a shared library.

    Those that set or make something keep the GIL; those that may wait for fontconfig do not.
    """
    quick, slow = ctypes.PyDLL(name), ctypes.CDLL(name)

    def declare(symbol: str, result: Any, *arguments: Any, may_wait: bool = False) -> Any:
        function = getattr(slow if may_wait else quick, symbol)
        function.restype, function.argtypes = result, arguments
        return function

    return declare


_pango = _library("libpango-1.0.so.0")
_new_context = _pango("pango_font_map_create_context", _Pointer, _Pointer)
_new_layout = _pango("pango_layout_new", _Pointer, _Pointer)
_set_text = _pango("pango_layout_set_text", None, _Pointer, ctypes.c_char_p, _Int)
_set_description = _pango("pango_layout_set_font_description", None, _Pointer, _Pointer)
_extents = _pango(
    "pango_layout_get_pixel_extents", None, _Pointer, _Pointer, _Pointer, may_wait=True
)
_unknown_glyphs = _pango("pango_layout_get_unknown_glyphs_count", _Int, _Pointer)
_new_description = _pango("pango_font_description_from_string", _Pointer, ctypes.c_char_p)
_set_size = _pango("pango_font_description_set_absolute_size", None, _Pointer, _Double)
_free_description = _pango("pango_font_description_free", None, _Pointer)

_pangocairo = _library("libpangocairo-1.0.so.0")
_new_font_map = _pangocairo("pango_cairo_font_map_new", _Pointer)
_set_options = _pangocairo("pango_cairo_context_set_font_options", None, _Pointer, _Pointer)
_show_layout = _pangocairo("pango_cairo_show_layout", None, _Pointer, _Pointer, may_wait=True)

_cairo = _library("libcairo.so.2")
_new_options = _cairo("cairo_font_options_create", _Pointer)
_set_antialias = _cairo("cairo_font_options_set_antialias", None, _Pointer, _Int)
_set_hint_style = _cairo("cairo_font_options_set_hint_style", None, _Pointer, _Int)
_free_options = _cairo("cairo_font_options_destroy", None, _Pointer)
_new_surface = _cairo(
    "cairo_image_surface_create_for_data", _Pointer, _Pointer, _Int, _Int, _Int, _Int
)
_free_surface = _cairo("cairo_surface_destroy", None, _Pointer)
_new_cairo = _cairo("cairo_create", _Pointer, _Pointer)
_free_cairo = _cairo("cairo_destroy", None, _Pointer)
_move_to = _cairo("cairo_move_to", None, _Pointer, _Double, _Double)
_set_rgb = _cairo("cairo_set_source_rgb", None, _Pointer, _Double, _Double, _Double)

_unref = _library("libgobject-2.0.so.0")("g_object_unref", None, _Pointer)


class Extents(NamedTuple):
    """Where a laid-out text lies, pixels from its top left corner.

    Attributes:
        ink: `left, top, width, height` of what is painted.
        width: Of the lines, with the space around their letters.
        height: Of the lines, with the space between them.
    """

    ink: tuple[int, int, int, int]
    width: int
    height: int


class Layout:
    """A text in a font. For one thread.

    A character that the font does not have is taken from another one that is installed; scripts
    written from right to left, and those whose letters join, come out as they should.
    """

    def __init__(self) -> None:
        font_map = _new_font_map()
        context = _new_context(font_map)
        options = _new_options()
        _set_antialias(options, ANTIALIAS_GRAY)
        _set_hint_style(options, HINT_STYLE_SLIGHT)
        _set_options(context, options)
        _free_options(options)
        self._layout = _new_layout(context)
        for kept in (font_map, context):  # the layout holds what it needs
            _unref(kept)
        weakref.finalize(self, _unref, self._layout).atexit = False
        self._font: tuple[str, float] | None = None

    def set_font(self, font: str, pixels: float) -> None:
        """Choose a font.

        Args:
            font: A family, or several with commas between, and a style: `Sans Bold Italic`.
            pixels: Its size.
        """
        if (font, pixels) == self._font:
            return
        description = _new_description(font.encode())
        _set_size(description, pixels * UNITS_PER_PIXEL)
        _set_description(self._layout, description)
        _free_description(description)
        self._font = (font, pixels)

    def set_text(self, text: str) -> Extents:
        r"""Lay out a text, lines parted by `\n`."""
        data = text.encode()
        _set_text(self._layout, data, len(data))
        ink, logical = _Rectangle(), _Rectangle()
        _extents(self._layout, ctypes.byref(ink), ctypes.byref(logical))
        return Extents((ink.x, ink.y, ink.width, ink.height), logical.width, logical.height)

    @property
    def unknown_characters(self) -> int:
        """How many characters of the text no installed font has; they are painted as boxes."""
        count: int = _unknown_glyphs(self._layout)
        return count

    def paint(self, picture: NDArray[np.uint8], x: int, y: int) -> None:
        """Paint the text in white.

        Args:
            picture: C-contiguous: `(H, W)` for coverage, `(H, W, 4)` for premultiplied BGRA, in
                which colour fonts keep their colours. Rows of coverage are multiples of 4 long.
            x: Of the text's top left corner, pixels.
            y: Likewise.
        """
        height, width = picture.shape[:2]
        kind = FORMAT_A8 if picture.ndim == 2 else FORMAT_ARGB32
        surface = _new_surface(picture.ctypes.data, kind, width, height, picture.strides[0])
        context = _new_cairo(surface)
        _set_rgb(context, 1, 1, 1)
        _move_to(context, x, y)
        _show_layout(context, self._layout)
        _free_cairo(context)
        _free_surface(surface)
