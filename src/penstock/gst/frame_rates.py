"""How many frames a second each source brings."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class _Count:
    since_ns: int
    frames: int = 0
    ended: bool = False


class FrameRates:
    """Counts frames and tells their rate since it was asked before; for any number of threads."""

    def __init__(self) -> None:
        self._counts: dict[int, _Count] = {}
        self._lock = threading.Lock()

    def count(self, source: int, *, now_ns: int) -> None:
        """A frame of a source came."""
        with self._lock:
            known = self._counts.get(source)
            if known is None or known.ended:  # its first frame only starts the clock
                self._counts[source] = _Count(now_ns)
            else:
                known.frames += 1

    def end(self, source: int) -> None:
        """A source has ended; its rate is 0 from now on."""
        with self._lock:
            if source in self._counts:
                self._counts[source].ended = True

    def remove(self, source: int) -> None:
        """A source is gone; it has no rate any more."""
        with self._lock:
            self._counts.pop(source, None)

    def read(self, *, now_ns: int) -> dict[int, float]:
        """Source → frames a second since the call before, or since its first frame."""
        rates = {}
        with self._lock:
            for source, count in sorted(self._counts.items()):
                passed_ns = max(1, now_ns - count.since_ns)
                rates[source] = 0.0 if count.ended else count.frames * 1e9 / passed_ns
                count.since_ns, count.frames = now_ns, 0
        return rates
