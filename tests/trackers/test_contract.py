"""What every tracker must do. A new tracker is tested by being registered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import BOX, FAR_BOX, SIZE, confirmed, detections, frame, moved, run

from penstock.config import TrackerConfig
from penstock.errors import ConfigError
from penstock.meta import UNTRACKED, Detections
from penstock.trackers import TRACKERS, TrackerFrame, TrackIds

NAMES = list(TRACKERS)


def make(name, *, next_id=None, **settings):
    return TRACKERS.load(name)(TrackerConfig.of(name).replace(**settings), next_id=next_id)


@pytest.fixture(params=NAMES)
def tracker(request):
    return TRACKERS.load(request.param)()


corner = st.tuples(st.integers(-100, 700), st.integers(-100, 500))
box = st.builds(
    lambda at, width, height: (at[0], at[1], at[0] + width, at[1] + height),
    corner,
    st.integers(20, 90),
    st.integers(20, 180),
)
scenes = st.lists(
    st.tuples(st.lists(box, max_size=8), st.booleans(), st.floats(0, 1)), min_size=1, max_size=10
)


def played(name, scene, **settings):
    tracker = make(name, **settings)
    return [
        tracker.update(frame(*(boxes if looked else ()), number=n, detected=looked, confidence=c))
        for n, (boxes, looked, c) in enumerate(scene)
    ]


def test_a_still_object_is_reported_after_its_probation_and_keeps_its_id(tracker):
    answers = [tracker.update(frame(BOX, number=n)) for n in range(12)]
    ids = [int(answer.track_id[0]) for answer in answers]
    probation = tracker.config.targets.probation_age
    assert ids == [UNTRACKED] * probation + [0] * (12 - probation)
    np.testing.assert_allclose(answers[-1].boxes[0], BOX, atol=3)


def test_past_frames_tell_where_a_track_was_on_probation(tracker):
    answers = [tracker.update(frame(BOX, number=n)) for n in range(12)]
    probation = tracker.config.targets.probation_age
    told = [target for answer in answers for target in answer.past]
    assert [target.track_id for target in told] == [0]
    assert [step.frame_num for step in told[0].boxes] == list(range(probation))
    assert [step.age for step in told[0].boxes] == list(range(probation))
    np.testing.assert_allclose(told[0].boxes[0].rect.ltwh, (100, 100, 50, 100), atol=3)


def test_objects_that_swap_rows_keep_their_ids(tracker):
    first, second = confirmed(tracker, BOX, FAR_BOX)
    assert tracker.update(frame(FAR_BOX, BOX)).track_id.tolist() == [second, first]


def test_an_object_left_alone_keeps_its_own_id(tracker):
    _, staying = confirmed(tracker, BOX, FAR_BOX)
    assert tracker.update(frame(FAR_BOX)).track_id.tolist() == [staying]


def test_an_object_that_moves_keeps_its_id(tracker):
    answers = [tracker.update(frame(moved(BOX, dx=6 * n, dy=3 * n), number=n)) for n in range(30)]
    assert {int(a.track_id[0]) for a in answers} - {UNTRACKED} == {0}
    np.testing.assert_allclose(answers[-1].boxes[0], moved(BOX, dx=174, dy=87), atol=8)


def test_an_object_that_comes_back_soon_keeps_its_id_and_tells_where_it_was(tracker):
    (track_id,) = confirmed(tracker, BOX)
    gone = [tracker.update(frame(number=8 + n)) for n in range(3)]
    assert not any(len(answer.unseen) for answer in gone)
    back = tracker.update(frame(BOX, number=11))
    assert back.track_id.tolist() == [track_id]
    assert [step.frame_num for step in back.past[0].boxes] == [8, 9, 10]


def test_a_track_ends_when_its_object_stays_away(tracker):
    (before,) = confirmed(tracker, BOX)
    run(tracker, *[frame() for _ in range(tracker.config.targets.max_shadow_age + 2)])
    assert len(tracker.targets) == 0
    assert confirmed(tracker, BOX) != [before]


def test_an_object_seen_once_is_never_reported(tracker):
    answers = [tracker.update(frame(*boxes)) for boxes in ([BOX], *[[]] * 5)]
    assert all((answer.track_id == UNTRACKED).all() for answer in answers)
    assert len(tracker.targets) == 0


def test_frames_that_the_detector_skipped_are_predicted(tracker):
    for n in range(12):
        tracker.update(frame(moved(BOX, dx=5 * n), number=n))
    answers = [tracker.update(frame(number=12 + n, detected=False)) for n in range(4)]
    for n, answer in enumerate(answers):
        assert answer.unseen.track_id.tolist() == [0]
        assert answer.unseen.age.tolist() == [12 + n]
        expected = moved(BOX, dx=5 * (12 + n) if tracker.motion else 55)
        np.testing.assert_allclose(answer.unseen.boxes[0], expected, atol=12)
    assert tracker.update(frame(moved(BOX, dx=80), number=16)).track_id.tolist() == [0]


def test_skipped_frames_report_nothing_that_the_detector_missed_when_it_looked(tracker):
    _, staying = confirmed(tracker, BOX, FAR_BOX)
    tracker.update(frame(FAR_BOX, number=8))
    answer = tracker.update(frame(number=9, detected=False))
    assert answer.unseen.track_id.tolist() == [staying]


def test_tracks_that_come_back_together_are_told_in_the_order_of_their_ids(tracker):
    confirmed(tracker, BOX, FAR_BOX)
    tracker.update(frame(number=8))
    back = tracker.update(frame(FAR_BOX, BOX, number=9))
    assert [target.track_id for target in back.past] == [0, 1]


def test_skipped_frames_report_nothing_that_is_out_of_sight(tracker):
    for n in range(12):
        tracker.update(frame(moved(BOX, dx=-10 * n), number=n))
    boxes = [
        box
        for n in range(60)
        for box in tracker.update(frame(number=12 + n, detected=False)).unseen.boxes
    ]
    assert all(right > 0 for _, _, right, _ in boxes)


def test_a_track_is_not_predicted_for_ever(tracker):
    confirmed(tracker, BOX)
    most = tracker.config.targets.max_shadow_age
    answers = [tracker.update(frame(detected=False)) for _ in range(most + 5)]
    assert len(answers[-1].unseen) == 0


def test_objects_of_different_classes_never_match(tracker):
    first, second = confirmed(tracker, BOX, FAR_BOX, class_id=[0, 1])
    answer = tracker.update(frame(BOX, FAR_BOX, class_id=[1, 0]))
    assert not {first, second} & set(answer.track_id.tolist())


def test_classes_may_match_where_the_settings_say_so():
    for name in NAMES:
        tracker = make(name, association={"same_class": False})
        (track_id,) = confirmed(tracker, BOX)
        assert tracker.update(frame(BOX, class_id=5)).track_id.tolist() == [track_id]


WILD = [
    (np.nan, 0, 10, 10),
    (0, 0, np.inf, 10),
    (-np.inf, -np.inf, np.inf, np.inf),
    (10, 10, 10, 50),
    (50, 50, 10, 10),
    (10, 50, 50, 10),
    (50, 10, 10, 50),
    (3e38, 3e38, 3.1e38, 3.2e38),
    (-9000, -9000, -8000, -8000),
]


@pytest.mark.parametrize("wild", WILD, ids=str)
def test_wild_boxes_neither_crash_nor_disturb(tracker, wild):
    (track_id,) = confirmed(tracker, BOX)
    for number in range(8, 14):
        answer = tracker.update(frame(wild, BOX, number=number))
        assert answer.track_id[1] == track_id
        np.testing.assert_allclose(answer.boxes[1], BOX, atol=3)
    tracker.update(frame(detected=False))


@pytest.mark.parametrize(
    "flat", [box for box in WILD if not box[2] > box[0] or not box[3] > box[1]]
)
def test_boxes_without_an_area_are_never_tracked(tracker, flat):
    run(tracker, *[frame(flat)] * 8)
    assert len(tracker.targets) == 0


def test_a_detection_without_a_confidence_is_tracked_and_nan_is_not(tracker):
    assert confirmed(tracker, BOX, confidence=-0.1) == [0]
    assert tracker.update(frame(BOX, confidence=np.nan)).track_id.tolist() == [UNTRACKED]


def test_five_hundred_overlapping_boxes_stay_within_the_limit(tracker):
    random = np.random.default_rng(0)
    low = random.uniform(200, 240, (500, 2))
    boxes = np.concatenate([low, low + random.uniform(60, 90, (500, 2))], axis=1)
    crowd = Detections(
        boxes.astype(np.float32), random.random(500, np.float32), np.zeros(500, np.int32)
    )
    for number in range(6):
        answer = tracker.update(TrackerFrame(crowd, SIZE, number))
        assert len(tracker.targets) <= tracker.config.targets.max_targets
        ids = answer.track_id[answer.track_id != UNTRACKED]
        assert len(set(ids.tolist())) == len(ids)


def test_nothing_is_left_of_a_crowd_that_went_away(tracker):
    random = np.random.default_rng(1)
    for number in range(60):
        low = random.uniform(0, 400, (20, 2))
        boxes = np.concatenate([low, low + 60], axis=1)
        tracker.update(frame(*boxes, number=number))
    run(tracker, *[frame() for _ in range(tracker.config.targets.max_shadow_age + 2)])
    assert len(tracker.targets) == 0
    assert len(tracker._teller._hidden) == 0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(scene=scenes)
def test_the_same_frames_give_the_same_answers(name, scene):
    for one, other in zip(played(name, scene), played(name, scene), strict=True):
        np.testing.assert_array_equal(one.track_id, other.track_id)
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.unseen.boxes, other.unseen.boxes)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(scene=scenes)
def test_every_row_is_answered_and_no_id_appears_twice_in_a_frame(name, scene):
    for (boxes, looked, _), answer in zip(scene, played(name, scene), strict=True):
        rows = len(boxes) if looked else 0
        assert len(answer.track_id) == len(answer.boxes) == len(answer.confidence) == rows
        assert np.isfinite(answer.boxes).all()
        ids = [*answer.track_id[answer.track_id != UNTRACKED], *answer.unseen.track_id]
        assert len(set(ids)) == len(ids)
        untracked = answer.track_id == UNTRACKED
        np.testing.assert_array_equal(
            answer.boxes[untracked],
            detections(*(boxes if looked else ())).boxes[untracked],
        )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(scene=scenes)
def test_no_id_comes_back_once_its_track_has_ended(name, scene):
    ended = set()
    for answer in played(
        name, scene * 3, targets={"outputs_terminated": True, "max_shadow_age": 1}
    ):
        assert not ended & set(answer.track_id.tolist())
        ended |= {target.track_id for target in answer.terminated}


def test_reset_ends_all_tracks_and_ids_go_on(tracker):
    before = confirmed(tracker, BOX, FAR_BOX)
    assert list(tracker.reset()) == []
    assert not set(before) & set(confirmed(tracker, BOX, FAR_BOX))


@pytest.mark.parametrize("name", NAMES)
def test_instances_share_nothing_but_where_their_ids_come_from(name):
    ids = TrackIds()
    one, other = (make(name, next_id=ids.for_source()) for _ in range(2))
    assert confirmed(one, BOX) == [0]
    assert confirmed(other, BOX) == [1]
    assert confirmed(one, BOX, FAR_BOX) == [0, 2]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("estimator", [1, 2, 3])
def test_settings_without_any_noise_follow_all_the_same(name, estimator):
    noise = ("loc_var", "size_var", "vel_var", "detector_var", "tracker_var")
    motion = {"estimator": estimator, "loc_weight": 0.0, **dict.fromkeys(noise, 0.0)}
    tracker = make(name, motion=motion)
    ids = confirmed(tracker, BOX)
    answer = run(tracker, *[frame(moved(BOX, dx=4 * n), number=9 + n) for n in range(4)])
    assert answer.track_id.tolist() == ids
    assert np.isfinite(answer.boxes).all()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_state_estimator_it_follows_or_says_that_it_cannot(name):
    if name == "OC-SORT":
        with pytest.raises(ConfigError, match="wanted stateEstimatorType 1, 2 or 3, got 0"):
            make(name, motion={"estimator": 0})
    else:
        assert confirmed(make(name, motion={"estimator": 0}), BOX) == [0]


@pytest.mark.parametrize("name", NAMES)
def test_ended_tracks_are_told_with_all_their_boxes_where_asked(name):
    tracker = make(name, targets={"outputs_terminated": True, "max_shadow_age": 2})
    confirmed(tracker, BOX)
    ended = [t for n in range(4) for t in tracker.update(frame(number=8 + n)).terminated]
    assert [target.track_id for target in ended] == [0]
    assert [step.frame_num for step in ended[0].boxes] == list(range(11))
    confirmed(tracker, BOX)
    assert [target.track_id for target in tracker.reset()] == [1]


@pytest.mark.parametrize("name", NAMES)
def test_tracks_that_wait_for_their_object_are_told_where_asked(name):
    tracker = make(name, targets={"outputs_shadows": True})
    ids = confirmed(tracker, BOX, FAR_BOX)
    answer = tracker.update(frame(BOX, number=8))
    assert answer.shadows.track_id.tolist() == [ids[1]]
    np.testing.assert_allclose(answer.shadows.boxes[0], FAR_BOX, atol=5)
    assert len(make(name).update(frame(BOX)).shadows) == 0
