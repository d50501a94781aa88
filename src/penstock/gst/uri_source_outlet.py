"""A pad of a source bin that outlives the connections behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.gst import native
from penstock.gst.gi import Gst
from penstock.gst.uri_source_timeline import Timeline

if TYPE_CHECKING:
    from penstock.gst.uri_source_connection import Connection

_OK, _DROP = Gst.PadProbeReturn.OK, Gst.PadProbeReturn.DROP
_NO_TIME = int(Gst.CLOCK_TIME_NONE)
_WATCHED = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM
_OF_THE_FIRST = (Gst.EventType.STREAM_START, Gst.EventType.SEGMENT)


class Outlet:
    """One way out: whatever connection is behind it, one stream with rising times leaves.

    Args:
        pad: The bin's own pad.
        timeline: Common to the pads of a source; None where a single connection passes unchanged.
        now_ns: The pipeline's running time, for a camera; None for a file.
        on_frame: Called with this object and the connection, for each frame; on a streaming thread.
        on_end: Called with the connection that has nothing more for this pad.
    """

    def __init__(
        self,
        pad: Gst.GhostPad,
        *,
        timeline: Timeline | None,
        now_ns: Callable[[], int] | None,
        on_frame: Callable[[Outlet, Connection], None],
        on_end: Callable[[Connection], None],
    ) -> None:
        self.pad = pad
        self._timeline, self._now_ns = timeline, now_ns
        self._on_frame, self._on_end = on_frame, on_end
        self._inner = Gst.Segment()
        self._sent: set[Gst.EventType] = set()

    def attach(self, pad: Gst.Pad, connection: Connection) -> None:
        """Let a connection's decoded pad feed this one."""
        pad.add_probe(_WATCHED, self._on_data, connection)
        self.pad.set_target(pad)

    def end(self) -> None:
        """Say that nothing will come any more."""
        self.pad.set_target(None)
        self.pad.push_event(Gst.Event.new_eos())

    def _on_data(
        self, pad: Gst.Pad, info: Gst.PadProbeInfo, connection: Connection
    ) -> Gst.PadProbeReturn:
        if connection.is_dead:
            return _DROP
        if info.type & Gst.PadProbeType.BUFFER:
            self._on_frame(self, connection)
            if self._timeline is not None:
                self._place(info.get_buffer(), self._timeline)
            return _OK
        event = info.get_event()
        if event.type == Gst.EventType.EOS:
            connection.open_pads.discard(pad.get_name())
            self._on_end(connection)
        return _OK if self._timeline is None else self._joined(event)

    def _joined(self, event: Gst.Event) -> Gst.PadProbeReturn:
        """Connections are joined: what says where one begins or ends stays here."""
        if event.type == Gst.EventType.SEGMENT:
            self._inner = event.parse_segment().copy()
        if event.type in _OF_THE_FIRST:
            if event.type not in self._sent:
                self._sent.add(event.type)
                if event.type == Gst.EventType.SEGMENT:
                    endless = Gst.Segment()
                    endless.init(Gst.Format.TIME)
                    event = Gst.Event.new_segment(endless)
                self.pad.push_event(event)
            return _DROP
        return _DROP if event.type in (Gst.EventType.EOS, Gst.EventType.GAP) else _OK

    def _place(self, buffer: Gst.Buffer, timeline: Timeline) -> None:
        # A decoded buffer is nobody else's yet; Python cannot be its only owner, C writes.
        fields = native.BufferFields.from_address(hash(buffer))
        if fields.pts == _NO_TIME:
            return
        time_ns = int(fields.pts)
        if self._now_ns is None:
            inner = self._inner.to_running_time(Gst.Format.TIME, time_ns)
            time_ns = time_ns if inner == _NO_TIME else int(inner)
        duration_ns = 0 if fields.duration == _NO_TIME else int(fields.duration)
        fields.pts = timeline.place(time_ns, duration_ns=duration_ns, now_ns=self._now_ns)
        fields.dts = _NO_TIME
