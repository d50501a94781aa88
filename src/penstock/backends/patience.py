"""Waiting for a server: how long, how often, and until when somebody says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LONGEST_PAUSE_S = 1.0
_FIRST_PAUSE_S = 0.05
_LEAST_S = 0.001


class Watch:
    """Hears of a server's absences, and can end all waiting for it.

    Args:
        report: Called with one sentence when the server goes away for the first time.

    Attributes:
        interruptions: How many questions lost their server before they were answered.
    """

    def __init__(self, report: Callable[[str], None] | None = None) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.interruptions = 0

    @property
    def is_stopped(self) -> bool:
        """Whether nobody waits for answers any more."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End all waiting: what waits raises `ModelError`."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Wait, unless stopped."""
        self._stopped.wait(seconds)

    def interrupted(self, text: str) -> None:
        """Count a question that lost its server; report the first."""
        with self._lock:
            self.interruptions += 1
            first = self.interruptions == 1
        if first and self._report is not None:
            self._report(text)


class Patience:
    """How long is left, and pauses that grow.

    Args:
        timeout_s: How long in all.
        watch: Can end it.
    """

    def __init__(self, timeout_s: float, watch: Watch) -> None:
        self._end = time.monotonic() + timeout_s
        self._pause_s = _FIRST_PAUSE_S
        self._watch = watch

    @property
    def left_s(self) -> float:
        """Seconds, never quite none: a question needs some."""
        return max(self._end - time.monotonic(), _LEAST_S)

    def pause(self) -> bool:
        """Wait a little; `False` if nothing is left of it, or the wait was ended."""
        if self._watch.is_stopped or time.monotonic() + self._pause_s > self._end:
            return False
        self._watch.pause(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        return not self._watch.is_stopped
