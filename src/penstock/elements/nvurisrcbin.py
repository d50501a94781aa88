"""`nvurisrcbin`: any URI in, NVMM pictures out; cameras that fail are opened again, files may loop.

gst-launch-1.0 nvurisrcbin uri=file:///street.mp4 ! m.sink_0 \
    nvstreammux name=m batch-size=1 width=320 height=180 ! fakesink
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

from penstock.errors import PenstockError, StreamError
from penstock.gst import (
    CAMERA_PROPERTIES,
    COUNTERS,
    RECORD_PROPERTIES,
    ConnectionSettings,
    GObject,
    Gst,
    Property,
    Recorder,
    Recording,
    RecordingInfo,
    RecordSettings,
    Retry,
    UriSource,
    connection_of,
    gproperties,
    nvmm_caps,
    pad_template,
    pointer_to,
    post_error,
    post_warning,
    retry_of,
    write_session,
)

_RUN_LAST = GObject.SignalFlags.RUN_LAST
_POINTER, _UINT = GObject.TYPE_POINTER, GObject.TYPE_UINT


class NvUriSrcBin(UriSource, Gst.Bin):
    """Says with properties what `UriSource` does, and records cameras.

    A recording that is complete is told by the signal `sr-done` and by an element message
    `smart-record-done`, which says the same without pointers.
    """

    FACTORY = "nvurisrcbin"
    PROPERTIES = (
        Property("uri", "string", None, "What to open"),
        *CAMERA_PROPERTIES,
        *RECORD_PROPERTIES,
        Property("source-id", "int", -1, "Its number in messages and events; -1: none", minimum=-1),
        *COUNTERS,
    )

    __gtype_name__ = "Gstnvurisrcbin"
    __gstmetadata__ = (
        "Penstock source",
        "Source/Bin/Network/Video",
        "Opens files, streams and cameras, decodes to NVMM, and opens cameras again when they fail",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template(
            "vsrc_%u",
            Gst.PadDirection.SRC,
            Gst.PadPresence.SOMETIMES,
            nvmm_caps("NV12", "P010_10LE"),
        ),
        pad_template("asrc_%u", Gst.PadDirection.SRC, Gst.PadPresence.SOMETIMES, "audio/x-raw"),
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = {  # noqa: RUF012 - PyGObject wants a dict
        "start-sr": (
            _RUN_LAST | GObject.SignalFlags.ACTION,
            None,
            (_POINTER, _UINT, _UINT, _POINTER),
        ),
        "stop-sr": (_RUN_LAST | GObject.SignalFlags.ACTION, None, (_UINT,)),
        "sr-done": (_RUN_LAST, None, (_POINTER, _POINTER)),
    }

    def __init__(self) -> None:
        super().__init__()
        self._recorder: Recorder | None = None
        self._users: dict[int, object] = {}  # user data of start-sr, by session

    def connection_settings(self) -> ConnectionSettings:
        """What to open."""
        return connection_of(self._settings)

    def retry(self) -> Retry:
        """When a camera is tried again."""
        return retry_of(self._settings)

    def loops(self) -> bool:
        """Whether a file begins anew at its end."""
        return bool(self.setting("file-loop"))

    def source_id(self) -> int:
        """Its number in messages and events."""
        return int(self.setting("source-id"))

    def ready(self) -> None:
        """Make the recorder, where one is wanted."""
        self._recorder = None
        if self.setting("smart-record"):
            cache = "smart-rec-cache"
            if cache not in self.explicit and "smart-rec-video-cache" in self.explicit:
                cache = "smart-rec-video-cache"
            settings = RecordSettings(
                Path(self.setting("smart-rec-dir-path") or "."),
                self.setting("smart-rec-file-prefix") or "Smart_Record",
                self.setting("smart-rec-container"),
                cache_s=self.setting(cache),
                default_s=self.setting("smart-rec-default-duration"),
            )
            self._recorder = Recorder(
                settings,
                on_done=self._recorded,
                on_trouble=lambda text: post_warning(self, f"smart record: {text}"),
            )

    def on_encoded(self, pad: Gst.Pad) -> None:
        """Let the recorder see a camera's encoded video."""
        if self._recorder is not None:
            self._recorder.watch(pad)

    def closed(self) -> None:
        """Complete what is recorded."""
        if self._recorder is not None:
            self._recorder.close()

    def do_start_sr(self, session: object, before_s: int, duration_s: int, user: object) -> None:
        """Record from `before_s` seconds ago; the session's number goes where a pointer says."""
        try:
            if self._recorder is None:
                raise StreamError(
                    "smart-record is off: set it to 1 or 2 before the pipeline starts"
                )
            number = self._recorder.start(before_s=before_s, duration_s=duration_s)
            self._users[number] = user
            write_session(session, number)
        except (OSError, PenstockError) as error:
            post_warning(self, f"start-sr: {error}")

    def do_stop_sr(self, session: int) -> None:
        """End a recording; 0 ends the one that runs."""
        try:
            if self._recorder is not None:
                self._recorder.stop(session)
        except PenstockError as error:
            post_warning(self, f"stop-sr: {error}")

    def _recorded(self, recording: Recording) -> None:
        """On a thread of the recorder's."""
        try:
            info = RecordingInfo.of(recording)
            user = self._users.pop(recording.session, None)
            self.emit("sr-done", pointer_to(ctypes.addressof(info)), user)
            self.post_message(Gst.Message.new_element(self, _described(recording)))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)

    def do_get_property(self, spec: GObject.ParamSpec) -> Any:
        """GObject reads a property."""
        counters = {
            "reconnects": self.reconnects,
            "frames-received": self.frames_received,
            "frames-dropped": self.frames_dropped,
            "packets-lost": self.packets_lost,
            "last-error": self.last_error,
            "smart-rec-status": self._recorder is not None and self._recorder.is_running,
        }
        return counters[spec.name] if spec.name in counters else super().do_get_property(spec)


def _described(recording: Recording) -> Gst.Structure:
    said = Gst.Structure.new_empty("smart-record-done")
    width, height = recording.size
    for name, value in {
        "session-id": GObject.Value(GObject.TYPE_UINT, recording.session),
        "filename": recording.path.name,
        "dirpath": str(recording.path.parent),
        "duration-ms": GObject.Value(GObject.TYPE_UINT64, recording.duration_ms),
        "width": width,
        "height": height,
    }.items():
        said.set_value(name, value)
    return said
