"""A pad of a source bin that outlives the connections behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.gst import native
from penstock.gst.callbacks import weak
from penstock.gst.gi import Gst
from penstock.gst.uri_source_timeline import Timeline

if TYPE_CHECKING:
    from penstock.gst.uri_source_connection import Connection

_OK, _DROP = Gst.PadProbeReturn.OK, Gst.PadProbeReturn.DROP
_NO_TIME = int(Gst.CLOCK_TIME_NONE)
_DOWNSTREAM = Gst.PadProbeType.EVENT_DOWNSTREAM
_BY_CONNECTION = (Gst.EventType.EOS, Gst.EventType.GAP)


class Outlet:
    """One way out: whatever connection is behind it, one stream with rising times leaves.

    Args:
        around: The source bin.
        name: Of its pad, `"vsrc"` for `vsrc_0` of the template `vsrc_%u`.
        timeline: Common to the pads of a source; None where a single connection passes unchanged.
        now_ns: The pipeline's running time, for a camera; None for a file.
        on_frame: Called with this object and the connection, for each frame; on a streaming thread.
        on_end: Called with the connection that has nothing more for this pad.

    Attributes:
        joint: The element of the bin to which connections are linked.
        pad: The bin's pad; not yet added.
    """

    def __init__(
        self,
        around: Gst.Bin,
        name: str,
        *,
        timeline: Timeline | None,
        now_ns: Callable[[], int] | None,
        on_frame: Callable[[Outlet, Connection], bool],
        on_end: Callable[[Connection], None],
    ) -> None:
        self._timeline, self._now_ns = timeline, now_ns
        self._on_frame, self._on_end = on_frame, on_end
        self._inner = Gst.Segment()
        self._begun: set[Gst.EventType] = set()
        self.joint = Gst.ElementFactory.make("identity")
        self.joint.set_property("silent", True)
        self._entrance = self.joint.get_static_pad("sink")
        around.add(self.joint)  # which cuts links to the outside, so the pad comes after it
        self.joint.sync_state_with_parent()
        self.pad = Gst.GhostPad.new_from_template(
            f"{name}_0",
            self.joint.get_static_pad("src"),
            around.get_pad_template(f"{name}_%u"),
        )
        if timeline is not None:
            self._entrance.add_probe(_DOWNSTREAM, weak(self._join, otherwise=_DROP))
            self.pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, _refuse_seeks)

    @property
    def is_wanted(self) -> bool:
        """Whether the element behind it still takes something."""
        return bool(self.pad.get_last_flow_return() != Gst.FlowReturn.EOS)

    def attach(self, pad: Gst.Pad, connection: Connection) -> None:
        """Let a connection's decoded pad feed this one."""
        pad.add_probe(Gst.PadProbeType.BUFFER | _DOWNSTREAM, self._on_data, connection)
        pad.link(self._entrance)

    def detach(self) -> None:
        """Let go of the connection."""
        peer = self._entrance.get_peer()
        if peer is not None:
            peer.unlink(self._entrance)

    def end(self) -> None:
        """Say that nothing will come any more."""
        self.detach()
        self._timeline = None
        if Gst.EventType.STREAM_START not in self._begun:
            self._entrance.send_event(Gst.Event.new_stream_start(self.pad.get_name()))
        self._entrance.send_event(Gst.Event.new_eos())

    def _on_data(
        self, pad: Gst.Pad, info: Gst.PadProbeInfo, connection: Connection
    ) -> Gst.PadProbeReturn:
        if connection.is_dead:
            return _DROP
        if info.type & Gst.PadProbeType.BUFFER:
            if not self._on_frame(self, connection):
                return _DROP
            if self._timeline is not None:
                self._place(info.get_buffer(), self._timeline)
            return _OK
        event = info.get_event()
        if event.type == Gst.EventType.SEGMENT:
            self._inner = event.parse_segment().copy()
        elif event.type == Gst.EventType.EOS:
            connection.open_pads.discard(pad.get_name())
            self._on_end(connection)
        is_kept = self._timeline is not None and event.type in _BY_CONNECTION
        return _DROP if is_kept else _OK

    def _join(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Where a connection begins, the stream goes on."""
        event = info.get_event()
        if event.type == Gst.EventType.STREAM_START:
            is_first = event.type not in self._begun
            self._begun.add(event.type)
            return _OK if is_first else _DROP
        if event.type != Gst.EventType.SEGMENT or _is_endless(event.parse_segment()):
            return _OK
        if event.type not in self._begun:
            self._begun.add(event.type)
            endless = Gst.Segment()
            endless.init(Gst.Format.TIME)
            pad.send_event(Gst.Event.new_segment(endless))
        return _DROP

    def _place(self, buffer: Gst.Buffer, timeline: Timeline) -> None:
        # A decoded buffer is nobody else's yet; Python cannot be its only owner, so C writes.
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


def _is_endless(segment: Gst.Segment) -> bool:
    return bool(segment.start == 0 and segment.base == 0 and segment.stop == _NO_TIME)


def _refuse_seeks(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    return _DROP if info.get_event().type == Gst.EventType.SEEK else _OK
