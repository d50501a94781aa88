"""One rising timeline out of many connections, each of which counts time anew."""

from __future__ import annotations

import threading
from collections.abc import Callable

_TOLERANCE_NS = 2_000_000_000


class Timeline:
    """Where the frames of a source lie on the common timeline of its pads, in nanoseconds.

    A file's next pass begins where the last one ended. A camera's frames keep their times, which
    are running times already, as long as these lie within 2 s of the clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # every pad has a thread of its own
        self._shift_ns: int | None = 0
        self._end_ns = 0

    def begin_anew(self) -> None:
        """What follows comes from another connection."""
        self._shift_ns = None

    def place(
        self, time_ns: int, *, duration_ns: int = 0, now_ns: Callable[[], int] | None = None
    ) -> int:
        """The time at which a frame leaves.

        Args:
            time_ns: Running time within its connection.
            duration_ns: How long it is shown; 0 where unknown.
            now_ns: Tells the pipeline's running time, for a camera; None for a file.
        """
        with self._lock:
            if self._shift_ns is None:
                self._shift_ns = self._shift(time_ns, now_ns)
            placed = max(0, time_ns + self._shift_ns)
            self._end_ns = max(self._end_ns, placed + duration_ns)
            return placed

    def _shift(self, time_ns: int, now_ns: Callable[[], int] | None) -> int:
        if now_ns is None:
            return self._end_ns
        late_ns = now_ns() - time_ns
        shift = 0 if abs(late_ns) <= _TOLERANCE_NS else late_ns
        return max(shift, self._end_ns - time_ns)
