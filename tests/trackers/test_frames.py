"""What trackers write into the metadata."""

import numpy as np
import pytest

from penstock.config import TrackerConfig
from penstock.errors import ConfigError, UnknownNameError
from penstock.meta import UNTRACKED, BatchMeta, FrameMeta, ObjectMeta, ReidVector, TargetsMeta
from penstock.meta.objects import NO_BOX
from penstock.trackers import (
    TRACKERS,
    BatchTracker,
    FrameTracker,
    SubBatches,
    TrackIds,
    class_ids,
)
from penstock.trackers.iou import IouTracker
from penstock.trackers.nvsort import NvSortTracker

BOX = (100.0, 100.0, 50.0, 100.0)
FAR = (400.0, 300.0, 50.0, 80.0)


def person(ltwh=BOX, *, label="person", **known):
    obj = ObjectMeta(ltwh, label=label, confidence=0.9, component_id=7, **known)
    obj.rect.border_width, obj.rect.border_color = 3, (0, 1, 0, 1)
    corner = np.nan_to_num(ltwh[:2], nan=0, posinf=0, neginf=0)
    obj.text.text, obj.text.x, obj.text.y = label, int(corner[0]), int(corner[1]) - 10
    obj.text.font_name = "Serif"
    return obj


def shot(*objects, number=0, source=0, inferred=True):
    frame = FrameMeta(source, frame_num=number, size=(640, 480))
    frame.infer_done = inferred
    for obj in objects:
        frame.add(obj)
    return frame


def quick(kind=IouTracker, **targets):
    settings = {"probation_age": 0, **targets}
    return kind(TrackerConfig.of(kind.NAME).replace(targets=settings))


def batch_tracker(*configs, **known):
    settings = {"sub_batches": SubBatches(""), "ids": TrackIds(), **known}
    return BatchTracker(TRACKERS, configs or (TrackerConfig.of("IOU"),), **settings)


def test_an_object_gets_id_confidence_box_and_text():
    frame = shot(person())
    FrameTracker(quick()).track(frame)
    (obj,) = frame.objects
    assert obj.track_id == 0
    assert obj.tracker_confidence == 1
    assert obj.tracker_box == obj.rect.ltwh == BOX
    assert obj.text.text == "person 0"


def test_the_box_becomes_the_trackers_and_the_detectors_stays():
    tracker = FrameTracker(quick(NvSortTracker))
    for jump in (0, 1, 0, 12):
        left = BOX[0] + jump
        frame = shot(person((left, *BOX[1:])))
        tracker.track(frame)
    (obj,) = frame.objects
    assert obj.detector_box == (112, *BOX[1:])
    assert 101 < obj.rect.left < 112
    assert obj.tracker_box == obj.rect.ltwh
    assert (obj.text.x, obj.text.y) == (int(obj.rect.left), int(obj.rect.top) - 10)


def test_an_object_on_probation_stays_untracked_and_as_it_was():
    frame = shot(person())
    FrameTracker(quick(probation_age=3)).track(frame)
    (obj,) = frame.objects
    assert (obj.track_id, obj.tracker_box, obj.text.text) == (UNTRACKED, NO_BOX, "person")


def test_an_older_trackers_id_does_not_survive():
    frame = shot(person(track_id=77))
    FrameTracker(quick(probation_age=3)).track(frame)
    assert frame.objects[0].track_id == UNTRACKED


def test_ids_are_not_shown_where_nobody_asked():
    frame = shot(person())
    FrameTracker(quick(), shows_ids=False).track(frame)
    assert frame.objects[0].text.text == "person"


def test_objects_of_a_skipped_frame_look_as_before():
    tracker = FrameTracker(quick())
    tracker.track(shot(person(label="Ada"), person(FAR)))
    skipped = shot(number=1, inferred=False)
    tracker.track(skipped)
    ada, other = skipped.objects
    assert (ada.label, ada.track_id, ada.ltwh, ada.component_id) == ("Ada", 0, BOX, 7)
    assert (other.label, other.track_id, other.ltwh) == ("person", 1, FAR)
    assert ada.confidence == -0.1
    assert ada.detector_box == NO_BOX
    assert ada.tracker_box == BOX
    assert (ada.text.text, ada.text.x, ada.text.y, ada.text.font_name) == (
        "Ada 0",
        100,
        90,
        "Serif",
    )
    assert (ada.rect.border_width, ada.rect.border_color) == (3, (0, 1, 0, 1))
    assert ada.frame is skipped


def test_the_look_of_a_skipped_frame_is_its_own():
    tracker = FrameTracker(quick())
    first, skipped = shot(person()), shot(inferred=False)
    tracker.track(first)
    tracker.track(skipped)
    skipped.objects[0].rect.border_width = 9
    skipped.objects[0].text.text = "other"
    assert first.objects[0].rect.border_width == 3
    assert first.objects[0].text.text == "person 0"


def test_without_a_network_that_says_so_every_frame_counts_as_looked_at():
    tracker = FrameTracker(quick(max_shadow_age=2))
    tracker.track(shot(person(), inferred=False))
    empty = [shot(inferred=False) for _ in range(4)]
    for frame in empty:
        tracker.track(frame)
        assert not frame.objects
    assert len(tracker.tracker.targets) == 0


def test_other_classes_pass_untouched_where_only_some_are_tracked():
    frame = shot(person(class_id=1), person(FAR, class_id=2))
    FrameTracker(quick(), class_ids=frozenset({2})).track(frame)
    assert [obj.track_id for obj in frame.objects] == [UNTRACKED, 0]
    assert frame.objects[0].text.text == "person"


@pytest.mark.parametrize("wild", [float("nan"), float("inf"), 1e300, -1e300])
def test_wild_boxes_stay_untracked_and_as_they_are(wild):
    frame = shot(person((wild, 0.0, 10.0, 10.0)), person())
    FrameTracker(quick()).track(frame)
    assert [obj.track_id for obj in frame.objects] == [UNTRACKED, 0]
    np.testing.assert_equal(frame.objects[0].rect.left, wild)


def test_past_frames_come_with_the_batch_and_carry_label_and_source():
    tracker = batch_tracker(TrackerConfig.of("IOU").replace(targets={"probation_age": 2}))
    batches = [BatchMeta([shot(person(), number=n, source=3)]) for n in range(4)]
    for batch in batches:
        tracker.track(batch)
    assert [len(batch.user) for batch in batches] == [0, 0, 1, 0]
    told = batches[2].user[0]
    assert told.meta_type == TargetsMeta.PAST_FRAMES
    (source,) = told.data.sources
    (target,) = source.targets
    assert (source.source_id, source.surface_id) == (3, 3 << 32)
    assert (target.track_id, target.label) == (0, "person")
    assert [(box.frame_num, box.rect.ltwh, box.age) for box in target.boxes] == [
        (0, BOX, 0),
        (1, BOX, 1),
    ]
    copied = batches[2].copy().user[0].data
    assert copied.sources[0].targets[0] is not target


def test_past_frames_are_left_out_where_nobody_wants_them():
    tracker = batch_tracker(tells_past=False)
    for n in range(4):
        batch = BatchMeta([shot(person(), number=n)])
        tracker.track(batch)
        assert not batch.user


def test_shadows_and_ended_tracks_come_with_the_batch_where_asked():
    config = TrackerConfig.of("IOU").replace(
        targets={
            "probation_age": 0,
            "max_shadow_age": 2,
            "outputs_shadows": True,
            "outputs_terminated": True,
        }
    )
    tracker = batch_tracker(config)
    batches = [BatchMeta([shot(*objects)]) for objects in ([person()], [], [], [], [])]
    for batch in batches:
        tracker.track(batch)
    kinds = [[user.meta_type for user in batch.user] for batch in batches]
    shadow, ended = TargetsMeta.SHADOWS, TargetsMeta.TERMINATED
    assert kinds == [[], [shadow], [shadow], [ended, shadow], []]
    told = [user.data for batch in batches for user in batch.user if user.meta_type == ended]
    assert told[0].sources[0].targets[0].label == "person"


def test_ended_tracks_of_a_source_that_went_come_with_the_next_batch():
    config = TrackerConfig.of("IOU").replace(
        targets={"probation_age": 0, "outputs_terminated": True}
    )
    tracker = batch_tracker(config)
    tracker.track(BatchMeta([shot(person(), source=0), shot(person(), source=1)]))
    tracker.forget(0)
    batch = BatchMeta([shot(person(), source=1)])
    tracker.track(batch)
    (source,) = batch.user[0].data.sources
    assert source.source_id == 0
    assert [target.track_id for target in source.targets] == [0]


def test_sources_have_tracks_of_their_own_and_ids_of_all():
    tracker = batch_tracker(TrackerConfig.of("IOU").replace(targets={"probation_age": 0}))
    for _ in range(3):
        batch = BatchMeta([shot(person(), source=0), shot(person(), source=1)])
        tracker.track(batch)
        assert [frame.objects[0].track_id for frame in batch] == [0, 1]


def test_unique_ids_differ_between_sources_and_trackers_in_their_upper_bits():
    config = TrackerConfig.of("IOU").replace(
        targets={"probation_age": 0}, trajectory={"unique_ids": True}
    )
    found = []
    for _ in range(3):
        tracker = batch_tracker(config)
        batch = BatchMeta([shot(person(), person(FAR), source=n) for n in range(2)])
        tracker.track(batch)
        found += [[obj.track_id for obj in frame.objects] for frame in batch]
    assert all(0 < one < 2**63 for pair in found for one in pair)
    assert all(pair[1] == pair[0] + 1 for pair in found)
    assert len({pair[0] >> 32 for pair in found}) == len(found)


def test_after_the_end_of_a_source_its_ids_count_from_zero_where_asked():
    tracker = batch_tracker(TrackerConfig.of("IOU").replace(targets={"probation_age": 0}))
    ids = []
    for from_zero in (False, True, True):
        batch = BatchMeta([shot(person())])
        tracker.track(batch)
        ids.append(batch.frames[0].objects[0].track_id)
        tracker.end(0, from_zero=from_zero)
    assert ids == [0, 1, 0]


def test_sub_batches_choose_the_configuration():
    slow, fast = (TrackerConfig.of("IOU").replace(targets={"probation_age": n}) for n in (9, 0))
    tracker = batch_tracker(slow, fast, sub_batches=SubBatches("0;1"))
    batch = BatchMeta([shot(person(), source=n) for n in range(2)])
    tracker.track(batch)
    assert [frame.objects[0].track_id for frame in batch] == [UNTRACKED, 0]


def test_a_tracker_that_fails_begins_anew_as_often_as_is_allowed(monkeypatch):
    told = []
    tracker = batch_tracker(most_failures=1, warn=told.append)
    batch = BatchMeta([shot(person())])
    tracker.track(batch)

    def fail(_self, _frame):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(IouTracker, "update", fail)
    tracker.track(batch)
    assert told == ["the trackers of sub-batch 0 begin anew after RuntimeError: out of luck"]
    with pytest.raises(RuntimeError, match="out of luck"):
        tracker.track(batch)


def test_an_unknown_tracker_fails_before_the_first_frame():
    with pytest.raises(UnknownNameError, match="no tracker is called 'Sort'"):
        batch_tracker(TrackerConfig(tracker="Sort"))


def test_vectors_are_attached_to_their_objects():
    tracker = quick()
    tracker.config = tracker.config.replace(reid={"outputs_vectors": True})
    tracker._vectors = lambda tracks: [np.full(4, n, np.float32) for n in tracks]
    frame = shot(person((0.0, 0.0, 0.0, 0.0)), person())
    FrameTracker(tracker).track(frame)
    assert not frame.objects[0].user
    assert frame.objects[1].user[ReidVector].values.tolist() == [0, 0, 0, 0]


def test_counted_sub_batches_take_sources_as_they_come_and_give_places_back():
    parts = SubBatches("2:1")
    assert [parts.number_of(source) for source in (5, 9, 4, 5)] == [0, 0, 1, 0]
    parts.forget(9)
    assert parts.number_of(7) == 0
    assert parts.number_of(8) == 1  # nothing is free: the last takes it


def test_listed_sub_batches_hold_the_sources_they_name():
    parts = SubBatches("0,2;1,3")
    assert parts.count == 2
    assert [parts.number_of(source) for source in range(4)] == [0, 1, 0, 1]


@pytest.mark.parametrize("text", ["a", "0,1;", "0;;1", "1:2;3", "-1", "0,0"])
def test_sub_batches_say_what_they_want(text):
    if text == "0,1;":
        assert SubBatches(text).count == 1
        return
    with pytest.raises(ConfigError, match="sub-batches: "):
        SubBatches(text)


def test_class_ids_are_read_as_elsewhere():
    assert class_ids("0:2", "x") == class_ids("0;2;", "x") == {0, 2}
    assert class_ids("", "x") is class_ids("-1", "x") is None
    with pytest.raises(ConfigError, match="operate-on-class-ids: wanted class ids"):
        class_ids("cars", "operate-on-class-ids")
