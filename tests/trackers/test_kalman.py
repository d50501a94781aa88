"""The filter over all tracks does what one textbook filter a track does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.config import TrackerConfig
from penstock.config.tracker import MotionSettings
from penstock.trackers.kalman import motion_of

KINDS = {
    "aspect": MotionSettings(estimator=2, loc_weight=0.05, vel_weight=0.00625, uses_aspect=True),
    "size": MotionSettings(estimator=2, loc_weight=0.05, vel_weight=0.00625),
    "regular, variances": MotionSettings(estimator=2),
    "simple": MotionSettings(estimator=1),
}


class Textbook:
    """One track, one matrix of 8 by 8."""

    def __init__(self, motion, box):
        self.motion = motion
        self.mean = np.concatenate([motion.numbers(box[:, None])[:, 0], np.zeros(4)])
        self.cov = np.diag(self._noise(motion._initial).ravel())
        self.step = np.eye(8) + np.eye(8, k=4)
        self.see = np.eye(4, 8)

    def _noise(self, noise):
        share, fixed = noise
        return (share * self.mean[3] ** 2 + fixed)[..., 0]

    def predict(self):
        added = np.diag(self._noise(self.motion._process).ravel())
        self.mean = self.step @ self.mean
        self.mean[2:4] = np.maximum(self.mean[2:4], 1e-3)
        self.cov = self.step @ self.cov @ self.step.T + added

    def correct(self, box):
        noise = np.diag(self._noise(self.motion._measurement))
        total = self.see @ self.cov @ self.see.T + noise
        gain = self.cov @ self.see.T @ np.linalg.inv(total)
        off = self.motion.numbers(box[:, None])[:, 0] - self.see @ self.mean
        self.mean = self.mean + gain @ off
        self.mean[2:4] = np.maximum(self.mean[2:4], 1e-3)
        self.cov = (np.eye(8) - gain @ self.see) @ self.cov


def boxes_of(seed, count):
    random = np.random.default_rng(seed)
    low = random.uniform(0, 500, (2, count))
    return np.concatenate([low, low + random.uniform(20, 200, (2, count))])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), seen=st.lists(st.booleans(), min_size=1, max_size=12))
def test_every_track_moves_as_in_the_textbook(kind, seed, seen):
    motion = motion_of(KINDS[kind])
    start = boxes_of(seed, 3)
    motion.append(start)
    books = [Textbook(motion, start[:, n]) for n in range(3)]
    for number, is_seen in enumerate(seen):
        motion.predict()
        for book in books:
            book.predict()
        if is_seen:
            found = start[:, :2] + number * np.array([[3.0], [-2], [4], [-1]])
            motion.correct(np.array([0, 2]), found)
            books[0].correct(found[:, 0])
            books[2].correct(found[:, 1])
    for index, book in enumerate(books):
        position, velocity, p00, p01, p11 = motion.state[:, :, index]
        np.testing.assert_allclose(np.concatenate([position, velocity]), book.mean, atol=1e-6)
        # the matrix loses digits where a box shrinks to nothing
        np.testing.assert_allclose(p00, np.diag(book.cov)[:4], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(p01, np.diag(book.cov, 4), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(p11, np.diag(book.cov)[4:], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_come_back_as_they_were_given(kind):
    motion, boxes = motion_of(KINDS[kind]), boxes_of(3, 5)
    motion.append(boxes)
    np.testing.assert_allclose(motion.boxes, boxes)
    motion.keep(np.array([True, False, True, False, False]))
    np.testing.assert_allclose(motion.boxes, boxes[:, [0, 2]])


def test_a_track_that_shrinks_never_turns_inside_out():
    motion = motion_of(KINDS["size"])
    motion.append(np.array([[0.0], [0], [100], [100]]))
    for size in range(90, 10, -20):
        motion.predict()
        motion.correct(np.array([0]), np.array([[0.0], [0], [size], [size]]))
    for _ in range(200):
        motion.predict()
    left, top, right, bottom = motion.boxes[:, 0]
    assert right > left
    assert bottom > top


def test_simple_boxes_keep_their_size_where_regular_ones_grow_on():
    sizes = {}
    for name, estimator in (("simple", 1), ("regular", 2)):
        motion = motion_of(MotionSettings(estimator=estimator))
        motion.append(np.array([[0.0], [0], [50], [50]]))
        for size in range(55, 105, 5):
            motion.predict()
            motion.correct(np.array([0]), np.array([[0.0], [0], [size], [size]]))
        before = motion.boxes
        motion.predict()
        sizes[name] = (motion.boxes[2] - motion.boxes[0] - before[2] + before[0]).item()
    assert sizes["simple"] == pytest.approx(0)
    assert sizes["regular"] > 1


def test_centres_only_take_the_size_of_the_last_detection():
    motion = motion_of(MotionSettings(estimator=3))
    motion.append(np.array([[0.0], [0], [50], [50]]))
    motion.predict()
    motion.correct(np.array([0]), np.array([[0.0], [0], [80], [20]]))
    left, top, right, bottom = motion.boxes[:, 0]
    assert (right - left, bottom - top) == pytest.approx((80, 20), abs=1e-3)


def test_variances_are_told_in_tracker_pixels():
    """A frame twice as large with pixels twice as large moves just the same."""
    settings_ = MotionSettings(estimator=1)
    one, two = motion_of(settings_), motion_of(settings_, pixel=(2.0, 2.0))
    box = np.array([[10.0], [10], [60], [90]])
    for motion, scale in ((one, 1), (two, 2)):
        motion.append(box * scale)
        for shift in (3, 9, 2):
            motion.predict()
            motion.correct(np.array([0]), (box + shift) * scale)
    np.testing.assert_allclose(two.boxes, one.boxes * 2)


def test_distances_count_in_deviations():
    motion = motion_of(KINDS["size"])
    box = np.array([[100.0], [100], [200], [300]])
    motion.append(box)
    near, far = motion.distances(np.concatenate([box + 1, box + 80], axis=1))[:, 0]
    assert near < 1
    assert far > 12


def test_no_estimator_is_no_filter():
    assert motion_of(TrackerConfig.of("IOU").motion) is None
