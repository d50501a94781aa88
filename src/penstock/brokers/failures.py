"""What went wrong on the way to a broker, in words that say what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping

_TEXTS: Mapping[type[BaseException], str] = {
    ssl.SSLCertVerificationError: (
        "the certificate of {where} is refused ({reason}): name its authority's file in "
        "tls-cafile, and the host as the certificate does"
    ),
    ssl.SSLError: (
        "no TLS connection to {where} ({reason}): does it speak TLS there, and does it want a "
        "certificate (tls-certfile, tls-keyfile)?"
    ),
    socket.gaierror: "cannot connect to {where}: no host has that name",
    ConnectionRefusedError: "cannot connect to {where}: nothing listens there",
    TimeoutError: "no answer from {where} in time",
    ConnectionError: "the connection to {where} was lost",
}
"""The first one that fits counts."""


def network_failure(error: BaseException, where: str) -> str | None:
    """Why a connection cannot be made or has ended; None where the network is not the cause.

    Args:
        error: What a client library raised; what caused it counts too.
        where: `host:port`.
    """
    for cause in _causes(error):
        text = _said_of(cause, where)
        if text is not None:
            return text
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The first causes first: they say most."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        inner = next((arg for arg in current.args if isinstance(arg, BaseException)), None)
        current = inner or current.__cause__ or current.__context__
    yield from reversed(chain)


def _said_of(error: BaseException, where: str) -> str | None:
    for kind, text in _TEXTS.items():
        if isinstance(error, kind):
            reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error
            return text.format(where=where, reason=str(reason).replace("_", " "))
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot connect to {where}: {error.strerror or error}"
    return None
