import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from penstock.geometry import (
    Affine,
    Turn,
    cxcywh_to_xyxy,
    iou_matrix,
    ltwh_to_xyxy,
    nms,
    xyxy_to_ltwh,
)

coordinates = st.floats(-1000, 1000, width=32)
ltwh = arrays(
    np.float32, st.tuples(st.integers(0, 15), st.just(4)), elements=st.floats(0, 500, width=32)
)
scales = st.floats(0.05, 20)
affines = st.builds(Affine, scales, scales, coordinates, coordinates)


@given(ltwh)
def test_box_formats_convert_back_and_forth(boxes):
    np.testing.assert_allclose(xyxy_to_ltwh(ltwh_to_xyxy(boxes)), boxes, atol=1e-3)


def test_centre_boxes_become_corners():
    assert cxcywh_to_xyxy(np.array([[10, 10, 4, 2]], np.float32)).tolist() == [[8, 9, 12, 11]]


@given(ltwh, ltwh)
def test_overlap_is_symmetric_and_between_zero_and_one(a, b):
    overlap = iou_matrix(ltwh_to_xyxy(a), ltwh_to_xyxy(b))
    assert overlap.shape == (len(a), len(b))
    assert ((overlap >= 0) & (overlap <= 1 + 1e-5)).all()
    np.testing.assert_allclose(overlap, iou_matrix(ltwh_to_xyxy(b), ltwh_to_xyxy(a)).T, rtol=1e-5)


def test_overlap_has_known_values():
    box = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [3, 3, 3, 3]], np.float32)
    np.testing.assert_allclose(iou_matrix(box, others), [[1, 1 / 3, 0, 0]])


@given(ltwh, st.floats(0.1, 0.9), st.randoms())
def test_suppression_keeps_the_best_and_nothing_that_overlaps_it(boxes, most, random):
    corners = ltwh_to_xyxy(boxes)
    confidence = np.array([random.random() for _ in boxes], np.float32)
    kept = nms(corners, confidence, max_iou=most)
    assert (np.diff(confidence[kept]) <= 0).all()
    overlap = iou_matrix(corners[kept], corners[kept]) - np.eye(len(kept))
    assert (overlap <= most).all()
    dropped = sorted(set(range(len(boxes))) - set(kept.tolist()))
    for row in dropped:
        better = [k for k in kept if confidence[k] >= confidence[row]]
        assert (iou_matrix(corners[[row]], corners[better]) > most).any()


@given(affines, st.tuples(coordinates, coordinates, coordinates, coordinates))
def test_a_transform_and_its_inverse_cancel(affine, box):
    there = affine.ltwh(box)
    np.testing.assert_allclose(affine.inverse().ltwh(there), box, atol=0.1, rtol=1e-3)


@given(affines, affines, ltwh)
def test_transforms_compose_in_order(first, second, boxes):
    corners = ltwh_to_xyxy(boxes)
    np.testing.assert_allclose(
        first.then(second).xyxy(corners), second.xyxy(first.xyxy(corners)), rtol=1e-3, atol=2
    )


@pytest.mark.parametrize(
    ("keep_aspect", "centred", "expected"),
    [
        (False, False, (0, 0, 100, 100)),
        (True, False, (0, 0, 100, 50)),
        (True, True, (0, 25, 100, 50)),
    ],
)
def test_fitting_places_the_picture_where_bars_leave_room(keep_aspect, centred, expected):
    fit = Affine.fit((0, 0, 200, 100), (100, 100), keep_aspect=keep_aspect, centred=centred)
    assert fit.ltwh((0, 0, 200, 100)) == expected


def test_only_the_identity_says_so():
    assert Affine().is_identity
    assert not Affine(tx=1).is_identity


# Turns

turns = st.builds(Turn, swap=st.booleans(), mirror_x=st.booleans(), mirror_y=st.booleans())
signed = st.one_of(st.floats(0.05, 20), st.floats(-20, -0.05))
turning = st.builds(Affine, signed, signed, coordinates, coordinates, st.booleans())
sides = st.tuples(st.integers(1, 30), st.integers(1, 30))


@given(turns, sides, st.data())
def test_a_point_goes_where_its_pixel_goes(turn, size, data):
    width, height = size
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    picture = np.zeros((height, width), bool)
    picture[y, x] = True
    turned = turn.array(picture)
    assert turned.shape[::-1] == turn.size(size)
    move = Affine.turning(turn, size)
    seen_x, seen_y = move.point(x + 0.5, y + 0.5)
    assert turned[int(seen_y), int(seen_x)]
    assert move.ltwh((x, y, 1, 1)) == (int(seen_x), int(seen_y), 1, 1)
    assert move.turn == turn


@given(turning, st.tuples(coordinates, coordinates), ltwh)
def test_a_turning_transform_and_its_inverse_cancel(move, point, boxes):
    back = move.inverse()
    np.testing.assert_allclose(back.point(*move.point(*point)), point, atol=0.1, rtol=1e-3)
    corners = ltwh_to_xyxy(boxes)
    np.testing.assert_allclose(back.xyxy(move.xyxy(corners)), corners, atol=0.5, rtol=1e-2)


@given(turning, turning, st.tuples(coordinates, coordinates))
def test_turning_transforms_compose_in_order(first, second, point):
    wanted = second.point(*first.point(*point))
    np.testing.assert_allclose(first.then(second).point(*point), wanted, rtol=1e-3, atol=0.1)


@given(turning, ltwh)
def test_boxes_stay_boxes_in_either_form_and_points_go_along(move, boxes):
    corners = ltwh_to_xyxy(boxes)
    moved = move.xyxy(corners)
    assert (moved[:, :2] <= moved[:, 2:] + 1e-2).all()
    for box, corner in zip(boxes.tolist(), moved, strict=True):
        left, top, width, height = move.ltwh(tuple(box))
        wanted = [left, top, left + width, top + height]
        np.testing.assert_allclose(corner, wanted, rtol=1e-3, atol=0.1)
    one_by_one = [move.point(x, y) for x, y in corners[:, :2].tolist()]
    together = move.points(corners[:, :2])
    np.testing.assert_allclose(together, np.reshape(one_by_one, (-1, 2)), rtol=1e-3, atol=0.1)
