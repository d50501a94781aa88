"""What belongs to an object goes where its pixels go."""

import itertools

import numpy as np
import pytest

from penstock.geometry import Affine, Turn
from penstock.meta import (
    KEYPOINTS,
    Circle,
    DisplayMeta,
    FrameMeta,
    Line,
    Mask,
    ObjectMeta,
    Rect,
    Text,
    UserMeta,
)

TURNS = [
    Turn(swap=s, mirror_x=x, mirror_y=y) for s, x, y in itertools.product([False, True], repeat=3)
]


def turned(turn, *, size=(100, 60), obj=None, display=None):
    frame = FrameMeta(size=size)
    if obj:
        frame.add(obj)
    if display:
        frame.display.append(display)
    frame.rescale(Affine.turning(turn, size), turn.size(size))
    return frame


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_all_boxes_of_an_object_turn(turn):
    obj = ObjectMeta((10.0, 20.0, 30.0, 8.0))
    obj.tracker_box = (11.0, 21.0, 30.0, 8.0)
    frame = turned(turn, obj=obj)
    move = Affine.turning(turn, (100, 60))
    assert obj.ltwh == obj.detector_box == move.ltwh((10.0, 20.0, 30.0, 8.0))
    assert obj.tracker_box == move.ltwh((11.0, 21.0, 30.0, 8.0))
    assert frame.to_source.ltwh(obj.ltwh) == (10.0, 20.0, 30.0, 8.0)
    assert (frame.width, frame.height) == turn.size((100, 60))


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_mask_turns_with_its_box(turn):
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    obj = ObjectMeta((10.0, 20.0, 40.0, 30.0))
    obj.mask = Mask(data)
    turned(turn, obj=obj)
    assert np.array_equal(obj.mask.data, turn.array(data))
    assert obj.mask.data.flags.c_contiguous


@pytest.mark.parametrize("move", [Affine(2, 3, 4, 5), Affine.turning(TURNS[5], (100, 60))])
def test_keypoints_go_along_and_a_copys_stay(move):
    points = [[1, 2, 0.5], [30, 40, 0.25]]
    obj = ObjectMeta((10.0, 20.0, 40.0, 30.0))
    obj.user.append(UserMeta(np.array(points, np.float32), meta_type=KEYPOINTS))
    twin = obj.copy()
    frame = FrameMeta(size=(100, 60))
    frame.add(obj)
    frame.rescale(move, (60, 100))
    assert obj.user[0].data[:, :2].tolist() == [list(move.point(1, 2)), list(move.point(30, 40))]
    assert obj.user[0].data[:, 2].tolist() == [0.5, 0.25]
    assert twin.user[0].data.tolist() == points


def test_what_others_attached_is_left_alone():
    data = object()
    obj = ObjectMeta((1.0, 2.0, 3.0, 4.0))
    obj.user.append(UserMeta(data, meta_type="mine"))
    turned(TURNS[1], obj=obj)
    assert obj.user[0].data is data


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_text_keeps_its_place_beside_the_box(turn):
    obj = ObjectMeta((40.0, 30.0, 20.0, 8.0))
    obj.text.x, obj.text.y = 42, 18
    turned(turn, obj=obj)
    assert (obj.text.x - obj.rect.left, obj.text.y - obj.rect.top) == (2, -12)


def test_shapes_turn():
    line, circle, rect = Line(1, 2, 3, 4), Circle(x=10, y=20, radius=5), Rect(1, 2, 30, 40)
    turned(
        Turn(swap=True, mirror_x=True),
        display=DisplayMeta(rects=[rect], lines=[line], circles=[circle]),
    )
    assert (line.x1, line.y1, line.x2, line.y2) == (58, 1, 56, 3)
    assert (circle.x, circle.y, circle.radius) == (40, 10, 5)
    assert rect.ltwh == (18, 1, 40, 30)


ODD = (float("nan"), float("inf"), -float("inf"), 1e300, -1e300)


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize("odd", ODD)
def test_numbers_that_are_no_place_turn_too(turn, odd):
    obj = ObjectMeta((odd, odd, odd, odd))
    display = DisplayMeta(
        rects=[Rect(odd, odd, odd, odd)],
        texts=[Text("", odd, odd)],
        lines=[Line(odd, odd, odd, odd)],
        circles=[Circle(odd, odd, odd)],
    )
    turned(turn, obj=obj, display=display)
    whole = (obj.text.x, display.texts[0].y, display.lines[0].x2, display.circles[0].radius)
    assert all(type(number) is int and number >= 0 for number in whole)


@pytest.mark.parametrize(
    "data", [None, "none", 7, [], [1, 2], [[1, 2, 3], [4]], np.zeros(3), np.zeros((3, 1))]
)
def test_what_is_no_array_of_keypoints_is_left_alone(data):
    obj = ObjectMeta((1.0, 2.0, 3.0, 4.0))
    obj.user.append(UserMeta(data, meta_type=KEYPOINTS))
    turned(TURNS[-1], obj=obj)
    assert obj.user[0].data is data


def test_keypoints_may_be_lists():
    obj = ObjectMeta((1.0, 2.0, 3.0, 4.0))
    obj.user.append(UserMeta([[10, 20, 0.5]], meta_type=KEYPOINTS))
    turned(Turn(mirror_x=True), obj=obj)
    assert np.asarray(obj.user[KEYPOINTS]).tolist() == [[90, 20, 0.5]]
