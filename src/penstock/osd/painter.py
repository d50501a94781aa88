"""The front of the room: draws what a frame's metadata says."""

from __future__ import annotations

from penstock.meta import Color, DisplayMeta, FrameMeta, ObjectMeta, Rect
from penstock.osd.blur import blur_object
from penstock.osd.canvas import Canvas
from penstock.osd.colors import Palette
from penstock.osd.formats import PIXEL_FORMATS
from penstock.osd.keypoints import draw_keypoints, has_keypoints
from penstock.osd.labels import Labels
from penstock.osd.masks import draw_mask
from penstock.osd.numbers import whole
from penstock.osd.settings import PainterSettings
from penstock.osd.shapes import draw_arrow, draw_circle, draw_line, draw_polygon
from penstock.osd.typesetting import Typesetter
from penstock.surface import Colorimetry, Planes, Surface

__all__ = ["Painter"]

STAND_INS = {"P010_10LE": "NV12"}
"""Formats that are drawn on as another one; all others not in `PIXEL_FORMATS` become RGBA."""


class Painter:
    """Draws boxes, labels, masks, keypoints and shapes, and blurs, in place. For one thread.

    The metadata is only read, and may hold anything: what lies outside the picture, has no area or
    no finite place is not drawn.

    Args:
        settings: What to draw; everything by default.

    Raises:
        MissingExtraError: Text is to be drawn, and Pango is not installed.

    Example:
        >>> import numpy as np
        >>> frame = FrameMeta(size=(64, 48))
        >>> box = Rect(8, 8, 16, 16, border_width=2, border_color=(1.0, 1.0, 1.0, 1.0))
        >>> frame.display.append(DisplayMeta(rects=[box]))
        >>> gray = np.zeros((48, 64), np.uint8)
        >>> Painter().paint(frame, (gray,), "GRAY8", Colorimetry())
        >>> gray[12, 6:12].tolist()
        [0, 255, 255, 0, 0, 0]
    """

    def __init__(self, settings: PainterSettings | None = None) -> None:
        settings = settings or PainterSettings()
        self._kits: dict[tuple[str, Colorimetry], tuple[Palette, Labels]] = {}
        self._typesetter = Typesetter(family=settings.font_name, points=settings.font_size)
        self.settings = settings

    @property
    def settings(self) -> PainterSettings:
        """What to draw; new settings hold from the next `paint` on."""
        return self._settings

    @settings.setter
    def settings(self, settings: PainterSettings) -> None:
        family, points = settings.font_name, settings.font_size
        if (family, points) != (self._typesetter.family, self._typesetter.points):
            self._typesetter = Typesetter(family=family, points=points)
            self._kits.clear()
        if settings.display_text:
            self._typesetter.load()
        self._settings = settings

    def wants(self, frame: FrameMeta, *, extra: DisplayMeta | None = None) -> bool:
        """Whether `paint` would draw anything, inside the picture or not."""
        return (
            any(map(self._wants_object, frame.objects))
            or any(
                _has_shapes(d) or (self.settings.display_text and d.texts) for d in frame.display
            )
            or (extra is not None and (_has_shapes(extra) or bool(extra.texts)))
        )

    def paint(
        self,
        frame: FrameMeta,
        planes: Planes,
        pixel_format: str,
        colorimetry: Colorimetry,
        *,
        extra: DisplayMeta | None = None,
    ) -> None:
        """Draw on the planes of one picture.

        First objects are blurred, then come their boxes, texts, masks and keypoints, then each
        `DisplayMeta`: its boxes, texts, lines, arrows, circles and polygons.

        Args:
            frame: What to draw, frame pixels, which are those of the picture.
            planes: Writeable uint8 arrays, as `Surface.writable(pixel_format)` returns.
            pixel_format: One of `PIXEL_FORMATS`.
            colorimetry: How YUV relates to RGB in the picture.
            extra: Drawn last, its text in any case; for what is not the frame's own, a clock for
                example.

        Raises:
            UnknownNameError: The pixel format cannot be drawn on.
            ValueError: The arrays are not planes of that format.
        """
        palette, labels = self._kit(pixel_format, colorimetry)
        canvas = Canvas(planes, palette)
        self._paint_objects(frame, canvas, labels)
        for display in frame.display:
            _paint_display(display, canvas, labels if self.settings.display_text else None)
        if extra is not None:
            _paint_display(extra, canvas, labels)

    def paint_surface(
        self, frame: FrameMeta, surface: Surface, *, extra: DisplayMeta | None = None
    ) -> None:
        """Draw on a surface in the format it holds; without anything to draw it is not touched.

        Args:
            frame: What to draw, pixels of the surface.
            surface: Becomes its own copy first where others hold its pixels too.
            extra: Drawn last.
        """
        if not self.wants(frame, extra=extra):
            return
        held = surface.held_format
        pixel_format = held if held in PIXEL_FORMATS else STAND_INS.get(held, "RGBA")
        planes = surface.writable(pixel_format)
        self.paint(frame, planes, pixel_format, surface.colorimetry, extra=extra)

    def _wants_object(self, obj: ObjectMeta) -> bool:
        settings, rect = self.settings, obj.rect
        return bool(
            (settings.display_bbox and (rect.border_width or rect.has_bg or settings.class_colors))
            or (settings.display_text and obj.text.text)
            or (settings.display_mask and obj.mask)
            or self._shows_keypoints(obj)
            or self._is_blurred(obj)
        )

    def _is_blurred(self, obj: ObjectMeta) -> bool:
        only = self.settings.blur_only
        return self.settings.blur != "none" and (
            not only or (obj.component_id, obj.class_id) in only
        )

    def _shows_keypoints(self, obj: ObjectMeta) -> bool:
        """Not where the object is hidden: they would tell where eyes and mouth are."""
        return self.settings.display_keypoints and has_keypoints(obj) and not self._is_hidden(obj)

    def _is_hidden(self, obj: ObjectMeta) -> bool:
        return self._is_blurred(obj) or self._is_covered(obj)

    def _is_covered(self, obj: ObjectMeta) -> bool:
        color = self.settings.class_colors.get(obj.class_id)
        if color is None and obj.rect.has_bg:
            color = obj.rect.bg_color
        return self.settings.display_bbox and color is not None and color[3] >= 1

    def _paint_objects(self, frame: FrameMeta, canvas: Canvas, labels: Labels) -> None:
        settings = self.settings
        for obj in filter(self._is_blurred, frame.objects):
            blur_object(canvas, obj, within_mask=settings.blur == "mask")
        if settings.display_bbox:
            for obj in frame.objects:
                _draw_rect(canvas, obj.rect, settings.class_colors.get(obj.class_id))
        if settings.display_text:
            for obj in frame.objects:
                labels.draw(canvas, obj.text)
        if settings.display_mask:
            for obj in frame.objects:
                if obj.mask is not None:
                    draw_mask(canvas, obj)
        pointed = list(filter(self._shows_keypoints, frame.objects))
        hidden = list(filter(self._is_hidden, frame.objects)) if pointed else []
        for obj in pointed:
            draw_keypoints(canvas, obj, hidden)

    def _kit(self, pixel_format: str, colorimetry: Colorimetry) -> tuple[Palette, Labels]:
        key = (pixel_format, colorimetry)
        kit = self._kits.get(key)
        if kit is None:
            palette = Palette(pixel_format, colorimetry)
            kit = self._kits[key] = (palette, Labels(self._typesetter, palette))
        return kit


def _has_shapes(display: DisplayMeta) -> bool:
    return bool(
        display.rects or display.lines or display.arrows or display.circles or display.polygons
    )


def _paint_display(display: DisplayMeta, canvas: Canvas, labels: Labels | None) -> None:
    for rect in display.rects:
        _draw_rect(canvas, rect)
    if labels is not None:
        for text in display.texts:
            labels.draw(canvas, text)
    for line in display.lines:
        draw_line(canvas, line)
    for arrow in display.arrows:
        draw_arrow(canvas, arrow)
    for circle in display.circles:
        draw_circle(canvas, circle)
    for polygon in display.polygons:
        draw_polygon(canvas, polygon)


def _draw_rect(canvas: Canvas, rect: Rect, background: Color | None = None) -> None:
    """Fill the box, then draw its border, centred on its edge (the odd pixel inside)."""
    left, top, width, height = rect.left, rect.top, rect.width, rect.height
    if not (width > 0 and height > 0):
        return
    x0, y0, x1, y1 = whole(left), whole(top), whole(left + width), whole(top + height)
    if background is not None or rect.has_bg:
        canvas.fill((x0, y0, x1, y1), background or rect.bg_color)
    border = whole(rect.border_width)
    if border > 0:
        outside = border // 2
        outer = (x0 - outside, y0 - outside, x1 + outside, y1 + outside)
        canvas.border(outer, border, rect.border_color)
