"""Makes the pictures of `docs/osd.md`: one frame each through a real pipeline with `nvdsosd`.

python docs/pictures/osd.py [FOLDER]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import penstock
from penstock.gst import Gst, batch_of
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
    Rect,
    Text,
)

HERE = Path(__file__).parent
PIPELINE = """
    filesrc location={source} ! jpegdec ! nvvideoconvert ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=480 height=400 ! nvdsosd {properties}
    ! nvvideoconvert ! video/x-raw,format=I420 ! jpegenc quality=85 ! filesink location={target}
"""

Box = tuple[float, float, float, float]

SILVER: Box = (50, 122, 181, 278)
RED: Box = (293, 58, 161, 262)
PLATE: Box = (370, 283, 34, 18)
SILVER_OUTLINE = [(108, 135), (130, 125), (190, 125), (212, 133), (222, 170), (226, 220),
                  (220, 310), (232, 308), (218, 325), (215, 400), (55, 400), (66, 318), (50, 302),
                  (64, 300), (80, 240), (95, 170)]  # fmt: skip
RED_OUTLINE = [(302, 72), (322, 62), (360, 59), (408, 62), (424, 72), (430, 100), (444, 104),
               (432, 116), (444, 160), (452, 240), (454, 280), (444, 312), (390, 320), (322, 314),
               (311, 270), (302, 190), (301, 115), (294, 106), (302, 100)]  # fmt: skip

WHITE = (1.0, 1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0, 1.0)
SHADE = (0.0, 0.0, 0.0, 0.6)
YELLOW = (1.0, 0.85, 0.1, 1.0)
GREEN = (0.2, 0.9, 0.3, 1.0)
BLUE = (0.2, 0.5, 1.0, 1.0)
ORANGE = (1.0, 0.5, 0.1, 1.0)


def label(text: str, x: float, y: float, **look: object) -> Text:
    """White on black, as detectors' labels are."""
    style = {"font_name": "Sans", "font_size": 10, "font_color": WHITE, "bg_color": BLACK}
    return Text(text, round(x), round(y), has_bg=1, **(style | look))  # type: ignore[arg-type]


def car(frame: FrameMeta, box: Box, text: str, *, class_id: int = 2, width: int = 2) -> ObjectMeta:
    """An object with a border and a label above it."""
    found = frame.add(ObjectMeta(box, class_id=class_id, component_id=1))
    found.rect.border_width, found.rect.border_color = width, YELLOW
    found.text = label(text, box[0], box[1] - 18)
    return found


def boxes(frame: FrameMeta) -> None:
    """Borders of 1, 3 and 8 pixels; one background is opaque, the other lets 70 % through."""
    car(frame, SILVER, "car 0.93", width=1)
    car(frame, RED, "car 0.88", width=3).rect.bg_color = (1.0, 0.85, 0.1, 0.3)
    frame.objects[1].rect.has_bg = 1
    frame.display.append(
        DisplayMeta(
            rects=[
                Rect(18, 20, 70, 50, 8, BLUE),
                Rect(108, 20, 70, 50, 3, WHITE, has_bg=1, bg_color=ORANGE),
            ]
        )
    )


def classes(frame: FrameMeta) -> None:
    """Two classes of objects."""
    car(frame, SILVER, "class 2")
    car(frame, RED, "class 7", class_id=7)


def shapes(frame: FrameMeta) -> None:
    """Lines of three widths, arrows of three kinds, circles and polygons."""
    glass = (0.2, 0.9, 0.3, 0.3)
    star = [
        (70 + 36 * math.sin(turn * math.tau / 5), 330 - 36 * math.cos(turn * math.tau / 5))
        for turn in (0, 2, 4, 1, 3)
    ]
    shown = DisplayMeta(
        lines=[Line(20, 20 + 16 * n, 130, 20 + 16 * n, w, WHITE) for n, w in enumerate((1, 3, 8))],
        arrows=[
            Arrow(160, 20, 255, 20, 2, ArrowHead.END, ORANGE),
            Arrow(160, 44, 255, 44, 4, ArrowHead.START, ORANGE),
            Arrow(160, 70, 255, 70, 3, ArrowHead.BOTH, ORANGE),
        ],
        circles=[
            Circle(40, 110, 24, BLUE),
            Circle(100, 110, 24, BLUE, has_bg=1, bg_color=(0.2, 0.5, 1.0, 0.4)),
        ],
        polygons=[
            Polygon([(275, 40), (450, 30), (472, 330), (285, 345)], 3, GREEN, 1, glass),
            Polygon(star, 0, YELLOW, 1, YELLOW),
            Polygon([(150, 300), (215, 270), (230, 350)], 5, (1.0, 0.3, 0.8, 0.6)),
        ],
    )
    frame.display.append(shown)


def masked(frame: FrameMeta) -> None:
    """Each car with its mask, 48 samples wide and high."""
    for box, outline, color in ((SILVER, SILVER_OUTLINE, GREEN), (RED, RED_OUTLINE, BLUE)):
        scores = np.zeros((48, 48), np.float32)
        scale = 48 / np.array(box[2:])
        corners = np.rint((np.array(outline) - box[:2]) * scale).astype(np.int32)
        cv2.fillPoly(scores, [corners], 1.0)
        found = car(frame, box, "car")
        found.mask = Mask(cv2.blur(scores, (3, 3)), 0.5)
        found.rect.border_color = color


def plates(frame: FrameMeta) -> None:
    """Two cars; a plate and a driver to hide, found by another network."""
    classes(frame)
    for class_id, box in ((0, PLATE), (1, (70.0, 272.0, 132.0, 88.0))):
        frame.add(ObjectMeta(box, class_id=class_id, component_id=2))


def texts(frame: FrameMeta) -> None:
    """Fonts, styles, sizes, colours, lines and scripts."""
    clear = (0.0, 0.0, 0.0, 0.0)
    words = [
        label("Serif, 10 points", 12, 10, font_name="Serif"),
        label("Sans Bold, 14 points", 12, 36, font_name="Sans Bold", font_size=14),
        label("Monospace, 12 points", 12, 68, font_name="Monospace", font_size=12),
        label("no such font: the nearest one", 12, 98, font_name="Nowhere Grotesk"),
        label("one background\nfor two lines", 268, 10, bg_color=SHADE, font_size=12),
        label("black on yellow", 268, 62, font_color=BLACK, bg_color=YELLOW, font_size=12),
        label("without a background", 268, 92, bg_color=clear, font_color=GREEN, font_size=12),
        label("Ελληνικά · Кириллица · ქართული", 12, 300, font_name="Serif", font_size=13),
        label("مرحبا بالعالم", 12, 332, font_name="Serif", font_size=13),
        label("☺ ★ ✓ ➜ ♫ ☂", 150, 332, font_name="Serif", font_size=13),
        label("Größe 24", 12, 358, font_name="Serif", font_size=24, bg_color=BLUE),
    ]
    frame.display.append(DisplayMeta(texts=words))


Scene = tuple[str, Callable[[FrameMeta], None]]

SCENES: dict[str, Scene] = {
    "boxes": ("", boxes),
    "classes": ("hw-blend-color-attr=2,0.2,0.5,1.0,0.4:7,1.0,0.5,0.1,0.4", classes),
    "shapes": ("", shapes),
    "masks": ("display-bbox=false display-text=false", masked),
    "blur": ("blur-on-gie-class-ids=2:0;2:1", plates),
    "blur-masks": ("blur-bbox=2 display-mask=false", masked),
    "text": ("", texts),
    "clock": (
        "display-clock=true clock-font=Monospace clock-font-size=20 x-clock-offset=16 "
        "y-clock-offset=12 clock-color=0xffd91aff",
        classes,
    ),
}


def make(name: str, folder: Path) -> Path:
    """Make one picture.

    Returns:
        Where it is.

    Raises:
        RuntimeError: The pipeline ended with an error.
    """
    properties, mark = SCENES[name]
    target = folder / f"osd-{name}.jpg"
    pipeline = Gst.parse_launch(
        PIPELINE.format(source=HERE / "cars.jpg", properties=properties, target=target)
    )

    def on_buffer(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        assert batch is not None
        mark(batch.frames[0])
        return Gst.PadProbeReturn.OK

    mux = pipeline.get_by_name("mux").get_static_pad("src")
    mux.add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    pipeline.set_state(Gst.State.PLAYING)
    ending = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, ending)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        raise RuntimeError(f"{name}: {message.parse_error()[0].message}")
    return target


if __name__ == "__main__":
    penstock.init()
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for scene in SCENES:
        print(make(scene, where))  # noqa: T201 (it is a script)
