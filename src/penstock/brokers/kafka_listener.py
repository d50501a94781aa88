"""Receiving from Kafka, as a member of a consumer group."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from confluent_kafka import Consumer, KafkaException

from penstock.brokers.base import TIMEOUT_S, BrokerAddress, IncomingMessage
from penstock.brokers.kafka_failures import (
    ABOUT_TOPICS,
    CONNECT_S,
    Why,
    probe,
    topics_of,
)
from penstock.brokers.kafka_options import consumer_options
from penstock.brokers.kafka_settings import KEYS, MESSAGE_ID, KafkaSettings
from penstock.config import Key
from penstock.errors import BrokerError

_LEAVE_S = 3.0
_LOOK_S = 2.0
_BATCH = 500
_AT_THE_END = frozenset({"latest", "largest", "end"})


class KafkaListener:
    """Receives as a member of a consumer group.

    Where a new group begins says `auto.offset.reset` in `consumer-proto-cfg`: by default with the
    oldest message. A message counts as received when the next ones are asked for.

    Args:
        address: As for `KafkaBroker`.
        topics: Names, or patterns that begin with `^`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._settings = KafkaSettings.of(address)
        self._topics = list(topics)
        self._options = consumer_options(self._settings)
        self._why = Why(self._options)
        self._consumer: Any = None
        self._handed_out: list[Any] = []
        self._early: list[Any] = []  # arrived while connecting
        self._is_member = False
        self._were_missing: set[str] = set()  # what is in them is new, all of it
        self._begun: dict[tuple[str, int], int] = {}  # where it began; holds over connections

    def connect(self) -> None:
        """Reach the cluster and subscribe."""
        self.close()
        probe(self._settings.endpoint, self._why)
        self._why.clear()
        self._consumer = Consumer({**self._options, "error_cb": self._why.add})
        try:
            self._see_topics(topics_of(self._consumer, self._why))
            self._consumer.subscribe(self._topics, on_assign=self._on_assign)
        except (BrokerError, KafkaException) as error:
            self.close()
            if isinstance(error, BrokerError):
                raise
            raise BrokerError(self._why.said(error.args[0])) from error
        end_s = time.monotonic() + TIMEOUT_S
        while not self._is_member and time.monotonic() < end_s:
            self._early += self._consume(1, 0.1)

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What has arrived; librdkafka makes a connection that was lost again by itself."""
        consumer = self._consumer
        if consumer is None:
            raise BrokerError("kafka: not connected")
        with contextlib.suppress(KafkaException):  # the partition is somebody else's by now
            for message in self._handed_out:
                consumer.store_offsets(message)
        self._handed_out = []
        found, self._early = self._early, []
        found += self._consume(1, 0 if found else timeout_s) + self._consume(_BATCH, 0)
        self._handed_out = [message for message in found if message.error() is None]
        for message in found:
            error = message.error()
            if error is not None and (error.fatal() or error.code() in ABOUT_TOPICS):
                raise BrokerError(self._why.said(error, topic=message.topic() or ""))
        if self._handed_out:
            self._why.clear()
        else:
            self._see_the_cluster()
        return [_incoming(message) for message in self._handed_out]

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        self._handed_out, self._early, self._is_member = [], [], False
        if consumer is not None:
            # It waits for a cluster that is away as long as a group does for a member.
            leaving = threading.Thread(target=_leave, args=(consumer,), daemon=True)
            leaving.start()
            leaving.join(_LEAVE_S)

    def _see_the_cluster(self) -> None:
        """A connection that stays away is a failure, and so is what only other settings mend."""
        if cause := self._why.cause:
            raise BrokerError(cause)
        since_s = self._why.since_s
        if since_s is None or time.monotonic() < since_s + TIMEOUT_S:
            return
        probe(self._settings.endpoint, self._why)
        try:
            self._consumer.list_topics(timeout=_LOOK_S)
        except KafkaException as error:
            raise BrokerError(self._why.said(error.args[0])) from error
        self._why.clear()

    def _see_topics(self, there: Mapping[str, Any]) -> None:
        missing = {one for one in self._topics if not one.startswith("^") and one not in there}
        self._were_missing |= missing
        if missing:
            names = ", ".join(sorted(missing))
            raise BrokerError(f"kafka: {self._why.where} has no topic {names}: create it")

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        """Where a group begins at the end, that is the end now, not when it is first asked for."""
        self._is_member = True
        if self._options["auto.offset.reset"] not in _AT_THE_END:
            return
        known = consumer.committed(partitions, timeout=CONNECT_S)
        for partition, committed in zip(partitions, known, strict=True):
            if committed.offset < 0:
                partition.offset = self._beginning(consumer, partition)
        consumer.assign(partitions)

    def _beginning(self, consumer: Any, partition: Any) -> int:
        """A new connection begins where the first one did, while nothing is committed."""
        place = partition.topic, partition.partition
        if place not in self._begun:
            end = 0
            if partition.topic not in self._were_missing:
                _, end = consumer.get_watermark_offsets(partition, timeout=CONNECT_S)
            self._begun[place] = end
        return self._begun[place]

    def _consume(self, most: int, timeout_s: float) -> list[Any]:
        try:
            return list(self._consumer.consume(most, timeout_s))
        except KafkaException as error:  # also what was raised when partitions were assigned
            raise BrokerError(self._why.said(error.args[0])) from error


def _leave(consumer: Any) -> None:
    with contextlib.suppress(KafkaException, RuntimeError):
        consumer.close()


def _incoming(message: Any) -> IncomingMessage:
    headers = dict(message.headers() or ())
    texts = (headers.get(MESSAGE_ID) or b"", message.key() or b"")
    message_id, key = (text.decode(errors="replace") for text in texts)
    return IncomingMessage(message.topic(), message.value() or b"", message_id, key)
