"""The thread that watches over the connections of one source."""

from __future__ import annotations

import queue
import threading
import time
from typing import NamedTuple, Protocol

from penstock.gst.gi import Gst
from penstock.gst.rtsp_retry import Retry
from penstock.gst.uri_source_connection import Connection

_STOP_S = 10.0


class Loss(NamedTuple):
    """A connection that gives nothing any more.

    Attributes:
        connection: Which.
        reason: Why, in words.
        message: The ERROR that said so; None where it ended properly or fell silent.
        ended: Whether it ended properly.
    """

    connection: Connection
    reason: str
    message: Gst.Message | None = None
    ended: bool = False


class Kept(Protocol):
    """What the keeper does its work on; all of it on the keeper's thread."""

    def current(self) -> Connection | None:
        """The connection that counts."""

    def idle_s(self) -> float:
        """How long there has been nothing to do although it plays, seconds."""

    def is_wanted(self) -> bool:
        """Whether anybody downstream still takes frames."""

    def let_go(self) -> None:
        """Throw the connection away; may wait for its streaming threads."""

    def connect_again(self) -> None:
        """Make another one."""

    def told(self, loss: Loss, *, wait_s: float) -> None:
        """Say that a connection is lost, and when there will be another one."""

    def gave_up(self, loss: Loss) -> None:
        """Say that there will not be another one."""

    def end(self) -> None:
        """Throw the connection away and end the streams, as the application wishes."""


class Keeper:
    """Replaces connections that are lost.

    Args:
        kept: The source.
        name: Of the thread.
        retry: For a camera: when it is tried again; None for a file that begins anew at its end.
    """

    def __init__(self, kept: Kept, *, name: str, retry: Retry | None) -> None:
        self._kept, self._retry = kept, retry
        self._losses: queue.SimpleQueue[Loss | None] = queue.SimpleQueue()
        self._began_s = time.monotonic()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def lost(self, loss: Loss) -> None:
        """Say that a connection is lost; from any thread, at once."""
        self._losses.put(loss)

    def end(self) -> None:
        """Have the streams ended for good; from any thread, at once."""
        self._ends = True
        self._losses.put(None)

    def stop(self) -> bool:
        """End the thread; false if it did not end in time."""
        self._losses.put(None)
        self._thread.join(_STOP_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._watch()
        if self._ends:
            self._kept.end()

    def _watch(self) -> None:
        while True:
            loss = self._next_loss()
            if loss is None:
                return
            if loss.connection is self._kept.current() and not self._replace(loss):
                return

    def _next_loss(self) -> Loss | None:
        """The next one, also that of a camera which has fallen silent; None to stop."""
        while True:
            most_s = self._retry.interval_s if self._retry is not None else 0.0
            left_s = max(0.02, most_s - self._kept.idle_s()) if most_s else None
            try:
                return self._losses.get(timeout=left_s)
            except queue.Empty:
                connection = self._kept.current()
                if connection is not None and self._kept.idle_s() >= most_s:
                    return Loss(connection, f"it gave no frame for {most_s:g} s")

    def _replace(self, loss: Loss) -> bool:
        """Go on with another connection; false where that is over."""
        wait_s: float | None = 0.0
        if not self._kept.is_wanted():
            self._kept.let_go()
            return False
        if self._retry is not None:
            wait_s = self._retry.lost(tried_s=time.monotonic() - self._began_s)
        elif not loss.connection.has_frames:
            wait_s = None  # it would begin anew for ever
        if wait_s is None:
            self._kept.gave_up(loss)
            return False
        if self._retry is not None:
            self._kept.told(loss, wait_s=wait_s)
        self._kept.let_go()
        if not self._slept(wait_s):
            return False
        self._began_s = time.monotonic()
        self._kept.connect_again()
        return True

    def _slept(self, wait_s: float) -> bool:
        """Wait for the next attempt; false where it is to stop instead."""
        until_s = time.monotonic() + wait_s
        try:
            while self._losses.get(timeout=max(0.0, until_s - time.monotonic())) is not None:
                pass  # the last words of the connection that was thrown away
        except queue.Empty:
            return True
        return False
