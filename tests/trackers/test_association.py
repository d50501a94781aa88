from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.geometry import iou_matrix
from penstock.trackers.association import (
    areas,
    best_pairs,
    greedy_pairs,
    joined,
    left_over,
    overlaps,
    size_similarity,
)
from penstock.trackers.unclipping import unclipped

tables = st.integers(0, 10**6).map(
    lambda seed: np.random.default_rng(seed).uniform(
        0, 1, np.random.default_rng(seed).integers(1, 5, 2)
    )
)


def boxes_of(seed, count):
    random = np.random.default_rng(seed)
    low = random.uniform(0, 60, (2, count))
    return np.concatenate([low, low + random.uniform(5, 60, (2, count))])


@given(seed=st.integers(0, 10**6), rows=st.integers(0, 6), columns=st.integers(0, 6))
def test_overlaps_are_those_of_geometry(seed, rows, columns):
    a, b = boxes_of(seed, rows), boxes_of(seed + 1, columns)
    found = overlaps(a, b, area_a=areas(a), area_b=areas(b))
    np.testing.assert_allclose(found, iou_matrix(a.T, b.T), atol=1e-6)


def test_size_similarity_is_one_for_equal_areas():
    found = size_similarity(np.array([4.0, 2.0]), np.array([4.0, 8.0]))
    np.testing.assert_allclose(found, [[1, 0.5], [0.5, 0.25]])


@given(score=tables, seed=st.integers(0, 10**6))
def test_best_pairs_have_the_largest_sum(score, seed):
    allowed = np.random.default_rng(seed).random(score.shape) < 0.7
    rows, columns = best_pairs(score, allowed)
    assert allowed[rows, columns].all()
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    worth = np.where(allowed, score, 0)
    worth = worth if worth.shape[0] <= worth.shape[1] else worth.T
    ways = permutations(range(worth.shape[1]), worth.shape[0])
    best = max(sum(worth[row, column] for row, column in enumerate(way)) for way in ways)
    assert score[rows, columns].sum() == pytest.approx(best)


@given(score=tables)
@settings(max_examples=300)
def test_greedy_pairs_take_the_best_first(score):
    rows, columns = greedy_pairs(score, score > 0.2)
    left = np.where(score > 0.2, score, 0)
    for index in np.argsort(-score[rows, columns]):
        row, column = rows[index], columns[index]
        assert left[row, column] == left.max()
        left[row], left[:, column] = 0, 0
    assert not left.any()


def test_greedy_and_best_differ_where_a_good_pair_spoils_two():
    score = np.array([[0.9, 0.8], [0.8, 0.1]])
    assert [pairs.tolist() for pairs in greedy_pairs(score, score > 0.2)] == [[0], [0]]
    assert [pairs.tolist() for pairs in best_pairs(score, score > 0.2)] == [[0, 1], [1, 0]]


def test_equal_scores_go_to_the_first_row_and_column():
    rows, columns = greedy_pairs(np.ones((2, 3)), np.ones((2, 3), bool))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (1, 1)]


def test_pairs_are_joined_and_the_rest_is_left_over():
    first = np.array([0, 2]), np.array([1, 0])
    rows, columns = joined(first, (np.array([1]), np.array([3])))
    assert rows.tolist() == [0, 2, 1]
    assert columns.tolist() == [1, 0, 3]
    assert left_over(4, rows).tolist() == [False, False, False, True]


SIZE = (640, 480)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ((0, 100, 30, 200), (-20, 100, 30, 200)),
        ((610, 100, 640, 200), (610, 100, 660, 200)),
        ((300, 440, 350, 480), (300, 440, 350, 540)),
        ((300, 0, 350, 60), (300, -40, 350, 60)),
        ((300, 100, 320, 130), (300, 100, 320, 130)),
        ((0, 100, 80, 200), (0, 100, 80, 200)),
        ((0, 100, 640, 200), (0, 100, 640, 200)),
    ],
)
def test_a_box_that_an_edge_cuts_keeps_its_size_beyond_it(cut, whole):
    before = np.array([300.0, 100, 350, 200])[:, None]
    np.testing.assert_allclose(unclipped(np.array(cut, float)[:, None], before, SIZE)[:, 0], whole)


def test_a_box_that_two_edges_cut_stays_as_it_is():
    cut, before = np.array([0.0, 100, 640, 200]), np.array([-30.0, 100, 670, 200])
    np.testing.assert_allclose(unclipped(cut[:, None], before[:, None], SIZE)[:, 0], cut)
