"""What every broker adapter is given, and what it promises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import ClassVar, Final, Protocol

from penstock.config import BrokerConfig, Key
from penstock.errors import BrokerError
from penstock.registry import Registry

TIMEOUT_S: Final = 10.0
"""No call of an adapter blocks longer than this without getting on."""

_LIBRARY = re.compile(r"libnvds_(\w+?)_proto\.so[.0-9]*")


@dataclass(frozen=True)
class BrokerAddress:
    """Where messages go; what the environment says (`PASSWORD_REDIS`) the adapter reads itself.

    Attributes:
        conn_str: `host;port` or what else the adapter understands; may be empty.
        config: The adapter's file; empty without one.
        topic: Where messages go that name none; empty where none was said.
    """

    conn_str: str = field(repr=False)  # it may hold a password
    config: BrokerConfig = field(default_factory=BrokerConfig, repr=False)
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send.

    Attributes:
        message_id: No other message has it; consumers drop what comes twice.
        source_id: In whose order it belongs.
        topic: Topic, stream, routing key, subject: what the broker calls it.
        payload: The bytes.
        content_type: What they are, a media type.
        key: The sensor's name, to choose a partition by; may be empty.
    """

    message_id: str
    source_id: int
    topic: str
    payload: bytes = field(repr=False)
    content_type: str = "application/json"
    key: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message that has arrived; what the broker does not tell is empty."""

    topic: str
    payload: bytes = field(repr=False)
    message_id: str = ""
    key: str = ""


class PublishError(BrokerError):
    """The broker did not take all messages.

    Attributes:
        acknowledged: How many of the first ones it has acknowledged.
    """

    def __init__(self, text: str, *, acknowledged: int = 0) -> None:
        super().__init__(text)
        self.acknowledged = acknowledged


class RefusedMessageError(PublishError):
    """The broker will never take the message behind the acknowledged ones, however often tried."""


class Broker(Protocol):
    """Sends messages. All calls come from one thread and may block for `TIMEOUT_S`.

    Every registered broker that a test can start must pass `tests/brokers/test_broker_contract.py`.
    Messages of errors name host, port and user, and never a password.

    One whose broker may forget what it has acknowledged can have a method `take_unsettled`, which
    returns what was acknowledged shortly before a connection broke, once: the caller connects anew
    and publishes it again.

    Args:
        address: Where to.

    Raises:
        ConfigError: Of the constructor, which does not connect: the address cannot be meant.
    """

    KEYS: ClassVar[Mapping[str, Key]]

    def __init__(self, address: BrokerAddress) -> None: ...

    def connect(self) -> None:
        """Make a connection, a new one where there is one.

        Raises:
            BrokerError: What failed and why: wrong password, unknown host, refused certificate.
        """
        ...

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send messages in their order; returns when the broker has acknowledged all of them.

        After any error but `RefusedMessageError` the caller connects anew before it goes on.

        Raises:
            PublishError: It did not, and why; `acknowledged` of them need not come again.
            RefusedMessageError: It will never take the message behind those.
            BrokerError: It is not known that any was taken.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; never raises, and may be called without one."""
        ...


class Listener(Protocol):
    """Receives messages. All calls come from one thread.

    Args:
        address: Where from.
        topics: What to receive.

    Raises:
        ConfigError: Of the constructor, which does not connect: the address cannot be meant.
    """

    KEYS: ClassVar[Mapping[str, Key]]

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None: ...

    def connect(self) -> None:
        """Make a connection, a new one where there is one; messages are received from now on.

        Raises:
            BrokerError: What failed and why.
        """
        ...

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What has arrived, in its order; waits for the first one, at most `timeout_s` seconds.

        Raises:
            BrokerError: The connection is gone; the caller connects anew.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; never raises, and may be called without one."""
        ...


_EXTRAS = {
    "kafka": "kafka",
    "mqtt": "mqtt",
    "amqp": "amqp",
    "redis": "redis",
    "nats": "nats",
    "azure": "mqtt",
    "azure-edge": "mqtt",
}

BROKERS: Registry[Broker] = Registry(
    "broker",
    {
        "kafka": "penstock.brokers.kafka:KafkaBroker",
        "mqtt": "penstock.brokers.mqtt:MqttBroker",
        "amqp": "penstock.brokers.amqp:AmqpBroker",
        "redis": "penstock.brokers.redis:RedisBroker",
        "azure": "penstock.brokers.azure:AzureBroker",
        "azure-edge": "penstock.brokers.azure_edge:AzureEdgeBroker",
        "nats": "penstock.brokers.nats:NatsBroker",
        "http": "penstock.brokers.http:HttpBroker",
    },
    extras=_EXTRAS,
)

LISTENERS: Registry[Listener] = Registry(
    "listener",
    {
        "kafka": "penstock.brokers.kafka:KafkaListener",
        "mqtt": "penstock.brokers.mqtt:MqttListener",
        "amqp": "penstock.brokers.amqp:AmqpListener",
        "redis": "penstock.brokers.redis:RedisListener",
        "azure": "penstock.brokers.azure:AzureListener",
        "nats": "penstock.brokers.nats:NatsListener",
        "http": "penstock.brokers.http:HttpListener",
    },
    extras=_EXTRAS,
)


def broker_name(proto_lib: str) -> str:
    """The broker that a `proto-lib` means: DeepStream's library in any folder, or a name.

    Args:
        proto_lib: `/opt/…/libnvds_kafka_proto.so` or `kafka`.

    Raises:
        UnknownNameError: It means none; the message lists what there is.
    """
    file = PurePosixPath(proto_lib.strip()).name
    library = _LIBRARY.fullmatch(file)
    name = library[1].replace("_", "-") if library else file
    if name not in BROKERS:
        BROKERS.load(name)  # raises
    return name
