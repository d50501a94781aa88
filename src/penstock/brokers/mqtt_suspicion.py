"""Over which message a broker ends the connection, where the protocol lets it say no more."""

from __future__ import annotations

from typing import NamedTuple

from penstock.brokers.base import OutgoingMessage

QUIETS_S = (4.0, 7.0, 5.0, 8.0, 4.5, 6.0)
ANSWER_S = 0.2  # a twentieth of the shortest quiet: chance rarely hits it, and never each time
LEAST_S = 300.0  # what a broker is only short of for a moment is there again by then
_ENDINGS = 2
_CALM = 300  # messages, more than come in one batch: answers to all of it may have been lost
_KNOWN = 4


class Trial(NamedTuple):
    """How a suspect is to be sent, alone.

    Attributes:
        quiet_s: Before it the connection must hold that long while nothing is sent.
        control: After that, and just before the suspect, the broker must take this one.
    """

    quiet_s: float
    control: OutgoingMessage | None


class Suspicion:
    """Tells a message that a broker will never take from a broker or network that fails.

    When two connections in a row have ended before a new message was acknowledged, messages are
    sent one at a time. Suspect is the one that the last connection ended over: it was the oldest
    without an answer, or nothing was under way, and it had just been acknowledged. Where the broker
    has just taken another message for the same topic, the suspect is tried: in turn right behind
    that message, and after a quiet time. It is guilty when the broker ended every one of these
    connections at once, at least six times, over five minutes. One connection that ended in the
    quiet, or did not take the message before the suspect, clears it: then it is not known that the
    suspect made the difference. For one as large as a message that was guilty before, four times in
    a row are enough, unless the broker has taken a larger one since.
    """

    def __init__(self) -> None:
        self._suspect, self._is_acknowledged = "", False
        self._losses = self._strikes = self._careful = self._endings = 0
        self._has_got_on = False
        self._since_s = 0.0
        self._is_next_plain = False
        self._control: OutgoingMessage | None = None
        self._limit = 0  # bytes of the smallest guilty message

    @property
    def is_careful(self) -> bool:
        """Whether messages are to be sent one at a time."""
        return self._careful > 0

    @property
    def losses(self) -> int:
        """How many connections in a row have ended over the suspect."""
        return self._losses

    def connected(self) -> None:
        """There is a new connection, on which nothing was sent yet."""
        self._control = None
        self._has_got_on = False

    def acknowledged(self, message: OutgoingMessage, *, is_new: bool) -> None:
        """The broker has taken this one; `is_new`: for the first time."""
        self._careful = max(0, self._careful - is_new)
        self._has_got_on |= is_new
        last, self._control = self._control, message
        innocent = last if self._is_acknowledged else message
        if innocent is not None and innocent.message_id == self._suspect:
            self.clear()
        if last is not None and len(last.payload) >= self._limit:
            self._limit = 0  # it was taken, and the connection held

    def trial(self, message: OutgoingMessage) -> Trial | None:
        """How to send it; None: like any other."""
        if message.message_id != self._suspect:
            return None
        if self._is_next_plain:
            self._is_next_plain = False
            return None
        control = self._control_for(message)
        if control is None and not self._is_acknowledged:
            return None  # it may be that the broker takes nothing at all
        quiet_s = QUIETS_S[self._strikes % len(QUIETS_S)]
        return Trial(quiet_s, control if self._strikes % 2 == 0 else None)

    def ended(self, silent_s: float) -> None:
        """The connection ended while nothing was under way, `silent_s` after the last answer."""
        if self._control is not None and silent_s <= ANSWER_S:
            self.lost(self._control, is_acknowledged=True)
        elif self._is_acknowledged:
            self.clear()
        else:
            self.unsteady()

    def clear(self) -> None:
        """The connection holds over the suspect."""
        self._accuse("")

    def unsteady(self) -> None:
        """The connection ended, and the suspect had no part in that; the quiet may have had."""
        self._strikes = 0
        self._is_next_plain = True

    def lost(self, message: OutgoingMessage, *, is_acknowledged: bool = False) -> None:
        """The connection ended, and this was the oldest message without an answer.

        Args:
            message: From now on the suspect.
            is_acknowledged: It was the last one with an answer.
        """
        if message.message_id != self._suspect:
            self._accuse(message.message_id)
        self._is_acknowledged = is_acknowledged
        self._losses += 1
        self._endings = 1 if self._has_got_on else self._endings + 1
        if self._endings >= _ENDINGS:
            self._careful = _CALM

    def struck(
        self, message: OutgoingMessage, *, answer_s: float, now_s: float, is_acknowledged: bool
    ) -> bool:
        """The connection ended in a trial of this message; returns whether it is guilty.

        Args:
            message: The suspect.
            answer_s: How long after it was sent, or acknowledged.
            now_s: When.
            is_acknowledged: Whether it was, before that.
        """
        self.lost(message, is_acknowledged=is_acknowledged)
        is_clear = is_acknowledged or self._control_for(message) is not None
        if answer_s > ANSWER_S or not is_clear:
            return False
        if self._strikes == 0:
            self._since_s = now_s
        self._strikes += 1
        is_known = 0 < self._limit <= len(message.payload) and self._strikes >= _KNOWN
        is_new = self._strikes >= len(QUIETS_S) and now_s - self._since_s >= LEAST_S
        if is_known or is_new:
            size = len(message.payload)
            self._limit = min(self._limit or size, size)
            self.clear()
        return is_known or is_new

    def _control_for(self, message: OutgoingMessage) -> OutgoingMessage | None:
        control = self._control
        return control if control is not None and control.topic == message.topic else None

    def _accuse(self, message_id: str) -> None:
        self._suspect, self._is_acknowledged = message_id, False
        self._losses = self._strikes = 0
        self._is_next_plain = False
