"""Rates and priorities, and live sources."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.batching import Batch, Batcher, PadRate, Wait


def make_batcher(rates, **settings):
    batcher = Batcher(max_queued=10_000, **settings)
    for pad, rate in rates.items():
        batcher.add_pad(pad, rate)
    return batcher


def push_to(batcher, *pads, now=0):
    for pad in pads:
        batcher.push(pad, now, now_ns=now)


def served(batcher, now=0):
    decision = batcher.decide(now_ns=now)
    assert isinstance(decision, Batch), decision
    return [pad for pad, _ in decision.frames]


# Live sources


def test_a_live_source_that_was_waited_for_in_vain_delays_nobody_until_it_delivers_again():
    batcher = Batcher(live=True, timeout_ns=40)
    batcher.add_pad(0)
    batcher.add_pad(1)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(40)
    assert served(batcher, 40) == [0]
    push_to(batcher, 0, now=41)
    assert served(batcher, 41) == [0]
    push_to(batcher, 1, now=50)
    assert batcher.decide(now_ns=50) == Wait(90)  # for pad 0, which runs
    push_to(batcher, 0, now=51)
    assert served(batcher, 51) == [0, 1]
    push_to(batcher, 0, now=52)
    assert batcher.decide(now_ns=52) == Wait(92)  # for pad 1, which runs again


def test_a_file_is_waited_for_each_time():
    batcher = Batcher(timeout_ns=40)
    batcher.add_pad(0)
    batcher.add_pad(1)
    push_to(batcher, 0)
    assert served(batcher, 40) == [0]
    push_to(batcher, 0, now=41)
    assert batcher.decide(now_ns=41) == Wait(81)


# The overall rate


def test_batches_are_no_closer_than_the_interval_even_when_complete():
    batcher = make_batcher({0: PadRate()}, interval_ns=50)
    push_to(batcher, 0, 0)
    assert served(batcher, 100) == [0]
    assert batcher.decide(now_ns=100) == Wait(150)
    assert served(batcher, 150) == [0]


# Several frames of one source


def test_a_fast_source_may_fill_the_slots_of_a_slow_one():
    batcher = make_batcher({0: PadRate(most_frames=2), 1: PadRate()})
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(None)
    push_to(batcher, 0)
    assert served(batcher) == [0, 0]


def test_frames_of_one_source_keep_their_order_in_a_batch():
    batcher = make_batcher({0: PadRate(most_frames=3)}, batch_size=3)
    for now in (1, 2, 3):
        push_to(batcher, 0, now=now)
    assert batcher.decide(now_ns=3) == Batch(((0, 1), (0, 2), (0, 3)))


def test_an_event_between_two_frames_parts_them():
    batcher = make_batcher({0: PadRate(most_frames=2)}, batch_size=2)
    push_to(batcher, 0)
    batcher.event(0, "caps")
    push_to(batcher, 0)
    assert served(batcher) == [0]


def test_a_fixed_batch_size_is_waited_for_while_somebody_can_add_to_it():
    batcher = make_batcher({0: PadRate(most_frames=2), 1: PadRate()}, batch_size=4, timeout_ns=40)
    push_to(batcher, 0, 1)
    assert batcher.decide(now_ns=0) == Wait(40)
    push_to(batcher, 0)
    assert served(batcher) == [0, 0, 1]  # nobody can


def test_an_ended_source_adds_nothing():
    batcher = make_batcher({0: PadRate(most_frames=2), 1: PadRate(most_frames=2)})
    batcher.eos(1)
    batcher.decide(now_ns=0)
    push_to(batcher, 0)
    assert served(batcher) == [0]


def test_a_source_whose_last_frame_waits_adds_nothing_to_it():
    batcher = make_batcher({0: PadRate(most_frames=3)}, batch_size=3)
    push_to(batcher, 0)
    batcher.eos(0)
    assert served(batcher) == [0]


def test_a_source_in_a_gap_adds_nothing_to_the_frame_before_it():
    batcher = make_batcher({0: PadRate(most_frames=2)}, batch_size=2)
    push_to(batcher, 0)
    batcher.gap(0, now_ns=0)
    assert served(batcher) == [0]


# Priorities


def test_the_smallest_priority_is_served_first_as_long_as_it_has_frames():
    urgent, other = PadRate(priority=0), PadRate(priority=1)
    batcher = make_batcher({0: other, 1: urgent, 2: other}, batch_size=1)
    push_to(batcher, 0, 1, 1, 2)
    assert [served(batcher) for _ in range(4)] == [[1], [1], [2], [0]]


# Rates of sources


def test_a_source_takes_part_no_more_often_than_its_rate_and_delays_nobody():
    batcher = make_batcher({0: PadRate(interval_ns=100), 1: PadRate()})
    push_to(batcher, 0, 0, 1)
    assert served(batcher) == [0, 1]
    push_to(batcher, 1)
    assert served(batcher, 50) == [1]
    push_to(batcher, 1)
    assert served(batcher, 100) == [0, 1]


def test_when_only_held_back_frames_are_there_it_sleeps_until_the_first_may_leave():
    batcher = make_batcher({0: PadRate(interval_ns=100), 1: PadRate(interval_ns=70)})
    push_to(batcher, 0, 0, 1, 1)
    assert served(batcher) == [0, 1]
    assert batcher.decide(now_ns=1) == Wait(70)


def test_a_batch_waits_for_a_source_as_long_as_its_least_rate_says():
    batcher = make_batcher({0: PadRate(), 1: PadRate(patience_ns=30)}, timeout_ns=100)
    push_to(batcher, 0, now=10)
    assert batcher.decide(now_ns=10) == Wait(40)
    assert served(batcher, 40) == [0]


def test_the_most_patient_source_counts_but_no_longer_than_the_timeout():
    rates = {0: PadRate(), 1: PadRate(patience_ns=30), 2: PadRate(patience_ns=60)}
    batcher = make_batcher(rates, timeout_ns=100)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(60)
    batcher.timeout_ns = 50
    assert batcher.decide(now_ns=0) == Wait(50)


# Whatever sources do

rates = st.builds(
    PadRate,
    priority=st.integers(0, 2),
    most_frames=st.integers(1, 3),
    interval_ns=st.sampled_from([0, 20, 50]),
    patience_ns=st.none() | st.integers(0, 60),
)
arrivals = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=60)


@given(
    st.lists(rates, min_size=1, max_size=4),
    arrivals,
    st.integers(0, 5),
    st.integers(0, 60),
    st.sampled_from([0, 10, 40]),
)
def test_rates_hold_and_nothing_is_lost_doubled_or_reordered(
    settings, steps, batch_size, timeout, interval
):
    batcher = make_batcher(
        dict(enumerate(settings)), batch_size=batch_size, timeout_ns=timeout, interval_ns=interval
    )
    delivered = {pad: [] for pad in range(len(settings))}
    left = {pad: [] for pad in range(len(settings))}
    last, last_of, now = None, {}, 0

    def settle():
        nonlocal last
        while not isinstance(decision := batcher.decide(now_ns=now), Wait):
            if not isinstance(decision, Batch):
                continue  # the end of a source, or of all
            pads = [pad for pad, _ in decision.frames]
            assert last is None or now >= last + interval
            last = now
            assert pads == sorted(pads)
            assert len(pads) <= (batch_size or len(settings))
            for pad in set(pads):
                assert pads.count(pad) <= settings[pad].most_frames
                assert now >= last_of.get(pad, 0)
                last_of[pad] = now + settings[pad].interval_ns * pads.count(pad)
            for pad, frame in decision.frames:
                left[pad].append(frame)
        assert decision.until_ns is None or decision.until_ns > now, "a sleep that ends at once"
        return decision.until_ns

    for number, (n, pause) in enumerate(steps):
        pad, arrives = n % len(settings), now + pause
        while (until := settle()) is not None and until <= arrives:
            now = until
        now = arrives
        batcher.push(pad, number, now_ns=now)
        delivered[pad].append(number)
    for pad in delivered:
        batcher.eos(pad)
    while (until := settle()) is not None:
        now = until
    assert left == delivered


@given(arrivals, st.integers(1, 60))
def test_no_frame_waits_longer_than_the_timeout_after_the_batch_before_it(steps, timeout):
    batcher = make_batcher({pad: PadRate(most_frames=2) for pad in range(4)}, timeout_ns=timeout)
    now, last = 0, 0
    waiting = {}
    for number, (pad, pause) in enumerate(steps):
        for now in range(now, now + pause + 1):  # noqa: B020 - a clock
            while isinstance(decision := batcher.decide(now_ns=now), Batch):
                for _, frame in decision.frames:
                    waiting.pop(frame)
                last = now
            if waiting:
                assert now < max(min(waiting.values()), last) + timeout
        batcher.push(pad, number, now_ns=now)
        waiting[number] = now
