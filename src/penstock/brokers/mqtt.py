"""MQTT 3.1.1 and 5, QoS 1: the broker acknowledges every message."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import queue
from collections.abc import Mapping, Sequence
from typing import ClassVar

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    IncomingMessage,
    OutgoingMessage,
    RefusedMessageError,
)
from penstock.brokers.mqtt_connection import KEYS, MESSAGE_ID, MqttConnection
from penstock.brokers.mqtt_envelope import enveloped
from penstock.brokers.mqtt_sender import Sender
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

_QOS = 1
_TOPIC_BYTES = 65535
_PAYLOAD_BYTES = 268_435_455 - _TOPIC_BYTES - 8


class MqttBroker:
    """Publishes with QoS 1, not retained.

    Args:
        address: `host;port`, `host;port;topic`, `mqtt://…` or `mqtts://…`, which means TLS.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS
    _resend_s = 0.0  # of an IoT hub, which keeps what it acknowledges

    def __init__(self, address: BrokerAddress) -> None:
        self._connection = MqttConnection(address)
        self._resend_s = self._connection.resend_s
        self._is_enveloped = os.environ.get("DEEPSTREAM_ENABLE_SENSOR_ID_EXTRACTION") == "1"
        if wrong := _wrong_topic(address.topic):
            raise ConfigError(f"topic: {wrong}")

    def connect(self) -> None:
        """Connect and log in."""
        self._sender.connect()

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all, then wait until each is acknowledged."""
        good = list(itertools.takewhile(lambda message: not self._refusal(message), messages))
        self._sender.publish(good)
        if len(good) < len(messages):
            text = self._refusal(messages[len(good)])
            raise RefusedMessageError(f"mqtt: {text}", acknowledged=len(good))

    def take_unsettled(self) -> list[OutgoingMessage]:
        """What was acknowledged so shortly before the connection broke that it may be lost."""
        return self._sender.take_unsettled()

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

    @functools.cached_property
    def _sender(self) -> Sender:
        return Sender(self._connection, self._send, resend_s=self._resend_s)

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
