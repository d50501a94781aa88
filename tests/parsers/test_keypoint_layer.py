"""Keypoints in a layer of their own, beside boxes and scores."""

import numpy as np
import pytest
from parser_cases import make_context

from penstock.errors import ModelError
from penstock.parsers import Head
from penstock.parsers.boxes_scores import BoxesScoresParser

SIZE = (200, 100)
BOXES = [[0, 0, 0.5, 0.5], [0.25, 0.2, 0.75, 0.6], [0, 0, 1, 1]]
SCORES = [[0.1], [0.75], [0.6]]
PLACES = np.arange(12).reshape(3, 2, 2) / 16


def parse(points, *, scale=(1, 1), **metadata):
    metadata = {f"penstock.{name}": told for name, told in metadata.items()}
    outputs = {
        "boxes": np.array(BOXES, np.float32) * np.tile(scale, 2),
        "scores": np.array(SCORES, np.float32),
        "keypoints": np.asarray(points, np.float32),
    }
    head = Head({name: array.shape for name, array in outputs.items()}, SIZE, metadata=metadata)
    return BoxesScoresParser(head).parse(outputs, make_context(0.5, size=SIZE))


@pytest.mark.parametrize(
    ("boxes", "keypoints", "box_scale", "point_scale"),
    [
        ("xyxy-normalized", "xy-normalized", (1, 1), (1, 1)),
        ("xyxy-normalized", "xy", (1, 1), SIZE),
        ("xyxy", "xy-normalized", SIZE, (1, 1)),
        ("xyxy-normalized", None, (1, 1), (1, 1)),
        ("xyxy", None, SIZE, SIZE),
    ],
)
def test_points_come_in_network_pixels_whatever_they_were(boxes, keypoints, box_scale, point_scale):
    told = {"keypoints": keypoints} if keypoints else {}
    found = parse(PLACES * point_scale, scale=box_scale, boxes=boxes, **told)
    np.testing.assert_allclose(found.boxes, [[50, 20, 150, 60], [0, 0, 200, 100]])
    np.testing.assert_allclose(found.keypoints[..., :2], PLACES[1:] * SIZE)


def test_points_without_a_score_have_that_of_their_candidate():
    found = parse(PLACES, boxes="xyxy-normalized")
    np.testing.assert_allclose(found.keypoints[..., 2], [[0.75, 0.75], [0.6, 0.6]])


def test_points_keep_a_score_of_their_own():
    scores = np.arange(6).reshape(3, 2, 1) / 8
    found = parse(np.concatenate([PLACES, scores], axis=2), boxes="xyxy-normalized")
    np.testing.assert_allclose(found.keypoints[..., :2], PLACES[1:] * SIZE)
    np.testing.assert_allclose(found.keypoints[..., 2:], scores[1:])


def test_a_point_that_is_nowhere_has_no_score_and_costs_no_box():
    points = PLACES.copy()
    points[1, 0], points[2, 1] = np.nan, np.inf
    found = parse(points, boxes="xyxy-normalized")
    assert len(found.boxes) == 2
    assert found.keypoints[[0, 1], [0, 1]].tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize("shape", [(3, 4), (4, 2, 2), (3, 2, 4)])
def test_a_layer_of_that_name_that_holds_no_points_is_left_alone(shape):
    found = parse(np.zeros(shape), boxes="xyxy-normalized", keypoints="what?")
    assert len(found.boxes) == 2
    assert found.keypoints is None


def test_unknown_metadata_is_refused_with_what_is_known():
    with pytest.raises(
        ModelError, match=r"penstock\.keypoints is 'yx'; expected one of xy, xy-normalized"
    ):
        parse(PLACES, boxes="xyxy-normalized", keypoints="yx")
