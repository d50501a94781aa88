"""Sends messages on one MQTT connection after the other, and finds out what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from penstock.brokers.base import TIMEOUT_S, OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.mqtt_connection import MqttConnection
from penstock.brokers.mqtt_recent import RecentlyAcknowledged
from penstock.brokers.mqtt_suspicion import ANSWER_S, Suspicion, Trial

_FOR_EVER = frozenset({0x90, 0x95, 0x99})  # topic invalid, packet too large, format invalid
_TOLD_LOSSES = 3


class Sender:
    """Publishes messages, and knows which may have to come again, and which never can.

    Args:
        connection: It is closed by its owner.
        send: Sends one message; gives its number.
        resend_s: How long the broker may take to save what it has acknowledged, seconds.
    """

    def __init__(
        self,
        connection: MqttConnection,
        send: Callable[[OutgoingMessage], int],
        *,
        resend_s: float,
    ) -> None:
        self._connection, self._send = connection, send
        self._recent = RecentlyAcknowledged(
            window_s=resend_s, blind_s=2 * (connection.keep_alive_s + TIMEOUT_S)
        )
        self._suspicion = Suspicion()
        self._answered_s = 0.0  # when the broker has acknowledged something
        self._is_end_noted = False
        self._repeated: set[str] = set()  # ids of messages that come once more

    def connect(self) -> None:
        """Make a new connection."""
        self._note_end()
        self._connection.connect()
        self._is_end_noted = False
        self._suspicion.connected()

    def take_unsettled(self) -> list[OutgoingMessage]:
        """What was acknowledged so shortly before the connection broke that it may be lost."""
        self._note_end()
        unsettled = self._recent.take_unsettled()
        self._repeated.update(message.message_id for message in unsettled)
        return unsettled

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all, and wait until each is acknowledged.

        Raises:
            PublishError: One was not.
            RefusedMessageError: One never will be.
        """
        if self._connection.client is None:
            raise PublishError("mqtt: not connected")
        if not self._suspicion.is_careful:
            self._publish_together(messages)
            return
        for taken, message in enumerate(messages):
            self._publish_alone(message, taken)

    def _publish_together(self, messages: Sequence[OutgoingMessage]) -> None:
        self._check_connection(0)
        sent_s = time.monotonic()
        numbers, taken = self._exchange(messages)
        self._acknowledged(messages[:taken], sent_s=sent_s)
        if taken < len(messages):
            self._raise_refusal(numbers[taken], taken)
            self._suspicion.lost(messages[taken])
            raise self._lost(taken)

    def _publish_alone(self, message: OutgoingMessage, taken: int) -> None:
        """Send one message, so that it is known whether the connection ends over it."""
        trial = self._suspicion.trial(message)
        if trial is not None:
            self._prepare(trial, taken)
        self._check_connection(taken)
        sent_s = time.monotonic()
        [number], count = self._exchange([message])
        answered_s = time.monotonic()
        if count and (trial is None or self._holds_for(ANSWER_S)):
            self._acknowledged([message], sent_s=sent_s)
            if trial is not None:
                self._suspicion.clear()
            return
        self._raise_refusal(number, taken)
        if trial is None or not self._connection.ended:
            self._suspicion.lost(message)
        elif self._suspicion.struck(
            message,
            answer_s=self._connection.ended_s - (answered_s if count else sent_s),
            now_s=time.monotonic(),
            is_acknowledged=count > 0,
        ):
            raise self._guilty(message, taken)
        raise self._lost(taken, over=message)

    def _prepare(self, trial: Trial, taken: int) -> None:
        """See that the connection holds without the suspect, and that others are taken."""
        self._holds_for(trial.quiet_s)
        self._check_connection(taken)
        if trial.control is not None:
            self._repeated.add(trial.control.message_id)
            sent_s = time.monotonic()
            _, count = self._exchange([trial.control])
            if not count:
                self._suspicion.unsteady()
                raise self._lost(taken)
            self._acknowledged([trial.control], sent_s=sent_s)

    def _check_connection(self, taken: int) -> None:
        """See that it has not ended while nothing was under way."""
        self._note_end()
        if self._connection.ended:
            raise self._lost(taken)

    def _holds_for(self, wait_s: float) -> bool:
        connection = self._connection
        with connection.changed:
            connection.changed.wait_for(lambda: connection.ended, wait_s)
        return not connection.ended

    def _exchange(self, messages: Sequence[OutgoingMessage]) -> tuple[list[int], int]:
        """Send messages; their numbers, and how many of the first ones are acknowledged."""
        self._connection.forget_answers()
        numbers = [self._send(message) for message in messages]
        return numbers, self._wait(numbers)

    def _acknowledged(self, messages: Sequence[OutgoingMessage], *, sent_s: float) -> None:
        if not messages:
            return
        self._answered_s = time.monotonic()
        self._recent.add(messages, sent_s=sent_s, now_s=self._answered_s)
        for message in messages:
            is_new = message.message_id not in self._repeated
            self._repeated.discard(message.message_id)
            self._suspicion.acknowledged(message, is_new=is_new)

    def _wait(self, numbers: Sequence[int]) -> int:
        """How many of the first messages are acknowledged, once no more can be expected."""
        connection = self._connection
        taken = 0
        progress_s = time.monotonic()
        with connection.changed:
            while taken < len(numbers):
                if numbers[taken] in connection.refused:
                    break
                if numbers[taken] in connection.acknowledged:
                    connection.acknowledged.discard(numbers[taken])
                    taken += 1
                    progress_s = time.monotonic()
                elif connection.ended or time.monotonic() - progress_s > TIMEOUT_S:
                    break
                else:
                    connection.changed.wait(1.0)
        return taken

    def _raise_refusal(self, number: int, taken: int) -> None:
        """Say why the broker did not take a message, where it has told."""
        reason = self._connection.refused.get(number)
        if reason is not None:
            text = f"mqtt: {self._connection.endpoint} refuses a message: {str(reason).lower()}"
            kind = RefusedMessageError if reason.value in _FOR_EVER else PublishError
            raise kind(text, acknowledged=taken)

    def _lost(self, taken: int, *, over: OutgoingMessage | None = None) -> PublishError:
        """The connection has ended, or does not answer."""
        self._is_end_noted = True
        self._recent.connection_broke(time.monotonic())
        text = self._connection.lost()
        if over is not None and self._suspicion.losses >= _TOLD_LOSSES:
            text = (
                f"{self._lost_over(over)}: see that the broker takes packets of that size, and "
                "that this user may publish there"
            )
        return PublishError(text, acknowledged=taken)

    def _guilty(self, message: OutgoingMessage, taken: int) -> RefusedMessageError:
        self._lost(taken)
        return RefusedMessageError(
            f"{self._lost_over(message)} each time, while others were taken", acknowledged=taken
        )

    def _lost_over(self, message: OutgoingMessage) -> str:
        size = len(message.payload)
        return f"{self._connection.lost()} over a message of {size} bytes for {message.topic!r}"

    def _note_end(self) -> None:
        """Once for each connection."""
        if self._connection.ended and not self._is_end_noted:
            self._is_end_noted = True
            self._recent.connection_broke(time.monotonic())
            self._suspicion.ended(self._connection.ended_s - self._answered_s)
