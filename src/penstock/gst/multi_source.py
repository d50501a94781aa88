"""Base class of the bin around many sources and a mux, which come and go while it plays."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError, MissingExtraError, StreamError
from penstock.gst.callbacks import weak
from penstock.gst.carrier import batch_of
from penstock.gst.element import Element
from penstock.gst.gi import GObject, Gst
from penstock.gst.messages import post_error, post_warning
from penstock.gst.multi_source_entry import SourceEntry
from penstock.gst.rest_settings import RunTimeSettings
from penstock.gst.stream_clock import StreamClock
from penstock.gst.uri_source import reason_of
from penstock.meta import SensorInfo
from penstock.rest import Places, Setting, find

_CHANGE, _RESULT = Gst.StateChange, Gst.StateChangeReturn
_MAY_BE_LIVE = (_CHANGE.READY_TO_PAUSED, _CHANGE.PLAYING_TO_PAUSED)
_STOP_S = 30.0
_EOS = "drop-pipeline-eos"


class MultiUriSource(Element):
    """A mixin in front of `Gst.Bin`: sources that open URIs, a mux, and one pad `src` of batches.

    It is what `penstock.rest.Controlled` asks for. A source that fails or ends is taken out; what
    it says in failing becomes a warning. No thread waits for a source but the one that takes it
    out: the caller's, or one of this bin's own. The subclass has a property `drop-pipeline-eos`.

    Attributes:
        mux: The nvstreammux inside.
    """

    if TYPE_CHECKING:  # what Gst.Bin brings
        add: Any
        add_pad: Any
        get_pad_template: Any
        get_name: Any
        post_message: Any
        set_property: Any

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()  # guards what follows; messages come in it
        self._entries: tuple[SourceEntry, ...] = ()
        self._target = Gst.State.NULL
        self._places = Places()
        self._lost: SimpleQueue[SourceEntry | None] = SimpleQueue()
        self._reaper: threading.Thread | None = None
        self.mux = Gst.ElementFactory.make("nvstreammux")
        pad = Gst.GhostPad.new_no_target_from_template("src", self.get_pad_template("src"))
        if self.mux is None:
            self._deferred["mux"] = MissingExtraError("nvstreammux is not registered")
        else:
            self.add(self.mux)
            out = self.mux.get_static_pad("src")
            out.add_probe(
                Gst.PadProbeType.BUFFER, weak(self._name_sources, otherwise=Gst.PadProbeReturn.OK)
            )
            pad.set_target(out)
            self._run_time = RunTimeSettings(self.mux)
            self._clock = StreamClock(self.mux)
        self.add_pad(pad)

    # What a subclass says

    def initial_sources(self) -> list[SensorInfo]:
        """What to begin with; may raise."""
        raise NotImplementedError

    def most_sources(self) -> int:
        """How many may be there at a time."""
        raise NotImplementedError

    def numbered_by_sensor(self) -> bool:
        """Whether the first integer in a sensor id is the source's number."""
        return False

    def source_settings(self) -> dict[str, Any]:
        """Properties of every source that is made."""
        raise NotImplementedError

    def converts(self) -> bool:
        """Whether each source has an nvvideoconvert of its own."""
        return False

    # Sources in and out: penstock.rest.Controlled

    def add_stream(self, sensor: SensorInfo) -> None:
        """Begin with one more source; whether it works out shows later.

        Raises:
            StreamError: There are enough, or its id is taken.
        """
        with self._lock:
            entry = self._entered(sensor)
            for part in entry.parts:
                self.add(part)
        self.withhold_eos()
        self._say("stream-add", entry.sensor)
        self._bring(entry)

    def remove_stream(self, sensor: SensorInfo) -> None:
        """Stop with a source; returns when it is gone.

        Raises:
            StreamError: There is none of this id and URI.
        """
        found = find(sensor, self.streams())
        entry = self._entry_of(found.source_id)
        if entry is None or not self._take_out(entry):
            raise StreamError(f"camera_id {sensor.sensor_id!r} is being removed already")

    def streams(self) -> list[SensorInfo]:
        """The sources that are there, newest first."""
        return [entry.sensor for entry in reversed(self._entries) if not entry.is_dead]

    def state(self) -> str:
        """The bin's state in words."""
        return str(self.current_state.value_nick)

    def apply(self, setting: Setting) -> None:
        """Change how something works.

        Raises:
            StreamError: There is nothing that could do so.
        """
        if setting.token == "QUIT":
            self._quit(force=setting.values["app_quit"])
            return
        entry = self._entry_of(setting.source_id)
        if setting.source_id is not None and entry is None:
            raise StreamError(f"there is no source {setting.source_id}")
        self._run_time.apply(setting, source=() if entry is None else entry.parts)

    def _quit(self, *, force: bool) -> None:
        self.set_property(_EOS, False)
        if force:
            said = Gst.Structure.new_empty("force-pipeline-eos")
            said.set_value("force_eos", True)
            self.post_message(Gst.Message.new_element(self, said))

    def _entered(self, sensor: SensorInfo) -> SourceEntry:
        number = self._number_for(sensor)
        source = _made("nvurisrcbin")
        settings = self.source_settings() | {"uri": sensor.uri, "source-id": number}
        for name, value in settings.items():
            source.set_property(name, value)
        convert = _made("nvvideoconvert") if self.converts() else None
        named = replace(sensor, source_id=number)
        on_pad = weak(self._on_pad, otherwise=None)
        now_ns = self._clock.now_ns
        entry = SourceEntry(named, source, convert=convert, joins_ns=now_ns, on_pad=on_pad)
        self._entries = (*self._entries, entry)
        return entry

    def _number_for(self, sensor: SensorInfo) -> int:
        there, most = [entry.sensor for entry in self._entries], self.most_sources()
        number = self._places.take(sensor, there=there, most=most)
        if not self.numbered_by_sensor():
            return number
        digits = re.search(r"[0-9]{1,9}", sensor.sensor_id)
        number = int(digits[0]) if digits else -1
        if not 0 <= number < most or any(one.source_id == number for one in there):
            raise StreamError(
                f"camera_id {sensor.sensor_id!r}: with sensorID-padID-mapping its first number "
                f"must be a free one from 0 to {most - 1}"
            )
        return number

    def _bring(self, entry: SourceEntry) -> Gst.StateChangeReturn:
        result = entry.bring_to(lambda: self._target)
        if result == _RESULT.FAILURE:
            self._lose(entry, "it cannot be started")
        return result

    def _lose(self, entry: SourceEntry, reason: str) -> None:
        """Have a source that failed taken out; only its first reason counts."""
        with self._lock:
            is_news, entry.is_lost = not (entry.is_lost or entry.is_dead), True
        if is_news:
            sensor = entry.sensor
            named = f"source {sensor.source_id} ({sensor.sensor_id})"
            post_warning(self, f"{named} is taken out: {reason}")
            self._lost.put(entry)

    def _on_pad(self, _source: Gst.Element, pad: Gst.Pad, entry: SourceEntry) -> None:
        with self._lock:
            if pad.get_name().startswith("vsrc") and not entry.is_dead:
                entry.link(pad, self.mux)
        self.withhold_eos()

    def _take_out(self, entry: SourceEntry, *, tells: bool = True) -> bool:
        with self._lock:
            if entry.is_dead:
                return False
            entry.is_dead = True
        self.withhold_eos()
        entry.stop()
        entry.leave(self, self.mux)
        with self._lock:
            self._entries = tuple(other for other in self._entries if other is not entry)
        if tells:
            self._say("stream-remove", entry.sensor)
        return True

    def withhold_eos(self) -> None:
        """The mux may think that all have ended while one has not yet begun."""
        with self._lock:
            there = (entry for entry in self._entries if not entry.is_dead)
            beginning = any(entry.sink is None for entry in there)
            self.mux.set_property(_EOS, self.setting(_EOS) or beginning)

    def _reap(self) -> None:
        """Take out what was lost: a streaming thread cannot stop its own source."""
        while (entry := self._lost.get()) is not None:
            self._take_out_safely(entry)

    def _take_out_safely(self, entry: SourceEntry) -> None:
        try:
            self._take_out(entry)
        except Exception as error:  # or no other source would be taken out any more
            post_error(self, error)

    # States

    def ready(self) -> None:
        """Make the first sources."""
        self._reaper = threading.Thread(
            target=self._reap, name=f"{self.get_name()}-sources", daemon=True
        )
        self._reaper.start()
        self._clock.now_ns = 0
        try:
            for sensor in self.initial_sources():
                self.add_stream(sensor)
        except StreamError as error:
            raise ConfigError(f"uri-list: {error}") from None

    def unready(self) -> None:
        """Called on READY to NULL, and where NULL to READY fails: takes all sources out."""
        reaper, self._reaper = self._reaper, None
        if reaper is not None:
            self._lost.put(None)
            reaper.join(_STOP_S)
        for entry in self._entries:
            self._take_out(entry, tells=False)
        self._lost = SimpleQueue()
        self._places = Places()

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GStreamer changes the state: the mux first, so that no source waits in it."""
        if transition == _CHANGE.READY_TO_NULL:
            self.unready()
        result = super().do_change_state(transition)
        if result == _RESULT.FAILURE:
            if transition == _CHANGE.NULL_TO_READY:
                self.unready()
            return result
        self._target = Gst.State(int(transition) & 7)  # the state that it leads to
        results = [self._bring(entry) for entry in self._entries]
        if transition in _MAY_BE_LIVE and _RESULT.NO_PREROLL in results:
            return _RESULT.NO_PREROLL
        # For a child whose state is locked, the bin repeats what it answered last time.
        return _RESULT.SUCCESS if result == _RESULT.NO_PREROLL else result

    # Messages and batches

    def do_handle_message(self, message: Gst.Message) -> None:
        """A child said something: what concerns one source only does not end the pipeline."""
        entry = next((one for one in self._entries if one.owns(message.src)), None)
        if entry is not None and message.type == Gst.MessageType.ERROR:
            self._lose(entry, reason_of(message))
            return
        if entry is not None and entry.is_dead and message.type == Gst.MessageType.WARNING:
            return
        Gst.Bin.do_handle_message(self, message)
        if message.type == Gst.MessageType.ELEMENT and message.src == self.mux:
            self._note_end(message.get_structure())

    def _note_end(self, said: Gst.Structure) -> None:
        if said.has_name("stream-eos"):
            ended = self._entry_of(said.get_uint("stream-id")[1])
            if ended is not None:
                self._lost.put(ended)

    def _entry_of(self, number: int | None) -> SourceEntry | None:
        there = (one for one in self._entries if not one.is_dead)
        return next((one for one in there if one.sensor.source_id == number), None)

    def _say(self, name: str, sensor: SensorInfo) -> None:
        said = Gst.Structure.new_empty(name)
        said.set_value("source-id", GObject.Value(GObject.TYPE_UINT, sensor.source_id))
        said.set_value("sensor-id", sensor.sensor_id)
        said.set_value("sensor-name", sensor.sensor_name)
        said.set_value("uri", sensor.uri)
        self.post_message(Gst.Message.new_element(self, said))

    def _name_sources(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        if batch is not None:
            sensors = {entry.sensor.source_id: entry.sensor for entry in self._entries}
            for frame in batch.frames:
                frame.sensor = sensors.get(frame.source_id)
        return Gst.PadProbeReturn.OK


def _made(factory: str) -> Gst.Element:
    element = Gst.ElementFactory.make(factory)
    if element is None:
        raise MissingExtraError(f"{factory} is not registered")
    return element
