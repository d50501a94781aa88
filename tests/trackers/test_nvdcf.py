"""NvDCF looks where things are."""

import numpy as np
import pytest
from looks import box, known, meeting, scene
from scenes import frame

from penstock.config import TrackerConfig
from penstock.trackers.nvdcf import NvDcfTracker
from penstock.trackers.nvsort import NvSortTracker


def make(**settings):
    return NvDcfTracker(TrackerConfig.of("NvDCF").replace(**settings))


def test_an_object_is_followed_round_a_corner_while_the_detector_does_not_look():
    tracker = make()
    ids = known(tracker, {1: (200, 200)})
    steps = [*((200 + 6 * n, 200) for n in range(1, 6)), *((230, 200 + 6 * n) for n in range(1, 6))]
    for number, place in enumerate(steps, 8):
        answer = tracker.update(scene({1: place}, number=number, detected=False))
        assert answer.unseen.track_id.tolist() == [ids[1]]
        np.testing.assert_allclose(answer.unseen.boxes[0], box(*place), atol=8)
        assert answer.unseen.confidence[0] > 0.4


def test_an_object_that_is_gone_is_not_reported_as_followed():
    tracker = make()
    known(tracker, {1: (200, 200)})
    answer = tracker.update(scene({}, number=8, detected=False))
    assert len(answer.unseen) == 0


def test_two_who_meet_and_turn_back_are_known_by_their_looks():
    met = meeting(make())
    assert met[0] == met[1]
    by_motion = meeting(NvSortTracker())
    assert by_motion[0] == by_motion[1][::-1]  # it thinks that they passed each other


def test_somebody_lost_is_found_again_where_nobody_expected_them():
    tracker = make()
    ids = known(tracker, {1: (200, 200), 2: (480, 200)})
    for number in range(8, 20):
        tracker.update(scene({2: (480, 200)}, number=number))
    answer = tracker.update(scene({2: (480, 200), 1: (270, 220)}, number=20))
    assert answer.track_id.tolist() == [ids[2], ids[1]]


def test_somebody_lost_is_not_found_where_they_cannot_have_come():
    tracker = make()
    ids = known(tracker, {1: (100, 200), 2: (400, 100)})
    tracker.update(scene({2: (400, 100)}, number=8))
    for number in range(9, 14):
        answer = tracker.update(scene({2: (400, 100), 1: (500, 340)}, number=number))
    assert answer.track_id[1] not in ids.values()


def test_looks_weigh_as_much_as_the_settings_say():
    for weight, right in ((0.0, False), (5.0, True)):
        # Filters that are never sure do not say where the track is: overlap favours the stranger.
        tracker = make(
            association={"visual_weight": weight}, targets={"min_tracker_confidence": 1.1}
        )
        ids = known(tracker, {1: (200, 200)})
        answer = tracker.update(scene({2: (196, 200), 1: (226, 204)}, number=8))
        assert bool(answer.track_id[1] == ids[1]) is right


def test_somebody_new_is_not_taken_for_somebody_lost():
    tracker = make()
    ids = known(tracker, {1: (200, 200)})
    for number in range(8, 14):
        tracker.update(scene({}, number=number))
    for number in range(14, 20):
        answer = tracker.update(scene({3: (270, 220)}, number=number))
    assert answer.track_id[0] not in ids.values()


def test_somebody_who_passes_behind_a_twin_goes_on():
    tracker = make()
    people = {1: (160, 200), 101: (300, 200)}
    ids = known(tracker, people)
    for step in range(1, 29):
        people = {1: (160 + 10 * step, 200), 101: (300, 200)}
        hidden = 264 < people[1][0] < 336
        answer = tracker.update(scene(people, number=7 + step, seen=[101] if hidden else None))
        assert answer.track_id[-1] == ids[101]
    assert answer.track_id[0] == ids[1]


@pytest.mark.parametrize("visual", [{"kind": 0}, {"color": False, "gradients": False}])
def test_without_features_it_is_a_tracker_by_motion(visual):
    tracker = make(visual=visual)
    ids = known(tracker, {1: (200, 200)})
    answer = tracker.update(scene({1: (204, 200)}, number=8))
    assert answer.track_id.tolist() == [ids[1]]


def test_frames_with_and_without_pixels_may_take_turns():
    tracker = make()
    ids = set()
    for number in range(16):
        with_pixels = scene({1: (200 + 3 * number, 200)}, number=number)
        without = frame(box(200 + 3 * number, 200), number=number)
        answer = tracker.update(with_pixels if number % 3 == 1 else without)
        ids.add(int(answer.track_id[0]))
    assert ids == {-1, 0}


def test_vectors_are_told_where_they_are_asked_for():
    answers = {}
    for asked in (False, True):
        tracker = make(reid={"outputs_vectors": asked})
        known(tracker, {1: (200, 200), 2: (400, 200)})
        answers[asked] = tracker.update(scene({1: (200, 200), 2: (400, 200)}, number=8)).embeddings
    assert answers[False] == {}
    assert {row: vector.shape for row, vector in answers[True].items()} == {0: (128,), 1: (128,)}
