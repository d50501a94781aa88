"""Smart recording: keep a camera's last seconds, encoded, and write them out on demand."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import PenstockError, StreamError
from penstock.gst.gi import Gst
from penstock.gst.smart_record_file import RecordFile, free_path

_OK = Gst.PadProbeReturn.OK
_PROBED = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM


@dataclass(frozen=True)
class RecordSettings:
    """Where and how recordings are made.

    Attributes:
        folder: Where they go.
        prefix: How their names begin.
        container: 0 MP4, 1 Matroska.
        cache_s: Seconds kept for the time before a start.
        default_s: How long after its start a recording goes on where nothing is said.
    """

    folder: Path
    prefix: str
    container: int
    cache_s: int
    default_s: int


@dataclass(frozen=True)
class Recording:
    """A recording that is complete.

    Attributes:
        session: Its number, from 0.
        path: The file.
        duration_ms: Its length.
        container: 0 MP4, 1 Matroska.
        size: `(width, height)`, pixels.
    """

    session: int
    path: Path
    duration_ms: int
    container: int
    size: tuple[int, int]


class Recorder:
    """Records one camera, one session at a time, without decoding or encoding.

    A recording begins with the last key frame before the wanted time, or with the first one that
    there is. It goes on over a lost connection, unless the stream is another one after it.

    Args:
        settings: Where and how.
        on_done: Called with each recording; on a thread of its own.
        on_trouble: Called with what went wrong, in words.
    """

    def __init__(
        self,
        settings: RecordSettings,
        *,
        on_done: Callable[[Recording], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._settings, self._on_done, self._on_trouble = settings, on_done, on_trouble
        self._lock = threading.Lock()  # guards what follows
        self._cache: deque[Gst.Buffer] = deque()
        self._caps: Gst.Caps | None = None
        self._file: RecordFile | None = None
        self._is_open = False  # whether a session runs; its file comes with the first key frame
        self._session = -1
        self._timer: threading.Timer | None = None
        self._closing: list[threading.Thread] = []

    @property
    def is_running(self) -> bool:
        """Whether a session runs."""
        return self._is_open

    def watch(self, pad: Gst.Pad) -> None:
        """Record what comes through a pad of encoded, parsed video."""
        pad.add_probe(_PROBED, self._on_data)

    def start(self, *, before_s: int, duration_s: int) -> int:
        """Begin a session.

        Args:
            before_s: Seconds wanted from before now; at most what is kept.
            duration_s: Seconds wanted from now on; 0: the default.

        Returns:
            Its number.

        Raises:
            StreamError: Another one runs.
        """
        with self._lock:
            if self._is_open:
                raise StreamError(f"session {self._session} records: stop it before another one")
            self._session, self._is_open = self._session + 1, True
            session, wait_s = self._session, duration_s or self._settings.default_s
            try:
                self._write_cached(before_s)
            except (OSError, PenstockError):
                self._is_open = False
                raise
            self._timer = threading.Timer(wait_s, self._end, (session,))
            self._timer.daemon = True
            self._timer.start()
        return session

    def stop(self, session: int = 0) -> None:
        """End a session, the running one where 0 is said; does not wait for the file.

        Raises:
            StreamError: No such session runs.
        """
        if not self._is_open or session not in (0, self._session):
            raise StreamError(f"no session {session} records")
        self._end(self._session)

    def close(self) -> None:
        """End what runs, and wait for its file."""
        self._end(self._session)
        for thread in self._closing:
            thread.join()

    def _on_data(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.type & Gst.PadProbeType.BUFFER:
            with self._lock:
                self._keep(info.get_buffer())
        elif info.get_event().type == Gst.EventType.CAPS:
            self._adopt(info.get_event().parse_caps())
        return _OK

    def _adopt(self, caps: Gst.Caps) -> None:
        is_other = self._caps is not None and not caps.is_equal(self._caps)
        if is_other and self._file is not None:
            self._on_trouble("the camera's stream has changed: the recording ends here")
            self._end(self._session)
        with self._lock:
            if is_other:
                self._cache.clear()
            self._caps = caps

    def _keep(self, frame: Gst.Buffer) -> None:
        if frame.pts == Gst.CLOCK_TIME_NONE:
            return
        self._cache.append(frame)
        kept_ns = self._settings.cache_s * Gst.SECOND
        # A camera that begins anew may count its time anew.
        while self._cache and abs(frame.pts - self._cache[0].pts) > kept_ns:
            self._cache.popleft()
        if self._file is not None:
            self._file.add(frame)
        elif self._is_open and _is_key(frame):
            try:
                self._file = self._new_file()
                self._file.add(frame)
            except (OSError, PenstockError) as error:
                self._is_open = False
                self._on_trouble(f"nothing is recorded: {error}")

    def _write_cached(self, before_s: int) -> None:
        frames = list(self._cache)
        if not frames:
            return
        wanted_ns = frames[-1].pts - before_s * Gst.SECOND
        keys = [i for i, frame in enumerate(frames) if _is_key(frame)]
        if not before_s or not keys:
            return  # it begins with the next key frame
        first = max((i for i in keys if frames[i].pts <= wanted_ns), default=keys[0])
        self._file = self._new_file()
        for frame in frames[first:]:
            self._file.add(frame)

    def _new_file(self) -> RecordFile:
        says = self._settings
        path = free_path(
            says.folder, prefix=says.prefix, session=self._session, container=says.container
        )
        return RecordFile(path, self._caps, container=says.container)

    def _end(self, session: int) -> None:
        with self._lock:
            if not self._is_open or session != self._session:
                return
            self._is_open, file, self._file = False, self._file, None
            if self._timer is not None:
                self._timer.cancel()
        if file is None:
            self._on_trouble("nothing was recorded: no key frame has come")
            return
        thread = threading.Thread(target=self._complete, args=(file, session), daemon=True)
        self._closing = [*(t for t in self._closing if t.is_alive()), thread]
        thread.start()

    def _complete(self, file: RecordFile, session: int) -> None:
        try:
            file.finish()
        except StreamError as error:
            self._on_trouble(str(error))
            return
        structure = None if self._caps is None else self._caps.get_structure(0)
        size = (0, 0)
        if structure is not None:
            size = (structure.get_int("width")[1], structure.get_int("height")[1])
        duration_ms = file.duration_ns // Gst.MSECOND
        container = self._settings.container
        self._on_done(Recording(session, file.path, duration_ms, container, size))


def _is_key(frame: Gst.Buffer) -> bool:
    return not frame.has_flags(Gst.BufferFlags.DELTA_UNIT)
