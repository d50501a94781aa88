"""Single keys that were pressed on a terminal, without waiting for them."""

from __future__ import annotations

import os
import select
import sys
import termios
from types import TracebackType
from typing import Any

_MOST = 64


class Keyboard:
    """Standard input while the context lasts, a key at a time and without Enter.

    Anything but a terminal or a pipe, such as no input at all, is left alone.
    """

    def __init__(self) -> None:
        self._input: int | None = None
        self._terminal = -1
        self._before: list[Any] | None = None

    def __enter__(self) -> Keyboard:
        try:
            self._input = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):  # closed, or none of the system's
            return self
        if not os.isatty(self._input):
            return self
        if _in_background(self._input):  # reading would stop the process
            self._input = None
        else:
            self._terminal = self._input
            self._before = termios.tcgetattr(self._input)
            now = termios.tcgetattr(self._input)
            now[3] &= ~(termios.ICANON | termios.ECHO)
            termios.tcsetattr(self._input, termios.TCSANOW, now)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)
        self._input = None

    def pressed(self) -> str:
        """The keys since the last call, in their order."""
        if self._input is None or not select.select([self._input], [], [], 0)[0]:
            return ""
        try:
            found = os.read(self._input, _MOST)
        except OSError:
            found = b""
        if not found:
            self._input = None  # its end
        return found.decode("ascii", "ignore")


def _in_background(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # it is not this process's own
        return False
