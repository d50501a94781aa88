"""Webhooks: each message is one POST, and an answer 2xx acknowledges it."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from urllib.parse import quote

from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.brokers.failures import network_failure
from penstock.brokers.http_listener import HttpListener
from penstock.brokers.http_settings import (
    ID_HEADER,
    KEY_HEADER,
    KEYS,
    TOPIC_HEADER,
    HttpSettings,
)
from penstock.config import Key
from penstock.errors import BrokerError

__all__ = ["HttpBroker", "HttpListener"]

_ABOUT_THE_LOGIN: Final = frozenset({401, 403, 407})
_ABOUT_THE_ADDRESS: Final = frozenset({404, 405, 421})
_LATER: Final = frozenset({402, 408, 423, 425, 429})
_REDIRECTS: Final = range(300, 400)


class HttpBroker:
    """Posts messages one after another over a connection that is kept.

    The answers 4xx that are about the message itself refuse it for ever; every other one but 2xx
    is tried again.

    Args:
        address: `http://host:port/path` or `https://…`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._settings = HttpSettings.of(address)
        self._tls = self._settings.tls()
        self._connection: http.client.HTTPConnection | None = None

    def connect(self) -> None:
        """Connect; whether the login is right shows with the first message."""
        self.close()
        endpoint = self._settings.endpoint
        if self._tls is not None:
            self._connection = http.client.HTTPSConnection(
                endpoint.host, endpoint.port, timeout=TIMEOUT_S, context=self._tls
            )
        else:
            self._connection = http.client.HTTPConnection(
                endpoint.host, endpoint.port, timeout=TIMEOUT_S
            )
        try:
            self._connection.connect()
        except OSError as error:
            self.close()
            raise BrokerError(self._said(error)) from error

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Post each, and wait for its answer before the next."""
        for index, message in enumerate(messages):
            try:
                status, location = self._post(message)
            except (OSError, http.client.HTTPException) as error:
                raise PublishError(self._said(error), acknowledged=index) from error
            if not 200 <= status < 300:
                raise self._answered(status, location, acknowledged=index)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _post(self, message: OutgoingMessage) -> tuple[int, str]:
        if self._connection is None:
            raise ConnectionError("not connected")
        headers = {
            "Content-Type": message.content_type,
            ID_HEADER: message.message_id,
            "User-Agent": "penstock",
        }
        # Percent-encoded, for a header is ASCII and one line.
        if message.topic:
            headers[TOPIC_HEADER] = quote(message.topic, safe="/.:")
        if message.key:
            headers[KEY_HEADER] = quote(message.key, safe="/.:")
        if self._settings.authorization:
            headers["Authorization"] = self._settings.authorization
        self._connection.request("POST", self._settings.target, message.payload, headers)
        with self._connection.getresponse() as response:
            response.read()
            return response.status, response.headers.get("Location", "")

    def _answered(self, status: int, location: str, *, acknowledged: int) -> PublishError:
        where, user = self._settings.url, self._settings.endpoint.login.user
        answer = f"http: {where} answers {status} {http.client.responses.get(status, '')}".rstrip()
        answer += f" to user {user!r}" if user else ""
        advice = ""
        if status in _REDIRECTS:
            advice = f": use the address it moved to, {location.partition('?')[0]}"
        elif status in _ABOUT_THE_LOGIN:
            advice = (
                ": correct username and password, or bearer-token, in conn-str, in the adapter's "
                "file or in USER_HTTP, PASSWORD_HTTP and TOKEN_HTTP"
            )
        elif status in _ABOUT_THE_ADDRESS:
            advice = ": correct the path in conn-str"
        elif 400 <= status < 500 and status not in _LATER:
            return RefusedMessageError(answer, acknowledged=acknowledged)
        return PublishError(f"{answer}{advice}", acknowledged=acknowledged)

    def _said(self, error: BaseException) -> str:
        where = str(self._settings.endpoint)
        text = network_failure(error, where)
        if text is None and isinstance(error, http.client.HTTPException):
            text = f"{where} does not speak HTTP as it should ({type(error).__name__})"
        return f"http: {text or error}"
