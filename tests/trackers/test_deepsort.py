"""NvDeepSORT knows people by their looks."""

import numpy as np
import pytest
from looks import known, meeting, scene

from penstock.config import TrackerConfig
from penstock.errors import ModelError
from penstock.trackers.deepsort import NvDeepSortTracker
from penstock.trackers.nvsort import NvSortTracker


def make(**settings):
    return NvDeepSortTracker(TrackerConfig.of("NvDeepSORT").replace(**settings))


def test_two_who_meet_and_turn_back_are_known_by_their_looks():
    met = meeting(make())
    assert met[0] == met[1]
    by_motion = meeting(NvSortTracker())
    assert by_motion[0] == by_motion[1][::-1]  # it thinks that they passed each other


def test_somebody_lost_is_known_again_without_any_overlap():
    tracker = make()
    ids = known(tracker, {1: (200, 200), 2: (480, 200)})
    for number in range(8, 30):
        tracker.update(scene({2: (480, 200)}, number=number))
    answer = tracker.update(scene({2: (480, 200), 1: (250, 215)}, number=30))
    assert answer.track_id.tolist() == [ids[2], ids[1]]


def test_motion_forbids_what_looks_would_allow():
    tracker = make(association={"max_mahalanobis": 9.4})
    ids = known(tracker, {1: (200, 200)})
    answer = tracker.update(scene({1: (560, 380)}, number=8))
    assert answer.track_id[0] != ids[1]


def test_looks_do_not_cross_classes_unless_the_settings_allow_it():
    for same_class in (True, False):
        tracker = make(association={"same_class": same_class})
        ids = known(tracker, {1: (200, 200)})
        answer = tracker.update(scene({1: (200, 200)}, number=8, class_id=2))
        assert bool(answer.track_id[0] == ids[1]) is not same_class


def test_somebody_who_looks_different_keeps_the_id_by_overlap():
    tracker = make()
    ids = known(tracker, {1: (200, 200)})
    answer = tracker.update(scene({3: (202, 200)}, number=8))
    assert answer.track_id[0] == ids[1]


def test_the_vectors_are_those_of_the_detections():
    tracker = make(reid={"outputs_vectors": True})
    known(tracker, {1: (200, 200), 2: (400, 200)})
    answer = tracker.update(scene({2: (400, 200), 1: (200, 200)}, number=8))
    swapped = tracker.update(scene({1: (200, 200), 2: (400, 200)}, number=9))
    assert sorted(answer.embeddings) == [0, 1]
    np.testing.assert_allclose(answer.embeddings[0], swapped.embeddings[1], atol=1e-5)
    assert abs(answer.embeddings[0] @ answer.embeddings[1]) < 0.7


@pytest.mark.parametrize(("interval", "looks"), [(0, 12), (2, 4), (-1, 1)])
def test_galleries_grow_as_often_as_the_settings_say(interval, looks):
    tracker = make(trajectory={"reid_interval": interval})
    known(tracker, {1: (200, 200)}, frames=12)
    assert tracker._looks._galleries.known.tolist() == [looks]


def test_a_reset_forgets_everybody_and_keeps_the_network():
    tracker = make()
    known(tracker, {1: (200, 200)})
    embedder = tracker._looks.embedder
    tracker.reset()
    assert tracker._looks.embedder is embedder
    assert known(tracker, {1: (200, 200)}) == {1: 1}  # the next id, never the same


def test_a_network_that_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        make(reid={"model_file": file})
