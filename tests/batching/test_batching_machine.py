"""Random interleavings of everything that can happen to a mux, against `batching_model`."""

from itertools import count

import pytest
from batching_model import Model, ModelPad
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

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
    Wait,
)

MAX_PADS = 6
MAX_QUEUED = 2

any_pad = st.integers(0, MAX_PADS - 1)
batch_sizes = st.integers(0, MAX_PADS + 1)
timeouts = st.none() | st.integers(0, 50)


class BatcherMachine(RuleBasedStateMachine):
    @initialize(batch_size=batch_sizes, timeout_ns=timeouts, pads=st.sets(any_pad, min_size=1))
    def start(self, batch_size, timeout_ns, pads):
        self.batcher = Batcher(batch_size=batch_size, timeout_ns=timeout_ns, max_queued=MAX_QUEUED)
        self.model = Model(batch_size=batch_size, timeout_ns=timeout_ns)
        self.now_ns = 1000
        self.ids = count()
        self.accepted, self.left, self.dropped = set(), [], []
        for pad in pads:
            self.add(pad)

    def add(self, pad):
        self.batcher.add_pad(pad)
        self.model.pads[pad] = ModelPad()
        self.model.may_end = True

    def pick(self, n):
        numbers = sorted(self.model.pads)
        pad = numbers[n % len(numbers)]
        return pad, self.model.pads[pad]

    def refused(self, pad, state, deliver):
        """Whether the pad takes nothing now; if so, `deliver` must say so and change nothing."""
        if not (state.flushing or state.closed):
            return False
        with pytest.raises(FlushingPadError if state.flushing else EndedPadError):
            deliver()
        return True

    # What sources do

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def push(self, n):
        pad, state = self.pick(n)
        frame = next(self.ids)

        def deliver():
            self.batcher.push(pad, frame, now_ns=self.now_ns)

        if self.refused(pad, state, deliver):
            return
        if len(state.frames) == MAX_QUEUED:
            with pytest.raises(PadError, match="max_queued"):
                deliver()
            return
        deliver()
        state.items.append(("frame", frame, self.now_ns))
        state.frames_in += 1
        state.silent = False
        self.accepted.add(frame)

    @precondition(lambda self: self.model.pads)
    @rule(pads=st.lists(any_pad, max_size=2 * MAX_PADS), step_ns=st.integers(0, 10))
    def push_in_turn(self, pads, step_ns):
        for n in pads:
            self.push(n)
            self.now_ns += step_ns

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def event(self, n):
        pad, state = self.pick(n)
        event = next(self.ids)
        if not self.refused(pad, state, lambda: self.batcher.event(pad, event)):
            self.batcher.event(pad, event)
            state.items.append(("event", event))

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def gap(self, n):
        pad, state = self.pick(n)
        if not self.refused(pad, state, lambda: self.batcher.gap(pad, now_ns=self.now_ns)):
            self.batcher.gap(pad, now_ns=self.now_ns)
            state.silent = True

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def eos(self, n):
        pad, state = self.pick(n)
        if not self.refused(pad, state, lambda: self.batcher.eos(pad)):
            self.batcher.eos(pad)
            state.closed = True
            state.items.append(("eos",))

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def restart(self, n):
        pad, state = self.pick(n)
        self.batcher.restart(pad)
        if state.closed:
            state.closed = state.silent = False
            self.model.may_end = True

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def loop_back_to_the_start(self, n):
        """One stream ends and the next begins before the mux has looked."""
        self.eos(n)
        self.restart(n)
        self.push(n)

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def flush_start(self, n):
        pad, state = self.pick(n)
        dropped = state.drop()
        assert self.batcher.flush_start(pad) == dropped
        self.dropped += dropped
        state.closed, state.flushing = False, True
        self.model.may_end = True

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def flush_stop(self, n):
        pad, state = self.pick(n)
        self.batcher.flush_stop(pad)
        if state.closed and state.items:
            assert state.items.pop() == ("eos",)
        state.closed = state.flushing = state.silent = False
        self.model.may_end = True

    # What the application does

    @precondition(lambda self: len(self.model.pads) < MAX_PADS)
    @rule(n=any_pad)
    def add_pad(self, n):
        absent = sorted(set(range(MAX_PADS)) - set(self.model.pads))
        self.add(absent[n % len(absent)])

    @precondition(lambda self: self.model.pads)
    @rule(n=any_pad)
    def remove_pad(self, n):
        pad, state = self.pick(n)
        dropped = state.drop()
        assert self.batcher.remove_pad(pad) == dropped
        self.dropped += dropped
        self.model.removed += state.counters
        del self.model.pads[pad]

    @rule(batch_size=batch_sizes)
    def set_batch_size(self, batch_size):
        self.batcher.batch_size = self.model.batch_size = batch_size

    @rule(timeout_ns=timeouts)
    def set_timeout(self, timeout_ns):
        self.batcher.timeout_ns = self.model.timeout_ns = timeout_ns

    # What the mux does

    @rule(step_ns=st.integers(1, 60))
    def time_passes(self, step_ns):
        self.now_ns += step_ns

    def step(self):
        decision = self.batcher.decide(now_ns=self.now_ns)
        self.model.follow(decision, now_ns=self.now_ns)
        if isinstance(decision, Batch):
            self.left += [frame for _, frame in decision.frames]
        return decision

    def settle(self):
        """Decide until there is nothing more to do; return the decisions before `Wait`."""
        most = sum(len(state.items) for state in self.model.pads.values()) + 1
        decisions = []
        while not isinstance(decision := self.step(), Wait):
            decisions.append(decision)
            assert len(decisions) <= most, "decisions without end"
        return decisions

    @rule()
    def decide(self):
        self.step()

    @rule()
    def decide_until_wait(self):
        self.settle()

    @rule()
    def every_awaited_pad_delivers(self):
        """No deadlock: once every pad that runs has a frame, a batch leaves."""
        self.settle()
        for n, pad in enumerate(sorted(self.model.pads)):
            if pad in self.model.awaited:
                self.push(n)
        if self.model.ready:
            assert isinstance(self.step(), Batch)

    @rule()
    def the_caller_sleeps_as_long_as_it_was_told(self):
        """No deadlock: at the time that `Wait` names there is something to do."""
        self.settle()
        until_ns = self.step().until_ns
        if until_ns is not None:
            assert until_ns > self.now_ns
            self.now_ns = until_ns
            assert isinstance(self.step(), Batch)

    @invariant()
    def what_it_says_about_itself_is_true(self):
        states = dict(sorted(self.model.pads.items()))
        assert self.batcher.pads == tuple(states)
        assert self.batcher.awaited == tuple(sorted(self.model.awaited))
        assert self.batcher.counters == {pad: state.counters for pad, state in states.items()}
        for pad, state in states.items():
            assert self.batcher.queued(pad) == len(state.frames)
            assert self.batcher.is_full(pad) == (len(state.frames) == MAX_QUEUED)
        totals = sum((state.counters for state in states.values()), self.model.removed)
        assert self.batcher.totals == totals
        queued = sum(len(state.frames) for state in states.values())
        assert totals == Counters(
            len(self.accepted), len(self.left), len(self.accepted) - len(self.left) - queued
        )

    def teardown(self):
        """Every source ends: whatever was accepted leaves, then `Ended`, once."""
        if not hasattr(self, "batcher"):
            return
        for n, state in enumerate(list(dict(sorted(self.model.pads.items())).values())):
            if state.flushing:
                self.flush_stop(n)
            if not state.closed:
                self.eos(n)
        expected_ends = int(self.model.may_end)
        decisions = self.settle()
        assert sum(isinstance(decision, Ended) for decision in decisions) == expected_ends
        assert all(
            isinstance(decision, SourceEvent | SourceEnded | Batch) for decision in decisions[:-1]
        )
        assert sorted(self.left + self.dropped) == sorted(self.accepted)
        assert isinstance(self.step(), Wait)


BatcherMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestAnyInterleaving = BatcherMachine.TestCase
