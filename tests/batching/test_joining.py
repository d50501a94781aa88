"""What several branches found out about the same frames, joined without GStreamer."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penstock.batching import Branch, Joiner
from penstock.meta import (
    BatchMeta,
    ClassifierMeta,
    FrameMeta,
    LabelInfo,
    Mask,
    ObjectMeta,
    TensorMeta,
    UserMeta,
)

MS = 1_000_000
boxes = st.sampled_from([(0.0, 0.0, 5.0, 5.0), (1.0, 2.0, 3.0, 4.0), (9.0, 9.0, 2.0, 2.0)])
found = st.lists(st.tuples(st.integers(1, 3), boxes), max_size=5, unique=True)


def frame(pts_ms, objects=(), *, source=0):
    made = FrameMeta(source, pts_ns=pts_ms * MS, size=(64, 48))
    for model, box in objects:
        made.add(ObjectMeta(box, component_id=model))
    return made


def batch(*frames):
    return BatchMeta(frames)


def contents(one):
    return sorted((obj.component_id, obj.ltwh) for obj in one.objects)


def joined(active, *others, tolerance_ms=60, sources=None):
    joiner = Joiner(tolerance_ns=tolerance_ms * MS, sources=sources)
    for number, branch in enumerate(others):
        joiner.branches[f"sink_{number + 1}"] = one = Branch()
        for made in branch:
            one.hear([made], made.pts_ns)
    made = batch(active)
    joiner.join(made, active.pts_ns)
    return made.frames[0]


@given(found, found, found)
def test_everything_is_there_once_whoever_found_it(first, second, third):
    result = joined(frame(40, first), [frame(40, second)], [frame(40, third)])
    assert contents(result) == sorted({*first, *second, *third})
    assert [obj.ltwh for obj in result.objects][: len(first)] == [box for _, box in first]


@given(found)
def test_joining_a_branch_that_says_the_same_changes_nothing(objects):
    result = joined(frame(0, objects), [frame(0, objects)])
    assert [obj.ltwh for obj in result.objects] == [box for _, box in objects]


@given(found, st.sets(st.integers(0, 2)))
def test_a_model_counts_for_its_sources_only(objects, allowed):
    for source in range(3):
        result = joined(
            frame(0, [], source=source),
            [frame(0, objects, source=source)],
            sources={1: frozenset(allowed)},
        )
        expected = [one for one in objects if one[0] != 1 or source in allowed]
        assert contents(result) == sorted(expected)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=9, unique=True), st.integers(0, 400))
def test_the_nearest_frame_within_the_tolerance_counts(times, pts_ms):
    times = sorted(times)
    branch = [frame(t, [(t, (0.0, 0.0, 1.0, 1.0))]) for t in times]
    result = joined(frame(pts_ms), branch, tolerance_ms=30)
    distance = min(abs(t - pts_ms) for t in times)
    if distance > 30:
        assert result.objects == []
    else:
        (obj,) = result.objects
        assert abs(obj.component_id - pts_ms) == distance


def test_other_sources_and_what_the_branch_holds_are_left_alone():
    given_frame = frame(0, [(2, (0.0, 0.0, 1.0, 1.0))], source=1)
    result = joined(frame(0), [given_frame])
    assert result.objects == []
    given_frame = frame(0, [(2, (0.0, 0.0, 1.0, 1.0))])
    result = joined(frame(0), [given_frame])
    assert result.objects[0] is not given_frame.objects[0]
    assert given_frame.objects[0].frame is given_frame


def test_an_object_that_both_know_gets_what_it_lacks():
    active, other = frame(0, [(1, (1, 2, 3, 4))]), frame(0, [(1, (1, 2, 3, 4))])
    mine, theirs = active.objects[0], other.objects[0]
    mine.classifiers.append(ClassifierMeta(2, [LabelInfo("mine")]))
    theirs.classifiers += [
        ClassifierMeta(2, [LabelInfo("theirs")]),
        ClassifierMeta(3, [LabelInfo("new")]),
    ]
    theirs.track_id, theirs.rect.left = 7, 1.5
    theirs.user += [UserMeta(TensorMeta(component_id=c), meta_type=12) for c in (2, 3)]
    mine.user.append(UserMeta(TensorMeta(component_id=2), meta_type=12))
    theirs.mask = Mask(np.ones((2, 2), np.float32))
    obj = joined(active, [other]).objects[0]
    assert [one.label for one in obj.classifications] == ["mine", "new"]
    assert (obj.track_id, obj.ltwh) == (7, (1.5, 2, 3, 4))
    assert [meta.component_id for meta in obj.user.of(TensorMeta)] == [2, 3]
    assert obj.mask.data.all()


def test_a_track_id_of_the_active_branch_stays():
    active, other = frame(0, [(1, (1, 2, 3, 4))]), frame(0, [(1, (1, 2, 3, 4))])
    active.objects[0].track_id, other.objects[0].track_id = 3, 7
    assert joined(active, [other]).objects[0].track_id == 3


def test_a_batch_waits_for_every_branch_that_may_still_bring_something_nearer():
    joiner = Joiner(tolerance_ns=10 * MS)
    branch = joiner.branches["sink_1"] = Branch()
    waiting = batch(frame(40), frame(40, source=1))
    assert joiner.behind(waiting, 40 * MS) == ["sink_1"]
    branch.hear([frame(20), frame(20, source=1)], 20 * MS)
    assert joiner.behind(waiting, 40 * MS) == ["sink_1"]
    branch.hear([frame(41), frame(39, source=1)], 39 * MS)
    assert joiner.behind(waiting, 40 * MS) == ["sink_1"]  # source 1 may come nearer
    branch.hear([frame(40, source=1)], 39 * MS)
    assert joiner.behind(waiting, 40 * MS) == []


def test_nobody_waits_for_a_branch_that_has_ended_or_is_ahead():
    joiner = Joiner(tolerance_ns=0)
    branch = joiner.branches["sink_1"] = Branch()
    branch.ended = True
    assert joiner.behind(batch(frame(40)), 40 * MS) == []
    branch.hear([frame(10, source=5)], 10 * MS)
    assert joiner.behind(batch(frame(40)), 40 * MS) == ["sink_1"]
    branch.hear([], 40 * MS)
    assert joiner.behind(batch(frame(40)), 40 * MS) == []


def test_what_is_too_old_is_let_go():
    joiner = Joiner(tolerance_ns=10 * MS)
    branch = joiner.branches["sink_1"] = Branch()
    for number in range(1000):
        branch.hear([frame(10 * number)], 10 * number * MS)
        joiner.join(batch(frame(10 * number)), 10 * number * MS)
    assert sum(map(len, branch.frames.values())) <= 2
    assert len(branch.ahead) == 0
