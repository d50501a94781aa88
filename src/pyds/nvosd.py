# ruff: noqa: N801 - the names are DeepStream's
"""What the OSD draws, as C structs: colours, fonts, boxes, text, lines, arrows, circles."""

from __future__ import annotations

from penstock.meta import Arrow, ArrowHead, Circle, Line, Rect, Text
from pyds.casters import real
from pyds.embedded import Embedded, EmbeddedTuple, Part
from pyds.enums import NvOSD_Arrow_Head_Direction
from pyds.extras import ReservedNumber
from pyds.fields import CharPointer, Enumerated, Float, Unsigned, Whole
from pyds.records import ColorInfo
from pyds.views import TupleView, View


class NvOSD_ColorParams(TupleView):
    """A colour; red, green, blue and alpha from 0 to 1."""

    __slots__ = ()

    red = Part(0, "Red, 0 to 1.")
    green = Part(1, "Green, 0 to 1.")
    blue = Part(2, "Blue, 0 to 1.")
    alpha = Part(3, "Opacity, 0 to 1.")

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four channels, each from 0 to 1.

        Raises:
            TypeError: One of them is not a number.
        """
        label = "NvOSD_ColorParams.set"
        setattr(
            self._core,
            self._name,
            (real(red, label), real(green, label), real(blue, label), real(alpha, label)),
        )


class NvBbox_Coords(TupleView):
    """A box, frame pixels."""

    __slots__ = ()

    left = Part(0, "Left edge, frame pixels.")
    top = Part(1, "Top edge, frame pixels.")
    width = Part(2, "Width, pixels.")
    height = Part(3, "Height, pixels.")


class NvOSD_FontParams(View, of=Text):
    """Font, size and colour of a text."""

    __slots__ = ()

    font_name = CharPointer("font_name", "Name of the font; reads as an address.")
    font_size = Unsigned("font_size", "Size, points.")
    font_color = EmbeddedTuple("font_color", "Colour.", kind=NvOSD_ColorParams)


class NvOSD_TextParams(View, of=Text):
    """A line of text and where it stands."""

    __slots__ = ()

    display_text = CharPointer("text", "What to write; reads as an address.")
    x_offset = Unsigned("x", "Left edge, frame pixels.")
    y_offset = Unsigned("y", "Top edge, frame pixels.")
    font_params = Embedded("", "Font, size and colour.", kind=NvOSD_FontParams)
    set_bg_clr = Whole("has_bg", "1 to fill the box behind the text.")
    text_bg_clr = EmbeddedTuple("bg_color", "Colour behind the text.", kind=NvOSD_ColorParams)


class NvOSD_RectParams(View, of=Rect):
    """A box and how to draw it."""

    __slots__ = ()

    left = Float("left", "Left edge, frame pixels.")
    top = Float("top", "Top edge, frame pixels.")
    width = Float("width", "Width, pixels.")
    height = Float("height", "Height, pixels.")
    border_width = Unsigned("border_width", "Line width, pixels; 0 draws no border.")
    border_color = EmbeddedTuple("border_color", "Line colour.", kind=NvOSD_ColorParams)
    has_bg_color = Unsigned("has_bg", "1 to fill the inside.")
    bg_color = EmbeddedTuple("bg_color", "Colour of the inside.", kind=NvOSD_ColorParams)
    reserved = ReservedNumber()
    has_color_info = Whole("has_color_info", "Whether `color_id` means something.")
    color_id = Whole("color_id", "Index of a colour in a palette.")


class NvOSD_LineParams(View, of=Line):
    """A line."""

    __slots__ = ()

    x1 = Unsigned("x1", "Start, frame pixels.")
    y1 = Unsigned("y1", "Start, frame pixels.")
    x2 = Unsigned("x2", "End, frame pixels.")
    y2 = Unsigned("y2", "End, frame pixels.")
    line_width = Unsigned("width", "Width, pixels.")
    line_color = EmbeddedTuple("color", "Colour.", kind=NvOSD_ColorParams)


class NvOSD_ArrowParams(View, of=Arrow):
    """An arrow."""

    __slots__ = ()

    x1 = Unsigned("x1", "Start, frame pixels.")
    y1 = Unsigned("y1", "Start, frame pixels.")
    x2 = Unsigned("x2", "End, frame pixels.")
    y2 = Unsigned("y2", "End, frame pixels.")
    arrow_width = Unsigned("width", "Width, pixels.")
    arrow_head = Enumerated(
        "head", "Which end has a head.", kind=NvOSD_Arrow_Head_Direction, stored=ArrowHead
    )
    arrow_color = EmbeddedTuple("color", "Colour.", kind=NvOSD_ColorParams)
    reserved = ReservedNumber()


class NvOSD_CircleParams(View, of=Circle):
    """A circle."""

    __slots__ = ()

    xc = Unsigned("x", "Centre, frame pixels.")
    yc = Unsigned("y", "Centre, frame pixels.")
    radius = Unsigned("radius", "Radius, pixels.")
    circle_color = EmbeddedTuple("color", "Line colour.", kind=NvOSD_ColorParams)
    has_bg_color = Unsigned("has_bg", "1 to fill the inside.")
    bg_color = EmbeddedTuple("bg_color", "Colour of the inside.", kind=NvOSD_ColorParams)
    reserved = ReservedNumber()


class NvOSD_Color_info(View, of=ColorInfo):
    """One colour of a palette."""

    __slots__ = ()

    id = Whole("number", "Its number.")
    color = EmbeddedTuple("color", "Colour.", kind=NvOSD_ColorParams)


class NvDsComp_BboxInfo(TupleView):
    """The box as one component saw it."""

    __slots__ = ()

    org_bbox_coords = EmbeddedTuple(None, "The box, frame pixels.", kind=NvBbox_Coords)
