import math

import numpy as np
import pytest
from osd_pictures import ALL_FORMATS, GREEN, Picture, empty_frame, expected_samples

from penstock.meta import KEYPOINTS, ObjectMeta, UserMeta
from penstock.osd import Painter, PainterSettings

PAINTER = Painter(PainterSettings(display_text=False))


def frame_with(points, box=(4, 4, 50, 40)):
    frame = empty_frame()
    obj = frame.add(ObjectMeta(box))
    obj.rect.border_color = GREEN
    obj.user.append(UserMeta(points, meta_type=KEYPOINTS))
    return frame


def body(**joints):
    """17 joints, of which only some were seen: `_5=(x, y)`."""
    points = np.zeros((17, 3), np.float32)
    for name, place in joints.items():
        points[int(name[1:])] = (*place, 0.9)
    return points


@pytest.mark.parametrize("pixel_format", ALL_FORMATS)
def test_a_point_is_a_dot_in_the_colour_of_the_border(pixel_format):
    picture = Picture(pixel_format, level=33).paint(PAINTER, frame_with([[20.0, 30.0, 0.9]]))
    assert picture.samples(20, 30) == pytest.approx(expected_samples(pixel_format, GREEN), abs=1.5)
    rows, columns = np.nonzero(picture.changed())
    assert 3 <= np.ptp(rows) <= 7
    assert 3 <= np.ptp(columns) <= 7
    assert not picture.changed()[:20].any()


def test_a_point_the_network_is_not_sure_of_is_not_drawn():
    assert not Picture("GRAY8").paint(PAINTER, frame_with([[20.0, 30.0, 0.2]])).changed().any()


def test_seventeen_points_are_a_body_with_limbs():
    elbow, wrist, ankle = (10, 24), (40, 24), (50, 40)
    picture = Picture("GRAY8").paint(PAINTER, frame_with(body(_7=elbow, _9=wrist, _15=ankle)))
    assert picture.changed()[24, 10:41].all()
    assert picture.changed()[40, 50]
    assert not picture.changed()[32, 40:48].any()  # the wrist is not tied to the ankle


def test_other_points_are_not_tied_together():
    picture = Picture("GRAY8").paint(PAINTER, frame_with([[10, 24, 1.0], [40, 24, 1.0]]))
    assert not picture.changed()[24, 18:32].any()


def test_they_can_be_left_out_and_then_nothing_is_touched():
    frame = frame_with([[20.0, 30.0, 0.9]])
    frame.objects[0].rect.border_width = 0
    assert PAINTER.wants(frame)
    silent = Painter(PainterSettings(display_text=False, display_keypoints=False))
    assert not silent.wants(frame)
    assert not Picture("GRAY8").paint(silent, frame).changed().any()


@pytest.mark.parametrize("blur", ["box", "mask"])
def test_a_blurred_object_shows_none_and_others_do(blur):
    frame = frame_with([[20.0, 30.0, 0.9]])
    frame.objects[0].component_id = 2
    other = frame_with([[58.0, 30.0, 0.9]], box=(56, 4, 8, 40)).objects[0]
    frame.add(other).component_id = 1
    settings = {"display_text": False, "display_bbox": False, "blur": blur}
    alone = Painter(PainterSettings(**settings))
    assert not Picture("I420").paint(alone, frame).changed().any()
    one_of_two = Painter(PainterSettings(**settings, blur_only={(2, 0)}))
    assert Picture("I420").paint(one_of_two, frame).changed()[30, 58]


@pytest.mark.parametrize("hides", ["blur", "background"])
def test_what_another_object_shows_within_a_hidden_one_is_left_out(hides):
    """The joints of a person whose face, found by another network, is hidden."""
    nose, eye, shoulder, hip = (20, 10), (23, 8), (14, 30), (16, 44)
    frame = frame_with(body(_0=nose, _1=eye, _5=shoulder, _11=hip), box=(4, 2, 40, 45))
    face = frame.add(ObjectMeta((15.2, 4, 14.5, 15), component_id=2))
    settings = PainterSettings(display_text=False, blur="box", blur_only={(2, 0)})
    if hides == "background":
        settings = PainterSettings(display_text=False)
        face.rect.has_bg, face.rect.bg_color = True, (0.0, 0.0, 0.0, 1.0)
    picture = Picture("GRAY8", level=0).paint(Painter(settings), frame)
    assert not picture.changed()[4:19, 15:30].any()
    assert picture.changed()[30, 14]
    assert picture.changed()[37, 15]  # the trunk goes on


@pytest.mark.parametrize(
    ("alpha", "class_alpha", "display_bbox", "shown"),
    [
        (1, None, True, 0),
        (0.5, None, True, 1),
        (1, None, False, 1),
        (1, 0.5, True, 1),
        (0, 1, 1, 0),
    ],
)
def test_an_object_under_an_opaque_background_shows_none(alpha, class_alpha, display_bbox, shown):
    colors = {} if class_alpha is None else {0: (0.0, 0.0, 0.0, class_alpha)}
    settings = PainterSettings(display_text=False, display_bbox=display_bbox, class_colors=colors)
    frame = frame_with([[20.0, 30.0, 0.9]])
    rect = frame.objects[0].rect
    rect.has_bg, rect.bg_color = 1, (0.0, 0.0, 0.0, alpha)
    picture = Picture("I420").paint(Painter(settings), frame)
    assert (picture.samples(20, 30) != picture.samples(10, 10)) == shown


@pytest.mark.parametrize(
    "points",
    [
        [[math.nan, 30, 0.9], [math.inf, 1e300, 0.9], [-1e9, 1e9, math.nan]],
        [[1e9, 1e9, 0.9], [-1e9, -1e9, 0.9]] * 8 + [[1e9, 20, 0.9]],
        [[1, 2]],
        [],
        "no points",
        [[1, 2, 1], [3]],
    ],
)
def test_whatever_is_there_only_the_picture_is_drawn_on(points):
    picture = Picture("I420").paint(PAINTER, frame_with(points, box=(0, 0, math.nan, 5)))
    assert picture.is_guarded()
