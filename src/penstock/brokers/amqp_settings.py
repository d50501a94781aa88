"""What connection string, adapter file and environment say about an AMQP broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, Final

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout
from pika.exceptions import (
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ConnectionClosedByClient,
    ConnectionOpenAborted,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from penstock.brokers.address import (
    MAX_PORT,
    Endpoint,
    Login,
    endpoint_in_url,
    fields_of,
    from_environment,
    port_of,
)
from penstock.brokers.base import TIMEOUT_S, BrokerAddress
from penstock.brokers.failures import network_failure
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import ConfigError

ROUTING_HEADER: Final = "penstock-key"
_KEY_BYTES = 255
_CONNECT_S = 5.0
_DEFAULT_PORT = 5672
_EXCHANGE = "amq.topic"
_TOPIC = "deepstream_topic"
_FRAME_BYTES = 131072
# Without heartbeats a listener whose network is gone would wait for ever.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
_TEXTS: Final[Mapping[tuple[type[BaseException], ...], str]] = {
    (AuthenticationError, ProbableAuthenticationError): (
        "{where} refuses the login: correct username and password in conn-str, in the adapter's "
        "file or in USER_AMQP and PASSWORD_AMQP"
    ),
    (ProbableAccessDeniedError,): "{where} has no virtual host {space!r} for this user",
    (ChannelClosedByBroker, ConnectionClosedByBroker): "{where} refuses: {why}",
    (AMQPConnectorStackTimeout, ConnectionOpenAborted): (
        "no answer from {where} in time: is it an AMQP broker?"
    ),
    (ConnectionClosedByClient,): "the connection to {where} was closed",
}
"""The first one that fits counts."""


def _text(value: Value) -> str:
    return value.text


def _port(value: Value) -> int:
    return value.integer(minimum=1, maximum=MAX_PORT)


def _frame_size(value: Value) -> int:
    return value.integer(minimum=4096, maximum=_FRAME_BYTES)


def _heartbeat(value: Value) -> int:
    return value.integer(minimum=0, maximum=65535)


KEYS: Final[Mapping[str, Key]] = {
    "hostname": Key("host, where conn-str says none", "none", "host", _text),
    "port": Key("its port", "5672", "port", _port),
    "username": Key("user; the environment's `USER_AMQP` wins", "guest", "user", _text),
    "password": Key("password; the environment's `PASSWORD_AMQP` wins", "guest", "password", _text),
    "virtual-host": Key("the broker's name space", "/", "virtual_host", _text),
    "exchange": Key("where messages are published", "amq.topic", "exchange", _text),
    "topic": Key("routing key, where `topic` of nvmsgbroker is not set", _TOPIC, "topic", _text),
    "queue": Key(
        "durable queue that is made and bound, so that messages wait there for a consumer",
        "none",
        "queue",
        _text,
    ),
    "amqp-framesize": Key("largest frame, bytes", str(_FRAME_BYTES), "frame_size", _frame_size),
    "amqp-heartbeat": Key("seconds from one to the next, 0: none", "0", "heartbeat", _heartbeat),
    **TLS_KEYS,
    "share-connection": ignored("one connection for several", "each element has its own"),
}


@dataclass(frozen=True)
class AmqpSettings:
    """Everything that is known before connecting."""

    endpoint: Endpoint
    tls: SSLContext | None
    topic: str
    exchange: str
    queue: str
    virtual_host: str
    frame_size: int
    heartbeat_s: int

    @classmethod
    def of(cls, address: BrokerAddress) -> AmqpSettings:
        """What an address says.

        Raises:
            ConfigError: It cannot be meant.
        """
        settings = address.config.settings(KEYS)
        endpoint = _endpoint(address.conn_str.strip(), settings)
        files = TlsFiles.of(settings)
        return cls(
            endpoint,
            files.context() if endpoint.is_tls else None,
            topic=address.topic or settings.get("topic") or _TOPIC,
            exchange=settings.get("exchange", _EXCHANGE),
            queue=settings.get("queue", ""),
            virtual_host=settings.get("virtual_host") or "/",
            frame_size=settings.get("frame_size", _FRAME_BYTES),
            heartbeat_s=settings.get("heartbeat", 0),
        )

    def parameters(self) -> Any:
        """The same for pika."""
        login = self.endpoint.login
        return pika.ConnectionParameters(
            self.endpoint.host,
            self.endpoint.port,
            self.virtual_host,
            pika.PlainCredentials(login.user, login.password),
            frame_max=self.frame_size,
            heartbeat=self.heartbeat_s,
            ssl_options=self.tls and pika.SSLOptions(self.tls, self.endpoint.host),
            connection_attempts=1,
            socket_timeout=_CONNECT_S,
            stack_timeout=TIMEOUT_S - 1,
            blocked_connection_timeout=TIMEOUT_S - 1,
            tcp_options=_KEEP_ALIVE,
        )

    def said(self, error: BaseException) -> str:
        """What went wrong, with host, port and user."""
        where = str(self.endpoint)
        for cause in _causes(error):
            for kinds, text in _TEXTS.items():
                if isinstance(cause, kinds):
                    reason = getattr(cause, "reply_text", "")
                    return "amqp: " + text.format(where=where, space=self.virtual_host, why=reason)
            if network := network_failure(cause, where):
                return f"amqp: {network}"
        return f"amqp: the connection to {where} was lost"


def wrong_key(topic: str) -> str:
    """Why that is no routing key; empty where it is one."""
    size = len(topic.encode(errors="replace"))
    if size > _KEY_BYTES:
        return f"wanted a routing key of at most {_KEY_BYTES} bytes, got {size}, {topic[:20]!r}…"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The first causes first; pika's work flow keeps a list of them."""
    for inner in reversed(getattr(error, "exceptions", ())):
        yield from _causes(inner)
    nested = [arg for arg in error.args if isinstance(arg, BaseException)]
    nested += [one for one in (getattr(error, "exception", None), error.__cause__) if one]
    for inner in nested:
        yield from _causes(inner)
    yield error


def _endpoint(conn_str: str, settings: Mapping[str, Any]) -> Endpoint:
    found = endpoint_in_url(conn_str, schemes={"amqp": 5672, "amqps": 5671}, tls="amqps")
    user, password = settings.get("user", "guest"), settings.get("password", "guest")
    if found is not None:
        user, password = found.login.user or user, found.login.password or password
        host, port, is_tls = found.host, found.port, found.is_tls
    elif len(conn_str) > 4:
        wanted = "host;port, host;port;user or host;port;user;password"
        fields = fields_of(conn_str, wanted=wanted, most=4)
        host, port, is_tls = fields[0], port_of(fields[1]), False
        user = fields[2] if len(fields) > 2 else user
        password = fields[3] if len(fields) > 3 else password
    else:
        if not settings.get("host"):
            raise ConfigError("conn-str: wanted host;port, got nothing, and config has no hostname")
        host, port, is_tls = settings["host"], settings.get("port", _DEFAULT_PORT), False
    login = Login(from_environment("USER_AMQP", user), from_environment("PASSWORD_AMQP", password))
    return Endpoint(host, port, login, is_tls or bool(settings.get("tls")))
