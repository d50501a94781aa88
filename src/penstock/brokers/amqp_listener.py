"""Receiving by AMQP: a queue of one's own, or one that the broker keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from penstock.brokers.amqp_settings import KEYS, ROUTING_HEADER, AmqpSettings, wrong_key
from penstock.brokers.base import BrokerAddress, IncomingMessage
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

_PREFETCH = 500


class AmqpListener:
    """Receives from a queue of its own, or from the durable one that `queue` names.

    A message is acknowledged when the next ones are asked for.

    Args:
        address: As for `AmqpBroker`.
        topics: Routing keys; `*` and `#` mean what the exchange takes them for.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._settings = AmqpSettings.of(address)
        self._topics = list(topics) or [self._settings.topic]
        for topic in self._topics:
            if wrong := wrong_key(topic):
                raise ConfigError(f"topic: {wrong}")
        self._connection: Any = None
        self._channel: Any = None
        self._received: list[IncomingMessage] = []
        self._last_tag = 0
        self._is_cancelled = False

    def connect(self) -> None:
        """Connect, log in, and bind a queue."""
        self.close()
        try:
            self._connection = pika.BlockingConnection(self._settings.parameters())
            self._channel = self._connection.channel()
            self._consume(self._channel)
        except (AMQPError, AMQPConnectorException, OSError) as error:
            self.close()
            raise BrokerError(self._settings.said(error)) from error

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What has arrived."""
        if self._channel is None:
            raise BrokerError("amqp: not connected")
        try:
            if self._last_tag:
                self._channel.basic_ack(self._last_tag, multiple=True)
                self._last_tag = 0
            if not self._received:
                self._connection.process_data_events(time_limit=timeout_s)
        except (AMQPError, OSError) as error:
            self.close()
            raise BrokerError(self._settings.said(error)) from error
        if self._is_cancelled and not self._received:
            where = self._settings.endpoint
            raise BrokerError(f"amqp: {where} no longer has the queue that was listened to")
        found, self._received = self._received, []
        return found

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        self._received, self._last_tag, self._is_cancelled = [], 0, False
        if connection is not None:
            with contextlib.suppress(AMQPError, OSError):
                connection.close()

    def _consume(self, channel: Any) -> None:
        settings = self._settings
        channel.basic_qos(prefetch_count=_PREFETCH)
        if settings.queue:
            channel.queue_declare(settings.queue, durable=True)
            name = settings.queue
        else:
            name = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
        for topic in self._topics if settings.exchange else ():
            channel.queue_bind(name, settings.exchange, topic)
        channel.add_on_cancel_callback(self._on_cancel)
        channel.basic_consume(name, self._on_message)

    def _on_cancel(self, _frame: Any) -> None:
        """Somebody has deleted the queue, or its node of a cluster is away."""
        self._is_cancelled = True

    def _on_message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        key = (properties.headers or {}).get(ROUTING_HEADER, "")
        self._last_tag = method.delivery_tag
        self._received.append(
            IncomingMessage(method.routing_key, body, properties.message_id or "", str(key))
        )
