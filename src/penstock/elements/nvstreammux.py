"""`nvstreammux`: frames of many sources in, batches out.

gst-launch-1.0 nvstreammux name=mux batch-size=1 width=1280 height=720 ! fakesink \
    filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from penstock.batching import (
    Batch,
    Batcher,
    Ended,
    EndedPadError,
    PadError,
    SourceEnded,
    SourceEvent,
    Wait,
)
from penstock.errors import ConfigError, StreamError
from penstock.geometry import Affine
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    INTERPOLATION,
    BatchOutput,
    Element,
    GObject,
    Gst,
    Property,
    StreamState,
    colorimetry_text,
    gproperties,
    memory_type,
    nvmm_caps,
    pad_template,
    post_error,
    surfaces,
    weak,
)
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Surface, placement

_ACCEPTED = ("NV12", "RGBA", "I420", "P010_10LE", "BGRx", "GRAY8")
_PROMISED = ("NV12", "RGBA", "I420")
"""What every element behind the mux takes; the surfaces still hold what came."""
_COMING = "accepted; coming with live sources"


@dataclass
class _Arrival:
    """One frame on its way through the mux."""

    frame: FrameMeta
    surface: Surface
    running_time_ns: int
    duration_ns: int


@dataclass
class _Source:
    """A sink pad and what has come through it."""

    pad: Gst.Pad
    stream: StreamState = field(default_factory=StreamState)
    frame_num: int = 0


class NvStreamMux(Element, Gst.Element):
    """Batches the frames of its sink pads; the policy is `penstock.batching`."""

    FACTORY = "nvstreammux"
    PROPERTIES = (
        Property(
            "batch-size", "uint", 0, "Most frames in a batch; 0: one of each pad", maximum=1024
        ),
        Property(
            "batched-push-timeout",
            "int",
            -1,
            "Microseconds after the first frame when an incomplete batch leaves; -1: never",
            minimum=-1,
        ),
        Property("width", "uint", 0, "Width of every frame in the batch, pixels; required"),
        Property("height", "uint", 0, "Height of every frame in the batch, pixels; required"),
        Property("enable-padding", "bool", False, "Keep the aspect ratio, with black bars"),
        Property("live-source", "bool", False, "Sources are live: latency covers the push timeout"),
        Property("buffer-pool-size", "uint", 4, "Most batches in flight downstream", minimum=4),
        Property("attach-sys-ts", "bool", True, "Stamp frames with the wall clock (ntp_timestamp)"),
        Property("interpolation-method", INTERPOLATION, 1, "How frames are scaled"),
        GPU_ID,
        COMPUTE_HW_PROPERTY,
        memory_type(),
        Property(
            "num-surfaces-per-frame", "uint", 1, _COMING, minimum=1, maximum=8, accepted_only=True
        ),
        Property("sync-inputs", "bool", False, _COMING, accepted_only=True),
        Property("max-latency", "uint64", 0, _COMING, accepted_only=True),
        Property("frame-num-reset-on-eos", "bool", False, _COMING, accepted_only=True),
        Property("frame-num-reset-on-stream-reset", "bool", False, _COMING, accepted_only=True),
        Property("frame-duration", "uint64", 2**64 - 1, _COMING, accepted_only=True),
        Property("drop-pipeline-eos", "bool", False, _COMING, accepted_only=True),
        Property("async-process", "bool", True, _COMING, accepted_only=True),
        Property("config-file-path", "string", None, _COMING, accepted_only=True),
        Property("align-inputs", "bool", False, _COMING, accepted_only=True),
        Property("sort-batch", "bool", False, _COMING, accepted_only=True),
        Property("cache-buffer", "bool", False, _COMING, accepted_only=True),
        Property("no-pipeline-eos", "bool", False, _COMING, accepted_only=True),
    )
    __gtype_name__ = "Gstnvstreammux"
    __gstmetadata__ = (
        "Penstock stream muxer",
        "Generic",
        "Batches the frames of many sources",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template(
            "sink_%u", Gst.PadDirection.SINK, Gst.PadPresence.REQUEST, nvmm_caps(*_ACCEPTED)
        ),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, nvmm_caps(*_PROMISED)),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()  # guards everything below
        self._batcher: Batcher[_Arrival] = Batcher()
        self._sources: dict[int, _Source] = {}
        self._running = False
        self._flow = Gst.FlowReturn.OK
        self._framerate: tuple[int, int] | None = None
        self._promised: str | None = None
        self.frames_dropped = 0
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self._src.set_event_function_full(weak(self._src_event, otherwise=False))
        self._src.set_query_function_full(weak(self._src_query, otherwise=False))
        self.add_pad(self._src)
        self._output = BatchOutput(self._src)

    # Settings

    def changed(self, name: str, value: Any) -> None:
        """Batch size and timeout may change while playing."""
        with self._changed:
            if name == "batch-size":
                self._batcher.batch_size = value
            elif name == "batched-push-timeout":
                self._batcher.timeout_ns = None if value < 0 else value * 1000
            self._changed.notify_all()

    def ready(self) -> None:
        """Width and height have no default that could be right."""
        if not self.setting("width") or not self.setting("height"):
            raise ConfigError(
                "width and height must be set to the size of the batch's frames in pixels, got "
                f"{self.setting('width')}x{self.setting('height')}"
            )

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
            self._sources[number] = _Source(pad)
            self._batcher.add_pad(number)
            self._changed.notify_all()
        pad.set_active(True)
        self.add_pad(pad)
        return pad

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """An application gives a pad back; frames of it that still wait are dropped."""
        if vars(self):  # else C disposes of the element, and Python has done so already
            self._forget(_pad_number(pad.get_name()))
        pad.set_active(False)
        self.remove_pad(pad)

    def _forget(self, number: int | None) -> None:
        with self._changed:
            if number in self._sources:
                dropped = self._batcher.remove_pad(number)
                self.log.info(self, f"sink_{number} released, {len(dropped)} frames dropped")
                del self._sources[number]
            self._changed.notify_all()

    # Events and queries

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event, number: int) -> bool:
        try:
            return self._handle(pad, parent, event, number)
        except Exception as error:  # nothing may escape into C
            post_error(self, StreamError(f"source {number}: {error}"))
            return False

    def _handle(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event, number: int) -> bool:
        source = self._sources.get(number)
        if source is None:
            return False
        kind = event.type
        if kind == Gst.EventType.CAPS:
            source.stream.set_caps(event.parse_caps())
            self._framerate = self._framerate or source.stream.framerate
        elif kind == Gst.EventType.SEGMENT:
            source.stream.set_segment(event.parse_segment())
        elif kind in _QUEUED:
            with self._changed:
                try:
                    _QUEUED[kind](self._batcher, number)
                except PadError as error:  # such as a second EOS
                    self.log.info(self, f"source {number}: {error}")
                self._changed.notify_all()
        elif kind in _FORWARDED:
            return bool(pad.event_default(parent, event))
        return True  # the rest says something about one source only

    def _src_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.QOS:
            return True  # frames drop only where the user asked
        if event.type == Gst.EventType.SEEK and event.parse_seek()[2] & Gst.SeekFlags.FLUSH:
            return self._flushing_seek(pad, parent, event)
        return bool(pad.event_default(parent, event))

    def _flushing_seek(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        """Flush downstream once, whatever number of sources the seek goes to."""
        pad.push_event(Gst.Event.new_flush_start())
        self._close_doors()
        pad.stop_task()
        sought = bool(pad.event_default(parent, event))
        pad.push_event(Gst.Event.new_flush_stop(True))
        self._open_doors()
        self._start_loop()
        return sought

    def _src_query(self, pad: Gst.Pad, parent: Gst.Object, query: Gst.Query) -> bool:
        if query.type != Gst.QueryType.LATENCY:
            return bool(pad.query_default(parent, query))
        live, least, most = False, 0, int(Gst.CLOCK_TIME_NONE)
        for source in list(self._sources.values()):
            upstream = Gst.Query.new_latency()
            if source.pad.peer_query(upstream):
                is_live, low, high = upstream.parse_latency()
                if is_live:
                    live, least, most = True, max(least, low), min(most, high)
        timeout = self.setting("batched-push-timeout")
        if (live or self.setting("live-source")) and timeout > 0:
            live, least = True, least + timeout * 1000
            if most != int(Gst.CLOCK_TIME_NONE):
                most += timeout * 1000
        query.set_latency(live, least, most)
        return True

    # Frames in

    def _chain(
        self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer, number: int
    ) -> Gst.FlowReturn:
        try:
            return self._accept(buffer, number)
        except Exception as error:  # nothing may escape into C
            post_error(self, StreamError(f"source {number}: {error}"))
            return Gst.FlowReturn.ERROR

    def _accept(self, buffer: Gst.Buffer, number: int) -> Gst.FlowReturn:
        source = self._sources.get(number)
        if source is None:
            return Gst.FlowReturn.FLUSHING
        arrival = self._arrival(source, buffer, number)
        if arrival is None:
            return Gst.FlowReturn.OK
        with self._changed:
            try:
                while self._accepting() and self._batcher.is_full(number):
                    self._changed.wait()
                if self._accepting():
                    self._batcher.push(number, arrival, now_ns=time.monotonic_ns())
                    self._changed.notify_all()
                    return Gst.FlowReturn.OK
            except EndedPadError:
                return Gst.FlowReturn.EOS
            except PadError:  # flushing, or released meanwhile
                return Gst.FlowReturn.FLUSHING
            return Gst.FlowReturn.FLUSHING if self._flow == Gst.FlowReturn.OK else self._flow

    def _accepting(self) -> bool:
        return self._running and self._flow == Gst.FlowReturn.OK

    def _arrival(self, source: _Source, buffer: Gst.Buffer, number: int) -> _Arrival | None:
        picture = source.stream.picture
        if picture is None:
            raise StreamError("a buffer came before its caps")
        pts = source.stream.pts_of(buffer)
        running = source.stream.running_time_of(pts)
        if running is None:
            self.frames_dropped += 1
            self.log.info(self, f"source {number}: a frame outside its segment was dropped")
            return None
        size = (self.setting("width"), self.setting("height"))
        padded = self.setting("enable-padding")
        x1, y1, x2, y2 = placement(picture.size, size, keep_aspect=padded, centred=True, even=True)
        frame = FrameMeta(
            number,
            frame_num=source.frame_num,
            pts_ns=pts,
            size=size,
            source_size=picture.size,
            to_source=Affine.fit((x1, y1, x2 - x1, y2 - y1), picture.size),
        )
        source.frame_num += 1
        if self.setting("attach-sys-ts"):
            frame.ntp_ns = time.time_ns()
        surface = surfaces(buffer, picture)[0].scale(
            size,
            keep_aspect=padded,
            interpolation="nearest" if self.setting("interpolation-method") == 0 else "bilinear",
        )
        return _Arrival(frame, surface, running, buffer.duration)

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
            self._batcher = Batcher(
                batch_size=self._batcher.batch_size,
                timeout_ns=self._batcher.timeout_ns,
                max_queued=1,  # a second one waits in the pad's own thread
            )
            for number, source in self._sources.items():
                self._batcher.add_pad(number)
                self._sources[number] = _Source(source.pad)
            self._framerate = self._promised = None

    def _start_loop(self) -> None:
        self._src.start_task(weak(self._loop, otherwise=None))

    def _open_doors(self) -> None:
        with self._changed:
            self._flow = Gst.FlowReturn.OK
            self._running = True
            self._output.open(slots=self.setting("buffer-pool-size"))

    def _close_doors(self) -> None:
        """Wake whoever waits, so that streaming threads can end."""
        with self._changed:
            self._running = False
            self._output.close()
            self._changed.notify_all()

    def _loop(self) -> None:
        try:
            self._step()
        except Exception as error:  # nothing may escape into C
            post_error(self, error)
            self._end(Gst.FlowReturn.ERROR)

    def _step(self) -> None:
        decision = self._next_decision()
        if decision is None:
            self._src.pause_task()
        elif isinstance(decision, Batch):
            self._push(decision)
        elif isinstance(decision, SourceEnded):
            self._tell_stream_eos(decision.pad)
        elif isinstance(decision, Ended):
            self._output.end()

    def _next_decision(self) -> Batch[_Arrival] | SourceEnded | SourceEvent | Ended | None:
        """Wait until there is something to do; none when stopping."""
        with self._changed:
            while self._running:
                decision = self._batcher.decide(now_ns=time.monotonic_ns())
                if not isinstance(decision, Wait):
                    self._changed.notify_all()  # queues have room again
                    return decision
                if decision.until_ns is None:
                    self._changed.wait()
                else:
                    self._changed.wait(max(0, decision.until_ns - time.monotonic_ns()) / 1e9)
        return None

    def _push(self, decision: Batch[_Arrival]) -> None:
        token = self._output.take_slot()
        if token is None:
            return
        arrivals = [arrival for _, arrival in decision.frames]
        if self._promised is None:
            came = arrivals[0].surface.format
            self._promised = came if came in _PROMISED else "NV12"
        self._output.announce(self._caps(arrivals[0]))
        batch = BatchMeta(
            [arrival.frame for arrival in arrivals],
            max_frames=self._batch_size(),
            surfaces=Surfaces(
                [arrival.surface.convert(self._promised) for arrival in arrivals], token=token
            ),
        )
        flow = self._output.push(
            batch,
            pts_ns=max(arrival.running_time_ns for arrival in arrivals),
            duration_ns=arrivals[0].duration_ns,
        )
        if flow != Gst.FlowReturn.OK:
            self._end(flow)

    def _batch_size(self) -> int:
        return self.setting("batch-size") or len(self._sources)

    def _caps(self, first: _Arrival) -> str:
        numerator, denominator = self._framerate or (0, 1)
        return (
            f"video/x-raw(memory:NVMM), format=(string){self._promised}, "
            f"width=(int){self.setting('width')}, height=(int){self.setting('height')}, "
            f"framerate=(fraction){numerator}/{denominator}, pixel-aspect-ratio=(fraction)1/1, "
            f"interlace-mode=(string)progressive, "
            f"colorimetry=(string){colorimetry_text(first.surface.colorimetry)}, "
            f"batch-size=(int){self._batch_size()}, num-surfaces-per-frame=(int)1"
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

    def _tell_stream_eos(self, number: int) -> None:
        structure = Gst.Structure.new_empty("stream-eos")
        structure.set_value("stream-id", GObject.Value(GObject.TYPE_UINT, number))
        self.post_message(Gst.Message.new_element(self, structure))


def _pad_number(name: str | None) -> int | None:
    digits = (name or "").removeprefix("sink_")
    return int(digits) if digits.isdigit() else None


_QUEUED: dict[Gst.EventType, Callable[[Batcher[_Arrival], int], object]] = {
    Gst.EventType.STREAM_START: lambda batcher, pad: batcher.restart(pad),
    Gst.EventType.EOS: lambda batcher, pad: batcher.eos(pad),
    Gst.EventType.GAP: lambda batcher, pad: batcher.gap(pad, now_ns=time.monotonic_ns()),
    Gst.EventType.FLUSH_START: lambda batcher, pad: batcher.flush_start(pad),
    Gst.EventType.FLUSH_STOP: lambda batcher, pad: batcher.flush_stop(pad),
}
_FORWARDED = (
    Gst.EventType.CUSTOM_DOWNSTREAM,
    Gst.EventType.CUSTOM_DOWNSTREAM_OOB,
    Gst.EventType.CUSTOM_BOTH,
    Gst.EventType.CUSTOM_BOTH_OOB,
)
