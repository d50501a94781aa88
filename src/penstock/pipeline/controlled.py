"""A run whose sources come and go, by Python or by REST."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from penstock.errors import StreamError
from penstock.gst import Gst, Login, RunTimeSettings, StreamClock
from penstock.meta import SensorInfo
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin, uri_of
from penstock.rest import Places, Setting, find

T = TypeVar("T")
_ANSWER_S = 30.0


class ControlledRun(Run):
    """Goes on, with or without sources, until it is stopped.

    `add_source` and `remove_source` may be called from any thread. It is what
    `penstock.rest.Controlled` asks for.

    Args:
        pipeline: In state NULL, with an nvstreammux named `mux`.
        sources: What it begins with.
        places: How many sources may be there at a time.
        frames: Stop each source that is added after so many frames.
        tls_ca: PEM file of the certificates that an added camera's must come from.
        on_tick: As of `Run`.
        on_warning: As of `Run`.
    """

    ends_with_sources = False

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        *,
        sources: Sequence[SourceBin],
        places: int,
        frames: int | None = None,
        tls_ca: Path | None = None,
        on_tick: Callable[[], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        tick = on_tick or (lambda: None)

        def work() -> None:
            self._obey()
            tick()

        super().__init__(pipeline, sources=sources, on_tick=work, on_warning=on_warning)
        self._most, self._frames, self._tls_ca = places, frames, tls_ca
        self._mux = pipeline.get_by_name("mux")
        self._run_time = RunTimeSettings(self._mux)
        self._thread = threading.get_ident()
        self._clock = StreamClock(self._mux)
        self._orders: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self._is_over = False
        self._places = Places()
        self._there: dict[int, SensorInfo] = {}
        self._failures: dict[int, str] = {}
        for source in sources:
            name = Login.of(source.name).url
            taken = [sensor.sensor_id for sensor in self._there.values()]
            sensor_id = f"{name}#{source.index}" if name in taken else name
            self._enter(SensorInfo(-1, sensor_id, "", name))

    # From any thread

    def add_source(self, source: str, *, sensor_id: str | None = None, name: str = "") -> int:
        """Begin with one more source; whether it works out shows later.

        Args:
            source: A path, a device or a URI.
            sensor_id: What it is called from now on; else as `source`, without credentials.
            name: For people.

        Returns:
            Its number, `source_id` in the metadata.

        Raises:
            ConfigError: It names nothing that could be read.
            StreamError: Its id is taken, there is no place left, or the run is over.
        """
        uri, shown = uri_of(source), Login.of(source).url
        sensor = SensorInfo(-1, sensor_id or shown, name, shown)
        return self._in_loop(lambda: self._add(sensor, uri))

    def remove_source(self, sensor_id: str) -> None:
        """Stop with a source.

        Raises:
            StreamError: There is none of that id, or the run is over.
        """
        self._in_loop(lambda: self._remove(sensor_id))

    @property
    def failures(self) -> dict[int, str]:
        """Number of a source → why it did not end as it should, also of those that are gone."""
        return self._failures | super().failures

    def quit(self) -> None:
        """End every stream, and the run with them."""
        self._stops = self._stops or 1

    # penstock.rest.Controlled

    def add_stream(self, sensor: SensorInfo) -> None:
        """`add_source`, as REST says it."""
        self.add_source(sensor.uri, sensor_id=sensor.sensor_id, name=sensor.sensor_name)

    def remove_stream(self, sensor: SensorInfo) -> None:
        """`remove_source`, as REST says it: with the same URI."""
        shown = SensorInfo(-1, sensor.sensor_id, "", Login.of(sensor.uri).url)
        self.remove_source(find(shown, self.streams()).sensor_id)

    def streams(self) -> Sequence[SensorInfo]:
        """The sources that are there, newest first."""
        return list(self._there.copy().values())[::-1]

    def state(self) -> str:
        """The pipeline's state in words."""
        return str(self.pipeline.get_state(0)[1].value_nick)

    def apply(self, setting: Setting) -> None:
        """Change how something works.

        Raises:
            StreamError: There is nothing that could do so.
        """
        if setting.token == "QUIT":
            if setting.values["app_quit"]:
                self.quit()
            return
        source = next((one for one in list(self._open) if one.index == setting.source_id), None)
        if setting.source_id is not None and source is None:
            raise StreamError(f"there is no source {setting.source_id}")
        self._run_time.apply(setting, source=() if source is None else (source.bin,))

    # In the loop's thread

    def run(self) -> None:
        """Play until it is stopped; raises as `Run.run`."""
        try:
            super().run()
        finally:
            self._is_over = True
            self._obey()

    def stop(self) -> None:
        """End every stream; the pipeline ends with the last."""
        self._mux.set_property("drop-pipeline-eos", False)
        super().stop()

    def _in_loop(self, function: Callable[[], T]) -> T:
        if threading.get_ident() == self._thread and not self._is_over:
            return function()
        future: Future[T] = Future()
        self._orders.put((function, future))
        if self._is_over:
            self._obey()
        try:
            return future.result(_ANSWER_S)
        except FutureTimeoutError:
            if not future.cancel():  # it is being done just now
                return future.result()
            raise StreamError(f"the run did not answer within {_ANSWER_S:.0f} s") from None

    def _obey(self) -> None:
        while True:
            try:
                function, future = self._orders.get_nowait()
            except Empty:
                return
            if not future.set_running_or_notify_cancel():
                continue  # whoever asked was told that it did not happen
            try:
                if self._is_over or self._stops:
                    raise StreamError("the run is over")
                future.set_result(function())
            except Exception as error:  # whoever asked hears of it, and the others' sources play on
                future.set_exception(error)

    def _enter(self, sensor: SensorInfo) -> int:
        number = self._places.take(sensor, there=list(self._there.values()), most=self._most)
        self._there[number] = SensorInfo(number, sensor.sensor_id, sensor.sensor_name, sensor.uri)
        return number

    def _add(self, sensor: SensorInfo, uri: str) -> int:
        number = self._enter(sensor)
        source = SourceBin(
            number,
            name=sensor.sensor_id,
            uri=uri,
            frames=self._frames,
            tls_ca=self._tls_ca,
        )
        self._sources.append(source)
        self._open.append(source)
        self.pipeline.add(source.bin)
        pad = self._mux.request_pad_simple(f"sink_{number}")
        if not source.is_live:
            pad.set_offset(self._clock.now_ns)  # its own time begins at 0
        source.pad.link(pad)
        self._do_aside(source.start)
        return number

    def _remove(self, sensor_id: str) -> None:
        there = list(self._there.values())
        number = next((one.source_id for one in there if one.sensor_id == sensor_id), None)
        source = next((one for one in self._open if one.index == number), None)
        if source is None:
            raise StreamError(f"no source has the id {sensor_id!r}")
        self._go(source)

    def _go(self, source: SourceBin) -> None:
        self._open.remove(source)
        self._do_aside(lambda: self._close(source))

    def _close(self, source: SourceBin) -> None:
        """Stop it, give its pad back, and forget it."""
        pad = source.pad.get_peer()
        if pad is not None:
            pad.send_event(Gst.Event.new_flush_start())  # wakes a thread that waits in the mux
        super()._close(source)
        if pad is not None:
            self._mux.release_request_pad(pad)
        if source.failure is not None:
            self._failures[source.index] = source.failure
        self._sources.remove(source)
        if source in self._failed:
            self._failed.remove(source)
        del self._there[source.index]

    def _forget(self, source: SourceBin) -> None:
        super()._forget(source)
        del self._there[source.index]

    def _handle(self, message: Gst.Message) -> bool:
        said = message.get_structure()
        if message.type == Gst.MessageType.ELEMENT and said.has_name("stream-eos"):
            number = said.get_uint("stream-id")[1]
            ended = [one for one in self._open if one.index == number]
            for source in ended:
                self._go(source)
        return super()._handle(message)
