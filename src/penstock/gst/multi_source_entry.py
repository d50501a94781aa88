"""One of the sources of a bin that has many, between its first and its last moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from penstock.gst.gi import Gst
from penstock.meta import SensorInfo


class SourceEntry:
    """A source, and what leads from it to the mux.

    Its state is its own: a source that fails to start must not fail the bin around it.

    Args:
        sensor: What it is.
        source: An nvurisrcbin, not yet in a bin.
        convert: Turns and crops its pictures, where that is wanted.
        joins_ns: The mux's running time.
        on_pad: Called with the source, a new pad of it, and this object; on a streaming thread.

    Attributes:
        sensor: As given.
        parts: Its elements.
        sink: Its pad of the mux, once it has pictures.
        is_lost: Whether it has failed.
        is_dead: Whether it is being taken out: what it says does not count any more.
    """

    def __init__(
        self,
        sensor: SensorInfo,
        source: Gst.Element,
        *,
        convert: Gst.Element | None,
        joins_ns: int,
        on_pad: Callable[[Gst.Element, Gst.Pad, SourceEntry], None],
    ) -> None:
        self.sensor, self.source, self.convert = sensor, source, convert
        self.parts = (source,) if convert is None else (source, convert)
        self.sink: Gst.Pad | None = None
        self.is_lost = self.is_dead = False
        self._joins_ns = joins_ns
        self._state_lock = threading.Lock()
        source.connect("pad-added", on_pad, self)
        for part in self.parts:
            part.set_locked_state(True)
        source.set_property("async-handling", True)

    def owns(self, thing: Gst.Object | None) -> bool:
        """Whether an element or pad is part of it."""
        return thing is not None and any(
            thing == part or thing.has_as_ancestor(part) for part in self.parts
        )

    def bring_to(self, wanted: Callable[[], Gst.State]) -> Gst.StateChangeReturn:
        """Bring it to the state that is wanted when its turn comes; not once it is dead."""
        result = Gst.StateChangeReturn.SUCCESS
        with self._state_lock:
            if not self.is_dead:
                for part in reversed(self.parts):
                    result = part.set_state(wanted())
        return result

    def link(self, pad: Gst.Pad, mux: Gst.Element) -> None:
        """Lead its pictures into the mux."""
        if self.sink is None:
            self.sink = mux.request_pad_simple(f"sink_{self.sensor.source_id}")
            query = Gst.Query.new_latency()
            is_live = pad.query(query) and query.parse_latency()[0]
            self.sink.set_offset(0 if is_live else self._joins_ns)  # a file's own time begins at 0
            self.sink.add_probe(Gst.PadProbeType.EVENT_FLUSH, _begin_with_the_others)
            if self.convert is not None:
                self.convert.get_static_pad("src").link(self.sink)
        entrance = self.sink if self.convert is None else self.convert.get_static_pad("sink")
        if not entrance.is_linked():
            pad.link(entrance)

    def stop(self) -> None:
        """Stop it; waits for its streaming threads, so never call it on one of these."""
        if self.sink is not None:
            self.sink.send_event(Gst.Event.new_flush_start())  # wakes a thread waiting in the mux
        with self._state_lock:
            for part in reversed(self.parts):
                part.set_state(Gst.State.NULL)

    def leave(self, bin_: Gst.Bin, mux: Gst.Element) -> None:
        """Give its pad and its elements back, once it has stopped."""
        sink, self.sink = self.sink, None
        if sink is None:  # it never began, but may have been the last: the mux is to hear of it
            sink = mux.request_pad_simple(f"sink_{self.sensor.source_id}")
        else:
            peer = sink.get_peer()
            if peer is not None:
                peer.unlink(sink)
        mux.release_request_pad(sink)
        for part in self.parts:
            bin_.remove(part)


def _begin_with_the_others(sink: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """After a seek every source's time begins at 0."""
    if info.get_event().type == Gst.EventType.FLUSH_STOP:
        sink.set_offset(0)
    return Gst.PadProbeReturn.OK
