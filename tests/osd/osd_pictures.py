"""Pictures to draw on, with a guard around every plane, and what to draw on them."""

import numpy as np

from penstock.meta import (
    Arrow,
    ArrowHead,
    Circle,
    DisplayMeta,
    FrameMeta,
    Line,
    Mask,
    ObjectMeta,
    Polygon,
)
from penstock.meta import Rect as RectMeta
from penstock.meta import Text as TextMeta
from penstock.osd import PIXEL_FORMATS
from penstock.surface import FORMATS, Colorimetry
from penstock.surface.color import rgb_to_yuv

WHITE = (1.0, 1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0, 1.0)
RED = (1.0, 0.0, 0.0, 1.0)
GREEN = (0.0, 1.0, 0.0, 1.0)
BLUE = (0.0, 0.0, 1.0, 1.0)
HALF_RED = (1.0, 0.0, 0.0, 0.5)
BT601 = Colorimetry()

GUARD = 3  # rows and columns around each plane that nobody may touch
GUARD_VALUE = 77
SUBSAMPLED = ("I420", "YV12", "NV12", "Y42B")
ALL_FORMATS = PIXEL_FORMATS


class Picture:
    """Planes of one colour in a larger memory, so that writing outside of them is seen."""

    def __init__(self, pixel_format, size=(64, 48), *, level=128, colorimetry=BT601):
        self.format = pixel_format
        self.size = size
        self.colorimetry = colorimetry
        self.made = FORMATS[pixel_format]
        self._memories = []
        planes = []
        for shape in self.made.shapes(size):
            padded = (shape[0] + 2 * GUARD, shape[1] + 2 * GUARD, *shape[2:])
            memory = np.full(padded, GUARD_VALUE, np.uint8)
            self._memories.append(memory)
            planes.append(memory[GUARD:-GUARD, GUARD:-GUARD])
        self.planes = tuple(planes)
        for plane in self.planes:
            plane[...] = level
        self.before = tuple(plane.copy() for plane in self.planes)

    def is_guarded(self):
        for memory in self._memories:
            inside = np.zeros(memory.shape, bool)
            inside[GUARD:-GUARD, GUARD:-GUARD] = True
            if (memory[~inside] != GUARD_VALUE).any():
                return False
        return True

    def changed(self, plane=0):
        """`(H, W)` bool: which cells of a plane differ from the start."""
        differs = self.planes[plane] != self.before[plane]
        return differs.any(axis=2) if differs.ndim == 3 else differs

    def samples(self, x, y):
        """What the pixel's samples are, by name."""
        found = {}
        for plane, made in zip(self.planes, self.made.planes, strict=True):
            cell = np.atleast_1d(plane[y // made.step[1], x // made.step[0]]).tolist()
            found.update(zip(made.samples, cell, strict=True))
        return found

    def paint(self, painter, frame, **options):
        painter.paint(frame, self.planes, self.format, self.colorimetry, **options)
        return self


def expected_samples(pixel_format, color, colorimetry=BT601):
    """The samples of an opaque colour, by name."""
    if FORMATS[pixel_format].model == "gray":
        colorimetry = Colorimetry(colorimetry.matrix, full_range=True)
    rgb = [255 * c for c in color[:3]]
    yuv = np.clip(rgb_to_yuv(colorimetry) @ [*rgb, 1], 0, 255)
    every = dict(zip("RGBYUVAx", [*rgb, *yuv, 255, 255], strict=True))
    names = "".join(plane.samples for plane in FORMATS[pixel_format].planes)
    return {name: round(every[name]) for name in names}


def empty_frame(size=(64, 48)):
    return FrameMeta(size=size)


def display_frame(*things, size=(64, 48)):
    """A frame with one display meta that holds the shapes."""
    frame, display = empty_frame(size), DisplayMeta()
    lists = {
        RectMeta: display.rects,
        TextMeta: display.texts,
        Line: display.lines,
        Arrow: display.arrows,
        Circle: display.circles,
        Polygon: display.polygons,
    }
    for thing in things:
        lists[type(thing)].append(thing)
    frame.display.append(display)
    return frame


def rect(left, top, width, height, *, border=0, color=RED, bg=None):
    return RectMeta(left, top, width, height, border, color, int(bg is not None), bg or BLACK)


def text(words, x=0, y=0, *, font=None, size=10, color=WHITE, bg=None):
    return TextMeta(words, x, y, font, size, color, int(bg is not None), bg or BLACK)


def rich_frame(size=(64, 48)):
    """Something of everything."""
    frame = empty_frame(size)
    parent = frame.add(ObjectMeta((4, 4, 40, 30), class_id=2, label="car", confidence=0.5))
    parent.rect = rect(4.25, 4.75, 40.5, 30.5, border=3, color=RED, bg=(0.0, 0.0, 1.0, 0.25))
    parent.text = text("car 1", 4, 2, font="Serif", bg=BLACK)
    parent.mask = Mask(np.linspace(0, 1, 36, dtype=np.float32).reshape(6, 6), 0.4)
    frame.add(ObjectMeta((10, 10, 8, 8), label="plate"), parent=parent).text.text = "AB 123"
    frame.display.append(
        DisplayMeta(
            [rect(30, 20, 20, 20, border=1, color=GREEN)],
            [text("two\nlines", 3, 20)],
            [Line(0, 0, 63, 47, 3, BLUE)],
            [Arrow(10, 40, 50, 30, 2, ArrowHead.BOTH, HALF_RED)],
            [Circle(40, 20, 9, WHITE, 1, HALF_RED)],
            [Polygon([(5.5, 30), (20, 45), (9, 44)], 2, HALF_RED, 1, GREEN)],
        )
    )
    return frame
