"""The HTTP server: one thread that listens, one for each connection, all bounded."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

from penstock.errors import StreamError
from penstock.rest.address import RestAddress
from penstock.rest.answers import Answer, answer
from penstock.rest.controlled import Controlled
from penstock.rest.reading import MOST_BYTES
from penstock.rest.routes import respond

_MOST_CONNECTIONS = 32
_READ_S, _WHOLE_S = 10.0, 30.0
_STOP_S = 15.0
_MOST_LISTENED, _DIGITS = 1_048_576, 18
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


class RestServer:
    """Answers requests from `start` to `stop`.

    Args:
        address: Where to listen.
        target: What the requests are about.
    """

    def __init__(self, address: RestAddress, *, target: Controlled) -> None:
        self.address, self._target = address, target
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            StreamError: The port is taken, or the host is none of this machine's.
        """
        host, port = self.address.host, self.address.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            # localhost is two addresses: clients that know one of them know this one.
            family, *_, where = min(found, key=lambda one: one[0] != socket.AF_INET)
            self._listener = _Listener(family, where, self._target)
        except OSError as error:
            raise StreamError(
                f"the REST server cannot listen at {self.address}: {error.strerror or error}; "
                "choose another port, or 0 for no server"
            ) from None
        name = f"rest-{port}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.1,), name=name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end every connection; harmless when repeated.

        Answers that are on their way are waited for, a limited time.
        """
        listener, self._listener = self._listener, None
        if listener is not None and self._thread is not None:
            listener.shutdown()
            self._thread.join(_STOP_S)
            listener.server_close()
            listener.end_connections()


class _Listener(HTTPServer):
    """Python's own server, with bounded threads that can be ended."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, family: int, where: Any, target: Controlled) -> None:
        self.address_family = family
        self.target = target
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, tuple[socket.socket, float]] = {}
        super().__init__(where, _Handler)

    def server_bind(self) -> None:
        # HTTPServer asks the name service for the host's name, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, or hang up where there are too many."""
        thread = threading.Thread(
            target=self._answer, args=(request, client_address), name="rest-answer", daemon=True
        )
        with self._lock:
            if len(self._open) >= _MOST_CONNECTIONS:
                self.shutdown_request(request)
                return
            self._open[thread] = request, time.monotonic()
        thread.start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client went away
        finally:
            self.shutdown_request(request)
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def service_actions(self) -> None:
        """Hear no more of clients that are still sending, bit by bit, long after they came."""
        latest_s = time.monotonic() - _WHOLE_S
        with self._lock:
            slow = [one for one, since_s in self._open.values() if since_s < latest_s]
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def end_connections(self) -> None:
        """Let nobody read any more, and wait for the answers that are being made."""
        with self._lock:
            connections = dict(self._open)
        for connection, _ in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        for thread in connections:
            if thread is not threading.current_thread():  # a request may stop its own server
                thread.join(_STOP_S)


class _Handler(BaseHTTPRequestHandler):
    """One request; the connection is closed behind it."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # what is no proper request is answered with headers too
    server_version, sys_version = "Penstock", ""
    timeout = _READ_S
    server: _Listener

    def _respond(self) -> None:
        self.close_connection = True
        body = self._body()
        if self.command == "POST" and "Origin" in self.headers:
            # Browsers let any page of the web post to this machine's own address.
            body = answer(403, "web pages give no orders here; a proxy for yours leaves Origin out")
        if isinstance(body, bytes):
            body = respond(self.server.target, self.command, self._path(), body)
        self._send(body)

    def _path(self) -> str:
        try:
            return urlsplit(self.path).path
        except ValueError:  # no address at all: there is no such path
            return self.path

    def _body(self) -> bytes | Answer:
        """What the client sent; the answer, where that is refused."""
        length = self.headers.get("Content-Length")
        if length is None:
            if self.command == "POST" or "Transfer-Encoding" in self.headers:
                return answer(411, "a request with a body needs Content-Length")
            return b""
        if not (length.isascii() and length.isdigit()):
            return answer(400, f"Content-Length: wanted a number, got {length[:60]!r}")
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            # A client that is still sending would not hear the answer: listen, within limits.
            self.rfile.read(min(int(length[:_DIGITS]), _MOST_LISTENED))
            return answer(413, f"a body has at most {MOST_BYTES} bytes, this one has {length[:20]}")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return answer(400, f"the body ended after {len(body)} of {length} bytes")
        return body

    def _send(self, said: Answer) -> None:
        encoded = said.encoded()
        self.send_response(said.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.send_header("Connection", "close")
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(encoded)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What Python's server finds wrong by itself is said in JSON too."""
        del explain
        self.close_connection = True
        self.command = self.command or ""
        self._send(answer(code, message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - Python's name
        """Say nothing on standard error."""


for _method in _METHODS:
    setattr(_Handler, f"do_{_method}", _Handler._respond)
