"""How soon to try again, and what to say about it: once, not every time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_NUMBER = re.compile(r"\d+")
_MOST_TOLD = 32


class BackOff:
    """Waiting times that double, each with jitter, so that many clients do not come at once.

    Args:
        first_s: The first one, seconds; jitter makes it shorter, by half at most.
        most_s: The longest one, seconds.
    """

    def __init__(self, *, first_s: float = 1.0, most_s: float = 30.0) -> None:
        self._first_s, self._most_s = first_s, most_s
        self._next_s = first_s

    def next_s(self) -> float:
        """How long to wait now, seconds."""
        wait_s, self._next_s = self._next_s, min(2 * self._next_s, self._most_s)
        return wait_s * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked: begin with the first one again."""
        self._next_s = self._first_s


class Troubles:
    """Tells each problem once, until it is over.

    Problems that differ in numbers only are one problem.

    Args:
        tell: Is given a problem, in words.
        over: Is given what works again, in words.
    """

    def __init__(self, tell: Callable[[str], None], over: Callable[[str], None]) -> None:
        self._tell, self._over = tell, over
        self._told: set[str] = set()

    def add(self, text: str) -> None:
        """There is a problem."""
        problem = _NUMBER.sub("#", text)
        if problem not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(problem)
            self._tell(text)

    def end(self, text: str) -> None:
        """There is none any more; `text` is told if there was one."""
        if self._told:
            self._told.clear()
            self._over(text)
