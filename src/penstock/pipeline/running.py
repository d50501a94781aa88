"""Run a pipeline to its end, whatever happens on the way."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType

from penstock.errors import StreamError
from penstock.gst import Gst
from penstock.pipeline.sources import SourceBin

_TICK_NS = 100_000_000
_PATIENCE_S = 60.0
_DRAIN_S, _FIND_S = 5.0, 1.0
_QUIET_S = 10.0
_HEARD = (
    Gst.MessageType.EOS
    | Gst.MessageType.ERROR
    | Gst.MessageType.WARNING
    | Gst.MessageType.LATENCY
    | Gst.MessageType.ELEMENT
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Run:
    """The loop of one pipeline.

    A source that fails ends after what it had read, and the others go on; any other error ends
    the run. Ctrl-C and SIGTERM end the streams properly, so that files stay playable; a second one
    stops at once.

    Args:
        pipeline: In state NULL.
        sources: Its sources, in the pipeline, linked to request pads of the mux. Without them,
            any error ends the run.
        on_tick: Called about ten times a second in the calling thread; may raise to end the run.
            After a `BrokenPipeError`, where nobody reads any more, the streams end properly.
        on_warning: Called with each warning's text.
    """

    ends_with_sources = True

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        *,
        sources: Sequence[SourceBin] = (),
        on_tick: Callable[[], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.pipeline = pipeline
        self._sources = list(sources)
        self._open = list(sources)
        self._failed: list[SourceBin] = []
        self._aside: list[threading.Thread] = []
        self._on_tick = on_tick or (lambda: None)
        self._on_warning = on_warning or (lambda text: print(text, file=sys.stderr))  # noqa: T201
        self._stops = 0
        self._unread: BrokenPipeError | None = None

    def run(self) -> None:
        """Play until the end.

        Raises:
            StreamError: The pipeline failed; names the element and what it said.
            KeyboardInterrupt: Ctrl-C was pressed twice.
            BrokenPipeError: `on_tick` raised it.
        """
        with self._stopped_by_signals():
            try:
                if self._start():
                    self._loop()
            finally:
                for source in self._all():
                    source.give_up()
                self.pipeline.set_state(Gst.State.NULL)
                for thread in self._aside:
                    thread.join(_DRAIN_S)
        if self._unread is not None:
            raise self._unread

    @property
    def failures(self) -> dict[int, str]:
        """Number of a source → why it did not end as it should."""
        return {one.index: one.failure for one in self._all() if one.failure is not None}

    def _all(self) -> list[SourceBin]:
        """A copy: whoever goes through the list while one is taken out of it misses another."""
        return list(self._sources)

    def stop(self) -> None:
        """End every stream; `run` returns when what is on its way has arrived."""
        for source in list(self._open):
            self._do_aside(source.end)
        if not self._sources:
            self._do_aside(partial(self.pipeline.send_event, Gst.Event.new_eos()))

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._interrupt) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1
        if self._stops > 1:
            raise KeyboardInterrupt

    def _start(self) -> bool:
        """Start without the sources that cannot even be opened; false if none is left."""
        had_sources = bool(self._open)
        while self.pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
            text, source = self._first_error()
            if source is None:
                raise StreamError(text)
            self._note(source, text)
            self.pipeline.set_state(Gst.State.NULL)
            self._forget(source)
            if had_sources and not self._open and self.ends_with_sources:
                return False
        return True

    def _first_error(self) -> tuple[str, SourceBin | None]:
        message = self.pipeline.get_bus().timed_pop_filtered(0, Gst.MessageType.ERROR)
        if message is None:
            return f"{self.pipeline.get_name()} could not be started", None
        return _text(message, *message.parse_error()), self._source_of(message.src)

    def _loop(self) -> None:
        bus, stopping_since = self.pipeline.get_bus(), 0.0
        quiet = _Quiet(self._open)
        while True:
            message = bus.timed_pop_filtered(_TICK_NS, _HEARD)
            self._tick()
            if message is not None and self._handle(message):
                return
            self._fail_speechless()
            self._close_drained()
            self._go_on_starting()
            for text in quiet.news():
                self._on_warning(text)
            if self._stops and not stopping_since:
                if not self._plays_on():
                    return  # nothing has come that could be ended
                stopping_since = time.monotonic()
                self.stop()
            if stopping_since and time.monotonic() - stopping_since > _PATIENCE_S:
                raise StreamError(f"the streams did not end within {_PATIENCE_S:.0f} s")

    def _tick(self) -> None:
        try:
            self._on_tick()
        except BrokenPipeError as error:
            self._unread, self._stops = error, self._stops or 1

    def _plays_on(self) -> bool:
        """Whether it plays; one that was paused has to, so that its streams come to their end."""
        result, state, wanted = self.pipeline.get_state(0)
        was_paused = state == Gst.State.PAUSED and wanted != Gst.State.PLAYING
        if was_paused and result != Gst.StateChangeReturn.FAILURE:
            self.pipeline.set_state(Gst.State.PLAYING)
            return True
        return bool(state == Gst.State.PLAYING)

    def _handle(self, message: Gst.Message) -> bool:
        """Return whether the run is over."""
        if message.type == Gst.MessageType.EOS:
            return True
        if message.type == Gst.MessageType.LATENCY:
            self.pipeline.recalculate_latency()
        elif message.type == Gst.MessageType.WARNING:
            self._on_warning(self._told_by(message, *message.parse_warning()))
        elif message.type == Gst.MessageType.ERROR:
            self._handle_error(message)
        return False

    def _handle_error(self, message: Gst.Message) -> None:
        text, source = _text(message, *message.parse_error()), self._source_of(message.src)
        if source is not None:
            self._fail(source, text)
        elif message.src == self.pipeline or message.src.has_as_ancestor(self.pipeline):
            raise StreamError(text)
        # else: the last words of an element of a source that was taken out

    def _told_by(self, message: Gst.Message, error: Gst.GError, debug: str | None) -> str:
        source = self._source_of(message.src)
        text = _text(message, error, debug)
        return text if source is None else f"{source}: {text}"

    def _source_of(self, element: Gst.Object | None) -> SourceBin | None:
        for source in self._all():
            if element is not None and (
                element == source.bin or element.has_as_ancestor(source.bin)
            ):
                return source
        return None

    def _fail(self, source: SourceBin, text: str) -> None:
        if source in self._failed:
            return
        self._note(source, text)
        source.bin.set_locked_state(True)

    def _note(self, source: SourceBin, text: str) -> None:
        self._failed.append(source)
        source.fail(text)
        self._on_warning(f"{source} failed: {text}")

    def _fail_speechless(self) -> None:
        """Give up sources whose reader gave up; if it said why, that was heard long ago."""
        for source in self._open:
            if source not in self._failed and source.gave_up_s() > _DRAIN_S:
                self._fail(source, "reading stopped before any video was found: it is damaged")
        left = [s for s in self._open if s not in self._failed and not s.ended]
        if self.ends_with_sources and all(source.is_hopeless for source in left):
            for source in left:  # a camera may come back, but nothing else is left to do
                self._fail(source, source.last_error)

    def _close_drained(self) -> None:
        """Take out failed sources once what they had read has gone downstream."""
        for source in list(self._failed):
            patience_s = _DRAIN_S if source.has_video else _FIND_S
            if source in self._open and (source.ended or source.silent_s > patience_s):
                self._open.remove(source)
                self._do_aside(partial(self._close, source))

    def _close(self, source: SourceBin) -> None:
        """Take a source out of the pipeline; may wait for its streaming thread."""
        source.close()

    def _go_on_starting(self) -> None:
        """A source's error, a moment after it is heard, stops the pipeline's way to PLAYING."""
        if self._failed and self.pipeline.get_state(0)[0] == Gst.StateChangeReturn.FAILURE:
            self.pipeline.set_state(Gst.State.PLAYING)

    def _do_aside(self, function: Callable[[], None]) -> None:
        """Do what may wait for a streaming thread, without waiting for it here."""
        thread = threading.Thread(target=function, daemon=True)
        self._aside = [*(other for other in self._aside if other.is_alive()), thread]
        thread.start()

    def _forget(self, source: SourceBin) -> None:
        """Take a source out of a pipeline in state NULL, and its pad out of the mux."""
        self._open.remove(source)
        pad = source.pad.get_peer()
        self.pipeline.remove(source.bin)
        if pad is not None:
            pad.get_parent_element().release_request_pad(pad)


class _Quiet:
    """Says which sources have not given a single frame for long."""

    def __init__(self, sources: Sequence[SourceBin]) -> None:
        self._since = time.monotonic()
        self._waited_for = list(sources)

    def news(self) -> Iterator[str]:
        """One sentence for each of them, once."""
        if not self._waited_for or time.monotonic() - self._since < _QUIET_S:
            return
        for source in self._waited_for:
            if not (source.frames or source.ended or source.failure):
                yield f"{source} has given no frame for {_QUIET_S:.0f} s; still waiting"
        self._waited_for = []


def _text(message: Gst.Message, error: Gst.GError, debug: str | None) -> str:
    """What was said, with the element's name and the reason where it does not say them itself."""
    name = message.src.get_name() if message.src is not None else "pipeline"
    said = str(error.message)
    if said.startswith(f"{name}:"):
        return said
    _, _, reason = (debug or "").partition("\n")
    reason = reason.strip().splitlines()[-1] if reason.strip() else ""
    return f"{name}: {said} ({reason})" if reason and reason not in said else f"{name}: {said}"
