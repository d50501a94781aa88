"""A connection to NATS for callers that wait: nats-py's event loop runs while they do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.errors import Error, UnexpectedEOF

from penstock.brokers.base import TIMEOUT_S
from penstock.brokers.nats_settings import NatsSettings
from penstock.errors import BrokerError

T = TypeVar("T")

_CONNECT_S = 5


class Connection:
    """A connection with an event loop that runs while somebody waits for something."""

    def __init__(self, settings: NatsSettings) -> None:
        self.settings = settings
        self.client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._why: BaseException | None = None

    def connect(self) -> None:
        """Connect and log in."""
        self.close()
        self._loop, self._why = asyncio.new_event_loop(), None
        try:
            self.run(self._connect())
        except (Error, OSError, asyncio.TimeoutError, ValueError) as error:
            self.close()
            raise BrokerError(self._said(error)) from error

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float = TIMEOUT_S) -> T:
        """What `work` gives."""
        if self._loop is None:
            work.close()
            raise BrokerError("nats: not connected")
        return self._loop.run_until_complete(asyncio.wait_for(work, timeout_s))

    def _said(self, error: BaseException) -> str:
        """Why nothing came of connecting; what the client tells first says most."""
        if isinstance(error, BrokerError):
            return str(error)
        if self.settings.tls is not None and isinstance(self._why or error, ConnectionResetError):
            return (
                f"nats: {self.settings.endpoint} ends the connection: does it want a certificate "
                "(tls-certfile, tls-keyfile)?"
            )
        return self.settings.said(self._why or error)

    def lost(self) -> str:
        """What is said where the connection has ended."""
        if self._why is not None and not isinstance(self._why, (OSError, UnexpectedEOF)):
            return self.settings.said(self._why)
        return f"nats: the connection to {self.settings.endpoint} was lost"

    def close(self) -> None:
        """Let go of the connection and the loop."""
        loop, self._loop, self.client, client = self._loop, None, None, self.client
        if loop is None:
            return
        with contextlib.suppress(Exception):
            if client is not None:
                loop.run_until_complete(asyncio.wait_for(client.close(), 2.0))
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:  # gathering nothing would make another loop
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()

    async def _connect(self) -> None:
        endpoint, settings = self.settings.endpoint, self.settings
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        client = self.client = Client()
        login: dict[str, Any] = {}
        if settings.token:
            login["token"] = self._guarded(client, settings.token)
        elif endpoint.login.user:
            login["user"] = self._guarded(client, endpoint.login.user)
            login["password"] = endpoint.login.password
        if settings.tls is not None:
            login |= {"tls": settings.tls, "tls_hostname": endpoint.host}
        await client.connect(
            f"{'tls' if endpoint.is_tls else 'nats'}://{host}:{endpoint.port}",
            name="penstock",
            allow_reconnect=False,  # who calls knows when to try again
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_S,
            error_cb=self._on_error,
            **login,
        )
        self._check_tls(client)

    def _guarded(self, client: Any, secret: str) -> Callable[[], str]:
        """The client asks for it when it is about to send it."""

        def tell() -> str:
            self._check_tls(client)
            return secret

        return tell

    def _check_tls(self, client: Any) -> None:
        # Asked for TLS, nats-py goes on in plain text where the server offers none.
        if self.settings.tls is not None and not (
            getattr(client, "_server_info", {}).get("tls_required")
        ):
            raise BrokerError(f"nats: {self.settings.endpoint} has no TLS; nothing was sent")

    async def _on_error(self, error: BaseException) -> None:
        self._why = self._why or error
