"""Where an RTSP output is served, as a URL says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from penstock.errors import ConfigError

SCHEMES = ("rtsp://", "rtsps://")
_WANTED = "wanted rtsp://[user:password@][host][:port][/path], or rtsps:// for TLS"


@dataclass(frozen=True)
class RtspAddress:
    """Where to serve, and to whom; its text says no password.

    Attributes:
        host: The interface's name or number; every interface by default.
        port: TCP port; 0 lets the system choose.
        path: Begins with a slash.
        user: Who may watch; everybody where it is none.
        password: Their password.
        secure: Whether to serve by TLS.
    """

    host: str = "0.0.0.0"
    port: int = 8554
    path: str = "/ds"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    secure: bool = False

    @classmethod
    def parse(cls, url: str) -> RtspAddress:
        """Read `rtsp://[user:password@][host][:port][/path]` or `rtsps://...`.

        Raises:
            ConfigError: It is something else; its password is not repeated.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigError(f"output {_without_user(url)}: {_WANTED}") from None
        user, password = _credentials(parts, url)
        if not url.lower().startswith(SCHEMES) or parts.query or parts.fragment:
            raise ConfigError(f"output {_without_user(url)}: {_WANTED}")
        return cls(
            parts.hostname or cls.host,
            cls.port if port is None else port,
            parts.path.rstrip("/") or cls.path,
            user,
            password,
            parts.scheme.lower() == "rtsps",
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rtsps' if self.secure else 'rtsp'}://{host}:{self.port}{self.path}"


def is_rtsp(output: str) -> bool:
    """Whether an output is a URL to serve at, and no file."""
    return output.lower().startswith(SCHEMES)


def _credentials(parts: SplitResult, url: str) -> tuple[str | None, str | None]:
    if parts.username is None:
        return None, None
    if not parts.username or not parts.password:
        raise ConfigError(f"output {_without_user(url)}: a user needs a password, user:password@")
    user = unquote(parts.username)
    if ":" in user:
        raise ConfigError(f"output {_without_user(url)}: the user's name has a colon in it")
    return user, unquote(parts.password)


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
