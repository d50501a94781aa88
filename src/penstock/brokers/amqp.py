"""AMQP 0.9.1 as RabbitMQ speaks it: durable messages, each confirmed by the broker."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pika

from penstock.brokers.amqp_listener import AmqpListener
from penstock.brokers.amqp_settings import KEYS, ROUTING_HEADER, AmqpSettings, wrong_key
from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

__all__ = ["AmqpBroker", "AmqpListener"]

_DURABLE = 2
_TOO_LARGE = re.compile(r"larger than (?:configured )?max size (\d+)")


class AmqpBroker:
    """Publishes to an exchange; the topic is the routing key.

    A message that the exchange has no queue for is not taken: it waits until one is bound.

    Args:
        address: `host;port`, `host;port;user;password`, `amqp://…` or `amqps://…`, which means TLS.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._settings = AmqpSettings.of(address)
        if wrong := wrong_key(self._settings.topic):
            raise ConfigError(f"topic: {wrong}")
        self._connection: Any = None
        self._channel: Any = None
        self._failure = ""
        self._is_ready = self._was_unroutable = False
        self._next_tag = 1
        self._waiting: set[int] = set()
        self._lost: set[int] = set()  # nacked
        self._returned: set[str] = set()
        self._largest_bytes: int | None = None

    def connect(self) -> None:
        """Connect, log in, see that the exchange is there, and ask for confirmations."""
        self.close()
        self._failure, self._is_ready, self._next_tag = "", False, 1
        self._connection = pika.SelectConnection(
            self._settings.parameters(),
            on_open_callback=self._on_open,
            on_open_error_callback=lambda _connection, error: self._fail(error),
            on_close_callback=lambda _connection, error: self._fail(error),
        )
        self._run_until(lambda: self._is_ready)
        if not self._is_ready:
            failure = self._failure or f"amqp: no answer from {self._settings.endpoint} in time"
            self.close()
            raise BrokerError(failure)

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all, then wait until each is confirmed."""
        taken = 0
        if self._was_unroutable and messages:
            # Alone, or a queue that is bound meanwhile would get later ones first.
            self._publish(messages[:1])
            taken = 1
        try:
            self._publish(messages[taken:])
        except PublishError as error:
            error.acknowledged += taken
            raise

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is None:
            return
        with contextlib.suppress(Exception):
            if connection.is_open:
                connection.add_on_close_callback(lambda *_: connection.ioloop.stop())
                connection.close()
                connection.ioloop.call_later(1.0, connection.ioloop.stop)
                connection.ioloop.start()
        with contextlib.suppress(Exception):
            connection.ioloop.close()

    def _publish(self, messages: Sequence[OutgoingMessage]) -> None:
        if self._channel is None:
            raise PublishError("amqp: not connected")
        self._waiting.clear()
        self._lost.clear()
        self._returned.clear()
        first, refusal = self._next_tag, ""
        sent: list[str] = []
        for message in messages:
            refusal = self._refusal(message)
            if refusal or self._failure:
                break
            self._send(message)
            sent.append(message.message_id)
        self._run_until(lambda: not self._waiting)
        taken = self._taken(sent, first=first)
        if taken < len(sent):
            raise PublishError(self._why(sent[taken], first + taken), acknowledged=taken)
        self._was_unroutable = False
        if refusal:
            raise RefusedMessageError(f"amqp: {refusal}", acknowledged=taken)

    def _send(self, message: OutgoingMessage) -> None:
        self._waiting.add(self._next_tag)
        self._next_tag += 1
        self._channel.basic_publish(
            self._settings.exchange,
            message.topic or self._settings.topic,
            message.payload,
            pika.BasicProperties(
                content_type=message.content_type,
                delivery_mode=_DURABLE,
                message_id=message.message_id,
                headers={ROUTING_HEADER: message.key} if message.key else None,
            ),
            mandatory=True,
        )

    def _taken(self, sent: Sequence[str], *, first: int) -> int:
        """How many of the first messages are in a queue."""
        open_tags = self._waiting | self._lost
        for index, message_id in enumerate(sent):
            if first + index in open_tags or message_id in self._returned:
                return index
        return len(sent)

    def _why(self, message_id: str, tag: int) -> str:
        where = f"exchange {self._settings.exchange!r} of {self._settings.endpoint}"
        if message_id in self._returned:
            self._was_unroutable = True
            return (
                f"amqp: {where} has no queue for these messages: start a consumer, or set queue "
                "in the adapter's file"
            )
        if tag in self._lost:
            return f"amqp: a queue behind {where} is full and takes no more messages"
        return self._failure or f"amqp: no confirmation from {self._settings.endpoint} in time"

    def _refusal(self, message: OutgoingMessage) -> str:
        size = len(message.payload)
        if self._largest_bytes is not None and size > self._largest_bytes:
            return (
                f"{self._settings.endpoint} takes messages of at most {self._largest_bytes} bytes, "
                f"got {size}"
            )
        return wrong_key(message.topic or self._settings.topic)

    def _run_until(self, is_done: Any) -> None:
        """Let the connection work until that is so, it fails, or nothing happens for long."""
        loop = self._connection.ioloop
        remaining = -1
        while not (is_done() or self._failure or remaining == len(self._waiting)):
            remaining = len(self._waiting)
            self._is_done = is_done
            timer = loop.call_later(TIMEOUT_S, loop.stop)
            loop.start()
            loop.remove_timeout(timer)

    def _progressed(self) -> None:
        if self._connection is not None and (self._failure or self._is_done()):
            self._connection.ioloop.stop()

    def _on_open(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        settings = self._settings
        self._channel = channel
        channel.add_on_close_callback(lambda _channel, error: self._fail(error))
        channel.add_on_return_callback(self._on_return)
        if settings.exchange:  # the nameless one cannot be asked for
            channel.exchange_declare(settings.exchange, passive=True)
        if settings.queue:
            channel.queue_declare(settings.queue, durable=True)
            if settings.exchange:
                channel.queue_bind(settings.queue, settings.exchange, settings.topic)
        channel.confirm_delivery(self._on_confirm, callback=self._on_ready)

    def _on_ready(self, _frame: Any) -> None:
        self._is_ready = True
        self._progressed()

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tags = {method.delivery_tag}
        if method.multiple:
            tags = {tag for tag in self._waiting if tag <= method.delivery_tag}
        self._waiting -= tags
        if isinstance(method, pika.spec.Basic.Nack):
            self._lost |= tags
        self._progressed()

    def _on_return(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self._returned.add(properties.message_id)

    def _fail(self, error: BaseException) -> None:
        if limit := _TOO_LARGE.search(str(error)):
            self._largest_bytes = int(limit[1])
        self._failure = self._failure or self._settings.said(error)
        self._progressed()
