"""What connection string and adapter file say about a Kafka cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock.brokers.address import Endpoint, endpoint_in_url, fields_of, port_of
from penstock.brokers.base import BrokerAddress
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import ConfigError

MESSAGE_ID: Final = "message-id"
_DEFAULT_PORT = 9092
_GROUP = "test-consumer-group"


def _text(value: Value) -> str:
    return value.text.strip('"')


def _options(value: Value) -> dict[str, str]:
    """`k=v;k=v`, in double quotes or without."""
    found = {}
    for item in value.text.strip('"').split(";"):
        if not item.strip():
            continue
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            raise value.error("options of librdkafka, name=value;name=value")
        found[name.strip()] = text.strip()
    return found


KEYS: Final[Mapping[str, Key]] = {
    "proto-cfg": Key(
        "options of librdkafka, `\"name=value;name=value\"`: TLS (`security.protocol=SSL`, "
        "`ssl.ca.location`), SASL (`sasl.username`), `compression.type`",
        "none",
        "options",
        _options,
    ),
    "producer-proto-cfg": Key("the same, for sending only", "none", "producer", _options),
    "consumer-proto-cfg": Key("the same, for receiving only", "none", "consumer", _options),
    "partition-key": Key(
        "where in a JSON message the text stands that chooses its partition, `sensor.id`",
        "the sensor's name",
        "partition_key",
        _text,
    ),
    "consumer-group-id": Key("consumer group to receive with", _GROUP, "group", _text),
    "share-connection": ignored("one connection for several", "each element has its own"),
}  # fmt: skip


@dataclass(frozen=True)
class KafkaSettings:
    """Everything that is known before connecting.

    Attributes:
        partition_key: Path in a JSON message; empty: the sensor's name is the key.
    """

    endpoint: Endpoint
    options: Mapping[str, str]
    producer: Mapping[str, str]
    consumer: Mapping[str, str]
    partition_key: tuple[str, ...]
    group: str

    @classmethod
    def of(cls, address: BrokerAddress) -> KafkaSettings:
        """What an address says.

        Raises:
            ConfigError: It cannot be meant.
        """
        settings = address.config.settings(KEYS)
        path = settings.get("partition_key", "")
        return cls(
            _endpoint(address.conn_str.strip()),
            settings.get("options", {}),
            settings.get("producer", {}),
            settings.get("consumer", {}),
            tuple(path.split(".")) if path else (),
            settings.get("group") or _GROUP,
        )

    def common(self) -> dict[str, Any]:
        """Options that producers and consumers begin with; the file's come later and win."""
        host = self.endpoint.host
        host = f"[{host}]" if ":" in host else host
        return {
            "bootstrap.servers": f"{host}:{self.endpoint.port}",
            "client.id": "penstock",
            "log_level": 0,  # what matters comes as an error
            **self.options,
        }

    @property
    def where(self) -> str:
        """The endpoint, with the user where there is one."""
        user = {**self.options, **self.producer}.get("sasl.username")
        return f"{self.endpoint} as user {user!r}" if user else str(self.endpoint)


def _endpoint(conn_str: str) -> Endpoint:
    found = endpoint_in_url(conn_str, schemes={"kafka": _DEFAULT_PORT}, tls="")
    if found is not None:
        if found.login.user:
            raise ConfigError(
                "conn-str: wanted kafka://host:port without a user; sasl.username and "
                "sasl.password belong in proto-cfg of the adapter's file"
            )
        return found
    host, port, *_ = fields_of(conn_str, wanted="host;port or host;port;topic", most=3)
    return Endpoint(host, port_of(port))
