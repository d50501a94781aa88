"""Correlation filters find what they were shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config.tracker import VisualSettings
from penstock.surface import Colorimetry, CpuSurface
from penstock.trackers import SurfaceCrops
from penstock.trackers.correlation import SIDES, CorrelationFilters
from penstock.trackers.features import DIRECTIONS, HUES, gradients, soft_colors

BOX = np.array([[100.0], [80.0], [130.0], [150.0]])
SETTINGS = VisualSettings(kind=1, color=True, gradients=True)


def person(seed):
    """Clothes that nobody else wears: `(70, 30, 3)`."""
    random = np.random.default_rng(seed)
    stripes = random.integers(0, 255, (7, 3, 3), np.uint8)
    return np.kron(stripes, np.ones((10, 10, 1), np.uint8))


def crops(*people):
    """A noisy gray picture with people: `(left, top, seed)`."""
    picture = np.random.default_rng(0).integers(110, 130, (240, 320, 3), np.uint8)
    for left, top, seed in people:
        picture[top : top + 70, left : left + 30] = person(seed)
    surface = CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
    return SurfaceCrops(surface)


def trained(settings=SETTINGS, *, at=(100, 80), seed=1):
    filters = CorrelationFilters(settings)
    filters.append(1)
    filters.learn(crops((*at, seed)), np.array([0]), BOX)
    return filters


@settings(max_examples=25)
@given(dx=st.integers(-20, 20), dy=st.integers(-25, 25))
def test_an_object_that_moved_is_found(dx, dy):
    shift, answer = trained().search(crops((100 + dx, 80 + dy, 1)), BOX).peaks()
    np.testing.assert_allclose(shift[:, 0], (dx, dy), atol=5)  # half a feature pixel
    assert answer[0] > (0.5 if abs(dx) <= 15 else 0.4)  # less where the search region ends


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("color", "gradient"), [(True, False), (False, True), (True, True)])
def test_every_size_and_feature_finds_it(level, color, gradient):
    asked = VisualSettings(kind=1, color=color, gradients=gradient, size_level=level)
    shift, _ = trained(asked).search(crops((108, 75, 1)), BOX).peaks()
    pixel = (30 + 70 + np.hypot(30, 70)) / SIDES[level - 1]
    np.testing.assert_allclose(shift[:, 0], (8, -5), atol=max(4, pixel / 2))


def test_nobody_is_found_where_nobody_is():
    _, answer = trained().search(crops(), BOX).peaks()
    assert answer[0] < 0.2


def test_a_detection_of_somebody_else_answers_less():
    at = np.array([[110.0, 90], [80, 80], [140, 120], [150, 150]])
    own = trained().search(crops((110, 80, 1)), BOX).at(at)
    other = trained().search(crops((110, 80, 2)), BOX).at(at)
    assert own[0, 0] > 3 * other[0, 0]
    assert own[0, 0] > 3 * own[1, 0]  # nor is the place beside it answered


def test_a_detection_outside_the_region_answers_nothing():
    far = np.array([[250.0], [150.0], [280.0], [220.0]])
    assert trained().search(crops((100, 80, 1)), BOX).at(far).tolist() == [[0.0]]


def test_filters_learn_new_looks_and_do_not_mind_each_other():
    filters = trained()
    filters.append(1)
    there = BOX + np.array([[120.0], [0], [120], [0]])
    scene = crops((100, 80, 1), (220, 80, 2))
    filters.learn(scene, np.array([1]), there)
    both = filters.search(scene, np.concatenate([BOX, there], axis=1)).peaks()[1]
    alone = trained().search(scene, BOX).peaks()[1]
    np.testing.assert_allclose(both[0], alone[0], rtol=1e-4)
    changed = crops((100, 80, 3))
    before = filters.search(changed, np.concatenate([BOX, there], axis=1)).peaks()[1]
    for _ in range(30):
        filters.learn(changed, np.array([0]), BOX)
    after = filters.search(changed, np.concatenate([BOX, there], axis=1)).peaks()[1]
    assert after[0] > before[0] + 0.3
    assert after[1] == pytest.approx(before[1])


def test_a_filter_that_never_learnt_answers_nothing_and_others_may_go():
    filters = CorrelationFilters(SETTINGS)
    filters.append(2)
    filters.learn(crops((100, 80, 1)), np.array([1]), BOX)
    twice = np.repeat(BOX, 2, axis=1)
    answers = filters.search(crops((100, 80, 1)), twice).peaks()[1]
    assert answers[0] == 0
    assert answers[1] > 0.5
    filters.keep(np.array([False, True]))
    assert len(filters) == 1
    kept = filters.search(crops((100, 80, 1)), BOX).peaks()[1]
    np.testing.assert_allclose(kept, answers[1:])


@given(pixel=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_pixel_is_divided_among_colours_without_loss(pixel):
    colors = soft_colors(np.array(pixel, np.uint8), shades=4)
    assert colors.shape == (4 + HUES,)
    assert (colors >= 0).all()
    assert colors.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("pixel", "place"),
    [((0, 0, 0), 0), ((255, 255, 255), 3), ((250, 0, 0), 4), ((0, 250, 0), 6), ((0, 0, 250), 8)],
)
def test_plain_colours_have_their_own_place(pixel, place):
    assert soft_colors(np.array(pixel, np.uint8), shades=4).argmax() == place


def test_hues_form_a_ring():
    pink = soft_colors(np.array((250, 0, 125), np.uint8), shades=4)
    assert sorted(pink.argsort()[-2:]) == [4, 9]  # between red and magenta


def test_gradients_know_their_direction_and_not_their_sign():
    ramp = np.linspace(0, 255, 16).astype(np.uint8)
    across = np.repeat(np.repeat(ramp[None, :, None], 16, 0), 3, 2)[None]
    found = gradients(across)
    assert found.shape == (1, 16, 16, DIRECTIONS)
    np.testing.assert_array_equal(found[0, 4:12, 4:12].argmax(axis=-1), 0)
    np.testing.assert_allclose(gradients(255 - across), found, atol=1e-5)
    down = gradients(np.swapaxes(across, 1, 2))
    np.testing.assert_array_equal(down[0, 4:12, 4:12].argmax(axis=-1), DIRECTIONS // 2)
