"""Listening to a broker from a script: an address in one line, and what arrives there."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from penstock.brokers.address import topic_in
from penstock.brokers.base import (
    LISTENERS,
    BrokerAddress,
    IncomingMessage,
    Listener,
    broker_name,
)
from penstock.brokers.retrying import BackOff, Troubles
from penstock.config import BrokerConfig, Value
from penstock.errors import BrokerError, ConfigError, UnknownNameError

_SCHEMES = {
    "amqp": "amqp",
    "amqps": "amqp",
    "http": "http",
    "https": "http",
    "kafka": "kafka",
    "mqtt": "mqtt",
    "mqtts": "mqtt",
    "nats": "nats",
    "redis": "redis",
    "rediss": "redis",
    "tls": "nats",
}
_NEED_NO_TOPIC = frozenset({"azure", "http"})
_LOOK_S = 0.5


def listener_at(
    conn: str,
    *,
    proto_lib: str = "",
    topics: Sequence[str] = (),
    config: BrokerConfig | None = None,
) -> Listener:
    """What receives from an address; it is not connected yet.

    Args:
        conn: `kafka://host:port/topic`, also `mqtt`, `mqtts`, `amqp`, `amqps`, `redis`, `rediss`,
            `nats`, `tls` (NATS); `http://host:port/path`, which listens itself; or DeepStream's
            `host;port;topic`.
        proto_lib: DeepStream's library or a name; a URL needs none.
        topics: Instead of the one in `conn`.
        config: The adapter's file.

    Raises:
        ConfigError: It cannot be meant.
        UnknownNameError: There is no such broker.
        MissingExtraError: The broker's client library is not installed.
    """
    name = broker_name(proto_lib) if proto_lib else _broker_of(conn)
    if name not in LISTENERS:
        raise ConfigError(f"{name}: wanted a broker that can be listened to, got one that cannot")
    place, topic = _parted(conn, name)
    named = list(topics) or ([topic] if topic else [])
    if not named and name not in _NEED_NO_TOPIC:
        raise ConfigError(f"wanted a topic, as in {name}://host:port/topic, got none")
    config = _alone(name, config or BrokerConfig())
    return LISTENERS.load(name)(BrokerAddress(place, config), named)


def arrivals(
    listener: Listener,
    *,
    seconds: float | None = None,
    on_trouble: Callable[[str], None] = lambda _text: None,
    on_recovery: Callable[[str], None] = lambda _text: None,
) -> Iterator[IncomingMessage]:
    """Messages as they arrive, from a listener that is connected.

    A connection that is lost is made again, and again.

    Args:
        listener: Not closed here.
        seconds: End after that time.
        on_trouble: Is told of each problem once.
        on_recovery: Is told when messages can arrive again.
    """
    troubles, back_off = Troubles(on_trouble, on_recovery), BackOff()
    end_s = time.monotonic() + seconds if seconds is not None else float("inf")
    is_connected = True
    while (left_s := end_s - time.monotonic()) > 0:
        try:
            if not is_connected:
                listener.connect()
                is_connected = True
            found = listener.receive(min(left_s, _LOOK_S))
        except BrokerError as error:
            is_connected = False
            troubles.add(f"{error}; trying again")
            time.sleep(max(0.0, min(back_off.next_s(), end_s - time.monotonic())))
            continue
        back_off.reset()
        troubles.end("messages can arrive again")
        yield from found


def _broker_of(conn: str) -> str:
    scheme, colon, _ = conn.partition("://")
    if not colon:
        raise ConfigError(
            "wanted a URL such as mqtt://host:port/topic, or --proto-lib beside host;port;topic"
        )
    if scheme.lower() not in _SCHEMES:
        known = ", ".join(f"{name}://" for name in _SCHEMES)
        raise UnknownNameError(f"no broker is meant by {scheme}://. Known: {known}")
    return _SCHEMES[scheme.lower()]


def _parted(conn: str, name: str) -> tuple[str, str]:
    """The address without its topic, and the topic."""
    scheme, colon, rest = conn.partition("://")
    if name == "http":
        return conn, ""
    if colon and scheme.lower() in _SCHEMES:
        # By hand: for a URL a # or ? in a topic would be the end of its path.
        host, _, path = rest.partition("/")
        return f"{scheme}://{host}", unquote(path)
    fields = conn.split(";")
    return conn, topic_in(conn, name) if len(fields) > 2 else ""


def _alone(name: str, config: BrokerConfig) -> BrokerConfig:
    """In a group of its own that begins now, so that it takes no message from anybody else.

    Args:
        name: The broker's.
        config: Its file; what it says about groups holds.
    """
    group = f"penstock-listen-{uuid.uuid4().hex[:8]}"
    said = {
        "kafka": {
            "consumer-group-id": f'"{group}"',
            "consumer-proto-cfg": '"auto.offset.reset=latest"',
        },
        "redis": {"consumergroup": group},
    }.get(name, {})
    values = {
        key: Value(text, Path("listen"), 0, "message-broker", key) for key, text in said.items()
    }
    return replace(config, values={**values, **config.values})
