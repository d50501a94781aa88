"""Redis Streams: each message is an entry, added with XADD."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from penstock.brokers.address import (
    MAX_PORT,
    Endpoint,
    Login,
    endpoint_in_url,
    fields_of,
    from_environment,
    port_of,
)
from penstock.brokers.base import (
    TIMEOUT_S,
    BrokerAddress,
    IncomingMessage,
    OutgoingMessage,
    PublishError,
)
from penstock.brokers.failures import network_failure
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import BrokerError, ConfigError

MESSAGE_ID = "message-id"
_CONNECT_S = 5.0
_BATCH = 100
_DEFAULT_PORT = 6379


def _text(value: Value) -> str:
    return value.text


def _port(value: Value) -> int:
    return value.integer(minimum=1, maximum=MAX_PORT)


def _size(value: Value) -> int:
    return value.integer(minimum=1)


KEYS: Mapping[str, Key] = {
    "hostname": Key("host, where conn-str says none", "none", "host", _text),
    "port": Key("its port", "6379", "port", _port),
    "username": Key("user of an access list", "Redis' default user", "user", _text),
    "password": Key("password; the environment's `PASSWORD_REDIS` wins", "none", "password", _text),
    "payloadkey": Key("field that holds the message", "metadata", "payload_key", _text),
    "consumergroup": Key("consumer group to receive with", "redis-consumer-group", "group", _text),
    "consumername": Key("its consumer", "redis-consumer", "consumer", _text),
    "streamsize": Key("entries that a stream keeps, about", "all", "stream_size", _size),
    "sensorid": Key(
        "sensor of messages that tell none, with `DEEPSTREAM_ENABLE_SENSOR_ID_EXTRACTION=1`",
        "unknown-sensor",
        "sensor",
        _text,
    ),
    **TLS_KEYS,
    "flush-timeout": ignored("time for the last messages", "nvmsgbroker has a property"),
    "share-connection": ignored("one connection for several", "each element has its own"),
}


class _Connection:
    """What the broker and the listener share: settings, and how to connect."""

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self.settings = address.config.settings(KEYS)
        self.endpoint = _endpoint(address.conn_str.strip(), self.settings)
        self._tls = TlsFiles.of(self.settings)
        self.client: Any = None

    def connect(self) -> None:
        """Connect, log in, and see that somebody answers."""
        self.close()
        login = self.endpoint.login
        self.client = redis.Redis(
            host=self.endpoint.host,
            port=self.endpoint.port,
            username=login.user or None,
            password=login.password or None,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=_CONNECT_S,
            retry=Retry(NoBackoff(), 0),  # who calls knows when to try again
            protocol=2,
            single_connection_client=False,
            **self._tls_settings(),
        )
        try:
            self.client.ping()
        except (redis.RedisError, OSError) as error:
            self.close()
            raise BrokerError(self.said(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        client, self.client = self.client, None
        if client is not None:
            client.close()

    def said(self, error: BaseException) -> str:
        """What went wrong, with host, port and user."""
        if isinstance(error, redis.AuthenticationError) or "NOAUTH" in str(error):
            return (
                f"redis: {self.endpoint} refuses the login: correct the password in the adapter's "
                "file or in PASSWORD_REDIS"
            )
        text = network_failure(error, str(self.endpoint))
        if text is None and isinstance(error, redis.TimeoutError):
            text = f"no answer from {self.endpoint} in time"
        if text is None and isinstance(error, redis.ConnectionError):
            text = f"the connection to {self.endpoint} was lost"
        if text is None:  # redis-py puts the command in front, and with it the message
            text = f"{self.endpoint} refuses: {str(error).rpartition('caused error: ')[2]}"
        return f"redis: {text}"

    def _tls_settings(self) -> dict[str, Any]:
        if not self.endpoint.is_tls:
            return {}
        files = self._tls
        return {
            "ssl": True,
            "ssl_ca_certs": files.ca and str(files.ca),
            "ssl_ca_path": files.ca_folder and str(files.ca_folder),
            "ssl_certfile": files.certificate and str(files.certificate),
            "ssl_keyfile": files.private_key and str(files.private_key),
            "ssl_check_hostname": True,
        }


class RedisBroker:
    """Adds entries `<payloadkey> <message> message-id <id>` to the stream that is the topic.

    Args:
        address: `host;port`, `redis://…` or `rediss://…`, which means TLS; a topic.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress) -> None:
        self._connection = _Connection(address)
        settings = self._connection.settings
        self._payload_key = settings.get("payload_key") or "metadata"
        self._stream_size = settings.get("stream_size")
        self._keyed = os.environ.get("DEEPSTREAM_ENABLE_SENSOR_ID_EXTRACTION") == "1"
        self._sensor = from_environment(
            "DEEPSTREAM_SENSOR_ID", settings.get("sensor") or "unknown-sensor"
        )
        if not address.topic:
            raise ConfigError("topic: wanted the name of a Redis stream, got nothing")

    def connect(self) -> None:
        """Connect and log in."""
        self._connection.connect()

    def publish(self, messages: Sequence[OutgoingMessage]) -> None:
        """Add all entries in one transaction, so that none comes before another that failed."""
        client = self._connection.client
        if client is None:
            raise PublishError("redis: not connected")
        transaction = client.pipeline(transaction=True)
        for message in messages:
            transaction.xadd(
                message.topic, self._entry(message), maxlen=self._stream_size, approximate=True
            )
        try:
            answers = transaction.execute(raise_on_error=False)
        except (redis.RedisError, OSError) as error:
            raise PublishError(self._connection.said(error)) from error
        for taken, answer in enumerate(answers):
            if isinstance(answer, Exception):
                raise PublishError(self._connection.said(answer), acknowledged=taken)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _entry(self, message: OutgoingMessage) -> dict[str, str | bytes]:
        if self._keyed:
            key = message.key or self._sensor
            return {"key": key, "value": message.payload, "headers": "{}"}
        return {self._payload_key: message.payload, MESSAGE_ID: message.message_id}


class RedisListener:
    """Receives new entries of streams as a consumer of a group, which it takes away at its end.

    Args:
        address: As for `RedisBroker`, without a topic.
        topics: Names of streams; they are made where they are missing.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, topics: Sequence[str]) -> None:
        self._connection = _Connection(address)
        settings = self._connection.settings
        self._group = settings.get("group") or "redis-consumer-group"
        self._consumer = settings.get("consumer") or "redis-consumer"
        self._topics = list(topics)
        self._made: set[str] = set()

    def connect(self) -> None:
        """Connect, and join the group of every stream."""
        self._connection.connect()
        for topic in self._topics:
            self._join(topic)

    def receive(self, timeout_s: float) -> list[IncomingMessage]:
        """What was added."""
        client = self._connection.client
        if client is None:
            raise BrokerError("redis: not connected")
        streams = dict.fromkeys(self._topics, ">")
        wait_ms = max(1, int(min(timeout_s, TIMEOUT_S / 2) * 1000))
        try:
            found = client.xreadgroup(
                self._group, self._consumer, streams, count=_BATCH, block=wait_ms
            )
        except (redis.RedisError, OSError) as error:
            raise BrokerError(self._connection.said(error)) from error
        with contextlib.suppress(redis.RedisError, OSError):  # what is here is here
            for topic, entries in found:
                client.xack(topic, self._group, *(entry for entry, _ in entries))
        return [_incoming(topic, fields) for topic, entries in found for _, fields in entries]

    def close(self) -> None:
        """Take the groups away that this made, and let go of the connection."""
        client = self._connection.client
        with contextlib.suppress(redis.RedisError, OSError):
            for topic in self._made if client is not None else ():
                client.xgroup_destroy(topic, self._group)
        self._made.clear()
        self._connection.close()

    def _join(self, topic: str) -> None:
        try:
            self._connection.client.xgroup_create(topic, self._group, "$", mkstream=True)
            self._made.add(topic)
        except (redis.RedisError, OSError) as error:
            if "BUSYGROUP" not in str(error):
                raise BrokerError(self._connection.said(error)) from error


def _endpoint(conn_str: str, settings: Mapping[str, Any]) -> Endpoint:
    found = endpoint_in_url(conn_str, schemes={"redis": 6379, "rediss": 6379}, tls="rediss")
    is_tls = bool(settings.get("tls")) or (found is not None and found.is_tls)
    if found is None and len(conn_str) > 3:
        host, port, *_ = fields_of(conn_str, wanted="host;port or host;port;topic", most=3)
        found = Endpoint(host, port_of(port))
    elif found is None:
        if not settings.get("host"):
            raise ConfigError("conn-str: wanted host;port, got nothing, and config has no hostname")
        found = Endpoint(settings["host"], settings.get("port", _DEFAULT_PORT))
    login = Login(
        found.login.user or settings.get("user", ""),
        from_environment("PASSWORD_REDIS", found.login.password or settings.get("password", "")),
    )
    return Endpoint(found.host, found.port, login, is_tls)


def _incoming(topic: bytes, fields: Mapping[bytes, bytes]) -> IncomingMessage:
    """The second element of an entry is the message, whatever the first is called."""
    keyed = b"value" in fields and b"key" in fields
    payload = fields[b"value"] if keyed else next(iter(fields.values()), b"")
    key = fields[b"key"].decode(errors="replace") if keyed else ""
    message_id = fields.get(MESSAGE_ID.encode(), b"").decode(errors="replace")
    return IncomingMessage(topic.decode(errors="replace"), payload, message_id, key)
