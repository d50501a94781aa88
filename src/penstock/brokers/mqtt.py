"""MQTT 3.1.1 and 5, QoS 1: the broker acknowledges every message."""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, NoReturn

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    IncomingMessage,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.brokers.mqtt_connection import KEYS, MESSAGE_ID, MqttConnection
from penstock.brokers.mqtt_envelope import enveloped
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

_QOS = 1
_FOR_EVER = frozenset({0x90, 0x95, 0x99})  # topic invalid, packet too large, format invalid
_TOPIC_BYTES = 65535
_PAYLOAD_BYTES = 268_435_455 - _TOPIC_BYTES - 8


class MqttBroker:
    """Publishes with QoS 1, not retained.

    Args:
        address: `host;port`, `host;port;topic`, `mqtt://…` or `mqtts://…`, which means TLS.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._connection = MqttConnection(address)
        self._is_enveloped = os.environ.get("DEEPSTREAM_ENABLE_SENSOR_ID_EXTRACTION") == "1"
        if wrong := _wrong_topic(address.topic):
            raise ConfigError(f"topic: {wrong}")

    def connect(self) -> None:
        """Connect and log in."""
        self._connection.connect()

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all, then wait until each is acknowledged."""
        if self._connection.client is None:
            raise PublishError("mqtt: not connected")
        self._connection.forget_answers()
        numbers: list[int] = []
        refusal = ""
        for message in messages:
            refusal = self._refusal(message)
            if refusal:
                break
            numbers.append(self._send(message))
        taken = self._wait(numbers)
        if taken < len(numbers):
            self._explain(numbers[taken], taken)
        if refusal:
            raise RefusedMessageError(f"mqtt: {refusal}", acknowledged=taken)

    def close(self) -> None:
        """Say good-bye."""
        self._connection.close()

    def _send(self, message: OutgoingMessage) -> int:
        payload, beside = self._payload(message), self._beside(message)
        client = self._connection.client
        return int(client.publish(message.topic, payload, qos=_QOS, properties=beside).mid)

    def _payload(self, message: OutgoingMessage) -> bytes:
        return enveloped(message) if self._is_enveloped else message.payload

    def _beside(self, message: OutgoingMessage) -> Properties | None:
        if not self._connection.is_v5:
            return None
        beside = Properties(PacketTypes.PUBLISH)
        beside.ContentType = message.content_type
        beside.UserProperty = (MESSAGE_ID, message.message_id)
        return beside

    def _explain(self, number: int, taken: int) -> NoReturn:
        """Say why the message behind the first ones was not taken."""
        reason = self._connection.refused.get(number)
        if reason is None:
            raise PublishError(self._connection.lost(), acknowledged=taken)
        text = f"mqtt: {self._connection.endpoint} refuses a message: {str(reason).lower()}"
        kind = RefusedMessageError if reason.value in _FOR_EVER else PublishError
        raise kind(text, acknowledged=taken)

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

    def _refusal(self, message: OutgoingMessage) -> str:
        payload, limit = self._payload(message), self._connection.packet_limit
        if len(payload) > _PAYLOAD_BYTES:
            return f"a message of {len(payload)} bytes is too large for MQTT"
        if wrong := _wrong_topic(message.topic):
            return wrong
        beside = self._beside(message)
        if beside is not None and limit:
            size = _packet_bytes(len(message.topic.encode()) + len(beside.pack()) + len(payload))
            if size > limit:
                return f"a packet of {size} bytes is too large for the broker, which takes {limit}"
        return ""


class MqttListener:
    """Receives what is published from now on, with QoS 1.

    Args:
        address: As for `MqttBroker`, without a topic.
        topics: May hold `+` and `#`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._connection = MqttConnection(address, suffix="-in")
        self._topics = list(topics)

    def connect(self) -> None:
        """Connect, log in, and subscribe."""
        self._connection.connect()
        connection = self._connection
        try:
            connection.client.subscribe([(topic, _QOS) for topic in self._topics])
        except ValueError as error:
            raise BrokerError(f"mqtt: cannot subscribe to {self._topics}: {error}") from error
        with connection.changed:
            connection.changed.wait_for(
                lambda: connection.subscribed is not None or connection.ended, TIMEOUT_S
            )
        if connection.subscribed is None:
            raise BrokerError(connection.lost())
        if any(reason.is_failure for reason in connection.subscribed):
            raise BrokerError(
                f"mqtt: {connection.endpoint} refuses a subscription to {', '.join(self._topics)}"
            )

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What was published."""
        received = self._connection.received
        found: list[IncomingMessage] = []
        with contextlib.suppress(queue.Empty):
            found.append(received.get(timeout=timeout_s))
            while True:
                found.append(received.get_nowait())
        if not found and (self._connection.ended or self._connection.client is None):
            raise BrokerError(self._connection.lost())
        return found

    def close(self) -> None:
        """Say good-bye."""
        self._connection.close()


def _packet_bytes(content: int) -> int:
    """The size of a packet whose topic, properties and payload have `content` bytes together."""
    remaining = content + 4  # the topic's length, and the packet's number
    lengths = next(n for n in (1, 2, 3, 4) if remaining < 1 << 7 * n or n == 4)
    return 1 + lengths + remaining


def _wrong_topic(topic: str) -> str:
    """Why nothing can be published there; empty where it can."""
    if not topic:
        return "wanted the name of a topic, got nothing"
    size = len(topic.encode(errors="replace"))
    if size > _TOPIC_BYTES:
        return f"wanted at most {_TOPIC_BYTES} bytes, got {size}, {topic[:20]!r}…"
    if set(topic) & {"+", "#", "\0"}:
        return f"wanted a name without +, # and NUL, got {topic[:80]!r}"
    return ""
