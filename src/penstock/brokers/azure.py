"""Azure IoT Hub, as a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.brokers.azure_hub import (
    HubBroker,
    HubConnection,
    HubListener,
    Identity,
    properties_of,
)
from penstock.brokers.base import BrokerAddress
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import ConfigError


def _text(value: Value) -> str:
    return value.text.strip('"')


KEYS: Mapping[str, Key] = {
    "connection_str": Key(
        "the device's connection string, where conn-str is empty", "none", "connection", _text
    ),
    "custom_msg_properties": Key(
        "set on every message, `name=value;name=value`", "none", "properties", properties_of
    ),
    **{name: key for name, key in TLS_KEYS.items() if name != "enable-tls"},
    "cleanup-timeout": ignored("time for the last messages", "nvmsgbroker has flush-timeout"),
    "share-connection": ignored("one connection for several", "each element has its own"),
}


class AzureBroker(HubBroker):
    """Sends device-to-cloud messages; the topic means nothing.

    Args:
        address: `HostName=…;DeviceId=…;SharedAccessKey=…`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        identity, connection = _reached_by(address)
        properties = address.config.settings(KEYS).get("properties", {})
        super().__init__(connection, identity, properties)


class AzureListener(HubListener):
    """Receives cloud-to-device messages.

    A hub lets a device in once: who sends as it at the same time is thrown out.

    Args:
        address: As for `AzureBroker`.
        topics: Mean nothing.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        identity, connection = _reached_by(address)
        super().__init__(connection, [f"{identity.path}/messages/devicebound/#"])


def _reached_by(address: BrokerAddress) -> tuple[Identity, HubConnection]:
    settings = address.config.settings(KEYS)
    text, where = address.conn_str.strip(), "conn-str"
    if not text:
        text, where = settings.get("connection", ""), "connection_str"
    identity = Identity.of(text, where=where)
    files = TlsFiles.of(settings)
    if identity.sign is None and files.certificate is None:
        raise ConfigError(
            f"{where}: wanted a SharedAccessKey, or tls-certfile and tls-keyfile in the adapter's "
            "file, got neither"
        )
    return identity, HubConnection(identity, files.context())
