"""Where a REST server listens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.errors import ConfigError

_MOST = 65535


@dataclass(frozen=True)
class RestAddress:
    """A host and a TCP port.

    Attributes:
        host: A name or an address of this machine.
        port: 1 to 65535.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, port: str, *, host: str = "localhost") -> RestAddress | None:
        """Read `"9000"`, `"127.0.0.1:9000"` or `"[::1]:9000"`; none for `"0"`: no server.

        Raises:
            ConfigError: It is neither.
        """
        named, colon, digits = port.strip().rpartition(":")
        number = int(digits) if re.fullmatch("[0-9]{1,5}", digits) else -1
        if not 0 <= number <= _MOST or (colon and not named):
            raise ConfigError(
                f"port: wanted a number from 1 to {_MOST}, HOST:NUMBER, or 0 for no server, "
                f"got {port!r}"
            )
        return cls(named.strip("[]") or host, number) if number else None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
