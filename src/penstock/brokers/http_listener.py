"""A small HTTP server whose POSTs are messages."""

from __future__ import annotations

import contextlib
import queue
import ssl
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote

from penstock.brokers.base import TIMEOUT_S, BrokerAddress, IncomingMessage
from penstock.brokers.http_settings import ID_HEADER, KEY_HEADER, KEYS, TOPIC_HEADER, HttpSettings
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

_WAITING = 10_000
_MOST_BYTES = 64 << 20


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], path: str, *, tls: ssl.SSLContext | None) -> None:
        self.path = path
        self.received: queue.Queue[IncomingMessage] = queue.Queue(_WAITING)
        self._tls = tls
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """On the connection's own thread: a client that is slow to encrypt holds up nobody."""
        request.settimeout(TIMEOUT_S)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A client that goes away is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            self._answer(HTTPStatus.LENGTH_REQUIRED, ends=True)
        elif len(length) > 9 or int(length) > _MOST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ends=True)
        elif not self._is_ours():
            self.rfile.read(int(length))
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            self._receive(self.rfile.read(int(length)), size=int(length))

    def log_message(self, *_about: Any) -> None:
        """Standard error is for errors."""

    def _is_ours(self) -> bool:
        return self.path.partition("?")[0].rstrip("/") == self.server.path.rstrip("/")

    def _receive(self, payload: bytes, *, size: int) -> None:
        if len(payload) < size:  # the client has gone, and will send all of it again
            self.close_connection = True
            return
        topic, key = (unquote(self.headers.get(name, "")) for name in (TOPIC_HEADER, KEY_HEADER))
        message = IncomingMessage(topic or self.path, payload, self.headers.get(ID_HEADER, ""), key)
        try:
            self.server.received.put_nowait(message)
        except queue.Full:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._answer(HTTPStatus.NO_CONTENT)

    def _answer(self, status: HTTPStatus, *, ends: bool = False) -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", "0")
        if ends:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()


class HttpListener:
    """Listens itself, and answers 204 to each POST to its path.

    Args:
        address: `http://host:port/path`, of this machine; `https://…` shows `tls-certfile`.
        topics: What `Penstock-Topic` has to say; all where there are none.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._settings = HttpSettings.of(address)
        self._topics = frozenset(topics)
        self._server: _Server | None = None
        files = self._settings.files
        if self._settings.endpoint.is_tls and files.certificate is None:
            raise ConfigError("https://: wanted tls-certfile and tls-keyfile to show to clients")

    def connect(self) -> None:
        """Listen."""
        self.close()
        endpoint = self._settings.endpoint
        path = self._settings.target.partition("?")[0]
        try:
            server = _Server((endpoint.host, endpoint.port), path, tls=self._tls())
        except OSError as error:
            raise BrokerError(
                f"http: cannot listen at {endpoint}: {error.strerror or error}"
            ) from error
        threading.Thread(target=server.serve_forever, name="webhook", daemon=True).start()
        self._server = server

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What was posted."""
        if self._server is None:
            raise BrokerError("http: not listening")
        received = self._server.received
        found: list[IncomingMessage] = []
        with contextlib.suppress(queue.Empty):
            found.append(received.get(timeout=timeout_s))
            while True:
                found.append(received.get_nowait())
        return [one for one in found if not self._topics or one.topic in self._topics]

    def close(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _tls(self) -> ssl.SSLContext | None:
        files = self._settings.files
        if not self._settings.endpoint.is_tls or files.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(files.certificate, files.private_key)
        except OSError as error:
            raise BrokerError(f"http: cannot use {files.certificate}: {error}") from error
        if files.ca is not None:  # then clients show a certificate, too
            context.load_verify_locations(files.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context
