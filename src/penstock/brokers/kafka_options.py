"""What librdkafka is told: our own options, the adapter file's, and the environment's login."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Producer

from penstock.brokers.address import from_environment
from penstock.brokers.base import TIMEOUT_S
from penstock.brokers.kafka_settings import KafkaSettings
from penstock.errors import ConfigError

SERVERS: Final = "bootstrap.servers"
USER: Final = "sasl.username"
_PASSWORD: Final = "sasl.password"
_PRODUCER: Final[Mapping[str, Any]] = {
    "message.timeout.ms": int(TIMEOUT_S * 800),
    # Before that, so that a topic which nobody has made is told as such.
    "topic.metadata.propagation.max.ms": int(TIMEOUT_S * 400),
    "linger.ms": 2,
}
_IDEMPOTENT: Final[Mapping[str, Any]] = {
    "enable.idempotence": True,
    # Where one message fails, the later ones of its partition do too.
    "enable.gapless.guarantee": True,
}
_ONE_AT_A_TIME: Final[Mapping[str, Any]] = {"max.in.flight.requests.per.connection": 1}
_CONSUMER: Final[Mapping[str, Any]] = {
    "auto.offset.reset": "earliest",
    "enable.auto.offset.store": False,
    "session.timeout.ms": 10_000,
    "topic.metadata.refresh.interval.ms": 5000,
}
_SECRET = re.compile(r"(password\s*=\s*)[^;\"]+")


def producer_options(settings: KafkaSettings) -> dict[str, Any]:
    """For sending; options such as `acks=1` switch idempotence off, as they must.

    Raises:
        ConfigError: librdkafka does not know one, or cannot read a file that one names.
    """
    own = {**_PRODUCER, **_said(settings, settings.producer)}
    try:
        return _checked(Producer, {**_IDEMPOTENT, **own})
    except ConfigError as error:
        if "idempotence" not in str(error):
            raise
    return _checked(Producer, {**_ONE_AT_A_TIME, **own})


def consumer_options(settings: KafkaSettings) -> dict[str, Any]:
    """For receiving.

    Raises:
        ConfigError: As for `producer_options`.
    """
    group = {"group.id": settings.group}
    return _checked(Consumer, {**_CONSUMER, **group, **_said(settings, settings.consumer)})


def _said(settings: KafkaSettings, own: Mapping[str, str]) -> dict[str, Any]:
    """What holds for both; the file wins over it, and the environment over the file."""
    file = {**settings.options, **own}
    login = {
        USER: from_environment("USER_KAFKA", file.get(USER, "")),
        _PASSWORD: from_environment("PASSWORD_KAFKA", file.get(_PASSWORD, "")),
    }
    return {
        SERVERS: str(settings.endpoint),
        "client.id": "penstock",
        "log_level": 0,  # what matters comes as an error
        **file,
        **{name: text for name, text in login.items() if text},
    }


def _checked(kind: Any, options: dict[str, Any]) -> dict[str, Any]:
    try:
        kind({name: value for name, value in options.items() if name != SERVERS})
    except (KafkaException, TypeError, AttributeError) as error:
        cause = error.args[0]
        said = cause.str() if isinstance(error, KafkaException) else str(cause)
        said = _SECRET.sub(r"\1…", said.strip())
        if "GSSAPI" in said and not {"sasl.mechanism", "sasl.mechanisms"} & set(options):
            said = "sasl.mechanism, such as PLAIN or SCRAM-SHA-256, got none"
        raise ConfigError(f"proto-cfg: wanted options that librdkafka takes: {said}") from None
    return options
