"""HTTP the way the user's pip or npm does it: certificates, proxy, credentials, time-outs."""

from __future__ import annotations

import base64
import http.client
import netrc
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from penstock.errors import PenstockError
from penstock.kit.index_settings import IndexSettings

__all__ = [
    "NETWORK_ERRORS",
    "Page",
    "UnavailableError",
    "Web",
    "may_pass",
    "pause",
    "redacted",
    "why",
]

NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)
"""What urllib raises when an address is wrong, unreachable or breaks off."""

_SIMPLE_API = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1"
)


class UnavailableError(PenstockError):
    """One place could not give a file; the message says why, and not yet what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """A listing as it was served; `url` is where redirects ended."""

    url: str
    content_type: str
    body: bytes


class Web:
    """Opens URLs.

    Args:
        settings: pip's or npm's.
    """

    def __init__(self, settings: IndexSettings) -> None:
        self.settings = settings
        self._credentials: dict[str, str] = {}
        for index in (*settings.indexes, *settings.find_links):
            user, at, host = urlsplit(index).netloc.rpartition("@")
            if at:
                self._credentials[host] = unquote(user if ":" in user else f"{user}:")
        proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else None
        self._proxy = urllib.request.ProxyHandler(proxies)

    def page(self, url: str, *, accept: str = _SIMPLE_API) -> Page:
        """Fetch a listing, as JSON where the index speaks it.

        Args:
            url: Its address.
            accept: The content types wanted; by default those of package indexes.

        Raises:
            UnavailableError: It could not be had.
        """
        reason = ""
        for attempt in range(self.settings.retries + 1):
            try:
                with self.open(url, {"Accept": accept}) as answer:
                    kind = answer.headers.get("Content-Type", "")
                    return Page(answer.geturl(), kind, answer.read())
            except NETWORK_ERRORS as error:
                reason = why(error)
                if not may_pass(error):
                    break
            pause(attempt)
        raise UnavailableError(f"{redacted(url)}: {reason}")

    def open(self, url: str, headers: dict[str, str]) -> Any:
        """Send a GET; returns urllib's response, to be used as a context manager.

        Raises:
            OSError: One of `NETWORK_ERRORS`, as urllib raises them.
        """
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        request = urllib.request.Request(
            urlunsplit(parts._replace(netloc=host)),
            headers={"Accept-Encoding": "identity", "User-Agent": "penstock", **headers},
        )
        authorization = self._authorization(f"//{host}{parts.path}", host, parts.hostname or "")
        if authorization:  # "unredirected": a redirect must not carry it to another host
            request.add_unredirected_header("Authorization", authorization)
        handlers: list[Any] = [self._proxy]
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=self._tls(host, parts.hostname)))
        opener = urllib.request.build_opener(*handlers)
        return opener.open(request, timeout=self.settings.timeout_s)

    def _authorization(self, place: str, host: str, name: str) -> str | None:
        for prefix, header in self.settings.authorizations:
            if place.startswith(prefix):
                return header
        login = self._login(host, name)
        return f"Basic {base64.b64encode(login.encode()).decode()}" if login else None

    def _login(self, host: str, name: str) -> str | None:
        if host in self._credentials:
            return self._credentials[host]
        try:
            entry = netrc.netrc().authenticators(name)
        except (OSError, netrc.NetrcParseError):
            return None
        return f"{entry[0]}:{entry[2]}" if entry else None

    def _tls(self, host: str, name: str | None) -> ssl.SSLContext:
        cert = self.settings.cert
        folder = cert if cert and Path(cert).is_dir() else None
        context = ssl.create_default_context(cafile=None if folder else cert, capath=folder)
        if self.settings.client_cert:
            context.load_cert_chain(self.settings.client_cert)
        if {host, name} & set(self.settings.trusted_hosts):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def redacted(url: str) -> str:
    """Return the URL without its user name and password, fit for a message."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def why(error: Exception) -> str:
    """Return a network error in a few words; an HTTP error is closed on the way."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or error) or type(error).__name__


def may_pass(error: Exception) -> bool:
    """Tell whether trying again can help: not when offline, forbidden or misspelt."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    reason = getattr(error, "reason", error)
    lasting = (ssl.SSLCertVerificationError, socket.gaierror, ConnectionRefusedError, ValueError)
    return isinstance(reason, Exception) and not isinstance(reason, lasting)


def pause(attempt: int) -> None:
    """Wait before the next try, longer each time."""
    time.sleep(min(0.25 * 2**attempt, 4.0))
