"""When a batch leaves and who is in it."""

import pytest

from penstock.batching import Batch, Batcher, Wait
from penstock.errors import ConfigError

TIMEOUT = 40


def make_batcher(*pads, **settings):
    batcher = Batcher(**settings)
    for pad in pads:
        batcher.add_pad(pad)
    return batcher


def served(batcher, now_ns=0):
    """The pads of the batch that leaves now."""
    decision = batcher.decide(now_ns=now_ns)
    assert isinstance(decision, Batch)
    return [pad for pad, _ in decision.frames]


def push_to(batcher, *pads, now_ns=0):
    for pad in pads:
        batcher.push(pad, f"{pad}@{now_ns}", now_ns=now_ns)


# Complete batches


def test_a_batch_leaves_when_every_pad_has_a_frame():
    batcher = make_batcher(0, 1)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(None)
    push_to(batcher, 1)
    assert batcher.decide(now_ns=0) == Batch(((0, "0@0"), (1, "1@0")))
    assert batcher.decide(now_ns=0) == Wait(None)


def test_a_batch_size_below_the_number_of_pads_is_enough():
    batcher = make_batcher(0, 1, 2, batch_size=2)
    push_to(batcher, 0, 2)
    assert served(batcher) == [0, 2]


def test_a_batch_size_above_the_number_of_pads_does_not_delay():
    batcher = make_batcher(0, 1, batch_size=30)
    push_to(batcher, 0, 1)
    assert served(batcher) == [0, 1]


def test_frames_are_in_the_order_of_the_pads_whatever_came_first():
    batcher = make_batcher(2, 10, 0)
    push_to(batcher, 10, 0, 2)
    assert served(batcher) == [0, 2, 10]


def test_a_batch_holds_one_frame_of_a_pad_even_when_two_wait():
    batcher = make_batcher(0, 1, batch_size=4)
    push_to(batcher, 0, now_ns=1)
    push_to(batcher, 0, now_ns=2)
    push_to(batcher, 1, now_ns=3)
    assert batcher.decide(now_ns=3) == Batch(((0, "0@1"), (1, "1@3")))
    assert batcher.queued(0) == 1


def test_the_batch_size_can_change_while_frames_wait():
    batcher = make_batcher(0, 1, 2)
    push_to(batcher, 0, 1)
    assert batcher.decide(now_ns=0) == Wait(None)
    batcher.batch_size = 2
    assert served(batcher) == [0, 1]


def test_a_batch_can_be_written_with_the_type_of_its_frames():
    assert Batch[str](((0, "a"),)) == Batch(((0, "a"),))


# More pads than slots


def test_with_fewer_slots_than_pads_the_pads_take_turns():
    batcher = make_batcher(0, 1, 2, 3, 4, batch_size=2)
    turns = []
    for _ in range(5):
        push_to(batcher, *(pad for pad in batcher.pads if not batcher.queued(pad)))
        turns.append(served(batcher))
    assert turns == [[0, 1], [2, 3], [0, 4], [1, 2], [3, 4]]


def test_a_batch_size_of_one_serves_one_pad_after_the_other():
    batcher = make_batcher(0, 1, 2, batch_size=1)
    push_to(batcher, 0, 1, 2)
    assert [served(batcher) for _ in range(3)] == [[0], [1], [2]]


def test_a_slow_pad_is_not_starved_by_fast_ones():
    batcher = make_batcher(0, 1, 2, batch_size=2)
    push_to(batcher, 0, 1)
    push_to(batcher, 0, 1)
    push_to(batcher, 2)
    assert served(batcher) == [0, 1]
    assert served(batcher) == [0, 2]


# Incomplete batches


def test_an_incomplete_batch_leaves_after_the_timeout():
    batcher = make_batcher(0, 1, timeout_ns=TIMEOUT)
    push_to(batcher, 0, now_ns=100)
    assert batcher.decide(now_ns=100) == Wait(140)
    assert batcher.decide(now_ns=139) == Wait(140)
    assert served(batcher, now_ns=140) == [0]


def test_the_timeout_runs_from_the_oldest_frame_that_waits():
    batcher = make_batcher(0, 1, 2, timeout_ns=TIMEOUT)
    push_to(batcher, 1, now_ns=100)
    push_to(batcher, 0, now_ns=130)
    assert batcher.decide(now_ns=130) == Wait(140)
    assert served(batcher, now_ns=140) == [0, 1]


def test_a_frame_left_over_from_the_last_batch_waits_its_own_timeout():
    batcher = make_batcher(0, 1, timeout_ns=TIMEOUT)
    push_to(batcher, 0, now_ns=100)
    push_to(batcher, 0, now_ns=101)
    push_to(batcher, 1, now_ns=135)
    assert served(batcher, now_ns=135) == [0, 1]
    assert batcher.decide(now_ns=135) == Wait(175)


def test_without_frames_there_is_nothing_to_time_out():
    assert make_batcher(0, 1, timeout_ns=TIMEOUT).decide(now_ns=1000) == Wait(None)


def test_without_a_timeout_an_incomplete_batch_waits_for_ever():
    batcher = make_batcher(0, 1)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=10**18) == Wait(None)


def test_a_timeout_of_zero_sends_what_is_there():
    batcher = make_batcher(0, 1, timeout_ns=0)
    push_to(batcher, 0, now_ns=5)
    assert served(batcher, now_ns=5) == [0]


def test_a_timeout_set_while_frames_wait_counts_from_their_arrival():
    batcher = make_batcher(0, 1)
    push_to(batcher, 0, now_ns=100)
    assert batcher.decide(now_ns=120) == Wait(None)
    batcher.timeout_ns = TIMEOUT
    assert batcher.decide(now_ns=120) == Wait(140)


# Who is waited for


def test_a_pad_that_never_delivered_is_waited_for():
    batcher = make_batcher(0, 7)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=10**18) == Wait(None)
    assert batcher.awaited == (7,)


def test_a_pad_added_while_running_is_waited_for():
    batcher = make_batcher(0)
    push_to(batcher, 0)
    assert served(batcher) == [0]
    batcher.add_pad(1)
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(None)
    push_to(batcher, 1)
    assert served(batcher) == [0, 1]


def test_a_removed_pad_is_not_waited_for():
    batcher = make_batcher(0, 1)
    push_to(batcher, 0)
    batcher.remove_pad(1)
    assert served(batcher) == [0]


def test_a_pad_in_a_gap_is_not_waited_for():
    batcher = make_batcher(0, 1)
    batcher.gap(1, now_ns=0)
    for _ in range(3):
        push_to(batcher, 0)
        assert served(batcher) == [0]


def test_a_gap_counts_after_the_frames_before_it():
    batcher = make_batcher(0, 1)
    push_to(batcher, 1)
    batcher.gap(1, now_ns=0)
    assert batcher.decide(now_ns=0) == Wait(None)  # pad 0 is waited for, pad 1 has its frame
    push_to(batcher, 0)
    assert served(batcher) == [0, 1]
    push_to(batcher, 0)
    assert served(batcher) == [0]


def test_a_pad_that_delivers_again_after_a_gap_is_waited_for_again():
    batcher = make_batcher(0, 1)
    batcher.gap(1, now_ns=0)
    push_to(batcher, 1)
    push_to(batcher, 0)
    assert served(batcher) == [0, 1]
    push_to(batcher, 0)
    assert batcher.decide(now_ns=0) == Wait(None)


def test_an_event_does_not_end_a_gap():
    batcher = make_batcher(0, 1)
    batcher.gap(1, now_ns=0)
    batcher.event(1, "caps")
    batcher.decide(now_ns=0)
    assert batcher.awaited == (0,)


# Settings


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"batch_size": -1}, "batch_size must be 0 .* got -1"),
        ({"timeout_ns": -1}, "timeout_ns must be 0 or more, or None for ever; got -1"),
        ({"max_queued": 0}, "max_queued must be 1 or more, got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        Batcher(**setting)


def test_a_setting_refused_while_running_leaves_the_old_one():
    batcher = make_batcher(0, batch_size=3, timeout_ns=TIMEOUT)
    with pytest.raises(ConfigError):
        batcher.batch_size = -3
    with pytest.raises(ConfigError):
        batcher.timeout_ns = -3
    assert (batcher.batch_size, batcher.timeout_ns) == (3, TIMEOUT)
