import cv2
import numpy as np
import pytest
from osd_pictures import (
    ALL_FORMATS,
    BLUE,
    BT601,
    GREEN,
    RED,
    WHITE,
    Picture,
    display_frame,
    empty_frame,
    rect,
    rich_frame,
    text,
)

from penstock.errors import UnknownNameError
from penstock.meta import Arrow, Circle, DisplayMeta, Line, Mask, ObjectMeta, Polygon
from penstock.osd import PIXEL_FORMATS, Painter, PainterSettings
from penstock.surface import FORMATS, Colorimetry, CpuSurface


def snapshot(thing, seen=()):
    """Everything reachable from a piece of metadata, as plain comparable values."""
    if isinstance(thing, np.ndarray):
        return (thing.shape, thing.dtype.str, thing.tobytes())
    if isinstance(thing, (list, tuple)):
        return [snapshot(item, seen) for item in thing]
    if not type(thing).__module__.startswith("penstock."):
        return thing
    if id(thing) in seen:
        return "seen above"
    names = getattr(type(thing), "__slots__", None) or vars(thing)
    return {
        name: snapshot(getattr(thing, name), (*seen, id(thing)))
        for name in names
        if name != "__weakref__"
    }


def object_frame(box=(8, 8, 30, 20), **look):
    frame = empty_frame()
    obj = frame.add(ObjectMeta(box))
    obj.rect = rect(*box, **look)
    return frame


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_drawing_leaves_the_metadata_as_it_was(pixel_format):
    frame = rich_frame()
    before = snapshot(frame)
    picture = Picture(pixel_format).paint(Painter(), frame)
    assert picture.changed().any()
    assert snapshot(frame) == before


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_drawing_twice_on_equal_pictures_gives_equal_pictures(pixel_format):
    painter = Painter()
    first, second = (Picture(pixel_format).paint(painter, rich_frame()) for _ in range(2))
    for one, other in zip(first.planes, second.planes, strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (63, 47), (1, 48), (64, 1)])
@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_everything_is_drawn_on_pictures_of_any_size(pixel_format, size):
    assert Picture(pixel_format, size).paint(Painter(), rich_frame()).is_guarded()


def test_display_boxes_lie_over_object_boxes_and_text_over_boxes():
    frame = object_frame((8, 8, 30, 20), bg=RED)
    frame.objects[0].text = text("MMMM", 8, 8, bg=WHITE)
    frame.objects[0].text.font_color = WHITE
    frame.display.append(DisplayMeta([rect(8, 8, 4, 4, bg=BLUE)], [text("M", 20, 20, bg=GREEN)]))
    frame.display[0].lines.append(Line(22, 0, 22, 47, 1, BLUE))
    picture = Picture("RGB").paint(Painter(), frame)
    assert picture.samples(9, 9) == {"R": 0, "G": 0, "B": 255}  # display box over object text
    assert picture.samples(15, 10) == {"R": 255, "G": 255, "B": 255}  # object text over box
    assert picture.samples(22, 21) == {"R": 0, "G": 0, "B": 255}  # line over display text
    assert picture.samples(8, 27) == {"R": 255, "G": 0, "B": 0}


def test_later_objects_lie_over_earlier_ones():
    frame = object_frame(bg=RED)
    frame.add(ObjectMeta()).rect = rect(8, 8, 30, 20, bg=GREEN)
    assert Picture("RGB").paint(Painter(), frame).samples(20, 20) == {"R": 0, "G": 255, "B": 0}


def test_switching_boxes_off_keeps_display_boxes():
    painter = Painter(PainterSettings(display_bbox=False))
    frame = object_frame((8, 8, 10, 10), bg=RED)
    assert not painter.wants(frame)
    frame.display.append(DisplayMeta([rect(30, 30, 5, 5, bg=RED)]))
    assert painter.wants(frame)
    picture = Picture("I420").paint(painter, frame)
    assert not picture.changed()[10, 10]
    assert picture.changed()[32, 32]


def test_switching_text_off_hides_all_text():
    painter = Painter(PainterSettings(display_text=False))
    frame = display_frame(text("display"))
    frame.add(ObjectMeta()).text = text("object", bg=RED)
    assert not painter.wants(frame)
    assert not Picture("I420").paint(painter, frame).changed().any()


@pytest.mark.parametrize(
    "thing",
    [
        rect(5, 5, 9, 9, border=1),
        rect(5, 5, 9, 9, bg=RED),
        text("display"),
        Line(5, 5, 20, 20, 1, RED),
        Arrow(5, 5, 20, 20, 1, color=RED),
        Circle(20, 20, 5, RED),
        Polygon([(5, 5), (20, 5), (9, 20)], 1, RED),
        Polygon([(5, 5), (20, 5), (9, 20)], has_bg=1, bg_color=RED),
    ],
)
def test_every_display_shape_is_wanted_and_drawn(thing):
    frame = display_frame(thing)
    assert Painter().wants(frame)
    assert Picture("NV12").paint(Painter(), frame).changed().any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rect", rect(5, 5, 9, 9, border=1)),
        ("rect", rect(5, 5, 9, 9, bg=RED)),
        ("text", text("object")),
        ("mask", Mask(np.ones((3, 3), np.float32))),
    ],
)
def test_every_part_of_an_object_is_wanted_and_drawn(name, value):
    frame = object_frame((5, 5, 9, 9))
    setattr(frame.objects[0], name, value)
    assert Painter().wants(frame)
    assert Picture("NV12").paint(Painter(), frame).changed().any()


def test_the_text_of_what_is_extra_is_drawn_even_with_text_off():
    painter = Painter(PainterSettings(display_text=False))
    clock = DisplayMeta(texts=[text("12:00", 10, 10)])
    assert painter.wants(empty_frame(), extra=clock)
    assert Picture("I420").paint(painter, empty_frame(), extra=clock).changed().any()


def test_new_settings_hold_from_the_next_picture_on():
    painter = Painter(PainterSettings(display_bbox=False, display_text=False))
    frame = object_frame((8, 8, 10, 10), bg=RED)
    frame.objects[0].text = text("MM", 30, 20, size=0)
    looks = [PainterSettings(), PainterSettings(display_text=False), PainterSettings(font_size=20)]
    for look in looks:
        painter.settings = look
        changed = Picture("I420").paint(painter, frame)
        fresh = Picture("I420").paint(Painter(look), frame)
        for one, other in zip(changed.planes, fresh.planes, strict=True):
            assert (one == other).all()


def test_a_class_has_its_background_in_place_of_the_boxs_own():
    frame = object_frame((8, 8, 10, 10), bg=RED)
    frame.add(ObjectMeta((30, 8, 10, 10), class_id=3))
    painter = Painter(PainterSettings(class_colors={0: GREEN, 3: BLUE}))
    assert painter.wants(object_frame())
    picture = Picture("RGB").paint(painter, frame)
    assert picture.samples(12, 12) == {"R": 0, "G": 255, "B": 0}
    assert picture.samples(34, 12) == {"R": 0, "G": 0, "B": 255}
    off = Painter(PainterSettings(class_colors={0: GREEN}, display_bbox=False))
    assert not Picture("RGB").paint(off, frame).changed().any()


def test_extra_shapes_are_drawn_last():
    frame = display_frame(rect(0, 0, 20, 20, bg=RED))
    clock = DisplayMeta([rect(0, 0, 10, 10, bg=GREEN)])
    picture = Picture("RGB").paint(Painter(), frame, extra=clock)
    assert picture.samples(5, 5)["G"] == 255
    assert picture.samples(15, 15)["R"] == 255
    assert Painter().wants(empty_frame(), extra=clock)


def test_an_unknown_pixel_format_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"cannot draw on pixel format 'P010_10LE'.*NV12"):
        Painter().paint(empty_frame(), (), "P010_10LE", BT601)


@pytest.mark.parametrize(
    ("pixel_format", "shapes", "message"),
    [
        ("NV12", [(48, 64)], "NV12 has 2 planes, got 1"),
        (
            "NV12",
            [(48, 64), (24, 32)],
            r"plane UV of NV12 64x48 is \(24, 32, 2\) .* got \(24, 32\)",
        ),
        ("I420", [(48, 64), (24, 32), (23, 32)], r"plane V of I420 64x48 .* got \(23, 32\)"),
        ("RGBA", [(48, 64, 3)], r"\(48, 64, 4\)"),
    ],
)
def test_planes_that_do_not_fit_the_format_are_refused(pixel_format, shapes, message):
    planes = tuple(np.zeros(shape, np.uint8) for shape in shapes)
    with pytest.raises(ValueError, match=message):
        Painter().paint(empty_frame(), planes, pixel_format, BT601)


def test_samples_that_are_not_adjacent_are_refused():
    every_other = np.zeros((48, 128), np.uint8)[:, ::2]
    with pytest.raises(ValueError, match=r"samples of a row adjacent.*strides \(128, 2\)"):
        Painter().paint(empty_frame(), (every_other,), "GRAY8", BT601)


def surface_of(pixel_format, size=(64, 48)):
    planes = FORMATS[pixel_format].allocate(size)
    for plane in planes:
        plane[...] = 60
    return CpuSurface.from_planes(planes, pixel_format, colorimetry=BT601)


@pytest.mark.parametrize("pixel_format", PIXEL_FORMATS)
def test_a_surface_is_drawn_on_in_the_format_it_holds(pixel_format):
    surface = surface_of(pixel_format)
    twin = Picture(pixel_format, level=60).paint(Painter(), rich_frame())
    Painter().paint_surface(rich_frame(), surface)
    assert surface.held_format == pixel_format
    for plane, expected in zip(surface.planes(), twin.planes, strict=True):
        assert (plane == expected).all()


def test_a_surface_that_promises_rgba_is_drawn_on_as_it_lies_in_memory():
    surface = surface_of("NV12").convert("RGBA")
    held = surface.held_format
    Painter().paint_surface(object_frame(bg=RED), surface)
    assert surface.held_format == held
    (rgba,) = surface.planes()
    assert np.abs(rgba[20, 20].astype(int) - (255, 0, 0, 255)).max() <= 3


def test_a_surface_of_more_bits_becomes_nv12():
    planes = FORMATS["P010_10LE"].allocate((64, 48))
    for plane in planes:
        plane[...] = 128 << 8
    surface = CpuSurface.from_planes(planes, "P010_10LE", colorimetry=BT601)
    Painter().paint_surface(object_frame(bg=WHITE), surface)
    assert surface.held_format == "NV12"
    assert surface.planes("NV12")[0][20, 20] == 235


@pytest.mark.parametrize(
    "frame",
    [
        empty_frame(),
        object_frame(),
        display_frame(),
    ],
)
def test_without_anything_to_draw_the_surface_is_not_written(frame):
    surface = surface_of("I420")
    before = surface.planes()[0]
    Painter().paint_surface(frame, surface)
    assert np.shares_memory(surface.planes()[0], before)


def test_other_holders_of_a_surface_keep_their_pixels():
    surface = surface_of("I420")
    other = surface.share()
    Painter().paint_surface(object_frame(bg=RED), surface)
    assert (other.planes()[0] == 60).all()
    assert (surface.planes()[0] != 60).any()


def test_a_real_picture_is_only_changed_where_something_is_drawn(data_dir):
    bgr = cv2.imread(str(data_dir / "bus.jpg"))
    frame = display_frame(
        rect(48, 398, 196, 504, border=4, color=GREEN), text("person", 48, 380, bg=BLUE)
    )
    drawn = bgr.copy()
    Painter().paint(frame, (drawn,), "BGR", Colorimetry())
    changed = (drawn != bgr).any(axis=2)
    assert changed[400:900, 46:50].all()
    changed[370:906, 44:248] = False
    assert not changed.any()
