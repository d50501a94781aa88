"""What a Kafka cluster refuses and what keeps one out of reach, in words that say what to do."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from penstock.brokers.failures import network_failure
from penstock.brokers.kafka_settings import KafkaSettings
from penstock.errors import BrokerError, ConfigError

CONNECT_S: Final = 5.0
TOO_LARGE: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE})
_SERVERS = "bootstrap.servers"
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
ABOUT_TOPICS: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    }
)


class Why:
    """What librdkafka tells beside its answers: they say most about a cluster out of reach."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._where, self._told = settings.where, ""

    def clear(self) -> None:
        """Forget it: a new connection begins."""
        self._told = ""

    def add(self, error: KafkaError) -> None:
        """Called by librdkafka."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._told = error.str()

    def __bool__(self) -> bool:
        """Whether anything was told."""
        return bool(self._told)

    def said(self, error: KafkaError) -> str:
        """What went wrong, with host, port and user."""
        text = self._told or error.str()
        where = self._where
        if error.code() in TOO_LARGE:
            return f"kafka: {where} takes no message of that size ({error.str()})"
        if error.code() == KafkaError._MSG_TIMED_OUT and not self._told:
            return f"kafka: no acknowledgement from {where} in time"
        if error.code() == KafkaError._AUTHENTICATION or "uthentication" in text:
            return (
                f"kafka: {where} refuses the login: correct sasl.username and sasl.password in "
                f"proto-cfg of the adapter's file ({text})"
            )
        if "certificate verify failed" in text:
            return (
                f"kafka: the certificate of {where} is refused: name its authority's file in "
                f"ssl.ca.location in proto-cfg of the adapter's file ({text})"
            )
        if error.code() in ABOUT_TOPICS:
            return f"kafka: {where} has no such topic: create it ({error.str()})"
        return f"kafka: {where} does not answer as a Kafka cluster should: {text}"


def topics_of(client: Any, why: Why) -> Mapping[str, Any]:
    """What the cluster tells of its topics, by name.

    Raises:
        BrokerError: It does not answer, and why.
    """
    end_s = time.monotonic() + CONNECT_S
    while isinstance(found := _asked(client), KafkaError):
        client.poll(0)  # lets it tell why
        if why or time.monotonic() > end_s:
            raise BrokerError(why.said(found))
    return dict(found)


def _asked(client: Any) -> Any:
    try:
        return client.list_topics(timeout=1.0).topics
    except KafkaException as error:
        return error.args[0]


def wrong_topic(topic: str) -> str:
    """Why that is no topic; empty where it is one."""
    if _TOPIC.fullmatch(topic) and topic not in {".", ".."}:
        return ""
    shown = topic if len(topic) <= 40 else f"{topic[:40]}…"
    return (
        "wanted a topic of at most 249 letters, digits and ._-, "
        f"got {shown!r} of {len(topic)} characters"
    )


def check_options(kind: Any, options: Mapping[str, Any]) -> None:
    """See that librdkafka knows every option.

    Raises:
        ConfigError: It does not, or cannot read a file that one names.
    """
    try:
        kind({name: value for name, value in options.items() if name != _SERVERS})
    except KafkaException as error:
        raise ConfigError(
            f"proto-cfg: wanted options that librdkafka takes: {error.args[0].str()}"
        ) from error


def probe(settings: KafkaSettings) -> None:
    """The client does not say which of unknown, refused and silent it was."""
    if _SERVERS in {**settings.options, **settings.producer, **settings.consumer}:
        return
    endpoint = settings.endpoint
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout=CONNECT_S).close()
    except OSError as error:
        raise BrokerError(f"kafka: {network_failure(error, settings.where)}") from error
