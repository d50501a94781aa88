"""What both muxes have in common: pads in, batches out; `penstock.batching` decides when."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from penstock.batching import Batch, Batcher, Decision, Ended, Late, SourceEnded, SourceEvent, Wait
from penstock.errors import StreamError
from penstock.gst import nvevents
from penstock.gst.batch_output import BatchOutput
from penstock.gst.callbacks import weak
from penstock.gst.gi import GObject, Gst
from penstock.gst.latency_query import UpstreamLatency
from penstock.gst.messages import post_error
from penstock.gst.mux_inputs import MuxInputs
from penstock.gst.mux_source import MuxArrival, MuxSource
from penstock.gst.surfaces import colorimetry_text
from penstock.meta import BatchMeta, Surfaces

MUX_SOURCE_FORMATS = ("NV12", "RGBA", "I420", "P010_10LE", "BGRx", "GRAY8")
"""What a mux takes."""
MUX_TARGET_FORMATS = ("NV12", "RGBA", "I420")
"""What every element behind a mux takes; the surfaces still hold what came."""


class StreamMux(MuxInputs):
    """A mux without its properties, a mixin in front of `Gst.Element`.

    One thread pushes on its pad `src`. A file that joins late, whose own time begins at 0, is
    shifted to where the batches are; live and synchronised sources keep their times.
    """

    if TYPE_CHECKING:
        get_pad_template: Any

    def __init__(self) -> None:
        super().__init__()
        self._promised: str | None = None
        self._size: tuple[int, int] | None = None
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self._src.set_event_function_full(weak(self._src_event, otherwise=False))
        self._src.set_query_function_full(weak(self._src_query, otherwise=False))
        self.add_pad(self._src)
        self._output = BatchOutput(self._src)

    # What a subclass says

    def slots(self) -> int:
        """Most batches downstream at once."""
        raise NotImplementedError

    def size(self, number: int, first: MuxArrival) -> tuple[int, int]:
        """`(width, height)` that the caps of a batch promise, pixels.

        Args:
            number: The source of its first frame.
            first: That frame.
        """
        raise NotImplementedError

    def _src_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.QOS:
            return True  # frames drop only where the user asked
        if event.type == Gst.EventType.SEEK and event.parse_seek()[2] & Gst.SeekFlags.FLUSH:
            return self._flushing_seek(pad, parent, event)
        if event.type == Gst.EventType.LATENCY:
            for source in list(self._sources.values()):
                source.latency = None  # something has changed upstream
        return bool(pad.event_default(parent, event))

    def _flushing_seek(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        """Flush downstream once, whatever number of sources the seek goes to."""
        with self._changed:
            self._held = True  # a source that does not follow the seek must not be stopped by it
        pad.push_event(Gst.Event.new_flush_start())
        self._close_doors()
        pad.stop_task()
        with self._changed:
            self._batcher.start_over()
        self._open_doors()  # the first source delivers while the seek goes to the others
        sought = bool(pad.event_default(parent, event))
        pad.push_event(Gst.Event.new_flush_stop(True))
        self._start_loop()
        return sought

    def _src_query(self, pad: Gst.Pad, parent: Gst.Object, query: Gst.Query) -> bool:
        if query.type != Gst.QueryType.LATENCY:
            return bool(pad.query_default(parent, query))
        sources = list(self._sources.values())
        latency = UpstreamLatency.joined([UpstreamLatency.of(source.pad) for source in sources])
        if latency.live or self.policy()["live"]:
            latency = latency._replace(live=True).delayed(self._batcher.patience_ns or 0)
        query.set_latency(*latency)
        return True

    # Batches out

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """Start and stop the thread that pushes."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            self._reset()
            self._open_doors()
        elif transition == Gst.StateChange.PAUSED_TO_READY:
            self._close_doors()
        result = super().do_change_state(transition)
        if transition == Gst.StateChange.READY_TO_PAUSED:
            if result == Gst.StateChangeReturn.FAILURE:
                self._close_doors()
            else:
                self._start_loop()
        elif transition == Gst.StateChange.PAUSED_TO_READY:
            self._src.stop_task()
            self._reset()  # lets go of the frames that wait
        return result

    def _reset(self) -> None:
        with self._changed:
            self._batcher = Batcher(**self.policy())
            self._target = self.target()
            for number, source in self._sources.items():
                self._batcher.add_pad(number, self.rate_of(number))
                self._sources[number] = MuxSource(number, source.pad)
            self._notices.clear()
            self._pads_of, self._is_told = {}, False
            self._upstream = UpstreamLatency()
            self._framerate = self._promised = self._size = None

    def _start_loop(self) -> None:
        self._src.start_task(weak(self._loop, otherwise=None))

    def _open_doors(self) -> None:
        with self._changed:
            self._flow = Gst.FlowReturn.OK
            self._running, self._held = True, False
            self._size = None  # so that the output is announced anew
            self._output.open(slots=self.slots())
            self._changed.notify_all()

    def _close_doors(self) -> None:
        """Wake whoever waits, so that streaming threads can end."""
        with self._changed:
            self._running = False
            self._output.close()
            self._changed.notify_all()

    def _loop(self) -> None:
        try:
            self._step()
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            self._end(Gst.FlowReturn.ERROR)

    def _step(self) -> None:
        decision = self._next_decision()
        if decision is None:
            self._src.pause_task()
        elif isinstance(decision, Batch):
            self._push(decision)
        elif isinstance(decision, Late):
            self._count_dropped(decision.pad, "a frame came too late for its batch: dropped")
        elif isinstance(decision, SourceEvent):
            self._pass_on(decision)
        elif isinstance(decision, SourceEnded):
            self._tell(decision.pad, nvevents.STREAM_EOS)
            self._post_stream_eos(decision.pad)
        elif isinstance(decision, Ended) and not self.withholds_eos():
            self._output.end()

    def _next_decision(self) -> Decision[MuxArrival] | None:
        """Wait until there is something to do; none when stopping."""
        with self._changed:
            while self._running:
                if self._notices:
                    return self._notices.popleft()
                decision = self._batcher.decide(now_ns=time.monotonic_ns())
                if not isinstance(decision, Wait):
                    self._changed.notify_all()  # queues have room again
                    return decision
                if decision.until_ns is None:
                    self._changed.wait()
                else:
                    self._changed.wait(max(0, decision.until_ns - time.monotonic_ns()) / 1e9)
        return None

    def _push(self, decision: Batch[MuxArrival]) -> None:
        token = self._output.take_slot()
        if token is None:
            return
        arrivals = [arrival for _, arrival in decision.frames]
        surfaces = [surface for arrival in arrivals for surface in arrival.surfaces]
        if self._promised is None:
            came = surfaces[0].format
            self._promised = came if came in MUX_TARGET_FORMATS else "NV12"
        if self._size != (size := self.size(*decision.frames[0])):
            self._size = size
            self._output.announce(self._caps(size, arrivals[0]))
        batch = BatchMeta(
            [frame for arrival in arrivals for frame in arrival.frames],
            max_frames=max(self._batch_size(), len(surfaces)),
            surfaces=Surfaces(
                [surface.convert(self._promised) for surface in surfaces], token=token
            ),
        )
        for arrival in arrivals:
            batch.user.extend(arrival.latencies)
        flow = self._output.push(
            batch,
            pts_ns=max(self._time_ns(number, arrival) for number, arrival in decision.frames),
            duration_ns=arrivals[0].duration_ns,
        )
        if flow != Gst.FlowReturn.OK:
            self._end(flow)

    def _time_ns(self, number: int, arrival: MuxArrival) -> int:
        """When a frame is to be shown: behind what was shown when its source joined."""
        source = self._sources.get(number)
        if source is None:  # released meanwhile
            return arrival.running_time_ns
        if arrival.begins and not (self._batcher.live or self._batcher.together):
            next_ns = self._output.last_pts_ns + arrival.shown_ns
            joins_late = self._output.last_pts_ns >= 0  # after a flush all begin together
            source.shift_ns = max(0, next_ns - arrival.running_time_ns) if joins_late else 0
        return arrival.running_time_ns + source.shift_ns

    def _batch_size(self) -> int:
        size: int = self.setting("batch-size")
        return size or len(self._sources)

    def _caps(self, size: tuple[int, int], first: MuxArrival) -> str:
        numerator, denominator = self._framerate or (0, 1)
        return (
            f"video/x-raw(memory:NVMM), format=(string){self._promised}, "
            f"width=(int){size[0]}, height=(int){size[1]}, "
            f"framerate=(fraction){numerator}/{denominator}, pixel-aspect-ratio=(fraction)1/1, "
            f"interlace-mode=(string)progressive, "
            f"colorimetry=(string){colorimetry_text(first.surfaces[0].colorimetry)}, "
            f"batch-size=(int){self._batch_size()}, "
            f"num-surfaces-per-frame=(int){self._target.surfaces_per_frame}"
        )

    def _end(self, flow: Gst.FlowReturn) -> None:
        with self._changed:
            self._flow = flow
            self._changed.notify_all()
        self._src.pause_task()
        if flow == Gst.FlowReturn.EOS:
            self._output.end()
        if flow not in (Gst.FlowReturn.FLUSHING, Gst.FlowReturn.EOS, Gst.FlowReturn.ERROR):
            post_error(self, StreamError(f"pushing a batch failed: {flow.value_nick}"))

    def _pass_on(self, decision: SourceEvent) -> None:
        event = decision.event
        if isinstance(event, Gst.Event):
            self._output.tell(lambda pad: pad.push_event(event))
        else:
            kind, details = cast(tuple[int, dict[str, Any]], event)
            self._tell(decision.pad, kind, **details)

    def _tell(self, number: int, kind: int, **details: Any) -> None:
        tell = partial(nvevents.push_source_event, kind=kind, source_id=number, **details)
        self._output.tell(tell)

    def _post_stream_eos(self, number: int) -> None:
        structure = Gst.Structure.new_empty("stream-eos")
        structure.set_value("stream-id", GObject.Value(GObject.TYPE_UINT, number))
        self.post_message(Gst.Message.new_element(self, structure))
