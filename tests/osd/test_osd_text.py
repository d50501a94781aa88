import ctypes
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osd_pictures import (
    ALL_FORMATS,
    BLACK,
    BLUE,
    GREEN,
    RED,
    WHITE,
    Picture,
    display_frame,
    expected_samples,
    text,
)

from penstock.errors import MissingExtraError
from penstock.meta import Line
from penstock.osd import Painter, PainterSettings
from penstock.osd.typesetting import Typesetter

SIZE = (320, 80)
PAINTER = Painter()
STRANGE = [
    "日本語のラベル",
    "😀👍🏽 emoji",
    "\ud800 half a surrogate",
    "a\0b\x07c\x1b[31m",
    "שלום عربى",
    "e\u0301\u0302\u0303 combining",
    "\t\ttabs",
    "\r\nwindows\r\n",
    "\u200b\u2028\ufeff",
    "x" * 20_000,
    "line\n" * 3_000,
]


def drawn(pixel_format, *texts, size=SIZE, level=33, painter=PAINTER):
    picture = Picture(pixel_format, size, level=level)
    return picture.paint(painter, display_frame(*texts, size=size))


def extent(changed):
    """`x0, y0, x1, y1` around what is True."""
    rows, columns = np.nonzero(changed.any(axis=1))[0], np.nonzero(changed.any(axis=0))[0]
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_the_ground_is_one_rectangle_from_the_texts_place_around_the_ink():
    ground = drawn("GRAY8", text("Person 12", 20, 10, bg=GREEN))
    x0, y0, x1, y1 = extent(ground.changed())
    assert (x0, y0) == (20, 10)
    assert ground.changed()[y0:y1, x0:x1].all()
    ink = ground.planes[0] == 255
    left, top, right, bottom = extent(ink)
    assert x0 < left < x0 + 8
    assert x1 - 8 < right < x1
    assert y0 < top < bottom < y1


def test_ink_lies_in_the_same_place_with_and_without_a_ground():
    with_ground = drawn("GRAY8", text("Person", 20, 10, bg=BLACK), level=0)
    without = drawn("GRAY8", text("Person", 20, 10), level=0)
    assert (with_ground.planes[0] == without.planes[0]).all()


@pytest.mark.parametrize("points", [8, 11, 16, 24, 40])
def test_a_point_is_four_thirds_of_a_pixel(points):
    size = (600, 120)
    _, top, _, bottom = extent(drawn("GRAY8", text("H", size=points), size=size).changed())
    cap_height = 0.73 * points * 96 / 72  # of an H in the DejaVu fonts, and about so in all others
    assert bottom - top == pytest.approx(cap_height, abs=1.5 + 0.08 * cap_height)


@pytest.mark.parametrize("words", ["j", "ff", "W", "\u0301 accent", "gjpqy", "ÄÖÜ"])
def test_ink_never_leaves_its_ground(words):
    picture = drawn("GRAY8", text(words, 40, 10, size=30, bg=GREEN))
    ground = picture.samples(40, 10)["Y"]
    left, top, right, bottom = extent(picture.planes[0] > ground + 4)
    x0, y0, x1, y1 = extent(picture.changed())
    assert x0 < left < right < x1
    assert y0 < top < bottom < y1


def test_every_line_has_the_same_height():
    heights = []
    for lines in (1, 2, 3):
        _, y0, _, y1 = extent(drawn("GRAY8", text("\n".join("abc"[:lines]), bg=RED)).changed())
        heights.append(y1 - y0)
    assert heights[2] - heights[1] == heights[1] - heights[0] > 10


def test_a_line_break_at_the_end_makes_no_line():
    assert (
        drawn("GRAY8", text("abc\n", bg=RED)).planes[0]
        == drawn("GRAY8", text("abc", bg=RED)).planes[0]
    ).all()


def test_lines_are_flush_left_and_do_not_cover_each_other():
    picture = drawn("GRAY8", text("HHHHHHHH\nHH", bg=BLACK))
    ink = picture.planes[0] > 200
    middle = (extent(picture.changed())[3]) // 2
    first, second = extent(ink[:middle]), extent(ink[middle:])
    assert first[0] == second[0]
    assert first[2] - first[0] > 3 * (second[2] - second[0])


@pytest.mark.parametrize("nothing", [None, "", "\n", "\r\n\n"])
def test_no_text_draws_nothing(nothing):
    assert not drawn("GRAY8", text(nothing, 5, 5, bg=RED)).changed().any()


def test_different_strings_fonts_and_sizes_look_different():
    looks = [
        text("Person 1"),
        text("Person 2"),
        text("Person 1", font="Monospace"),
        text("Person 1", size=12),
    ]
    pictures = [drawn("GRAY8", look).planes[0].tobytes() for look in looks]
    assert len(set(pictures)) == len(pictures)


def test_without_a_name_and_a_size_the_text_is_serif_of_ten_points():
    plain, named = text("Person", font=None, size=0), text("Person", font="Serif", size=10)
    assert (drawn("GRAY8", plain).planes[0] == drawn("GRAY8", named).planes[0]).all()


def test_the_settings_name_the_default_font():
    painter = Painter(PainterSettings(font_name="Monospace", font_size=20))
    plain, named = text("ill", size=0), text("ill", font="Monospace", size=20)
    by_default = drawn("GRAY8", plain, painter=painter).planes[0]
    assert (by_default == drawn("GRAY8", named).planes[0]).all()


@pytest.mark.parametrize("font", ["No Such Font", "Arial", "", "\0", "\ud800", "明朝"])
def test_a_font_that_is_not_installed_is_replaced(font):
    assert drawn("GRAY8", text("Person", font=font)).changed().any()


@pytest.mark.parametrize("words", STRANGE)
@pytest.mark.parametrize("pixel_format", ["NV12", "RGB"])
def test_strange_text_is_drawn_without_complaint(words, pixel_format):
    picture = drawn(pixel_format, text(words, 7, 5, bg=BLUE))
    assert picture.changed().any()
    assert picture.is_guarded()


def test_control_characters_are_left_out():
    left_out = drawn("GRAY8", text("a\x07b\0c\r")).planes[0]
    assert (left_out == drawn("GRAY8", text("abc")).planes[0]).all()


@pytest.mark.parametrize("size", [1, 60, 10**4, 10**9, -5])
def test_any_size_is_drawn(size):
    assert drawn("NV12", text("Person", size=size, bg=RED)).is_guarded()


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
@pytest.mark.parametrize("place", [(20, 10), (21, 11), (-9, -3), (290, 70)])
@pytest.mark.parametrize("ground", [None, BLACK, (0.0, 0.3, 1.0, 0.5)])
def test_text_in_every_format_is_the_rgb_text_converted(pixel_format, place, ground):
    look = text("Person 12", *place, color=(1.0, 0.6, 0.0, 1.0), bg=ground)
    rgb = drawn("RGB", look, level=100).planes[0].astype(float)
    picture = Picture(pixel_format, SIZE)
    for plane, made in zip(picture.planes, picture.made.planes, strict=True):
        gray = expected_samples(pixel_format, (100 / 255,) * 3)
        plane[...] = np.array([gray[name] for name in made.samples]).reshape(plane.shape[2:])
    picture.paint(PAINTER, display_frame(look, size=SIZE))
    for plane, made in zip(picture.planes, picture.made.planes, strict=True):
        columns, rows = made.step
        cells = rgb.reshape(SIZE[1] // rows, rows, SIZE[0] // columns, columns, 3)
        converted = converter(pixel_format, made.samples)(cells.mean(axis=(1, 3)))
        wrong = (np.abs(plane.reshape(converted.shape) - converted) > 2.5).any(axis=2)
        if ground:  # it paints whole cells, also those that it covers in part
            touched = (cells != 100).any(axis=4)
            wrong &= touched.all(axis=(1, 3)) == touched.any(axis=(1, 3))
        assert not wrong.any()


def converter(pixel_format, names):
    """RGB → samples, as far as it can be seen from single colours."""
    corners = [
        expected_samples(pixel_format, color)
        for color in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    ]
    points = np.array([[corner[name] for name in names] for corner in corners], float)

    def convert(rgb):
        return points[0] + rgb / 255 @ (points[1:] - points[0])

    return convert


@pytest.mark.parametrize("pixel_format", ["I420", "NV12", "RGBA"])
def test_cached_text_is_identical_to_uncached(pixel_format):
    looks = [text("Person 7", x, y, bg=g) for x in (4, 5) for y in (6, 7) for g in (None, BLACK)]
    warm = Painter()
    for look in (*looks, text("other", 3, 3)):
        drawn(pixel_format, look, painter=warm)
    for look in looks:
        cached = drawn(pixel_format, look, painter=warm)
        fresh = drawn(pixel_format, look, painter=Painter())
        for one, other in zip(cached.planes, fresh.planes, strict=True):
            assert (one == other).all()


def test_one_cache_does_not_mix_colours_grounds_sizes_and_formats():
    looks = [
        text("P", color=WHITE),
        text("P", color=RED),
        text("P", color=RED, bg=BLUE),
        text("P", color=RED, bg=BLACK),
        text("P", color=RED, bg=BLACK, size=20),
        text("P", color=RED, bg=BLACK, font="Monospace"),
    ]
    warm = Painter()
    for pixel_format in ("I420", "YV12", "RGB", "BGR"):
        for look in (*looks, *looks):
            fresh = drawn(pixel_format, look, painter=Painter())
            cached = drawn(pixel_format, look, painter=warm)
            for one, other in zip(cached.planes, fresh.planes, strict=True):
                assert (one == other).all()


def test_a_moved_text_looks_the_same_in_luma():
    home = drawn("I420", text("Person", 10, 10, bg=BLACK)).planes[0]
    for dx, dy in ((1, 0), (0, 1), (1, 1), (7, 4)):
        moved = drawn("I420", text("Person", 10 + dx, 10 + dy, bg=BLACK)).planes[0]
        assert (np.roll(home, (dy, dx), axis=(0, 1)) == moved).all()


def test_a_text_is_set_once():
    setter = Typesetter(family="Serif", points=10)
    assert setter.mask("Person 1") is setter.mask("Person 1")


def test_text_that_changes_with_every_frame_does_not_fill_memory():
    setter = Typesetter(family="Serif", points=10, cache_bytes=50_000)
    for number in range(500):
        setter.mask(f"frame {number}")
    assert setter.cached_bytes <= 50_000


@pytest.mark.parametrize("place", [("-40", "5"), ("300", "5"), ("5", "-9"), ("5", "72")])
def test_text_over_the_rim_is_the_visible_part_of_the_text(place):
    x, y = map(int, place)
    look = text("Person 12 at the rim", x, y, bg=BLUE)
    part = drawn("I420", look)
    roomy = (SIZE[0] + 400, SIZE[1] + 200)
    whole = drawn(
        "I420", text("Person 12 at the rim", x + 200, y + 100, bg=BLUE), size=roomy
    ).planes[0]
    assert (part.planes[0] == whole[100 : 100 + SIZE[1], 200 : 200 + SIZE[0]]).all()
    assert part.changed().any()
    assert part.is_guarded()


@settings(deadline=None)
@given(
    pixel_format=st.sampled_from(ALL_FORMATS),
    size=st.tuples(st.integers(1, 33), st.integers(1, 33)),
    words=st.text(max_size=6),
    x=st.one_of(st.integers(-60, 60), st.sampled_from([2**31, -(2**40), 1e300, float("nan")])),
    y=st.one_of(st.integers(-60, 60), st.sampled_from([2**32, -(2**40), float("-inf")])),
    points=st.integers(-1, 30),
    alphas=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_any_text_anywhere_stays_in_the_picture(pixel_format, size, words, x, y, points, alphas):
    look = text(words, x, y, size=points, color=(*RED[:3], alphas[0]), bg=(*BLUE[:3], alphas[1]))
    assert drawn(pixel_format, look, size=size).is_guarded()


@pytest.fixture
def no_pango(monkeypatch):
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.delitem(sys.modules, "penstock.osd.pango")
    monkeypatch.setattr(ctypes, "PyDLL", missing)


@pytest.mark.usefixtures("no_pango")
def test_without_pango_the_message_says_how_to_get_it():
    with pytest.raises(MissingExtraError, match=r"Pango.*apt-get install libpangocairo-1.0-0"):
        Painter()


@pytest.mark.usefixtures("no_pango")
def test_without_pango_everything_but_text_is_drawn():
    painter = Painter(PainterSettings(display_text=False))
    picture = drawn("GRAY8", text("Person"), Line(5, 60, 300, 60, 3, RED), painter=painter)
    assert not picture.changed()[:50].any()
    assert picture.changed()[60, 100]
