"""Batches of one moment: `sync-inputs`."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.batching import Batch, Batcher, Ended, Late, SourceEnded, Wait

SHOWN = 40


def make_batcher(*pads, **settings):
    batcher = Batcher(together=True, max_queued=10_000, **settings)
    for pad in pads:
        batcher.add_pad(pad)
    return batcher


def push(batcher, pad, time, *, now=0, shown=SHOWN, due=None):
    batcher.push(pad, time, now_ns=now, time_ns=time, duration_ns=shown, due_ns=due)


def decide_all(batcher, *, now=0):
    decisions = []
    while not isinstance(decision := batcher.decide(now_ns=now), Wait):
        decisions.append(decision)
    return decisions


# Who is in a batch


def test_a_source_that_starts_later_joins_at_its_moment():
    batcher = make_batcher(0, 1)
    for time in (0, 40, 80):
        push(batcher, 0, time)
    push(batcher, 1, 80)
    assert decide_all(batcher) == [
        Batch(((0, 0),)),
        Batch(((0, 40),)),
        Batch(((0, 80), (1, 80))),
    ]


def test_sources_of_different_rates_meet_where_their_frames_overlap():
    batcher = make_batcher(0, 1)
    for time in (0, 40, 80, 120):
        push(batcher, 0, time)
    for time in (5, 125):
        push(batcher, 1, time, shown=120)
    assert decide_all(batcher) == [
        Batch(((0, 0), (1, 5))),
        Batch(((0, 40),)),
        Batch(((0, 80),)),
        Batch(((0, 120), (1, 125))),
    ]


def test_a_frame_that_begins_when_the_shortest_ends_is_of_the_next_moment():
    batcher = make_batcher(0, 1)
    push(batcher, 0, 0, shown=100)
    push(batcher, 1, 40, shown=40)
    assert decide_all(batcher) == [Batch(((0, 0),))]


def test_frames_without_a_duration_meet_where_they_begin_together():
    batcher = make_batcher(0, 1)
    push(batcher, 0, 7, shown=0)
    push(batcher, 1, 7, shown=0)
    assert decide_all(batcher) == [Batch(((0, 7), (1, 7)))]


def test_with_fewer_slots_the_earliest_frames_go_first():
    batcher = make_batcher(0, 1, 2, batch_size=2)
    push(batcher, 0, 12)
    push(batcher, 1, 10)
    push(batcher, 2, 11)
    assert batcher.decide(now_ns=0) == Batch(((1, 10), (2, 11)))


def test_a_frame_of_the_moment_that_was_shown_is_not_late():
    batcher = make_batcher(0, 1, batch_size=1)
    push(batcher, 0, 7, shown=0)
    push(batcher, 1, 7, shown=0)
    assert decide_all(batcher) == [Batch(((0, 7),))]
    push(batcher, 0, 8)
    assert decide_all(batcher) == [Batch(((1, 7),))]


# How long it waits


def test_files_wait_for_each_other_for_ever():
    batcher = make_batcher(0, 1)
    push(batcher, 0, 0)
    assert batcher.decide(now_ns=10**18) == Wait(None)
    assert batcher.patience_ns is None


def test_files_wait_for_the_timeout_from_the_arrival_of_the_earliest_frame():
    batcher = make_batcher(0, 1, timeout_ns=25, max_latency_ns=1000)
    push(batcher, 0, 0, now=100)
    assert batcher.decide(now_ns=124) == Wait(125)
    assert batcher.decide(now_ns=125) == Batch(((0, 0),))


@pytest.mark.parametrize(
    ("timeout", "latency", "patience"), [(None, 0, None), (None, 7, 7), (3, 0, 3), (3, 7, 10)]
)
def test_live_sources_wait_from_the_time_when_all_should_have_delivered(timeout, latency, patience):
    batcher = make_batcher(0, 1, live=True, timeout_ns=timeout, max_latency_ns=latency)
    assert batcher.patience_ns == patience
    push(batcher, 0, 0, now=100, due=150)
    assert batcher.decide(now_ns=100) == Wait(None if patience is None else 150 + patience)


def test_without_synchronising_the_latency_does_not_count():
    assert Batcher(live=True, timeout_ns=3, max_latency_ns=7).patience_ns == 3


def test_a_stalled_source_delays_each_moment_once_and_keeps_the_rate():
    batcher = make_batcher(0, 1, live=True, max_latency_ns=200)
    for time in range(0, 400, SHOWN):
        push(batcher, 0, time, now=time, due=time)
    left = [now for now in range(1000) if isinstance(batcher.decide(now_ns=now), Batch)]
    assert left == [time + 200 for time in range(0, 400, SHOWN)]


def test_pads_get_time_to_deliver_again_when_everything_is_overdue():
    batcher = make_batcher(0, 1, live=True, max_latency_ns=100)
    push(batcher, 0, 0, now=500, due=0)
    assert batcher.decide(now_ns=500) == Batch(((0, 0),))
    push(batcher, 0, 40, now=501, due=40)
    assert batcher.decide(now_ns=501) == Wait(500 + SHOWN // 2)
    push(batcher, 1, 40, now=502, due=40)
    assert batcher.decide(now_ns=502) == Batch(((0, 40), (1, 40)))


# What is late


def test_a_frame_that_had_ended_when_a_batch_left_is_dropped_and_counted():
    batcher = make_batcher(0, 1, timeout_ns=10)
    push(batcher, 0, 40)
    assert decide_all(batcher, now=10) == [Batch(((0, 40),))]
    push(batcher, 1, 0)
    push(batcher, 1, 1)
    assert batcher.decide(now_ns=10) == Late(1, 0)
    assert decide_all(batcher, now=20) == [Batch(((1, 1),))]
    counters = batcher.counters[1]
    assert (counters.frames_in, counters.frames_out, counters.frames_dropped) == (2, 1, 1)


def test_what_was_shown_stays_shown_after_a_frame_a_little_late():
    batcher = make_batcher(0, 1, timeout_ns=0)
    for pad, time in ((0, 40), (1, 10), (1, 0)):
        push(batcher, pad, time)
        (decision,) = decide_all(batcher, now=1000 * (pad + 1))
    assert decision == Late(1, 0)


def test_after_a_seek_nothing_is_late():
    batcher = make_batcher(0)
    push(batcher, 0, 1000)
    decide_all(batcher)
    batcher.start_over()
    push(batcher, 0, 0)
    assert decide_all(batcher) == [Batch(((0, 0),))]


def test_after_the_end_nothing_is_late():
    batcher = make_batcher(0)
    push(batcher, 0, 1000)
    batcher.eos(0)
    assert decide_all(batcher)[1:] == [SourceEnded(0), Ended()]
    assert batcher.is_over
    batcher.restart(0)
    assert not batcher.is_over
    push(batcher, 0, 0)
    assert decide_all(batcher) == [Batch(((0, 0),))]


# Whatever sources do


@dataclass(frozen=True)
class Camera:
    starts: int
    period: int
    delays: tuple[int, ...]  # of its frames, in turn
    frames: int  # then it says nothing any more

    def arrivals(self, pad):
        """`(arrival, pad, moment)`; a frame never overtakes the one before."""
        arrived = 0
        for n in range(self.frames):
            moment = self.starts + n * self.period
            arrived = max(arrived, moment + self.delays[n % len(self.delays)])
            yield arrived, pad, moment


def cameras(most_delay):
    delays = st.lists(st.integers(0, most_delay), min_size=1, max_size=4).map(tuple)
    camera = st.builds(Camera, st.integers(0, 300), st.integers(5, 80), delays, st.integers(0, 15))
    return st.lists(camera, min_size=1, max_size=4)


def watch(batcher, found):
    """Let the cameras deliver; `(time, decision)` of all that comes out."""
    arrivals = sorted(a for pad, camera in enumerate(found) for a in camera.arrivals(pad))
    decisions, wake = [], None
    while arrivals or wake is not None:
        now = min(time for time in (arrivals[0][0] if arrivals else None, wake) if time is not None)
        while arrivals and arrivals[0][0] == now:
            _, pad, moment = arrivals.pop(0)
            push(batcher, pad, moment, now=now, shown=found[pad].period, due=moment)
        while not isinstance(decision := batcher.decide(now_ns=now), Wait):
            decisions.append((now, decision))
        wake = decision.until_ns
        assert wake is None or wake > now
    return decisions


@given(cameras(most_delay=60), st.integers(0, 60), st.integers(0, 3))
def test_nothing_is_doubled_lost_or_reordered_and_each_batch_is_one_moment(
    found, patience, batch_size
):
    batcher = make_batcher(
        *range(len(found)), live=True, timeout_ns=0, max_latency_ns=patience, batch_size=batch_size
    )
    left = {pad: [] for pad in range(len(found))}
    for _, decision in watch(batcher, found):
        gone = decision.frames if isinstance(decision, Batch) else [(decision.pad, decision.frame)]
        for pad, moment in gone:
            left[pad].append(moment)
        if isinstance(decision, Batch):
            moments = [moment for _, moment in gone]
            shortest = min(found[pad].period for pad, _ in gone)
            assert max(moments) - min(moments) < shortest
            assert [pad for pad, _ in gone] == sorted({pad for pad, _ in gone})
    assert left == {
        pad: [moment for _, _, moment in camera.arrivals(pad)] for pad, camera in enumerate(found)
    }


@given(cameras(most_delay=60))
def test_who_is_within_the_latency_loses_nothing_and_is_never_later_than_it(found):
    batcher = make_batcher(*range(len(found)), live=True, max_latency_ns=60)
    shown = -1
    for now, decision in watch(batcher, found):
        assert isinstance(decision, Batch)
        first = min(moment for _, moment in decision.frames)
        assert now <= first + 60 + max(camera.period for camera in found) // 2
        assert first > shown, "the moments do not run backwards"
        shown = first
