"""Events, ends, flushes, and pads that come and go."""

import pytest

from penstock.batching import (
    Batch,
    Batcher,
    Counters,
    Ended,
    EndedPadError,
    FlushingPadError,
    PadError,
    SourceEnded,
    SourceEvent,
    UnknownPadError,
    Wait,
)
from penstock.errors import PenstockError


def make_batcher(*pads, **settings):
    batcher = Batcher(**settings)
    for pad in pads:
        batcher.add_pad(pad)
    return batcher


def decide_all(batcher, now_ns=0):
    """Every decision until the mux has to wait."""
    decisions = []
    for _ in range(100):
        decision = batcher.decide(now_ns=now_ns)
        if isinstance(decision, Wait):
            return decisions
        decisions.append(decision)
    raise AssertionError(f"decisions without end: {decisions}")


# Events


def test_an_event_keeps_its_place_among_the_frames_of_its_pad():
    batcher = make_batcher(0)
    batcher.event(0, "caps 1")
    batcher.push(0, "a", now_ns=0)
    batcher.event(0, "caps 2")
    batcher.push(0, "b", now_ns=0)
    assert decide_all(batcher) == [
        SourceEvent(0, "caps 1"),
        Batch(((0, "a"),)),
        SourceEvent(0, "caps 2"),
        Batch(((0, "b"),)),
    ]


def test_an_event_of_one_pad_does_not_wait_for_the_frames_of_another():
    batcher = make_batcher(0, 1)
    batcher.push(0, "a", now_ns=0)
    batcher.event(1, "caps")
    assert decide_all(batcher) == [SourceEvent(1, "caps")]


def test_events_do_not_make_a_pad_full():
    batcher = make_batcher(0, max_queued=1)
    for event in range(10):
        batcher.event(0, event)
    assert not batcher.is_full(0)


# Ends


def test_a_source_ends_after_its_last_frame():
    batcher = make_batcher(0, 1)
    batcher.push(1, "last", now_ns=0)
    batcher.eos(1)
    assert decide_all(batcher) == []
    batcher.push(0, "a", now_ns=0)
    assert decide_all(batcher) == [Batch(((0, "a"), (1, "last"))), SourceEnded(1)]


def test_an_ended_source_does_not_delay_the_others():
    batcher = make_batcher(0, 1)
    batcher.eos(1)
    batcher.push(0, "a", now_ns=0)
    assert decide_all(batcher) == [SourceEnded(1), Batch(((0, "a"),))]


def test_the_end_comes_once_when_every_source_has_ended():
    batcher = make_batcher(0, 1)
    batcher.eos(1)
    assert decide_all(batcher) == [SourceEnded(1)]
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    assert decide_all(batcher) == [Batch(((0, "a"),)), SourceEnded(0), Ended()]
    assert decide_all(batcher) == []


def test_before_the_first_pad_there_is_nothing_to_end():
    assert decide_all(make_batcher()) == []


def test_the_end_comes_when_the_last_running_pad_is_removed():
    batcher = make_batcher(0, 1)
    batcher.eos(0)
    assert decide_all(batcher) == [SourceEnded(0)]
    batcher.remove_pad(1)
    assert decide_all(batcher) == [Ended()]


def test_the_end_comes_when_no_pad_is_left():
    batcher = make_batcher(0)
    batcher.remove_pad(0)
    assert decide_all(batcher) == [Ended()]


def test_the_end_still_comes_when_the_last_source_is_removed_as_soon_as_it_ended():
    batcher = make_batcher(0)
    batcher.eos(0)
    assert batcher.decide(now_ns=0) == SourceEnded(0)
    batcher.flush_stop(0)  # what applications send before they release a pad
    batcher.remove_pad(0)
    assert decide_all(batcher) == [Ended()]


def test_removing_ended_pads_does_not_end_it_all_again():
    batcher = make_batcher(0, 1)
    batcher.eos(0)
    batcher.eos(1)
    assert decide_all(batcher) == [SourceEnded(0), SourceEnded(1), Ended()]
    batcher.remove_pad(0)
    batcher.remove_pad(1)
    assert decide_all(batcher) == []


def test_a_pad_added_after_the_end_can_end_again():
    batcher = make_batcher(0)
    batcher.eos(0)
    decide_all(batcher)
    batcher.add_pad(1)
    batcher.push(1, "a", now_ns=0)
    batcher.eos(1)
    assert decide_all(batcher) == [Batch(((1, "a"),)), SourceEnded(1), Ended()]


# A new stream on an ended pad


def test_an_ended_pad_that_restarts_runs_again():
    batcher = make_batcher(0)
    batcher.eos(0)
    decide_all(batcher)
    batcher.restart(0)
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    assert decide_all(batcher) == [Batch(((0, "a"),)), SourceEnded(0), Ended()]


def test_a_stream_queued_behind_an_eos_follows_it():
    batcher = make_batcher(0, max_queued=4)
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    batcher.restart(0)
    batcher.event(0, "stream-start")
    batcher.push(0, "b", now_ns=0)
    batcher.eos(0)
    assert decide_all(batcher) == [
        Batch(((0, "a"),)),
        SourceEnded(0),
        SourceEvent(0, "stream-start"),
        Batch(((0, "b"),)),
        SourceEnded(0),
        Ended(),
    ]


def test_a_pad_that_restarted_runs_on_after_the_end_of_its_first_stream():
    batcher = make_batcher(0)
    batcher.eos(0)
    batcher.restart(0)
    batcher.push(0, "a", now_ns=0)
    assert decide_all(batcher) == [SourceEnded(0), Batch(((0, "a"),))]
    assert batcher.awaited == (0,)


def test_restarting_a_running_pad_changes_nothing():
    batcher = make_batcher(0)
    batcher.push(0, "a", now_ns=0)
    batcher.restart(0)
    assert decide_all(batcher) == [Batch(((0, "a"),))]


# Flushes


def test_a_flush_drops_frames_events_and_eos_of_its_pad_only():
    batcher = make_batcher(0, 1)
    batcher.push(1, "kept", now_ns=0)
    batcher.push(0, "a", now_ns=0)
    batcher.event(0, "caps")
    batcher.push(0, "b", now_ns=0)
    batcher.eos(0)
    assert batcher.flush_start(0) == ["a", "b"]
    assert decide_all(batcher) == [Batch(((1, "kept"),))]
    assert batcher.counters[0] == Counters(frames_in=2, frames_out=0, frames_dropped=2)


def test_a_flushing_pad_does_not_delay_the_others_and_is_waited_for_afterwards():
    batcher = make_batcher(0, 1)
    batcher.flush_start(1)
    batcher.push(0, "a", now_ns=0)
    assert decide_all(batcher) == [Batch(((0, "a"),))]
    batcher.flush_stop(1)
    batcher.push(0, "b", now_ns=0)
    assert decide_all(batcher) == []
    batcher.push(1, "c", now_ns=0)
    assert decide_all(batcher) == [Batch(((0, "b"), (1, "c")))]


def test_a_flush_forgets_the_eos_and_the_gap():
    batcher = make_batcher(0, 1)
    batcher.gap(0, now_ns=0)
    batcher.eos(1)
    assert decide_all(batcher) == [SourceEnded(1)]
    for pad in (0, 1):
        batcher.flush_start(pad)
        batcher.flush_stop(pad)
    assert batcher.awaited == (0, 1)


def test_a_flush_of_everything_does_not_end_it_all():
    batcher = make_batcher(0)
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    batcher.flush_start(0)
    assert decide_all(batcher) == []


def test_a_source_that_was_flushed_with_its_eos_delivers_again():
    batcher = make_batcher(0)
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    batcher.flush_start(0)
    batcher.flush_stop(0)
    batcher.push(0, "b", now_ns=0)
    assert decide_all(batcher) == [Batch(((0, "b"),))]


def test_a_flush_before_the_end_was_told_takes_it_back():
    batcher = make_batcher(0)
    batcher.eos(0)
    assert batcher.decide(now_ns=0) == SourceEnded(0)
    batcher.flush_start(0)
    assert decide_all(batcher) == []


def test_flush_stop_alone_keeps_the_frames_and_forgets_the_eos():
    batcher = make_batcher(0)
    batcher.push(0, "a", now_ns=0)
    batcher.eos(0)
    batcher.flush_stop(0)
    batcher.push(0, "b", now_ns=0)
    assert decide_all(batcher) == [Batch(((0, "a"),)), Batch(((0, "b"),))]


# Pads that go, and refusals


def test_removing_a_pad_returns_and_counts_its_frames():
    batcher = make_batcher(0, 1)
    batcher.push(0, "a", now_ns=0)
    batcher.push(0, "b", now_ns=0)
    assert batcher.remove_pad(0) == ["a", "b"]
    assert batcher.pads == (1,)
    assert batcher.totals == Counters(frames_in=2, frames_out=0, frames_dropped=2)


def test_a_pad_added_again_starts_anew():
    batcher = make_batcher(0, 1)
    batcher.push(0, "old", now_ns=0)
    batcher.eos(0)
    batcher.remove_pad(0)
    batcher.add_pad(0)
    assert batcher.counters[0] == Counters()
    assert batcher.awaited == (0, 1)


def test_a_pad_is_full_at_max_queued_and_refuses_more():
    batcher = make_batcher(3, 4)
    batcher.push(3, "a", now_ns=0)
    assert not batcher.is_full(3)
    batcher.push(3, "b", now_ns=0)
    assert batcher.is_full(3)
    with pytest.raises(PadError, match=r"pad 3 already holds 2 frames .* until is_full\(3\)"):
        batcher.push(3, "c", now_ns=0)


DELIVERIES = {
    "push": lambda batcher: batcher.push(3, "a", now_ns=0),
    "event": lambda batcher: batcher.event(3, "caps"),
    "gap": lambda batcher: batcher.gap(3, now_ns=0),
    "eos": lambda batcher: batcher.eos(3),
}
QUESTIONS = {
    "remove_pad": lambda batcher: batcher.remove_pad(3),
    "flush_start": lambda batcher: batcher.flush_start(3),
    "flush_stop": lambda batcher: batcher.flush_stop(3),
    "restart": lambda batcher: batcher.restart(3),
    "is_full": lambda batcher: batcher.is_full(3),
    "queued": lambda batcher: batcher.queued(3),
}


@pytest.mark.parametrize("deliver", DELIVERIES.values(), ids=DELIVERIES)
def test_a_flushing_pad_takes_nothing(deliver):
    batcher = make_batcher(3)
    batcher.flush_start(3)
    with pytest.raises(FlushingPadError, match=r"pad 3 is flushing: .* until flush_stop"):
        deliver(batcher)
    assert decide_all(batcher) == []


@pytest.mark.parametrize("deliver", DELIVERIES.values(), ids=DELIVERIES)
def test_an_ended_pad_takes_nothing(deliver):
    batcher = make_batcher(3)
    batcher.eos(3)
    with pytest.raises(EndedPadError, match=r"pad 3 had its EOS: .* until a flush or a restart"):
        deliver(batcher)
    assert decide_all(batcher) == [SourceEnded(3), Ended()]


@pytest.mark.parametrize(
    "call", [*DELIVERIES.values(), *QUESTIONS.values()], ids=[*DELIVERIES, *QUESTIONS]
)
def test_an_unknown_pad_is_named_with_the_pads_that_there_are(call):
    with pytest.raises(UnknownPadError, match="there is no pad 3; pads: 0, 2"):
        call(make_batcher(2, 0))
    with pytest.raises(UnknownPadError, match="pads: none"):
        call(make_batcher())


def test_a_pad_cannot_be_added_twice():
    with pytest.raises(PadError, match="pad 0 is already there"):
        make_batcher(0, 0)


def test_every_refusal_is_a_value_error_and_ours():
    for error in (PadError, UnknownPadError, FlushingPadError, EndedPadError):
        assert issubclass(error, ValueError)
        assert issubclass(error, PenstockError)
