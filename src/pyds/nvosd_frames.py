# ruff: noqa: N801 - the names are DeepStream's
"""What the OSD library draws on one picture, as C structs: an array of shapes of one kind each."""

from __future__ import annotations

from pyds.enums import NvOSD_Mode
from pyds.fields import Enumerated, Reference, Whole
from pyds.nvbufsurface import NvBufSurfaceParams
from pyds.nvosd import (
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pyds.records import FrameShapes
from pyds.views import View


class _Shapes(View, of=FrameShapes):
    __slots__ = ()

    buf_ptr = Reference("surface", "The picture.", kind=lambda: NvBufSurfaceParams, writable=True)
    mode = Enumerated("mode", "Where to draw.", kind=NvOSD_Mode, stored=int)


class NvOSD_FrameTextParams(_Shapes):
    """Texts to draw on one picture."""

    __slots__ = ()

    num_strings = Whole("count", "How many.")
    text_params_list = Reference(
        "first", "The first of them.", kind=lambda: NvOSD_TextParams, writable=True
    )


class NvOSD_FrameRectParams(_Shapes):
    """Boxes to draw on one picture."""

    __slots__ = ()

    num_rects = Whole("count", "How many.")
    rect_params_list = Reference(
        "first", "The first of them.", kind=lambda: NvOSD_RectParams, writable=True
    )


class NvOSD_FrameLineParams(_Shapes):
    """Lines to draw on one picture."""

    __slots__ = ()

    num_lines = Whole("count", "How many.")
    line_params_list = Reference(
        "first", "The first of them.", kind=lambda: NvOSD_LineParams, writable=True
    )


class NvOSD_FrameArrowParams(_Shapes):
    """Arrows to draw on one picture."""

    __slots__ = ()

    num_arrows = Whole("count", "How many.")
    arrow_params_list = Reference(
        "first", "The first of them.", kind=lambda: NvOSD_ArrowParams, writable=True
    )


class NvOSD_FrameCircleParams(_Shapes):
    """Circles to draw on one picture."""

    __slots__ = ()

    num_circles = Whole("count", "How many.")
    circle_params_list = Reference(
        "first", "The first of them.", kind=lambda: NvOSD_CircleParams, writable=True
    )
