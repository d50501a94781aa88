"""Every setting of the common modules changes what a tracker does."""

import numpy as np
import pytest
from scenes import BOX, FAR_BOX, confirmed, frame, moved, run

from penstock.config import TrackerConfig
from penstock.geometry import iou_matrix
from penstock.meta import UNTRACKED
from penstock.trackers.bytetrack import ByteTracker
from penstock.trackers.iou import IouTracker
from penstock.trackers.nvsort import NvSortTracker
from penstock.trackers.ocsort import OcSortTracker


def iou(**settings):
    return IouTracker(TrackerConfig.of("IOU").replace(**settings))


def sort(**settings):
    return NvSortTracker(TrackerConfig.of("NvSORT").replace(**settings))


def ids(answer):
    return answer.track_id.tolist()


def test_weaker_detections_than_min_detector_confidence_are_not_tracked():
    tracker = iou(min_confidence=0.5)
    answer = run(tracker, *[frame(BOX, FAR_BOX, confidence=[0.9, 0.4])] * 5)
    assert ids(answer) == [0, UNTRACKED]


@pytest.mark.parametrize("age", [0, 1, 4])
def test_probation_age_is_the_number_of_frames_before_a_report(age):
    tracker = iou(targets={"probation_age": age})
    told = [ids(tracker.update(frame(BOX))) for _ in range(6)]
    assert told == [[UNTRACKED]] * age + [[0]] * (6 - age)


@pytest.mark.parametrize("away", [2, 3])
def test_max_shadow_tracking_age_is_the_longest_absence(away):
    tracker = iou(targets={"max_shadow_age": 2})
    confirmed(tracker, BOX)
    run(tracker, *[frame()] * away)
    assert len(tracker.targets) == (away == 2)


@pytest.mark.parametrize("age", [0, 1, 3])
def test_early_termination_age_ends_tracks_on_probation(age):
    tracker = iou(targets={"early_termination_age": age, "probation_age": 9})
    left = []
    for one in [frame(BOX), *[frame()] * 4]:
        tracker.update(one)
        left.append(len(tracker.targets))
    assert left == [1] * max(age, 1) + [0] * (5 - max(age, 1))


def test_skipped_frames_do_not_count_as_absence():
    tracker = iou(targets={"early_termination_age": 1, "probation_age": 1})
    run(tracker, frame(BOX), *[frame(detected=False)] * 3)
    assert ids(tracker.update(frame(BOX))) == [0]


def test_no_more_targets_than_max_targets_and_the_surest_come_first():
    tracker = iou(targets={"max_targets": 1})
    assert ids(run(tracker, *[frame(BOX, FAR_BOX, confidence=[0.5, 0.9])] * 4)) == [UNTRACKED, 0]


def test_room_is_made_by_tracks_that_end_in_the_same_frame():
    tracker = iou(targets={"max_targets": 1, "max_shadow_age": 1, "probation_age": 0})
    run(tracker, frame(BOX), frame())
    assert ids(tracker.update(frame(FAR_BOX))) == [1]


def test_a_detection_that_overlaps_a_track_too_much_starts_none():
    close = moved(BOX, dx=10)
    shy = iou(targets={"max_iou_of_new": 0.5})
    assert ids(run(shy, frame(BOX), *[frame(BOX, close)] * 6)) == [0, UNTRACKED]
    assert ids(run(shy, *[frame(close, BOX, class_id=[1, 0])] * 6)) == [1, 0]
    bold = iou(targets={"max_iou_of_new": 0.9})
    assert ids(run(bold, frame(BOX), *[frame(BOX, close)] * 6)) == [0, 1]


def test_of_detections_that_overlap_each_other_the_surest_starts_a_track():
    tracker = iou(targets={"max_iou_of_new": 0.5})
    answer = run(tracker, *[frame(BOX, moved(BOX, dx=5), confidence=[0.6, 0.8])] * 5)
    assert ids(answer) == [UNTRACKED, 0]


@pytest.mark.parametrize("most", [60, 65535])
def test_of_very_many_detections_the_same_start_tracks_as_of_few(most):
    rng = np.random.default_rng(7)
    corners = rng.uniform(0, 900, (700, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(20, 90, (700, 2))], axis=1)
    classes, sure = rng.integers(0, 3, 700), rng.permutation(700) / 1000 + 0.2
    tracker = iou(targets={"max_iou_of_new": 0.3, "max_targets": most})
    tracker.update(frame(*boxes, confidence=sure, class_id=classes))
    wanted = []
    overlap = iou_matrix(boxes.astype(np.float32), boxes.astype(np.float32))
    for row in np.argsort(-sure):
        same = [other for other in wanted if classes[other] == classes[row]]
        if len(wanted) < most and (overlap[row, same] <= 0.3).all():
            wanted.append(row)
    np.testing.assert_array_equal(tracker.targets.boxes.T, boxes[sorted(wanted)].astype(np.float32))


def test_detections_of_different_classes_start_tracks_wherever_they_are():
    """A rider and the bicycle."""
    tracker = iou(targets={"max_iou_of_new": 0.5})
    answer = run(tracker, *[frame(BOX, moved(BOX, dx=2), class_id=[0, 1])] * 5)
    assert ids(answer) == [0, 1]


def test_min_matching_score_4_iou_is_the_least_overlap():
    far = moved(BOX, dx=25)  # overlaps by a third
    assert ids(run(iou(association={"min_iou": 0.3}), *[frame(BOX)] * 4, frame(far))) == [0]
    strict = iou(association={"min_iou": 0.4})
    assert ids(run(strict, *[frame(BOX)] * 4, frame(far))) == [UNTRACKED]


def test_min_matching_score_4_size_similarity_tells_a_head_from_a_body():
    head = (100, 100, 150, 130)
    strict = {"min_iou": 0.1, "min_size": 0.5}
    assert ids(run(iou(association={"min_iou": 0.1}), *[frame(BOX)] * 4, frame(head))) == [0]
    assert ids(run(iou(association=strict), *[frame(BOX)] * 4, frame(head))) == [UNTRACKED]


def test_the_weights_decide_which_of_two_pairs_is_better():
    same_size, nearer = moved(BOX, dx=20), (95, 95, 165, 215)
    by_size = iou(association={"iou_weight": 0.1, "size_weight": 0.9, "min_iou": 0.1})
    by_iou = iou(association={"iou_weight": 1, "size_weight": 0, "min_iou": 0.1})
    scene = [*[frame(BOX)] * 4, frame(same_size, nearer)]
    assert ids(run(by_size, *scene))[0] == 0
    assert ids(run(by_iou, *scene))[1] == 0


def test_min_matching_score_4_overall_is_the_least_total():
    far = moved(BOX, dx=25)
    settings = {"min_score": 0.5, "iou_weight": 1, "size_weight": 0, "min_iou": 0}
    assert ids(run(iou(association=settings), *[frame(BOX)] * 4, frame(far))) == [UNTRACKED]


def test_weak_detections_belong_to_tracks_but_start_none():
    tracker = sort(association={"tentative_confidence": 0.5})
    run(tracker, *[frame(BOX, confidence=0.3)] * 6)
    assert len(tracker.targets) == 0
    confirmed(tracker, BOX)
    assert ids(tracker.update(frame(BOX, confidence=0.3))) == [0]
    off = moved(BOX, dx=22)
    strict = sort(association={"tentative_confidence": 0.5, "min_tentative_iou": 0.6})
    confirmed(strict, BOX)
    assert ids(strict.update(frame(off, confidence=0.3))) == [UNTRACKED]


def test_min_detector_confidence_4_new_target_is_the_least_that_starts_a_track():
    tracker = iou(targets={"min_confidence_of_new": 0.8})
    run(tracker, *[frame(BOX, confidence=0.7)] * 3)
    assert len(tracker.targets) == 0
    assert confirmed(tracker, BOX, confidence=0.8) == [0]
    assert ids(tracker.update(frame(BOX, confidence=0.7))) == [0]


@pytest.mark.parametrize("make", [sort, ByteTracker])
def test_a_weak_detection_brings_a_lost_track_back(make):
    tracker = make()
    confirmed(tracker, BOX)
    run(tracker, frame(), frame())
    assert ids(tracker.update(frame(BOX, confidence=0.2))) == [0]


def test_a_sure_detection_comes_before_a_weak_one_that_fits_better():
    tracker = sort()
    confirmed(tracker, BOX)
    answer = tracker.update(frame(BOX, moved(BOX, dx=10), confidence=[0.2, 0.9]))
    assert ids(answer) == [UNTRACKED, 0]


def test_greedy_and_cascaded_matching_differ():
    left, right = (100, 100, 200, 200), (150, 100, 250, 200)
    scene = [*[frame(left, right)] * 4, frame((127, 100, 227, 200), (190, 100, 290, 200))]
    greedy = iou(association={"cascades": False, "size_weight": 0, "min_iou": 0.1})
    cascaded = iou(association={"cascades": True, "size_weight": 0, "min_iou": 0.1})
    assert ids(run(greedy, *scene)) == [1, UNTRACKED]
    assert ids(run(cascaded, *scene)) == [0, 1]


def test_prediction_bridges_a_gap_that_the_last_box_does_not():
    scene = [frame(moved(BOX, dx=12 * n)) for n in range(10)]
    late = [*[frame()] * 4, frame(moved(BOX, dx=12 * 14))]
    assert ids(run(sort(association={"predicts": True}), *scene, *late)) == [0]
    assert ids(run(iou(), *scene, *late)) == [UNTRACKED]


def test_use_prediction_4_assoc_off_matches_with_the_last_box():
    scene = [frame(moved(BOX, dx=20 * n)) for n in range(10)]
    stopped = frame(moved(BOX, dx=20 * 9 - 25))
    strict = {"min_iou": 0.3}
    assert ids(run(sort(association={"predicts": False, **strict}), *scene, stopped)) == [0]
    assert ids(run(sort(association={"predicts": True, **strict}), *scene, stopped)) == [UNTRACKED]


def test_unclipping_lets_a_box_keep_its_size_at_the_edge():
    scene = [frame((x, 100, x + 50, 200)) for x in (40, 30, 20, 10)]
    cut = [frame((0, 100, 50 - n, 200)) for n in range(1, 20, 6)]
    whole, clipped = iou(targets={"unclips": True}), iou()
    left, _, right, _ = run(whole, *scene, *cut).boxes[0]
    assert (left, right) == (-19, 31)
    assert run(clipped, *scene, *cut).boxes[0].tolist() == [0, 100, 31, 200]


def test_min_tracker_confidence_hides_tracks_that_the_tracker_doubts():
    tracker = sort(targets={"min_tracker_confidence": 0.6})
    confirmed(tracker, BOX)
    tracker.targets.confidence[:] = 0.5
    assert len(tracker.update(frame(detected=False)).unseen) == 0
    tracker.targets.confidence[:] = 0.7
    assert len(tracker.update(frame(detected=False)).unseen) == 1


def test_the_direction_decides_between_detections_that_overlap_alike():
    """OCM: one is as far ahead of where the track was as the other is behind."""
    scene = [frame(moved(BOX, dx=5 * n)) for n in range(10)]
    pair = frame(moved(BOX, dx=45 - 10), moved(BOX, dx=45 + 10))
    for weight, right in ((0.2, [UNTRACKED, 0]), (0, [0, UNTRACKED])):
        config = TrackerConfig.of("OC-SORT").replace(
            association={"direction_weight": weight, "predicts": False}
        )
        assert ids(run(OcSortTracker(config), *scene, pair)) == right


def test_bytetrack_keeps_a_track_on_probation_by_a_doubtful_detection():
    scene = [frame(BOX), frame(BOX, confidence=0.2), frame(BOX)]
    assert ids(run(ByteTracker(), *scene)) == [0]
    assert ids(run(sort(), *scene)) == [UNTRACKED]


def test_a_track_found_again_moves_as_if_it_had_been_seen_on_the_straight_line():
    """ORU."""
    scene = [frame(moved(BOX, dx=4 * n)) for n in range(12)]
    line = [frame(moved(BOX, dx=44 - 4 * n)) for n in range(1, 6)]
    found = frame(moved(BOX, dx=20))
    lost, seen = OcSortTracker(), OcSortTracker()
    run(lost, *scene, *[frame()] * 5, found)
    run(seen, *scene, *line, found)
    np.testing.assert_allclose(lost.motion.state, seen.motion.state)


def test_the_last_observation_finds_what_the_prediction_lost():
    """OCR: who stopped behind something is where he was last seen."""
    scene = [frame(moved(BOX, dx=10 * n)) for n in range(12)]
    tracker = OcSortTracker()
    run(tracker, *scene, *[frame()] * 8)
    assert ids(tracker.update(frame(moved(BOX, dx=110)))) == [0]
    assert ids(run(sort(), *scene, *[frame()] * 8, frame(moved(BOX, dx=110)))) == [UNTRACKED]


def test_shadows_are_told_with_their_predicted_boxes():
    tracker = sort(targets={"outputs_shadows": True})
    run(tracker, *[frame(moved(BOX, dx=5 * n)) for n in range(12)])
    shadows = [tracker.update(frame()).shadows for _ in range(3)]
    lefts = [shadow.boxes[0][0] for shadow in shadows]
    np.testing.assert_allclose(np.diff(lefts), 5, atol=1)


def broken(kind=sort, *, gap=20, turn=0, klass=0, **trajectory):
    """A walk of 30 frames, a gap longer than shadows live, and the same walk further on."""
    settings = {"joins": True, "min_path_score": 0.3, "min_score": 0.3, **trajectory}
    tracker = kind(targets={"max_shadow_age": 5, "probation_age": 2}, trajectory=settings)
    run(tracker, *[frame(moved(BOX, dx=4 * n)) for n in range(30)])
    run(tracker, *[frame() for _ in range(gap)])
    start = 4 * (30 + gap)
    later = [moved(BOX, dx=start + 4 * n, dy=turn * n) for n in range(8)]
    return ids(run(tracker, *[frame(box, class_id=klass) for box in later]))


@pytest.mark.parametrize("kind", [sort, iou])
def test_a_broken_track_is_joined_where_its_path_leads_on(kind):
    assert broken(kind) == [0]
    assert broken(kind, joins=False) == [1]


def test_a_broken_track_is_not_joined_with_another_class():
    assert broken(klass=1) == [1]


@pytest.mark.parametrize(
    "setting",
    [
        {"min_length": 31},
        {"projection_length": 20},
        {"min_path_score": 0.99, "min_score": 0, "time_range": 0, "turn": 1},
        {"min_score": 1.1},
        {"max_angle_deg": 30, "turn": 4},
        {"min_speed_score": 0.8, "max_angle_deg": 60, "turn": 4},
    ],
    ids=str,
)
def test_every_limit_of_joining_holds(setting):
    assert broken(**setting) == [1]


def test_a_turn_within_the_limits_is_joined():
    assert broken(turn=4, max_angle_deg=60) == [0]


def test_broken_tracks_of_another_size_are_not_joined():
    tracker = sort(targets={"max_shadow_age": 5}, trajectory={"joins": True})
    run(tracker, *[frame(BOX)] * 30, *[frame()] * 10)
    assert ids(run(tracker, *[frame((100, 100, 130, 160))] * 4)) == [1]


def test_a_new_track_takes_over_from_one_that_still_waits():
    settings = {"joins": True, "min_path_score": 0.2, "min_score": 0.2, "max_angle_deg": 180}
    tracker = sort(
        targets={"max_shadow_age": 40, "outputs_terminated": True},
        trajectory={**settings, "min_speed_score": 0},
    )
    run(tracker, *[frame(moved(BOX, dx=8 * n)) for n in range(30)], *[frame()] * 12)
    back = [moved(BOX, dx=8 * 30 - 8 * n) for n in range(6)]
    answers = [tracker.update(frame(box)) for box in back]
    assert ids(answers[-1]) == [0]
    assert len(tracker.targets) == 1
    assert not any(answer.terminated for answer in answers)


def test_a_lost_track_is_continued_once():
    tracker = sort(
        targets={"max_shadow_age": 5},
        trajectory={"joins": True, "min_path_score": 0.2, "min_score": 0.2},
    )
    run(tracker, *[frame(moved(BOX, dx=4 * n)) for n in range(30)], *[frame()] * 10)
    way = [moved(BOX, dx=4 * (40 + n)) for n in range(16)]
    run(tracker, *[frame(box) for box in way[:8]])
    answer = run(tracker, *[frame(box, moved(box, dy=40)) for box in way[8:]])
    assert ids(answer) == [0, 1]


def test_nothing_is_kept_of_paths_that_cannot_be_continued_any_more():
    tracker = iou(
        trajectory={"joins": True, "projection_length": 10}, targets={"max_shadow_age": 3}
    )
    run(tracker, *[frame(BOX)] * 30, *[frame()] * 30)
    run(tracker, *[frame(FAR_BOX)] * 5)
    assert not tracker._teller._rejoiner._ended
    assert len(tracker._teller._rejoiner._paths) == 1
