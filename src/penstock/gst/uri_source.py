"""Base class of the bins that open a URI, and open it again: files that loop, cameras that fail."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError, StreamError
from penstock.gst.element import Element
from penstock.gst.gi import GObject, Gst
from penstock.gst.messages import post_error, post_warning
from penstock.gst.nvevents import push_stream_reset
from penstock.gst.rtsp_retry import Retry
from penstock.gst.uri_source_connection import OWN_BUSINESS, Connection, ConnectionSettings
from penstock.gst.uri_source_keeper import Keeper, Loss
from penstock.gst.uri_source_outlet import Outlet
from penstock.gst.uri_source_timeline import Timeline

_PADS = {"video": "vsrc", "audio": "asrc"}
_SILENCE_S = 10.0
"""Between two warnings of the same kind."""
_LOOK_S = 1.0
_LIVE = (Gst.StateChange.READY_TO_PAUSED, Gst.StateChange.PLAYING_TO_PAUSED)
_FAILURE, _SUCCESS = Gst.StateChangeReturn.FAILURE, Gst.StateChangeReturn.SUCCESS


class UriSource(Element):
    """A mixin in front of `Gst.Bin` with pads `vsrc_0` and, for sound, `asrc_0`.

    A camera over RTSP is watched by a thread of this source's own, which throws a lost connection
    away and makes another one: neither the application's thread nor a streaming thread waits for
    that, and no main loop is needed. What a lost connection says stays inside. Other URIs are
    opened once or, where `loops` says so, again and again.

    Attributes:
        reconnects: Connections to a camera after the first.
        frames_received: Decoded frames.
        frames_dropped: Those of a camera that were not passed on, because frames came faster than
            they were taken.
        last_error: Why the latest connection to a camera was lost, or None.
    """

    if TYPE_CHECKING:  # what Gst.Bin brings
        add: Any
        add_pad: Any
        get_base_time: Any
        get_clock: Any
        get_name: Any
        get_pad_template: Any
        post_message: Any
        remove: Any
        remove_pad: Any
        set_suppressed_flags: Any

    def __init__(self) -> None:
        super().__init__()
        self.reconnects, self.frames_received, self.frames_dropped = 0, 0, 0
        self._packets_lost_before = 0  # of earlier connections
        self.last_error: str | None = None
        self._lock = threading.Lock()  # guards the connection, and the state it is to have
        self._stay_a_source()
        self._forget()

    def _forget(self) -> None:
        self._wanted = ConnectionSettings("")
        self._retry = Retry(interval_s=0)
        self._connection: Connection | None = None
        self._target = Gst.State.PAUSED
        self._keeper: Keeper | None = None
        self._timeline: Timeline | None = None
        self._outlets: dict[str, Outlet] = {}
        self._alive_s, self._told_behind_s = 0.0, -_SILENCE_S
        self._looked_s, self._told_lost_s, self._told_lost = 0.0, -_SILENCE_S, 0
        self._told: str | None = None

    def _stay_a_source(self) -> None:
        """Count as a source also without a connection: a pipeline sends its EOS to sources only."""
        source = Gst.ElementFactory.make("fakesrc")
        self.add(source)  # makes the bin one
        self.set_suppressed_flags(Gst.ElementFlags.SOURCE)  # and nothing changes that again
        self.remove(source)

    # What a subclass says

    def connection_settings(self) -> ConnectionSettings:
        """What to open; asked when the source leaves READY."""
        raise NotImplementedError

    def retry(self) -> Retry:
        """When a camera is tried again."""
        return Retry(interval_s=0)

    def loops(self) -> bool:
        """Whether a file begins anew at its end."""
        return False

    def source_id(self) -> int:
        """The number of this source in messages and events; -1 where it has none."""
        return -1

    def on_encoded(self, pad: Gst.Pad) -> None:
        """Called with the pad through which a camera's encoded video comes, once a connection."""

    def closed(self) -> None:
        """Called when the source has gone back to READY."""

    # States

    @property
    def _is_camera(self) -> bool:
        return self._wanted.login is not None

    @property
    def packets_lost(self) -> int:
        """RTP packets of a camera that never came, or too late."""
        connection = self._connection
        return self._packets_lost_before + (connection.packets_lost if connection else 0)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GStreamer changes the state; a camera is live, and never holds up or fails a change."""
        if transition == Gst.StateChange.READY_TO_PAUSED and not self._open():
            self._close()
            return _FAILURE
        if transition == Gst.StateChange.PLAYING_TO_PAUSED:
            self._bring_to(Gst.State.PAUSED)
        result = super().do_change_state(transition)
        if transition == Gst.StateChange.PAUSED_TO_PLAYING:
            self._bring_to(Gst.State.PLAYING)
        if self._is_camera and result != _FAILURE:  # a bin goes by what its children said last
            is_live = transition in _LIVE
            result = Gst.StateChangeReturn.NO_PREROLL if is_live else _SUCCESS
        if transition == Gst.StateChange.PAUSED_TO_READY or (
            transition == Gst.StateChange.READY_TO_PAUSED and result == _FAILURE
        ):
            self._close()
        return result

    def _open(self) -> bool:
        """Make the first connection; false where there cannot be one."""
        try:
            self._wanted, self._retry = self.connection_settings(), self.retry()
            if not self._wanted.uri:
                raise ConfigError("uri: wanted a file, a camera or another URI, got none")
            if self._is_camera or self.loops():
                self._timeline = Timeline()
                retry = self._retry if self._is_camera else None
                self._keeper = Keeper(self, name=f"{self.get_name()}-keeper", retry=retry)
            opened = self._connect() != _FAILURE or self._is_camera
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        if self._keeper is not None:
            self._keeper.start()
        return opened

    def _bring_to(self, state: Gst.State) -> None:
        with self._lock:
            self._target, self._alive_s = state, time.monotonic()
            if self._timeline is not None and self._connection is not None:
                self._connection.set_state(state)

    def _close(self) -> None:
        if self._keeper is not None and not self._keeper.stop():
            self.log.error(self, "the thread that watches the connection did not stop")
        self.let_go()
        for outlet in self._outlets.values():
            self.remove_pad(outlet.pad)
            outlet.joint.set_state(Gst.State.NULL)
            self.remove(outlet.joint)
        self._forget()
        self.closed()

    # Connections

    def _connect(self) -> Gst.StateChangeReturn:
        connection = Connection(self._wanted, on_media=self._on_media, on_encoded=self.on_encoded)
        if self._is_camera and self._timeline is not None:
            self._timeline.begin_anew()
        with self._lock:
            self._connection, self._alive_s = connection, time.monotonic()
            self.add(connection.bin)
            if self._timeline is None:
                return _SUCCESS  # the bin brings it along
            connection.bin.set_locked_state(True)  # it comes and goes, and may fail
            result = connection.set_state(self._target)
        if result == _FAILURE and self._keeper is not None:
            self._keeper.lost(Loss(connection, "it could not be started"))
        return result

    def _on_media(self, connection: Connection, media: str, pad: Gst.Pad) -> None:
        """A decoded stream was found; on a streaming thread."""
        if connection.is_dead:
            return
        outlet = self._outlets.get(media)
        if outlet is not None:
            outlet.attach(pad, connection)
            return
        outlet = self._new_outlet(media)
        outlet.attach(pad, connection)
        self._show(outlet)

    def _new_outlet(self, media: str) -> Outlet:
        outlet = self._outlets[media] = Outlet(
            self,
            _PADS[media],
            timeline=self._timeline,
            now_ns=self._running_ns if self._is_camera else None,
            on_frame=self._on_frame,
            on_end=self._on_end,
        )
        return outlet

    def _show(self, outlet: Outlet) -> None:
        outlet.pad.set_active(True)
        self.add_pad(outlet.pad)

    def _running_ns(self) -> int:
        clock = self.get_clock()
        return 0 if clock is None else int(clock.get_time() - self.get_base_time())

    def _on_frame(self, outlet: Outlet, connection: Connection) -> bool:
        """A decoded frame, or sound, has come; whether it goes on."""
        pictures = self._outlets.get("video")
        if pictures is None or outlet is pictures:  # sound is no sign of life where pictures are
            self._alive_s = time.monotonic()
        if not connection.has_frames:
            connection.has_frames = True
            self._begins(pictures or outlet)
        if outlet is not pictures:
            return True
        self.frames_received += 1
        if self._is_camera and self._alive_s > self._looked_s + _LOOK_S:
            self._looked_s = self._alive_s
            self._tell_of_losses()
        if not connection.is_behind():
            return True
        self.frames_dropped += 1
        if self._alive_s > self._told_behind_s + _SILENCE_S:
            self._told_behind_s = self._alive_s
            post_warning(
                self,
                f"{self._wanted.url}: its frames come faster than they are taken; decoded ones "
                f"are dropped until it has caught up, {self.frames_dropped} so far",
            )
        return False

    def _tell_of_losses(self) -> None:
        lost = self.packets_lost
        if lost > self._told_lost and self._alive_s > self._told_lost_s + _SILENCE_S:
            self._told_lost_s, self._told_lost = self._alive_s, lost
            post_warning(
                self,
                f"{self._wanted.url}: {lost} packets were lost on the way, so its pictures may be "
                "damaged: use TCP (select-rtp-protocol=4), or a larger udp-buffer-size",
            )

    def _begins(self, outlet: Outlet) -> None:
        """The first frame of a connection has come."""
        if self._is_camera:
            attempt, self._told = self._retry.attempt, None
            self._retry.came()
            if self.reconnects:
                push_stream_reset(outlet.pad, max(0, self.source_id()))
            self._say("rtsp-connected", attempt=attempt)

    def _on_end(self, connection: Connection) -> None:
        if self._keeper is not None and not connection.open_pads:
            self._keeper.lost(Loss(connection, "it ended the stream", ended=True))

    # What the keeper does

    def current(self) -> Connection | None:
        """The connection that counts."""
        return self._connection

    def idle_s(self) -> float:
        """How long the camera has given nothing while there was nothing left to decode, seconds."""
        connection, now_s = self._connection, time.monotonic()
        if self._target != Gst.State.PLAYING or (connection and connection.frames_waiting):
            self._alive_s = now_s
        return now_s - self._alive_s

    def is_wanted(self) -> bool:
        """Whether anybody downstream still takes frames."""
        outlets = list(self._outlets.values())
        return not outlets or any(outlet.is_wanted for outlet in outlets)

    def let_go(self) -> None:
        """Throw the connection away; may wait for its streaming threads, so not under the lock."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.is_dead = True
            for outlet in list(self._outlets.values()):  # a streaming thread may add one
                outlet.detach()
            connection.close()
            self._packets_lost_before += connection.packets_lost

    def connect_again(self) -> None:
        """Make another connection."""
        if self._is_camera:
            self.reconnects += 1
        elif self._timeline is not None:
            self._timeline.begin_anew()
        try:
            decoder = self.connection_settings().decoder  # may have been set while playing
            self._wanted = replace(self._wanted, decoder=decoder)
            self._connect()
        except BaseException as error:  # such as an element that is missing
            post_error(self, error)

    def told(self, loss: Loss, *, wait_s: float) -> None:
        """Report a loss: a message each time, a warning for each new reason."""
        self.last_error = loss.reason
        if loss.reason != self._told:
            self._told = loss.reason
            text = f"{self._wanted.url}: {loss.reason}; trying again in {wait_s:.1f} s"
            post_warning(self, text)
        self._say("rtsp-reconnect", attempt=self._retry.attempt, reason=loss.reason)

    def gave_up(self, loss: Loss) -> None:
        """End the streams; after an ERROR, which is passed on, or attempts that were in vain."""
        if self._is_camera:
            self.last_error = loss.reason
            if self._retry.interval_s:
                self._say("attempt-exceeded", attempt=self._retry.attempt, reason=loss.reason)
        for outlet in list(self._outlets.values()):
            outlet.end()
        if loss.message is not None and loss.connection.refusal is None:
            self.post_message(loss.message)
        elif self._is_camera and not (loss.ended and not self._retry.interval_s):
            post_error(self, StreamError(f"{self._wanted.url}: {loss.reason}"))

    def end(self) -> None:
        """End the streams for good; one that never came begins and ends."""
        self.let_go()
        if not self._outlets:
            self._show(self._new_outlet("video"))
        for outlet in list(self._outlets.values()):
            outlet.end()

    # Events and messages

    def do_send_event(self, event: Gst.Event) -> bool:
        """An EOS from the application ends a source that would otherwise connect again."""
        if event.type == Gst.EventType.EOS and self._keeper is not None:
            self._keeper.end()
            return True
        return bool(Gst.Bin.do_send_event(self, event))

    def do_handle_message(self, message: Gst.Message) -> None:
        """A child said something: what a connection that can be replaced says stays here."""
        if self._is_swallowed(message):
            return
        if self._keeper is not None and message.type == Gst.MessageType.LATENCY:
            message = Gst.Message.new_latency(self)  # that of a part would keep its connection
        Gst.Bin.do_handle_message(self, message)

    def _is_swallowed(self, message: Gst.Message) -> bool:
        connection, keeper = self._connection, self._keeper
        if keeper is None or connection is None or not connection.owns(message.src):
            # Of a connection that is being thrown away, or of one that is there to stay.
            return keeper is not None and message.src != self and bool(message.type & _TROUBLE)
        if message.type & OWN_BUSINESS:
            return True
        if not self._is_camera:
            return False
        if message.type == Gst.MessageType.WARNING:
            self.log.warning(self, message.parse_warning()[0].message)
            return True
        if message.type == Gst.MessageType.ERROR:
            reason = connection.refusal or reason_of(message)
            keeper.lost(Loss(connection, reason, message))
            return True
        return False

    def _say(self, name: str, *, attempt: int, reason: str | None = None) -> None:
        """Post an element message about a camera; its URL is shown without credentials."""
        said = Gst.Structure.new_empty(name)
        said.set_value("source-id", GObject.Value(GObject.TYPE_UINT, max(0, self.source_id())))
        said.set_value("uri", self._wanted.url)
        said.set_value("attempt", GObject.Value(GObject.TYPE_UINT, attempt))
        if reason is not None:
            said.set_value("reason", reason)
        if name == "attempt-exceeded":
            said.set_value("attempt_exceeded", True)
        self.post_message(Gst.Message.new_element(self, said))


_TROUBLE = OWN_BUSINESS | Gst.MessageType.ERROR | Gst.MessageType.WARNING


def reason_of(message: Gst.Message) -> str:
    """What an ERROR says, with the last line of its debug text where that says more."""
    error, debug = message.parse_error()
    said = str(error.message)
    lines = (debug or "").strip().splitlines()
    detail = lines[-1].strip() if len(lines) > 1 else ""
    return f"{said} ({detail})" if detail and detail not in said else said
