"""When a camera counts as lost, and when it is tried again: decisions without clock or camera."""

from __future__ import annotations

import random
from collections.abc import Callable

_FIRST_S = 0.25


class Retry:
    """The attempts on one camera.

    Between attempts it waits 0.25 s, then twice as long each time, at most the interval, shortened
    by chance up to a quarter so that a hundred cameras do not come back at once. What an attempt
    itself took counts as waiting.

    Args:
        interval_s: How long a camera may be silent, and the longest wait; 0: it is not tried again.
        first_interval_s: The same until its first frame ever; 0: as `interval_s`.
        most: Attempts without a frame before it is given up; negative: never.
        chance: Gives numbers from 0 to 1.

    Attributes:
        attempt: Which attempt without a frame this is; 0 while frames come.
    """

    def __init__(
        self,
        *,
        interval_s: float,
        first_interval_s: float = 0.0,
        most: int = -1,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._later_s, self._first_s = interval_s, first_interval_s or interval_s
        self._most, self._chance = most, chance
        self._has_come = False
        self.attempt = 0

    @property
    def interval_s(self) -> float:
        """Seconds that it may be silent now; 0: for ever."""
        return self._later_s if self._has_come else self._first_s

    def came(self) -> None:
        """A frame has come: the camera is well."""
        self._has_come = True
        self.attempt = 0

    def lost(self, *, tried_s: float) -> float | None:
        """The camera is lost.

        Args:
            tried_s: How long the attempt took that now has failed.

        Returns:
            Seconds to wait for the next attempt; None where there is none.
        """
        self.attempt += 1
        if not self.interval_s or 0 <= self._most < self.attempt:
            return None
        wait_s = min(self.interval_s, _FIRST_S * 2.0 ** min(self.attempt - 1, 30))
        wait_s *= 1 - self._chance() / 4
        return max(wait_s - tried_s, min(_FIRST_S, wait_s))
