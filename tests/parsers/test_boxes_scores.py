import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parser_cases import make_context

from penstock.errors import ModelError
from penstock.parsers import Head
from penstock.parsers.boxes_scores import BoxesScoresParser

SIZE = (200, 100)
SAME_BOX = {  # left 50, top 20, right 150, bottom 60 of 200x100, said in four ways
    "xyxy": [50, 20, 150, 60],
    "cxcywh": [100, 40, 100, 40],
    "xyxy-normalized": [0.25, 0.2, 0.75, 0.6],
    "cxcywh-normalized": [0.5, 0.4, 0.5, 0.4],
    "yxyx": [20, 50, 60, 150],
    "yxyx-normalized": [0.2, 0.25, 0.6, 0.75],
}
every_convention = pytest.mark.parametrize("convention", list(SAME_BOX))
guessed_convention = pytest.mark.parametrize("convention", list(SAME_BOX)[:4])


def parse(boxes, scores, *, convention="xyxy", thresholds=(0.5, 0.5), parser=None):
    boxes, scores = np.array(boxes, np.float32), np.array(scores, np.float32)
    metadata = {"penstock.boxes": convention} if convention else {}
    layers = {"boxes": boxes.shape, "scores": scores.shape}
    parser = parser or BoxesScoresParser(Head(layers, SIZE, metadata=metadata))
    context = make_context(*thresholds, size=SIZE)
    return parser.parse({"boxes": boxes, "scores": scores}, context)


def four_ways(convention, *, copies=120):
    """Many different boxes in one convention, as a network gives them."""
    random = np.random.default_rng(5)
    left_top = random.uniform(0, 0.8, (copies, 2))
    extent = random.uniform(0.05, 0.2, (copies, 2))
    second = {"xyxy": left_top + extent, "cxcywh": extent}[convention.split("-")[0]]
    first = {"xyxy": left_top, "cxcywh": left_top + extent / 2}[convention.split("-")[0]]
    boxes = np.concatenate([first, second], axis=1)
    return boxes if convention.endswith("normalized") else boxes * [*SIZE, *SIZE]


@every_convention
def test_the_metadata_says_what_the_columns_are(convention):
    found = parse([SAME_BOX[convention]], [[0.75, 0]], convention=convention)
    np.testing.assert_allclose(found.boxes, [[50, 20, 150, 60]], rtol=1e-6)
    assert found.class_ids.tolist() == [0]
    assert found.confidences.tolist() == [0.75]


@guessed_convention
def test_without_metadata_the_values_decide(convention, caplog):
    boxes = four_ways(convention)
    scores = np.full((len(boxes), 2), 0.9)
    guessed = parse(boxes, scores, convention=None)
    told = parse(boxes, scores, convention=convention)
    np.testing.assert_array_equal(guessed.boxes, told.boxes)
    assert f"taken for {convention}, by their values" in caplog.text


def test_what_the_values_said_once_is_not_asked_again(caplog):
    boxes, scores = four_ways("cxcywh"), np.full((120, 2), 0.9)
    parser = BoxesScoresParser(Head({"boxes": boxes.shape, "scores": scores.shape}, SIZE))
    parse(np.zeros((120, 4)), scores, parser=parser)  # says nothing
    assert not caplog.records
    parse(boxes, scores, parser=parser)
    few = np.zeros((120, 4))
    few[0] = [0.5, 0.5, 1, 1]  # alone it would pass for corners, as fractions
    found = parse(few, scores, parser=parser)
    np.testing.assert_allclose(found.boxes, [[0, 0, 1, 1]])
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


def test_two_layers_of_other_names_are_known_by_their_shapes():
    layers = {"2043": (7, 3), "2042": (7, 1, 4)}
    parser = BoxesScoresParser(Head(layers, SIZE, metadata={"penstock.boxes": "xyxy"}))
    boxes, scores = np.zeros((7, 1, 4), np.float32), np.zeros((7, 3), np.float32)
    boxes[5], scores[5, 2] = [1, 2, 3, 4], 0.9
    found = parser.parse({"2043": scores, "2042": boxes}, make_context(size=SIZE))
    assert (found.boxes.tolist(), found.class_ids.tolist()) == ([[1, 2, 3, 4]], [2])


def test_an_unknown_convention_is_refused_with_the_known_ones():
    with pytest.raises(ModelError, match=r"penstock.boxes is 'ltwh'; expected one of cxcywh, "):
        parse([[0, 0, 1, 1]], [[1, 0]], convention="ltwh")


def test_a_candidate_gets_its_most_confident_class():
    found = parse([[0, 0, 9, 9]] * 2, [[0.7, 0.8], [0.9, 0.8]])
    assert found.class_ids.tolist() == [1, 0]
    np.testing.assert_allclose(found.confidences, [0.8, 0.9])


def test_a_class_below_its_threshold_leaves_the_candidate_to_the_next():
    found = parse([[0, 0, 9, 9]], [[0.7, 0.6]], thresholds=(0.8, 0.5))
    assert found.class_ids.tolist() == [1]


def test_equal_scores_go_to_the_first_class():
    assert parse([[0, 0, 9, 9]], [[0.7, 0.7]]).class_ids.tolist() == [0]


def test_one_class_is_enough():
    found = parse([[0, 0, 9, 9], [0, 0, 8, 8]], [[0.1], [0.9]], thresholds=(0.5,))
    assert found.boxes.tolist() == [[0, 0, 8, 8]]


def test_one_bad_number_costs_one_candidate():
    boxes = [[0, 0, 9, 9], [0, np.nan, 9, 9], [0, 0, np.inf, 9], [1, 1, 9, 9]]
    found = parse(boxes, [[0.9, 0], [0.9, 0], [0.9, 0], [np.nan, 0.9]])
    assert found.boxes.tolist() == [[0, 0, 9, 9], [1, 1, 9, 9]]
    assert found.class_ids.tolist() == [0, 1]


@given(seed=st.integers(0, 1000))
def test_the_order_of_the_candidates_does_not_matter(seed):
    random = np.random.default_rng(seed)
    boxes = random.uniform(0, 100, (30, 4))
    scores = random.choice([0.2, 0.6, 0.6, 0.9], (30, 2))
    shuffled = random.permutation(30)

    def rows(found):
        return sorted(zip(map(tuple, found.boxes), found.class_ids, found.confidences, strict=True))

    assert rows(parse(boxes, scores)) == rows(parse(boxes[shuffled], scores[shuffled]))


@pytest.mark.parametrize(
    "layers",
    [
        {"boxes": (7, 4), "scores": (8, 2)},
        {"boxes": (7, 5), "scores": (7, 2)},
        {"boxes": (7, 4), "scores": (7,)},
        {"boxes": (7, 4)},
        {"boxes": (7, 4), "scores": (7, 1), "classes": (7, 1)},
    ],
)
def test_layers_that_do_not_belong_together_are_refused(layers):
    with pytest.raises(ModelError, match=r"'boxes' \(A, 4\) and 'scores' \(A, C\).*; got 'boxes'"):
        BoxesScoresParser(Head(layers, SIZE))
