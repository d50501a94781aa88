"""The lines of frame rates that deepstream-app prints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from penstock.meta import BatchMeta

_LINES_A_HEADING = 20
_LEAST_S = 0.5
"""A shorter time gives no rate: two frames may come within a millisecond."""


@dataclass
class _Source:
    """What was seen of one source.

    Attributes:
        frames: All of them.
        new: Since the line before.
        first_s: When the first came.
        asked_s: When its rate was told.
    """

    frames: int = 0
    new: int = 0
    first_s: float = 0.0
    asked_s: float = 0.0


class Rates:
    """Counts frames on any thread, and tells their rates now and then.

    `**PERF:  FPS 0 (Avg)` and so on for each source is above every twentieth line; a line is the
    rate since the one before, and in brackets that since the source's first frame. In its first
    half second a source has the rate 0.

    Args:
        sources: How many there are.
        interval_s: From one line to the next.
        say: Gets each line.
    """

    def __init__(self, sources: int, *, interval_s: float, say: Callable[[str], None]) -> None:
        self._sources = [_Source() for _ in range(sources)]
        self._interval_s, self._say = interval_s, say
        self._lock = threading.Lock()
        self._lines = 0
        self._told_s = time.monotonic()

    def add(self, batch: BatchMeta) -> None:
        """Frames came."""
        now_s = time.monotonic()
        with self._lock:
            for frame in batch.frames:
                while frame.pad_index >= len(self._sources):
                    self._sources.append(_Source())
                seen = self._sources[frame.pad_index]
                if not seen.frames:
                    seen.first_s = seen.asked_s = now_s
                else:
                    seen.new += 1  # the first only starts the clock
                seen.frames += 1

    def tick(self) -> None:
        """Print a line if it is time."""
        if time.monotonic() - self._told_s >= self._interval_s:
            self.tell()

    def tell(self) -> None:
        """Print a line now."""
        self._told_s = time.monotonic()
        with self._lock:
            fields = [
                f"{_rate_of(one, self._told_s)} ({_mean_of(one, self._told_s)})\t"
                for one in self._sources
            ]
        if self._lines % _LINES_A_HEADING == 0:
            names = "".join(f"FPS {number} (Avg)\t" for number in range(len(fields)))
            self._say(f"\n**PERF:  {names}")
        self._lines += 1
        self._say(f"**PERF:  {''.join(fields)}")


def _rate_of(source: _Source, now_s: float) -> str:
    passed_s = now_s - source.asked_s
    if not source.frames or passed_s < _LEAST_S:
        return "0.00"
    rate = source.new / passed_s
    source.new, source.asked_s = 0, now_s
    return f"{rate:.2f}"


def _mean_of(source: _Source, now_s: float) -> str:
    passed_s = now_s - source.first_s
    if not source.frames or passed_s < _LEAST_S:
        return "0.00"
    return f"{(source.frames - 1) / passed_s:.2f}"
