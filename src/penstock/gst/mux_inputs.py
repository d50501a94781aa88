"""The sink pads of a mux: what comes, and what the batching policy is told of it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.batching import Batcher, Ended, EndedPadError, PadError, PadRate, SourceEvent
from penstock.errors import StreamError
from penstock.gst import nvevents
from penstock.gst.callbacks import weak
from penstock.gst.element import Element
from penstock.gst.gi import GObject, Gst
from penstock.gst.latency_query import UpstreamLatency
from penstock.gst.messages import post_error, post_warning
from penstock.gst.mux_source import MuxArrival, MuxSource
from penstock.gst.mux_target import MuxTarget
from penstock.gst.request_pads import given_out

_LOOK_UPSTREAM_S = 0.1
MUX_SIGNALS = {"dropped": (GObject.SignalFlags.RUN_LAST, None, (GObject.TYPE_POINTER,))}
"""Signals of a mux: one for each frame that it drops, whose buffer is gone by then: None."""


class MuxInputs(Element):
    """A mux up to its policy: request pads `sink_N`, one thread each.

    A mixin in front of `Gst.Element`, as `CodecBin` is, and for its reason. The element says what
    its properties mean: `policy`, `target` and perhaps more.

    Attributes:
        frames_dropped: Frames outside their segment, and frames that came too late.
    """

    if TYPE_CHECKING:  # what Gst.Element brings
        add_pad: Any
        emit: Any
        get_base_time: Any
        get_clock: Any
        post_message: Any
        remove_pad: Any

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()  # guards everything below
        self._batcher: Batcher[MuxArrival] = Batcher()
        self._sources: dict[int, MuxSource] = {}
        self._upstream = UpstreamLatency()
        self._notices: deque[SourceEvent | Ended] = deque()
        self._running = self._held = False
        self._flow = Gst.FlowReturn.OK
        self._framerate: tuple[int, int] | None = None
        self._target = MuxTarget()
        self._pads_of: dict[int, int] = {}  # source → the pad that brought it first
        self._is_told = False
        self.frames_dropped = 0

    # What a subclass says

    def policy(self) -> dict[str, Any]:
        """The arguments of the `Batcher`."""
        raise NotImplementedError

    def target(self) -> MuxTarget:
        """What becomes of a frame."""
        raise NotImplementedError

    def rate_of(self, number: int) -> PadRate:
        """How often the pad `sink_<number>` may take part."""
        del number
        return PadRate()

    def withholds_eos(self) -> bool:
        """Whether batches may come again when all sources have ended."""
        return bool(self.setting("drop-pipeline-eos"))

    def changed(self, name: str, value: Any) -> None:
        """Properties may change while playing; `sync-inputs` holds from the next start on."""
        del value
        policy, target = self.policy(), self.target()
        with self._changed:
            batcher, before_ns = self._batcher, self._batcher.patience_ns
            batcher.batch_size = policy["batch_size"]
            batcher.timeout_ns = policy["timeout_ns"]
            batcher.max_latency_ns = policy["max_latency_ns"]
            batcher.live = policy["live"] or self._upstream.live
            self._target = target
            freed = name.endswith("pipeline-eos") and not self.withholds_eos()
            if freed and self._running and batcher.is_over:
                self._notices.append(Ended())
            is_delayed = self._running and batcher.patience_ns != before_ns
            self._changed.notify_all()
        if is_delayed:
            self.post_message(Gst.Message.new_latency(self))

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """An application asks for `sink_N`, or for any sink."""
        with self._changed:
            number = _pad_number(name)
            if number is None:
                number = next(n for n in range(len(self._sources) + 1) if n not in self._sources)
            if number in self._sources:
                self.log.error(self, f"pad sink_{number} was requested before")
                return None
            pad = Gst.Pad.new_from_template(template, f"sink_{number}")
            chain = weak(self._chain, otherwise=Gst.FlowReturn.FLUSHING)
            pad.set_chain_function_full(partial(chain, number=number))
            sink_event = weak(self._sink_event, otherwise=False)
            pad.set_event_function_full(partial(sink_event, number=number))
            self._sources[number] = MuxSource(number, pad)
            self._batcher.add_pad(number, self.rate_of(number))
            self._changed.notify_all()
        pad.set_active(True)
        self.add_pad(pad)
        return given_out(pad)

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """An application gives a pad back; frames of it that still wait are dropped."""
        if vars(self):  # else C disposes of the element, and Python has done so already
            self._forget(_pad_number(pad.get_name()))
        pad.set_active(False)
        self.remove_pad(pad)

    def _forget(self, number: int | None) -> None:
        with self._changed:
            there = list(self._pads_of.items())  # at once: streaming threads add to it
            self._pads_of = {one: pad for one, pad in there if pad != number}
            if number in self._sources:
                dropped = self._batcher.remove_pad(number)
                self.log.info(self, f"sink_{number} released, {len(dropped)} frames dropped")
                del self._sources[number]
                if self._running:
                    self._notices.append(SourceEvent(number, (nvevents.PAD_DELETED, {})))
            self._changed.notify_all()

    # Events and queries

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event, number: int) -> bool:
        try:
            return self._handle(pad, parent, event, number)
        except BaseException as error:  # nothing may escape into C
            self._fail(number, error)
            return False

    def _handle(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event, number: int) -> bool:
        source = self._sources.get(number)
        if source is None:
            return False
        kind = event.type
        if kind in _FORWARDED:
            return bool(pad.event_default(parent, event))
        if source.stream.is_batch and nvevents.source_event_of(event) is not None:
            self._report(number, partial(Batcher.event, event=event))  # it is about their numbers
            return True
        if kind == Gst.EventType.CAPS:
            source.stream.set_caps(event.parse_caps())
            self._framerate = self._framerate or source.stream.framerate
        elif kind == Gst.EventType.SEGMENT:
            source.stream.set_segment(event.parse_segment())
            self._announce(
                number,
                nvevents.STREAM_SEGMENT,
                segment=source.stream.segment,
                framerate=source.stream.framerate or (0, 1),  # or it would seem to be another's
            )
        elif kind in _REPORTED:
            self._report(number, _REPORTED[kind])
        if kind == Gst.EventType.STREAM_START and not source.is_known:
            source.is_known = True
            self._announce(number, nvevents.PAD_ADDED)
        self._reset_count(source, event)
        return True  # the rest says something about one source only

    def _reset_count(self, source: MuxSource, event: Gst.Event) -> None:
        if event.type == Gst.EventType.EOS:
            begins_anew = self.setting("frame-num-reset-on-eos")
        elif nvevents.stream_reset_of(event) is not None:
            begins_anew = self.setting("frame-num-reset-on-stream-reset")
            self._announce(source.number, nvevents.STREAM_RESET)
        else:
            return
        if begins_anew:
            source.frame_num = 0

    def _announce(self, number: int, kind: int, **details: Any) -> None:
        """Have an event about a source sent in its place among that source's frames."""
        self._report(number, partial(Batcher.event, event=(kind, details)))

    def _report(self, number: int, happened: Callable[..., object]) -> None:
        """Tell the policy what happened to a pad."""
        with self._changed:
            try:
                happened(self._batcher, number)
            except PadError as error:  # such as a second EOS
                self.log.info(self, f"source {number}: {error}")
            self._changed.notify_all()

    # Frames in

    def _chain(
        self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer, number: int
    ) -> Gst.FlowReturn:
        try:
            return self._accept(buffer, number)
        except BaseException as error:  # nothing may escape into C
            self._fail(number, error)
            return Gst.FlowReturn.ERROR

    def _accept(self, buffer: Gst.Buffer, number: int) -> Gst.FlowReturn:
        source = self._sources.get(number)
        if source is None:
            return Gst.FlowReturn.FLUSHING
        if source.latency is None:
            self._ask_upstream(source)
        arrival = self._arrival(source, buffer)
        if arrival is None:
            self._count_dropped(number, "a frame outside its segment was dropped")
            return Gst.FlowReturn.OK
        self._look_for_twins(arrival, number)
        with self._changed:
            try:
                return self._push_in(source, arrival)
            except EndedPadError:
                return Gst.FlowReturn.EOS
            except PadError:  # flushing, or released meanwhile
                return Gst.FlowReturn.FLUSHING

    def _push_in(self, source: MuxSource, arrival: MuxArrival) -> Gst.FlowReturn:
        number, batcher = source.number, self._batcher
        while self._held or (self._accepting() and batcher.is_full(number)):
            if not self._changed.wait(_LOOK_UPSTREAM_S) and source.is_left_alone():
                return Gst.FlowReturn.FLUSHING
        if not self._accepting():
            return Gst.FlowReturn.FLUSHING if self._flow == Gst.FlowReturn.OK else self._flow
        if self._sources.get(number) is not source:  # released, and requested again
            return Gst.FlowReturn.FLUSHING
        now_ns = time.monotonic_ns()
        batcher.push(
            number,
            arrival,
            now_ns=now_ns,
            time_ns=arrival.running_time_ns,
            duration_ns=arrival.shown_ns,
            due_ns=self._due_ns(arrival, now_ns),
        )
        self._changed.notify_all()
        return Gst.FlowReturn.OK

    def _look_for_twins(self, arrival: MuxArrival, number: int) -> None:
        """Behind several muxes two sources may have one number."""
        for frame in arrival.frames:
            other = self._pads_of.setdefault(frame.source_id, number)
            if other != number and not self._is_told:
                self._is_told = True
                post_warning(
                    self,
                    f"sink_{other} and sink_{number} both bring frames of source "
                    f"{frame.source_id}, which they were at an earlier mux: elements that go by "
                    "the source take them for one. Where they are not, link them to sinks of "
                    "different numbers there",
                )

    def _fail(self, number: int, error: BaseException) -> None:
        told = StreamError(f"source {number}: {error}") if isinstance(error, Exception) else error
        post_error(self, told)

    def _accepting(self) -> bool:
        return self._running and self._flow == Gst.FlowReturn.OK

    def _arrival(self, source: MuxSource, buffer: Gst.Buffer) -> MuxArrival | None:
        had_clock = not source.lacks_clock
        arrival = source.arrival(buffer, self._target)
        if had_clock and source.lacks_clock:
            self.log.warning(
                self,
                f"source {source.number}: a frame came without its camera's time: the wall clock "
                "is taken instead, as long as that is so (attach-sys-ts=0 needs RTCP sender "
                "reports, and a source that configure_source_for_ntp_sync was called for)",
            )
        return arrival

    def _due_ns(self, arrival: MuxArrival, now_ns: int) -> int:
        """When all live sources should have delivered their frame of that moment."""
        if not (self._batcher.together and self._batcher.live):
            return now_ns
        clock = self.get_clock()
        if clock is None:
            return now_ns
        elapsed_ns = clock.get_time() - self.get_base_time()
        return int(now_ns + arrival.running_time_ns + self._upstream.least_ns - elapsed_ns)

    def _ask_upstream(self, source: MuxSource) -> None:
        source.latency = UpstreamLatency.of(source.pad)
        with self._changed:
            known = [one.latency for one in self._sources.values() if one.latency]
            self._upstream = UpstreamLatency.joined(known)
            self._batcher.live = self.policy()["live"] or self._upstream.live

    def _count_dropped(self, number: int, text: str) -> None:
        with self._changed:
            self.frames_dropped += 1
        self.log.info(self, f"source {number}: {text}")
        self.emit("dropped", None)


def _pad_number(name: str | None) -> int | None:
    digits = (name or "").removeprefix("sink_")
    return int(digits) if digits.isdigit() else None


_REPORTED: dict[Gst.EventType, Callable[[Batcher[MuxArrival], int], object]] = {
    Gst.EventType.STREAM_START: Batcher.restart,
    Gst.EventType.EOS: Batcher.eos,
    Gst.EventType.GAP: lambda batcher, pad: batcher.gap(pad, now_ns=time.monotonic_ns()),
    Gst.EventType.FLUSH_START: Batcher.flush_start,
    Gst.EventType.FLUSH_STOP: Batcher.flush_stop,
}
_FORWARDED = (
    Gst.EventType.CUSTOM_DOWNSTREAM,
    Gst.EventType.CUSTOM_DOWNSTREAM_OOB,
    Gst.EventType.CUSTOM_BOTH,
    Gst.EventType.CUSTOM_BOTH_OOB,
)
