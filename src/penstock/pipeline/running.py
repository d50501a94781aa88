"""Run a pipeline to its end, whatever happens on the way."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from penstock.errors import StreamError
from penstock.gst import Gst
from penstock.pipeline.sources import SourceBin

_TICK_NS = 100_000_000
_PATIENCE_S = 20.0
_HEARD = (
    Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING | Gst.MessageType.LATENCY
)


class Run:
    """The loop of one pipeline.

    A source that fails is closed and counted while the others go on; any other error ends the run.
    Ctrl-C ends the streams properly, so that files stay playable; a second one stops at once.

    Args:
        pipeline: In state NULL.
        sources: Its sources and, for each, the mux pad it feeds.
        on_tick: Called about ten times a second in the calling thread.
        on_warning: Called with each warning's text.
    """

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        *,
        sources: Sequence[tuple[SourceBin, Gst.Pad]] = (),
        on_tick: Callable[[], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.pipeline = pipeline
        self._sources = sources
        self._on_tick = on_tick or (lambda: None)
        self._on_warning = on_warning or (lambda text: print(text, file=sys.stderr))  # noqa: T201
        self._stops = 0

    def run(self) -> None:
        """Play until the end.

        Raises:
            StreamError: The pipeline failed; names the element and what it said.
            KeyboardInterrupt: Ctrl-C was pressed twice.
        """
        previous = self._listen()
        try:
            if self.pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
                raise StreamError(self._first_error())
            self._loop()
        finally:
            self.pipeline.set_state(Gst.State.NULL)
            if previous is not None:
                signal.signal(signal.SIGINT, previous)

    def stop(self) -> None:
        """End every stream; `run` returns when what is on its way has arrived."""
        for _, pad in self._sources:
            pad.send_event(Gst.Event.new_eos())

    def _listen(self) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return None
        return signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1
        if self._stops > 1:
            raise KeyboardInterrupt

    def _loop(self) -> None:
        bus, stopping, waited = self.pipeline.get_bus(), False, 0.0
        while True:
            message = bus.timed_pop_filtered(_TICK_NS, _HEARD)
            self._on_tick()
            if message is not None and self._handle(message):
                return
            if self._stops and not stopping:
                stopping = True
                self.stop()
            if stopping and message is None:
                waited += _TICK_NS / 1e9
                if waited > _PATIENCE_S:
                    raise StreamError(f"the streams did not end within {_PATIENCE_S:.0f} s")

    def _handle(self, message: Gst.Message) -> bool:
        """Return whether the run is over."""
        if message.type == Gst.MessageType.EOS:
            return True
        if message.type == Gst.MessageType.LATENCY:
            self.pipeline.recalculate_latency()
        elif message.type == Gst.MessageType.WARNING:
            self._on_warning(_text(message, message.parse_warning()[0].message))
        elif message.type == Gst.MessageType.ERROR:
            text = _text(message, message.parse_error()[0].message)
            source = self._source_of(message.src)
            if source is None:
                raise StreamError(text)
            self._close(*source, text=text)
        return False

    def _source_of(self, element: Gst.Object | None) -> tuple[SourceBin, Gst.Pad] | None:
        for source, pad in self._sources:
            if element is not None and (
                element == source.bin or element.has_as_ancestor(source.bin)
            ):
                return source, pad
        return None

    def _close(self, source: SourceBin, pad: Gst.Pad, *, text: str) -> None:
        """End one source; the others go on."""
        if source.failure is not None:
            return
        source.failure = text
        self._on_warning(f"source {source.index} ({source.name}) failed: {text}")
        pad.send_event(Gst.Event.new_eos())
        source.bin.set_locked_state(True)
        source.bin.set_state(Gst.State.NULL)

    def _first_error(self) -> str:
        message = self.pipeline.get_bus().timed_pop_filtered(0, Gst.MessageType.ERROR)
        if message is None:
            return f"{self.pipeline.get_name()} could not be started"
        return _text(message, message.parse_error()[0].message)


def _text(message: Gst.Message, said: str) -> str:
    """What was said, with the element's name where it does not say it itself."""
    name = message.src.get_name() if message.src is not None else "pipeline"
    return said if said.startswith(f"{name}:") else f"{name}: {said}"
