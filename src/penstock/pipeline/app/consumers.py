"""Messages from the cloud that start and stop recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from penstock.brokers import (
    LISTENERS,
    BrokerAddress,
    IncomingMessage,
    Listener,
    Reception,
    broker_name,
    record_command,
    source_of,
)
from penstock.config import BrokerConfig, ConsumerGroup, MessagesConfig
from penstock.errors import ConfigError, PenstockError, UnknownNameError
from penstock.gst import Gst
from penstock.gst.record_sources import record, stop_recording


@contextmanager
def listening(
    group: ConsumerGroup, pipeline: Gst.Pipeline, *, on_warning: Callable[[str], None]
) -> Iterator[None]:
    """Follow the messages of a broker while the context lasts.

    Args:
        group: Where they come from.
        pipeline: Whose cameras they are about.
        on_warning: Gets what goes wrong, on another thread.

    Raises:
        ConfigError: The group does not say where the broker is, or what to listen to.
        MissingExtraError: The broker's library is not installed.
    """
    orders = _Orders(group, pipeline, on_warning)
    reception = Reception(
        _listener(group),
        on_message=orders.follow,
        on_trouble=orders.warn,
        on_recovery=orders.warn,
    )
    reception.start()
    try:
        yield
    finally:
        reception.stop()


class _Orders:
    def __init__(
        self, group: ConsumerGroup, pipeline: Gst.Pipeline, on_warning: Callable[[str], None]
    ) -> None:
        self._where, self._pipeline, self._on_warning = group.where, pipeline, on_warning
        self._sensors = MessagesConfig.read(group.sensor_file) if group.sensor_file else None

    def warn(self, text: str) -> None:
        self._on_warning(f"{self._where}: {text}")

    def follow(self, message: IncomingMessage) -> None:
        """Do what a message says if it is about recording."""
        try:
            order = record_command(message.payload, now=datetime.now(timezone.utc))
            if order is None:
                return
            source = source_of(order.sensor, self._sensors)
            if order.is_start:
                times = {"before_s": order.before_s, "duration_s": order.duration_s}
                record(self._pipeline, source, **times)
            else:
                stop_recording(self._pipeline, source)
        except PenstockError as error:
            self.warn(f"a message on {message.topic!r} cannot be followed: {error}")


def _listener(group: ConsumerGroup) -> Listener:
    if not group.proto_lib:
        raise ConfigError(f"{group.where}: wanted proto-lib, the broker to listen to")
    if not group.topics:
        raise ConfigError(f"{group.where}: wanted subscribe-topic-list, what to listen to")
    if not (group.conn_str or group.config_file):
        raise ConfigError(f"{group.where}: wanted conn-str or config-file, where the broker is")
    config = BrokerConfig.read(group.config_file) if group.config_file else BrokerConfig()
    try:
        listener = LISTENERS.load(broker_name(group.proto_lib))
        return listener(BrokerAddress(group.conn_str, config), group.topics)
    except (ConfigError, UnknownNameError) as error:
        raise ConfigError(f"{group.where}: {error}") from error
