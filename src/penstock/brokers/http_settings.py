"""What connection string, adapter file and environment say about a webhook."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from penstock.brokers.address import Endpoint, Login, from_environment
from penstock.brokers.base import BrokerAddress
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import ConfigError

TOPIC_HEADER, KEY_HEADER, ID_HEADER = "Penstock-Topic", "Penstock-Key", "Idempotency-Key"
_PORTS = {"http": 80, "https": 443}


def _text(value: Value) -> str:
    return value.text


KEYS: Final[Mapping[str, Key]] = {
    "url": Key("where to, where conn-str is empty", "none", "url", _text),
    "username": Key("user; the environment's `USER_HTTP` wins", "none", "user", _text),
    "password": Key("password; the environment's `PASSWORD_HTTP` wins", "none", "password", _text),
    "bearer-token": Key(
        "instead of user and password; the environment's `TOKEN_HTTP` wins", "none", "token", _text
    ),
    **{name: key for name, key in TLS_KEYS.items() if name != "enable-tls"},
    "share-connection": ignored("one connection for several", "each element has its own"),
}


@dataclass(frozen=True)
class HttpSettings:
    """Everything that is known before connecting.

    Attributes:
        target: Path and query.
        host: As the header `Host` has it.
        authorization: The header; empty without one.
    """

    endpoint: Endpoint
    target: str
    host: str
    files: TlsFiles
    authorization: str = field(default="", repr=False)

    @classmethod
    def of(cls, address: BrokerAddress) -> HttpSettings:
        """What an address says.

        Raises:
            ConfigError: It cannot be meant.
        """
        settings = address.config.settings(KEYS)
        text = address.conn_str.strip() or settings.get("url", "")
        try:
            url = urlsplit(text)
            host, port = url.hostname, url.port
        except ValueError:
            host = port = None
            url = urlsplit("")
        if url.scheme not in _PORTS or not host:
            raise ConfigError(
                "conn-str: wanted http://host:port/path or https://…, got no such URL"
            )
        user = from_environment(
            "USER_HTTP", unquote(url.username or "") or settings.get("user", "")
        )
        password = from_environment(
            "PASSWORD_HTTP", unquote(url.password or "") or settings.get("password", "")
        )
        endpoint = Endpoint(
            host, port or _PORTS[url.scheme], Login(user, password), url.scheme == "https"
        )
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        if not target.isascii() or any(c <= " " for c in target):
            raise ConfigError("conn-str: wanted a URL whose path is percent-encoded")
        return cls(
            endpoint,
            target,
            url.netloc.rpartition("@")[2],
            TlsFiles.of(settings),
            _authorization(endpoint.login, settings),
        )

    def tls(self) -> ssl.SSLContext | None:
        """For a client; None for plain HTTP."""
        return self.files.context() if self.endpoint.is_tls else None

    @property
    def url(self) -> str:
        """Without what may be secret: user, password and query."""
        scheme = "https" if self.endpoint.is_tls else "http"
        return f"{scheme}://{self.host}{self.target.partition('?')[0]}"


def _authorization(login: Login, settings: Mapping[str, Any]) -> str:
    token = from_environment("TOKEN_HTTP", settings.get("token", ""))
    if token:
        if not token.isascii() or not token.isprintable():
            raise ConfigError("bearer-token: wanted printable ASCII")
        return f"Bearer {token}"
    if login.user:
        text = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        return f"Basic {text}"
    return ""
