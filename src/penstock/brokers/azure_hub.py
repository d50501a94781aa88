"""Azure IoT Hub's MQTT 3.1.1 interface, which an IoT Edge's hub speaks too.

Microsoft's own client library cannot be installed beside a current MQTT client, so this follows the
interface as it is documented for devices without one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from penstock.brokers.address import Endpoint, Login, port_of
from penstock.brokers.base import BrokerAddress, IncomingMessage, OutgoingMessage
from penstock.brokers.mqtt import MqttBroker, MqttListener
from penstock.brokers.mqtt_connection import MqttConnection
from penstock.config import Value
from penstock.errors import BrokerError, ConfigError

_PORT = 8883
_API_VERSION = "2021-04-12"
_TOKEN_S = 3600  # the hub ends the connection then, and the next one has a new token
_MOST_BYTES: Final = 256 * 1024
_MOST_PROPERTIES: Final = 512
_QOS = 1

Sign = Callable[[str], str]
"""Gives the base64 HMAC-SHA256 of a text."""


@dataclass(frozen=True)
class Identity:
    """Who talks to which hub.

    Attributes:
        hub: The hub's own name, which tokens are for.
        endpoint: Where to connect: the hub, or a gateway before it.
        module: Of an IoT Edge device; empty: the device itself.
        sign: None: a certificate says who this is.
    """

    hub: str
    endpoint: Endpoint
    device: str
    module: str = ""
    sign: Sign | None = field(default=None, repr=False)

    @classmethod
    def of(cls, connection_string: str, *, where: str) -> Identity:
        """What the portal calls a connection string.

        Args:
            connection_string: `HostName=…;DeviceId=…;SharedAccessKey=…`.
            where: What it stands in, for messages, which do not repeat it: it holds a key.

        Raises:
            ConfigError: It is none.
        """
        items = (part.partition("=") for part in connection_string.split(";"))
        parts = {name.strip(): text.strip() for name, equals, text in items if equals}
        missing = [name for name in ("HostName", "DeviceId") if not parts.get(name)]
        if missing:
            raise ConfigError(
                f"{where}: wanted HostName=…;DeviceId=…;SharedAccessKey=…, "
                f"got none with {' and '.join(missing)}"
            )
        hub, _, _ = parts["HostName"].partition(":")
        key = parts.get("SharedAccessKey", "")
        return cls(
            hub,
            endpoint_of(parts.get("GatewayHostName") or parts["HostName"]),
            parts["DeviceId"],
            parts.get("ModuleId", ""),
            signing(key, where=where) if key else None,
        )

    @property
    def name(self) -> str:
        """`device`, or `device/module`."""
        return f"{self.device}/{self.module}" if self.module else self.device

    @property
    def path(self) -> str:
        """How topics and tokens begin."""
        module = f"/modules/{self.module}" if self.module else ""
        return f"devices/{self.device}{module}"

    def login(self) -> Login:
        """What is good for an hour."""
        user = f"{self.hub}/{self.name}/?api-version={_API_VERSION}"
        if self.sign is None:
            return Login(user)
        resource = quote(f"{self.hub}/{self.path}", safe="")
        expiry = int(time.time()) + _TOKEN_S
        signature = quote(self.sign(f"{resource}\n{expiry}"), safe="")
        return Login(user, f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}")


def endpoint_of(host: str) -> Endpoint:
    """A host, with a port behind a colon where it is not 8883."""
    name, colon, port = host.partition(":")
    return Endpoint(name, port_of(port) if colon else _PORT, is_tls=True)


def signing(key: str, *, where: str) -> Sign:
    """Sign with a shared access key.

    Raises:
        ConfigError: It is not base64.
    """
    try:
        secret = base64.b64decode(key, validate=True)
    except ValueError:
        raise ConfigError(f"{where}: wanted a SharedAccessKey in base64, got none") from None
    return lambda text: base64.b64encode(
        hmac.new(secret, text.encode(), hashlib.sha256).digest()
    ).decode()


def properties_of(value: Value) -> dict[str, str]:
    """`k=v;k=v;` of `custom_msg_properties`."""
    text = value.text.strip('"')
    if len(text.encode()) >= _MOST_PROPERTIES:
        raise value.error(f"less than {_MOST_PROPERTIES} bytes")
    items = [item.partition("=") for item in text.split(";") if item.strip()]
    if not all(equals and name.strip() for name, equals, _ in items):
        raise value.error("properties, name=value;name=value")
    return {name.strip(): text.strip() for name, _, text in items}


class HubConnection(MqttConnection):
    """An MQTT connection with a login that is made anew each time.

    Args:
        identity: Who, and where.
        context: TLS.
    """

    def __init__(self, identity: Identity, context: ssl.SSLContext) -> None:
        endpoint = identity.endpoint
        super().__init__(BrokerAddress(f"mqtts://{endpoint.host}:{endpoint.port}"))
        self._identity, self._tls, self._name = identity, context, identity.name

    def connect(self) -> None:
        """Connect with a new token."""
        self.endpoint = self._identity.endpoint
        self._login = self._identity.login()
        try:
            super().connect()
        except BrokerError as error:
            raise BrokerError(str(error).replace("mqtt: ", "azure: ", 1)) from error

    def trust(self, context: ssl.SSLContext) -> None:
        """Connect with this TLS from now on."""
        self._tls = context

    def lost(self) -> str:
        """What is said where the connection has ended."""
        return f"azure: the connection to {self._where} was lost"

    @property
    def _where(self) -> str:
        return f"{self.endpoint} as {self._identity.name!r}"

    def _new_client(self) -> Any:
        client = super()._new_client()
        client.username_pw_set(self._login.user, self._login.password or None)
        return client

    def _refusal(self, answer: str | None) -> str:
        if answer is None:
            return f"{self._where} ended the connection when it was greeted: is it an IoT hub?"
        return (
            f"{self._where} refuses the login ({answer.lower()}): correct DeviceId and "
            "SharedAccessKey in the connection string, and see that the device is enabled and "
            "this machine's clock right"
        )


class HubBroker(MqttBroker):
    """Publishes events.

    Args:
        connection: To the hub.
        identity: Whose events.
        properties: Set on every message.
    """

    def __init__(
        self, connection: HubConnection, identity: Identity, properties: Mapping[str, str]
    ) -> None:
        self._connection: HubConnection = connection
        self._identity, self._properties = identity, dict(properties)

    def _send(self, message: OutgoingMessage) -> int:
        topic = f"{self._identity.path}/messages/events/{self._bag(message)}"
        return int(self._connection.client.publish(topic, message.payload, qos=_QOS).mid)

    def _bag(self, message: OutgoingMessage) -> str:
        bag = {"$.mid": message.message_id, "$.ct": message.content_type, **self._properties}
        if not message.content_type.startswith("application/x-"):
            bag["$.ce"] = "utf-8"
        return "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in bag.items())

    def _refusal(self, message: OutgoingMessage) -> str:
        size = len(message.payload)
        if size > _MOST_BYTES:
            return f"an IoT hub takes messages of at most {_MOST_BYTES} bytes, got {size}"
        return ""


class HubListener(MqttListener):
    """Receives what the cloud sends to one device."""

    def __init__(self, connection: HubConnection, topics: Sequence[str]) -> None:
        self._connection = connection
        self._topics = list(topics)

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What was sent."""
        return [_incoming(message) for message in super().receive(timeout_s)]


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _incoming(message: IncomingMessage) -> IncomingMessage:
    topic, _, bag = message.topic.rpartition("/")
    properties = dict(parse_qsl(bag))
    return IncomingMessage(topic, message.payload, properties.get("$.mid", ""))
