"""What connection string, adapter file and environment say about a NATS server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Final

from penstock.brokers.address import (
    MAX_PORT,
    Endpoint,
    Login,
    endpoint_in_url,
    fields_of,
    from_environment,
    port_of,
)
from penstock.brokers.base import BrokerAddress
from penstock.brokers.failures import network_failure
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import ConfigError

_DEFAULT_PORT = 4222
_SUBJECT_BYTES = 3072  # a server's control line of 4096 holds a reply subject and sizes, too
_NOT_IN_NAMES = re.compile(r"[^\w-]+")


def _text(value: Value) -> str:
    return value.text


def _port(value: Value) -> int:
    return value.integer(minimum=1, maximum=MAX_PORT)


def _size(value: Value) -> int:
    return value.integer(minimum=1)


KEYS: Final[Mapping[str, Key]] = {
    "hostname": Key("host, where conn-str says none", "none", "host", _text),
    "port": Key("its port", "4222", "port", _port),
    "username": Key("user; the environment's `USER_NATS` wins", "none", "user", _text),
    "password": Key("password; the environment's `PASSWORD_NATS` wins", "none", "password", _text),
    "token": Key(
        "instead of user and password; the environment's `TOKEN_NATS` wins", "none", "token", _text
    ),
    "stream": Key(
        "JetStream's stream that is made where none has the subject", "the topic", "stream", _text
    ),
    "streamsize": Key("messages that a stream made here keeps", "all", "stream_size", _size),
    "durable": Key(
        "consumer that the server remembers: receiving goes on where it ended", "none", "durable",
        _text,
    ),
    **TLS_KEYS,
    "share-connection": ignored("one connection for several", "each element has its own"),
}  # fmt: skip


@dataclass(frozen=True)
class NatsSettings:
    """Everything that is known before connecting."""

    endpoint: Endpoint
    tls: SSLContext | None
    token: str = field(repr=False)
    stream: str = ""
    stream_size: int = -1
    durable: str = ""

    @classmethod
    def of(cls, address: BrokerAddress) -> NatsSettings:
        """What an address says.

        Raises:
            ConfigError: It cannot be meant.
        """
        settings = address.config.settings(KEYS)
        endpoint, token = _endpoint(address.conn_str.strip(), settings)
        files = TlsFiles.of(settings)
        return cls(
            endpoint,
            files.context() if endpoint.is_tls else None,
            token,
            settings.get("stream", ""),
            settings.get("stream_size", -1),
            settings.get("durable", ""),
        )

    def stream_for(self, topic: str) -> str:
        """What a stream is called that is made for a topic."""
        return self.stream or _NOT_IN_NAMES.sub("_", topic)

    def said(self, error: BaseException) -> str:
        """What went wrong, with host, port and user."""
        where, text = str(self.endpoint), str(error)
        if "authorization" in text.lower() or "authentication" in text.lower():
            return (
                f"nats: {where} refuses the login: correct username and password, or the token, in "
                "conn-str, in the adapter's file or in USER_NATS, PASSWORD_NATS and TOKEN_NATS"
            )
        if "permissions violation" in text.lower():
            return f"nats: {where} does not allow that: {text.removeprefix('nats: ')}"
        if network := network_failure(error, where):
            return f"nats: {network}"
        return f"nats: {where}: {text.removeprefix('nats: ') or type(error).__name__}"


def wrong_subject(topic: str, *, wildcards: bool = False) -> str:
    """Why that is no subject; empty where it is one.

    Args:
        topic: A subject.
        wildcards: `*` and `>` may be in it.
    """
    size = len(topic.encode(errors="replace"))
    if size > _SUBJECT_BYTES:
        return f"wanted a subject of at most {_SUBJECT_BYTES} bytes, got {size}, {topic[:20]!r}…"
    tokens = topic.split(".")
    is_wild = not wildcards and {"*", ">"} & set(tokens)
    if is_wild or not all(tokens) or any(c.isspace() or c == "\0" for c in topic):
        return f"wanted a subject such as camera.events, got {topic!r}"
    return ""


def _endpoint(conn_str: str, settings: Mapping[str, Any]) -> tuple[Endpoint, str]:
    found = endpoint_in_url(
        conn_str, schemes={"nats": _DEFAULT_PORT, "tls": _DEFAULT_PORT}, tls="tls"
    )
    if found is None and conn_str:
        host, port, *_ = fields_of(conn_str, wanted="host;port or host;port;topic", most=3)
        found = Endpoint(host, port_of(port))
    elif found is None:
        if not settings.get("host"):
            raise ConfigError("conn-str: wanted host;port, got nothing, and config has no hostname")
        found = Endpoint(settings["host"], settings.get("port", _DEFAULT_PORT))
    user, password, token = found.login.user, found.login.password, settings.get("token", "")
    if user and not password:  # nats://token@host
        user, token = "", user
    login = Login(
        from_environment("USER_NATS", user or settings.get("user", "")),
        from_environment("PASSWORD_NATS", password or settings.get("password", "")),
    )
    is_tls = found.is_tls or bool(settings.get("tls"))
    return Endpoint(found.host, found.port, login, is_tls), from_environment("TOKEN_NATS", token)
