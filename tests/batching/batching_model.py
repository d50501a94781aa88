"""What a batcher may answer, written down again as plainly as possible: lists and no indices."""

from dataclasses import dataclass, field

from penstock.batching import Batch, Counters, Ended, SourceEnded, SourceEvent, Wait


@dataclass
class ModelPad:
    items: list = field(default_factory=list)  # ("frame", id, time) | ("event", id) | ("eos",)
    closed: bool = False
    flushing: bool = False
    silent: bool = False
    frames_in: int = 0
    frames_out: int = 0
    frames_dropped: int = 0
    overtaken_by: set = field(default_factory=set)

    @property
    def head(self):
        return self.items[0][0] if self.items else None

    @property
    def ended(self):
        return self.closed and not self.items

    @property
    def awaited(self):
        return not (self.items or self.closed or self.flushing or self.silent)

    @property
    def frames(self):
        return [item[1] for item in self.items if item[0] == "frame"]

    @property
    def counters(self):
        return Counters(self.frames_in, self.frames_out, self.frames_dropped)

    def drop(self):
        dropped = self.frames
        self.frames_dropped += len(dropped)
        self.items.clear()
        self.overtaken_by.clear()
        return dropped


class Model:
    """Checks each decision against the policy, then follows it."""

    def __init__(self, *, batch_size, timeout_ns):
        self.batch_size = batch_size
        self.timeout_ns = timeout_ns
        self.pads = {}
        self.removed = Counters()
        self.left_ns = None
        self.may_end = False  # something was opened since the last Ended

    @property
    def ready(self):
        return [pad for pad, state in self.pads.items() if state.head == "frame"]

    @property
    def awaited(self):
        return [pad for pad, state in self.pads.items() if state.awaited]

    @property
    def slots(self):
        return self.batch_size or len(self.pads)

    @property
    def deadline_ns(self):
        if self.timeout_ns is None or not self.ready:
            return None
        begin = min(self.pads[pad].items[0][2] for pad in self.ready)
        return max(begin, begin if self.left_ns is None else self.left_ns) + self.timeout_ns

    @property
    def batch_is_complete(self):
        running = len(self.ready) + len(self.awaited)
        return bool(self.ready) and len(self.ready) >= min(self.slots, running)

    @property
    def must_end(self):
        return self.may_end and all(state.ended for state in self.pads.values())

    def follow(self, decision, *, now_ns):
        controls = [s for s in self.pads.values() if s.head in ("event", "eos")]
        if isinstance(decision, SourceEvent):
            assert self.pads[decision.pad].items.pop(0) == ("event", decision.event)
        elif isinstance(decision, SourceEnded):
            assert self.pads[decision.pad].items.pop(0) == ("eos",)
        else:
            assert not controls, "an event or EOS at the head of a pad was kept back"
            self._follow_batch_end_or_wait(decision, now_ns)

    def _follow_batch_end_or_wait(self, decision, now_ns):
        timed_out = self.deadline_ns is not None and now_ns >= self.deadline_ns
        if isinstance(decision, Batch):
            assert self.batch_is_complete or timed_out, "an incomplete batch left too early"
            self._follow_batch(decision)
            self.left_ns = now_ns
        elif isinstance(decision, Ended):
            assert self.must_end
            self.may_end = False
        else:
            assert not self.batch_is_complete, "a complete batch was kept back"
            assert not timed_out, "the timeout was missed"
            assert not self.must_end, "Ended was due"
            assert decision == Wait(self.deadline_ns)

    def _follow_batch(self, batch):
        served = [pad for pad, _ in batch.frames]
        assert served == sorted(set(served)), "a pad twice, or not in pad order"
        assert len(served) == min(self.slots, len(self.ready)), "not as many as there were"
        for passed_over in set(self.ready) - set(served):
            state = self.pads[passed_over]
            assert state.overtaken_by.isdisjoint(served), "a pad was served twice before another"
            state.overtaken_by.update(served)
        for pad, frame in batch.frames:
            state = self.pads[pad]
            assert state.items.pop(0)[:2] == ("frame", frame), "lost, doubled or reordered"
            state.frames_out += 1
            state.overtaken_by.clear()
