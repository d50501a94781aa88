"""NATS JetStream: a stream on the server keeps every message, and drops those that come twice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nats.errors import Error, MaxPayloadError, NoRespondersError
from nats.js.api import ConsumerConfig, DeliverPolicy, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    IncomingMessage,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.brokers.nats_connection import Connection
from penstock.brokers.nats_settings import KEYS, NatsSettings, wrong_subject
from penstock.config import Key
from penstock.errors import BrokerError, ConfigError

_LOOK_S = 0.25  # how soon it is noticed that a connection has ended
_MESSAGE_ID, _KEY = "Nats-Msg-Id", "Penstock-Key"
_MESSAGE_TOO_LARGE = 10054
_NO_JETSTREAM = (NoRespondersError, NoStreamResponseError, ServiceUnavailableError)
_MADE_MEANWHILE = 10058
_WANTS_ACK = "$JS.ACK."  # any other place to reply to is a stranger's, who waits for another answer


class NatsBroker:
    """Publishes to JetStream; makes a stream for a subject that none has.

    Args:
        address: `host;port`, `host;port;topic`, `nats://…`, or `tls://…`, which means TLS. The
            topic is a subject.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._settings = NatsSettings.of(address)
        self._connection = Connection(self._settings)
        self._streams: set[str] = set()  # topics that have one
        if wrong := wrong_subject(address.topic):
            raise ConfigError(f"topic: {wrong}")

    def connect(self) -> None:
        """Connect and log in."""
        self._streams.clear()
        self._connection.connect()

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all, then wait until each is in its stream."""
        try:
            self._connection.run(self._publish(messages), timeout_s=2 * TIMEOUT_S)
        except PublishError:
            raise
        except (Error, OSError, asyncio.TimeoutError) as error:
            raise PublishError(self._said(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    async def _publish(self, messages: Sequence[OutgoingMessage]) -> None:
        stream = self._connection.client.jetstream()
        futures: list[asyncio.Future[Any]] = []
        refusal = ""
        for message in messages:
            refusal = wrong_subject(message.topic)
            if refusal:
                break
            await self._ensure_stream(stream, message.topic)
            headers = {_MESSAGE_ID: message.message_id, "Content-Type": message.content_type}
            if message.key:
                headers[_KEY] = _one_line(message.key)
            try:
                sent = await stream.publish_async(message.topic, message.payload, headers=headers)
            except MaxPayloadError:
                most = self._connection.client.max_payload
                refusal = (
                    f"{self._settings.endpoint} takes messages of at most {most} bytes, "
                    f"got {len(message.payload)}"
                )
                break
            futures.append(sent)
        taken = await self._acknowledged(futures)
        if taken < len(futures):
            raise self._failed(futures[taken], acknowledged=taken)
        if refusal:
            raise RefusedMessageError(f"nats: {refusal}", acknowledged=taken)

    async def _acknowledged(self, futures: Sequence[asyncio.Future[Any]]) -> int:
        """How many of the first messages are in their stream, once no more can be expected."""
        waiting, tries = set(futures), 0
        while waiting and tries < TIMEOUT_S / _LOOK_S and self._connection.client.is_connected:
            tries += 1
            _, waiting = await asyncio.wait(waiting, timeout=_LOOK_S)
        for index, future in enumerate(futures):
            if not future.done() or future.exception() is not None:
                return index
        return len(futures)

    def _failed(self, future: asyncio.Future[Any], *, acknowledged: int) -> PublishError:
        if not future.done():
            is_lost = not self._connection.client.is_connected
            late = f"nats: no answer from {self._settings.endpoint} in time"
            return PublishError(
                self._connection.lost() if is_lost else late, acknowledged=acknowledged
            )
        error = future.exception()
        if isinstance(error, APIError) and error.err_code == _MESSAGE_TOO_LARGE:
            text = f"nats: {self._settings.endpoint} refuses a message: {error.description}"
            return RefusedMessageError(text, acknowledged=acknowledged)
        return PublishError(self._said(error), acknowledged=acknowledged)

    async def _ensure_stream(self, stream: Any, topic: str) -> None:
        if topic in self._streams:
            return
        try:
            await stream.find_stream_name_by_subject(topic)
        except NotFoundError:
            config = StreamConfig(
                name=self._settings.stream_for(topic),
                subjects=[topic],
                max_msgs=self._settings.stream_size,
            )
            try:
                await stream.add_stream(config)
            except APIError as error:
                if error.err_code == _MADE_MEANWHILE:
                    raise PublishError(
                        f"nats: stream {config.name!r} of {self._settings.endpoint} does not take "
                        f"{topic!r}: add the subject to it, or set another stream in the adapter's "
                        "file"
                    ) from error
                raise
        self._streams.add(topic)

    def _said(self, error: BaseException | None) -> str:
        where = self._settings.endpoint
        if isinstance(error, _NO_JETSTREAM):
            return f"nats: {where} has no JetStream: start nats-server with --jetstream"
        if isinstance(error, APIError):
            return f"nats: {where} takes no more: {error.description or error}"
        client = self._connection.client
        if error is None or client is None or not client.is_connected:
            return self._connection.lost()
        return self._settings.said(error)


class NatsListener:
    """Receives from the stream that has a subject, or what is published where none has it.

    A message is acknowledged when the next ones are asked for.

    Args:
        address: As for `NatsBroker`, without a topic.
        topics: Subjects; may hold `*` and `>`.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._settings = NatsSettings.of(address)
        self._connection = Connection(self._settings)
        self._topics = list(topics)
        for topic in self._topics:
            if wrong := wrong_subject(topic, wildcards=True):
                raise ConfigError(f"topic: {wrong}")
        self._received: list[Any] = []
        self._handed_out: list[Any] = []
        self._news = asyncio.Event()

    def connect(self) -> None:
        """Connect, log in, and subscribe."""
        self._received, self._handed_out = [], []
        self._news = asyncio.Event()
        self._connection.connect()
        try:
            self._connection.run(self._subscribe())
        except (Error, OSError, asyncio.TimeoutError) as error:
            raise BrokerError(self._settings.said(error)) from error

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What has arrived."""
        try:
            self._connection.run(self._arrival(timeout_s), timeout_s=timeout_s + TIMEOUT_S)
        except (Error, OSError, asyncio.TimeoutError) as error:
            raise BrokerError(self._connection.lost()) from error
        if not self._received and not self._connection.client.is_connected:
            raise BrokerError(self._connection.lost())
        self._handed_out, self._received = self._received, []
        return [_incoming(message) for message in self._handed_out]

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    async def _subscribe(self) -> None:
        for topic in self._topics:
            await self._subscribe_to(topic)
        await self._connection.client.flush()

    async def _subscribe_to(self, topic: str) -> None:
        client, durable = self._connection.client, self._settings.durable
        try:
            await client.jetstream().subscribe(
                topic,
                durable=durable or None,
                cb=self._on_message,
                manual_ack=True,
                config=ConsumerConfig(
                    deliver_policy=DeliverPolicy.ALL if durable else DeliverPolicy.NEW
                ),
            )
        except (NotFoundError, *_NO_JETSTREAM):
            await client.subscribe(topic, cb=self._on_message)

    async def _on_message(self, message: Any) -> None:
        self._received.append(message)
        self._news.set()

    async def _arrival(self, timeout_s: float) -> None:
        for message in self._handed_out:
            if message.reply.startswith(_WANTS_ACK):
                await message.ack()
        self._handed_out = []
        end_s = time.monotonic() + timeout_s
        while not self._received and self._connection.client.is_connected:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            self._news.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left_s, _LOOK_S))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _incoming(message: Any) -> IncomingMessage:
    headers = message.headers or {}
    return IncomingMessage(
        message.subject, message.data, headers.get(_MESSAGE_ID, ""), headers.get(_KEY, "")
    )
