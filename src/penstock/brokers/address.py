"""What connection strings, adapter files and the environment say about where a broker is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from penstock.errors import ConfigError

_ENDS_WITH_A_SECRET = frozenset({"amqp", "azure", "azure-edge"})
_KEY = "sharedaccesskey="
_URL_LOGIN = re.compile(r"://(?:(?P<user>[^/@:]*):)?[^/@]*@")  # without : it is a token
MAX_PORT = 65535


@dataclass(frozen=True)
class Login:
    """Who connects; the password shows in no message."""

    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Endpoint:
    """Where a broker listens; as text `host:port`, with the user where there is one.

    Raises:
        ConfigError: No host can have that name.
    """

    host: str
    port: int
    login: Login = field(default_factory=Login)
    is_tls: bool = False

    def __post_init__(self) -> None:
        try:
            self.host.encode("idna")  # as sockets do, where it would be no error of a network
        except UnicodeError:
            raise ConfigError(f"wanted the name of a host, got {self.host[:80]!r}") from None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f" as user {self.login.user!r}" if self.login.user else ""
        return f"{host}:{self.port}{user}"


def endpoint_in_url(text: str, *, schemes: Mapping[str, int], tls: str) -> Endpoint | None:
    """What a connection string says that is a URL; None where it is none.

    Args:
        text: `redis://user:password@host:port`.
        schemes: The schemes that are meant, and the port of each.
        tls: The one of them that means TLS.

    Raises:
        ConfigError: It is another URL, or a broken one.
    """
    if "://" not in text:
        return None
    scheme = text.partition("://")[0].lower()
    wanted = " or ".join(f"{name}://host:port" for name in schemes)
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host = port = None
    if scheme not in schemes or not host:
        raise ConfigError(f"conn-str: wanted {wanted}, got a URL that is none: {scheme}://…")
    return Endpoint(host, port or schemes[scheme], _login_in(url), is_tls=scheme == tls)


def _login_in(url: SplitResult) -> Login:
    return Login(unquote(url.username or ""), unquote(url.password or ""))


def fields_of(conn_str: str, *, wanted: str, most: int) -> list[str]:
    """The parts of a connection string between its semicolons, without blanks around them.

    Args:
        conn_str: `host;port;topic`.
        wanted: What it should look like, for the message.
        most: How many parts there may be; there must be two.

    Raises:
        ConfigError: There are too few or too many. The text itself, which may hold a password, is
            not in the message.
    """
    fields = [part.strip() for part in conn_str.split(";")]
    if not 2 <= len(fields) <= most:
        raise ConfigError(f"conn-str: wanted {wanted}, got {len(fields)} parts between semicolons")
    if not fields[0]:
        raise ConfigError(f"conn-str: wanted {wanted}, got an empty host")
    return fields


def port_of(text: str, *, where: str = "conn-str") -> int:
    """A TCP port.

    Raises:
        ConfigError: It is none.
    """
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= MAX_PORT):
        raise ConfigError(f"{where}: wanted a port from 1 to {MAX_PORT}, got {text!r}")
    return int(text)


def from_environment(name: str, otherwise: str) -> str:
    """What an environment variable says; `otherwise` where it is not set or empty."""
    return os.environ.get(name) or otherwise


def topic_in(conn_str: str, broker: str) -> str:
    """The topic that a connection string ends with, as DeepStream takes it; empty without one.

    A string that ends with a password or a key has none, other than in DeepStream.

    Args:
        conn_str: `host;port;topic`.
        broker: A name of `BROKERS`.
    """
    if broker in _ENDS_WITH_A_SECRET or ";" not in conn_str:
        return ""
    return conn_str.rpartition(";")[2].strip()


def without_secrets(conn_str: str, broker: str) -> str:
    """A connection string without its password, key or token: it may change, the place does not.

    Args:
        conn_str: In any form that an adapter takes.
        broker: A name of `BROKERS`.
    """
    if "://" in conn_str:
        return _URL_LOGIN.sub(lambda match: f"://{match['user'] or ''}@", conn_str, count=1)
    fields = [field.strip() for field in conn_str.split(";")]
    if broker == "amqp":
        return ";".join(fields[:3])
    return ";".join(field for field in fields if not field.lower().startswith(_KEY))
