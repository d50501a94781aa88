"""Kafka: idempotent, in order for each key, acknowledged by all replicas that are in sync."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from confluent_kafka import KafkaError, KafkaException, Producer

from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.brokers.kafka_failures import (
    TOO_LARGE,
    Why,
    probe,
    topics_of,
    wrong_topic,
)
from penstock.brokers.kafka_listener import KafkaListener
from penstock.brokers.kafka_options import producer_options
from penstock.brokers.kafka_settings import KEYS, MESSAGE_ID, KafkaSettings
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

__all__ = ["KafkaBroker", "KafkaListener"]


class KafkaBroker:
    """Produces messages whose key is the sensor, or what `partition-key` finds in them.

    A message without any has its source's number as key, so that the order of a source holds.

    Args:
        address: `host;port`, `host;port;topic` or `kafka://host:port`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._settings = KafkaSettings.of(address)
        if wrong := wrong_topic(address.topic):
            raise ConfigError(f"topic: {wrong}")
        self._options = producer_options(self._settings)
        self._why = Why(self._options)
        self._producer: Any = None
        self._is_spent = False  # without gaps, a producer that has failed once sends no more

    def connect(self) -> None:
        """Reach the cluster and ask what it consists of."""
        self.close()
        probe(self._settings.endpoint, self._why)
        self._why.clear()
        self._producer = Producer({**self._options, "error_cb": self._why.add})
        try:
            topics_of(self._producer, self._why)
        except BrokerError:
            self.close()
            raise
        self._is_spent = False

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Produce all, then wait until each is acknowledged."""
        if self._is_spent:
            self.connect()
        taken, error = self._send(messages)
        if error is not None and error.code() in TOO_LARGE and taken + 1 < len(messages):
            # A batch was too large: which message is, shows when each goes alone.
            taken, error = self._send_singly(messages, taken)
        if taken == len(messages):
            self._why.clear()
            return
        error = error or KafkaError(KafkaError._MSG_TIMED_OUT)
        topic = messages[taken].topic
        if wrong := wrong_topic(topic):
            raise RefusedMessageError(f"kafka: {wrong}", acknowledged=taken)
        kind = RefusedMessageError if error.code() in TOO_LARGE else PublishError
        raise kind(self._why.said(error, topic=topic), acknowledged=taken)

    def close(self) -> None:
        """Let go of the connections; what was not acknowledged is forgotten here."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaException):
                producer.purge()

    def _send_singly(
        self, messages: Sequence[OutgoingMessage], taken: int
    ) -> tuple[int, KafkaError | None]:
        self.connect()
        for index in range(taken, len(messages)):
            one, error = self._send(messages[index : index + 1])
            if not one:
                return index, error
        return len(messages), None

    def _send(self, messages: Sequence[OutgoingMessage]) -> tuple[int, KafkaError | None]:
        """How many of the first messages were taken, and what became of the next one."""
        producer = self._producer
        if producer is None:
            raise PublishError("kafka: not connected")
        reports: list[KafkaError | bool | None] = []
        failure: KafkaError | None = None
        for message in messages:
            index = len(reports)
            try:
                self._produce(message, reports, index)
            except KafkaException as error:
                failure = error.args[0]
                break
            except BufferError:
                break
        self._wait(reports)
        for index, report in enumerate(reports):
            if report is not True:
                self._is_spent = True
                return index, report if isinstance(report, KafkaError) else None
        return len(reports), failure

    def _produce(
        self, message: OutgoingMessage, reports: list[KafkaError | bool | None], index: int
    ) -> None:
        if wrong_topic(message.topic):
            raise KafkaException(KafkaError(KafkaError.TOPIC_EXCEPTION))

        def on_delivery(error: KafkaError | None, _message: Any) -> None:
            reports[index] = True if error is None else error

        self._producer.produce(
            message.topic,
            message.payload,
            key=_key_of(message, self._settings.partition_key),
            headers={
                MESSAGE_ID: message.message_id.encode(errors="replace"),
                "content-type": message.content_type.encode(errors="replace"),
            },
            on_delivery=on_delivery,
        )
        reports.append(None)

    def _wait(self, reports: Sequence[KafkaError | bool | None]) -> None:
        end_s = time.monotonic() + TIMEOUT_S
        while any(report is None for report in reports) and time.monotonic() < end_s:
            self._flush()
            if self._why.cause:
                return

    def _flush(self) -> None:
        try:
            self._producer.flush(0.25)
        except KafkaException:  # it has given up, and still tells what became of each message
            self._producer.poll(0.05)


def _key_of(message: OutgoingMessage, path: tuple[str, ...]) -> bytes:
    found: Any = None
    if path and message.content_type == "application/json":
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(message.payload)
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
    key = found if isinstance(found, str) and found else message.key
    return (key or str(message.source_id)).encode(errors="replace")
