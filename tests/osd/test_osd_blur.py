import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osd_pictures import ALL_FORMATS, RED, Picture, empty_frame, rect, text

from penstock.meta import Mask, ObjectMeta
from penstock.osd import Painter, PainterSettings

SIZE = (320, 240)
BLURRED = Painter(PainterSettings(display_text=False, blur="box"))
MASKED = Painter(PainterSettings(display_text=False, display_mask=False, blur="mask"))


def noisy(pixel_format="I420", size=SIZE):
    picture = Picture(pixel_format, size)
    noise = np.random.default_rng(5)
    for plane, before in zip(picture.planes, picture.before, strict=True):
        plane[...] = before[...] = noise.integers(0, 256, plane.shape)
    return picture


def faces(*boxes, size=SIZE, component_id=1, class_id=0):
    frame = empty_frame(size)
    for box in boxes:
        frame.add(ObjectMeta(box, component_id=component_id, class_id=class_id))
    return frame


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
@pytest.mark.parametrize("box", [(40, 30, 96, 128), (41.5, 33.3, 80.2, 20.9), (7, 9, 10, 12)])
def test_nothing_finer_than_an_eighth_of_the_box_is_left(pixel_format, box):
    picture = noisy(pixel_format).paint(BLURRED, faces(box))
    left, top, width, height = box
    cell = max(max(width, height) / 8, 8)
    for plane, made in zip(picture.planes, picture.made.planes, strict=True):
        step_x, step_y = made.step
        x0, x1 = math.floor(left / step_x), math.ceil((left + width) / step_x)
        y0, y1 = math.floor(top / step_y), math.ceil((top + height) / step_y)
        inside = plane[y0:y1, x0:x1].astype(float)
        slopes = [np.abs(np.diff(inside, axis=axis)).max(initial=0) for axis in (0, 1)]
        assert max(slopes) <= 255 * max(made.step) / cell + 2  # noise jumps by up to 255


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_outside_the_box_nothing_changes(pixel_format):
    picture = noisy(pixel_format).paint(BLURRED, faces((40, 30, 96, 128)))
    for number, made in enumerate(picture.made.planes):
        changed = picture.changed(number)
        step_x, step_y = made.step
        changed[30 // step_y : 158 // step_y, 40 // step_x : 136 // step_x] = False
        assert not changed.any()
    assert picture.is_guarded()


def test_what_is_blurred_keeps_its_brightness():
    picture = Picture("GRAY8", SIZE)
    ramp = np.linspace(0, 255, SIZE[0]).astype(np.uint8)
    picture.planes[0][...] = ramp
    picture.paint(BLURRED, faces((0, 0, *SIZE)))
    assert np.abs(picture.planes[0].mean(axis=0) - ramp).max() < 25


def test_a_text_cannot_be_read_any_more():
    """The letters of a plate: a reader that knows the font cannot tell what stood there."""
    plates = ["AB 123", "XY 789", "QO 0O0", "II 111"]
    looks = {}
    for blurred in (False, True):
        for plate in plates:
            frame = faces((20, 20, 120, 30)) if blurred else empty_frame(SIZE)
            written = Picture("GRAY8", SIZE, level=255)
            plain = empty_frame(SIZE)
            plain.add(ObjectMeta()).text = text(plate, 24, 20, size=18, color=(0, 0, 0, 1.0))
            written.paint(Painter(), plain).paint(BLURRED, frame)
            looks[blurred, plate] = written.planes[0][20:50, 20:140].astype(float)
    for one, other in pairwise(plates):
        sharp = np.abs(looks[False, one] - looks[False, other])
        soft = np.abs(looks[True, one] - looks[True, other])
        assert sharp.max() > 200
        assert soft.max() < 60


@pytest.mark.parametrize("box", [(-60, -40, 160, 160), (250, 150, 200, 300), (-4e14, -5, 9e14, 99)])
def test_a_box_over_the_rim_is_blurred_as_far_as_it_is_seen(box):
    picture = noisy("NV12").paint(BLURRED, faces(box))
    x, y = (
        min(max(int(n), 5), m - 5) for n, m in zip((box[0] + 100, box[1] + 60), SIZE, strict=True)
    )
    region = picture.planes[0][max(y - 20, 0) : y + 20, max(x - 20, 0) : x + 20].astype(int)
    assert np.abs(np.diff(region, axis=1)).max() < 40
    assert picture.is_guarded()


@pytest.mark.parametrize(
    "box",
    [(400, 10, 50, 50), (10, -90, 50, 50), (10, 10, 0, 50), (10, 10, 50, -5), (math.nan, 0, 9, 9),
     (0, 0, math.inf, 9)],
)  # fmt: skip
def test_a_box_without_place_or_area_blurs_nothing(box):
    assert not noisy().paint(BLURRED, faces(box)).changed().any()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2)])
@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_tiny_pictures_are_blurred_too(pixel_format, size):
    frame = faces((0, 0, 50, 50), size=size)
    frame.objects[0].mask = Mask(np.ones((2, 2), np.float32))
    for painter in (BLURRED, MASKED):
        assert noisy(pixel_format, size).paint(painter, frame).is_guarded()


def test_only_the_classes_asked_for_are_blurred():
    frame = faces((10, 10, 60, 60), component_id=1, class_id=2)
    for other in ((1, 0), (2, 2), (0, 2)):
        frame.add(ObjectMeta((100, 10, 60, 60), component_id=other[0], class_id=other[1]))
    painter = Painter(PainterSettings(blur="box", blur_only=frozenset({(1, 2), (7, 7)})))
    changed = noisy().paint(painter, frame).changed()
    assert changed[10:70, 10:70].any()
    assert not changed[:, 90:].any()
    assert painter.wants(frame)
    assert not painter.wants(faces((10, 10, 60, 60), component_id=2, class_id=2))


def test_boxes_lie_over_what_is_blurred():
    frame = faces((10, 10, 60, 60))
    frame.objects[0].rect = rect(10, 10, 60, 60, border=2, color=RED)
    picture = noisy("RGB").paint(BLURRED, frame)
    assert picture.samples(10, 40) == {"R": 255, "G": 0, "B": 0}


@pytest.mark.parametrize("pixel_format", ["I420", "NV12", "RGBA", "GRAY8"])
def test_within_a_mask_only_its_pixels_are_blurred(pixel_format):
    frame = faces((40, 40, 100, 100))
    frame.objects[0].mask = Mask(np.tile(np.float32([0, 1]), (4, 1)))  # the right half
    picture = noisy(pixel_format).paint(MASKED, frame)
    assert not picture.changed()[:, :88].any()
    right = picture.planes[0][40:140, 92:140].astype(int)
    assert np.abs(np.diff(right, axis=1)).max() < 40
    assert picture.is_guarded()


@pytest.mark.parametrize("data", [None, np.ones(4), np.ones((0, 4))])
def test_without_a_mask_that_can_be_used_the_whole_box_is_blurred(data):
    frame = faces((40, 40, 100, 100))
    frame.objects[0].mask = None if data is None else Mask(data.astype(np.float32))
    inside = noisy("GRAY8").paint(MASKED, frame).planes[0][40:140, 40:140].astype(int)
    assert np.abs(np.diff(inside, axis=1)).max() < 40


def test_an_opaque_picture_stays_opaque():
    picture = Picture("RGBA", SIZE, level=255).paint(BLURRED, faces((10.5, 10.5, 99, 99)))
    assert (picture.planes[0] == 255).all()


def test_a_real_picture_loses_its_edges(data_dir):
    photo = cv2.imread(str(data_dir / "bus.jpg"), cv2.IMREAD_GRAYSCALE)
    size = photo.shape[1], photo.shape[0]
    picture = Picture("GRAY8", size)
    picture.planes[0][...] = photo
    picture.paint(BLURRED, faces((50, 400, 200, 500), size=size))
    edges = [
        cv2.Canny(p[410:890, 60:240].copy(), 60, 120).mean() for p in (photo, picture.planes[0])
    ]
    assert edges[0] > 10
    assert edges[1] == 0


@given(
    pixel_format=st.sampled_from(ALL_FORMATS),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    box=st.tuples(*[st.floats(-50, 90) | st.sampled_from([math.nan, math.inf, -1e300, 1e14])] * 4),
    has_mask=st.booleans(),
)
def test_any_box_anywhere_stays_in_the_picture(pixel_format, size, box, has_mask):
    frame = faces(box, size=size)
    if has_mask:
        frame.objects[0].mask = Mask(np.eye(5, dtype=np.float32))
    for painter in (BLURRED, MASKED):
        assert noisy(pixel_format, size).paint(painter, frame).is_guarded()
