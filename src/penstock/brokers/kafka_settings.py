"""What connection string and adapter file say about a Kafka cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from penstock.brokers.address import Endpoint, endpoint_in_url, fields_of, port_of
from penstock.brokers.base import BrokerAddress
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.config.value import shown
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
            # It is not shown: it may be the end of a password.
            raise ConfigError(
                f"{value.where}: wanted options of librdkafka, name=value;name=value, got a part "
                "without '='; a password with ; in it goes into the environment's PASSWORD_KAFKA"
            )
        found[name.strip()] = _place(value, name.strip(), text.strip())
    return found


def _place(value: Value, name: str, text: str) -> str:
    """A file is looked for in the adapter file's folder, then, as DeepStream does, in this one."""
    if not name.endswith(".location") or text in {"", "probe"}:
        return text
    for folder in (Path(os.path.realpath(value.file)).parent, Path.cwd()):
        if os.path.exists(folder / text):
            return str(folder / text)
    raise ConfigError(f"{value.where}: wanted a file in {name}, got {shown(text)}: there is none")


KEYS: Final[Mapping[str, Key]] = {
    "proto-cfg": Key(
        "options of librdkafka, `\"name=value;name=value\"`: TLS (`security.protocol=SSL`, "
        "`ssl.ca.location`), SASL (`sasl.username` and `sasl.password`, where the environment's "
        "`USER_KAFKA` and `PASSWORD_KAFKA` win), `compression.type`",
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
    options: Mapping[str, str] = field(repr=False)  # they hold passwords
    producer: Mapping[str, str] = field(repr=False)
    consumer: Mapping[str, str] = field(repr=False)
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
