"""What an MQTT broker has acknowledged of late, and may forget when it crashes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from penstock.brokers.base import OutgoingMessage

MEMORY_BYTES = 32 << 20
_OVERHEAD_BYTES = 500  # of a message in memory, beside its payload


class RecentlyAcknowledged:
    """Messages that a broker may not have saved yet, at most `MEMORY_BYTES` of them.

    It has saved what it acknowledged `window_s` before it was last known to live. Only its answers
    prove that it does: a connection to a machine without power looks well for `blind_s` more.

    Args:
        window_s: How long the broker takes to save what it has acknowledged, seconds; 0: no time.
        blind_s: For how long a dead connection may look well, seconds.
    """

    def __init__(self, *, window_s: float, blind_s: float) -> None:
        self._window_s, self._blind_s = window_s, blind_s
        self._kept: deque[tuple[float, OutgoingMessage]] = deque()  # when acknowledged
        self._bytes = 0
        self._unsettled: list[OutgoingMessage] = []

    def add(self, messages: Sequence[OutgoingMessage], *, sent_s: float, now_s: float) -> None:
        """The broker has acknowledged messages, so it lived when they were sent, or later.

        Args:
            messages: In their order, behind those of earlier calls.
            sent_s: When the first of them was sent; the clock of all times is the same.
            now_s: When the last of them was acknowledged.
        """
        if not messages or not self._window_s:
            return
        self._forget(before_s=sent_s - self._window_s)
        for message in messages:
            if self._kept and self._kept[-1][1] is message:
                self._bytes -= _size_of(self._kept.pop()[1])
            self._kept.append((now_s, message))
            self._bytes += _size_of(message)
        while self._bytes > MEMORY_BYTES:
            self._forget_oldest()

    def connection_broke(self, now_s: float) -> None:
        """What is remembered may be lost; may be told more than once."""
        self._forget(before_s=now_s - self._window_s - self._blind_s)
        self._unsettled += [message for _, message in self._kept]
        self._kept.clear()
        self._bytes = 0

    def take_unsettled(self) -> list[OutgoingMessage]:
        """What may be lost, in its order; once."""
        taken, self._unsettled = self._unsettled, []
        return taken

    def _forget(self, *, before_s: float) -> None:
        while self._kept and self._kept[0][0] < before_s:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, message = self._kept.popleft()
        self._bytes -= _size_of(message)


def _size_of(message: OutgoingMessage) -> int:
    return len(message.payload) + _OVERHEAD_BYTES
