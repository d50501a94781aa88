"""What a Kafka cluster refuses and what keeps one out of reach, in words that say what to do."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from penstock.brokers.address import Endpoint
from penstock.brokers.failures import network_failure
from penstock.brokers.kafka_options import SERVERS, USER
from penstock.errors import BrokerError

CONNECT_S: Final = 5.0
TOO_LARGE: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE})
_FILE: Final = "in proto-cfg of the adapter's file"
_NO_TOPIC = "{where} has no topic {topic}: create it ({text})"
_ANSWERS: Final[Mapping[int, str]] = {
    **dict.fromkeys(TOO_LARGE, "{where} takes no message of that size ({text})"),
    KafkaError.UNKNOWN_TOPIC_OR_PART: _NO_TOPIC,
    KafkaError.TOPIC_EXCEPTION: _NO_TOPIC,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (
        "{where} does not allow topic {topic}: grant it there ({text})"
    ),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        "{where} does not allow that group: grant it there, or name another in "
        "consumer-group-id of the adapter's file ({text})"
    ),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: (
        "{where} does not allow idempotent messages: grant IdempotentWrite there, or set "
        f"enable.idempotence=false {_FILE} ({{text}})"
    ),
}
"""About a message, a topic, a group: what the cluster itself has answered."""

_SILENT: Final = (
    f"{{where}} does not answer: does it want another security.protocol than {{protocol}} {_FILE}?"
)
_CONNECTIONS: Final = (
    (
        r"Unsupported SASL mechanism(?:.*: (?P<reason>[^:]+))?",
        f"{{where}} knows no such login: set sasl.mechanism to what it takes ({{reason}}) {_FILE}",
    ),
    (
        r"SASL Handshake not supported",
        f"{{where}} wants no login: set security.protocol to PLAINTEXT or SSL {_FILE}",
    ),
    (
        r"certificate verify failed",
        "the certificate of {servers} is refused: name its authority's file in ssl.ca.location "
        f"{_FILE}, and the host as the certificate does",
    ),
    (
        r"alert (?P<reason>[a-z ]+)",
        "{where} refuses our side of TLS ({reason}): name a certificate that it trusts in "
        f"ssl.certificate.location and ssl.key.location {_FILE}",
    ),
    (r"listener\?", _SILENT),
    (
        r"(?P<reason>.*uthentication.*)",
        f"{{where}} refuses the login: correct sasl.username and sasl.password {_FILE}, or the "
        "environment's USER_KAFKA and PASSWORD_KAFKA ({reason})",
    ),
)
"""What librdkafka says of a connection → what to do about it; the first one that fits counts."""

_AROUND = re.compile(r"^(?:\w+://)?\S+:\d+/\S+: |\s*\(after \d+ms in state .*\)$")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
ABOUT_TOPICS: Final = frozenset(_ANSWERS) - TOO_LARGE


class Why:
    """What librdkafka tells beside its answers: they say most about a cluster out of reach.

    Attributes:
        servers: The cluster, `host:port`.
        where: The same, with the user where there is one.
        since_s: Of the first that was told, as `time.monotonic` has it; None where nothing was.

    Args:
        options: Those of the client.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        user = options.get(USER)
        self.servers = str(options[SERVERS])
        self.where = f"{self.servers} as user {user!r}" if user else self.servers
        self._protocol = str(options.get("security.protocol", "plaintext")).upper()
        self._told: KafkaError | None = None
        self.since_s: float | None = None

    def clear(self) -> None:
        """Forget it: a new connection begins, or all is well."""
        self._told = self.since_s = None

    def add(self, error: KafkaError) -> None:
        """Called by librdkafka."""
        self.since_s = self.since_s or time.monotonic()
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._told = error

    @property
    def cause(self) -> str:
        """What was told that only other settings mend; empty where nothing was."""
        cause = self._told and self._cause(self._told)
        return f"kafka: {cause}" if cause else ""

    def said(self, error: KafkaError, *, topic: str = "") -> str:
        """What went wrong, with host, port, user and topic."""
        return f"kafka: {self._said(error, topic)}"

    def _said(self, error: KafkaError, topic: str) -> str:
        if answer := _ANSWERS.get(error.code()):
            return answer.format(where=self.where, topic=topic, text=error.str())
        told = self._told or error
        if cause := self._cause(told):
            return cause
        if told.code() == KafkaError._MSG_TIMED_OUT:
            return f"no acknowledgement from {self.where} in time"
        text = _AROUND.sub("", told.str())
        is_cut = told.code() in {KafkaError._TRANSPORT, KafkaError._TIMED_OUT}
        if is_cut and not text.startswith("Connect to "):
            # How it hangs up differs from time to time.
            return _SILENT.format(where=self.where, protocol=self._protocol)
        return f"{self.where} does not answer as a Kafka cluster should: {text}"

    def _cause(self, error: KafkaError) -> str:
        text = _AROUND.sub("", error.str())
        for pattern, sentence in _CONNECTIONS:
            if match := re.search(pattern, text):
                facts = {"reason": "", "protocol": self._protocol, **match.groupdict("")}
                return sentence.format(where=self.where, servers=self.servers, **facts)
        return ""


def topics_of(client: Any, why: Why) -> Mapping[str, Any]:
    """What the cluster tells of its topics, by name.

    Raises:
        BrokerError: It does not answer, and why.
    """
    end_s, patience_s = time.monotonic() + CONNECT_S, 0.1
    while isinstance(found := _asked(client, patience_s), KafkaError):
        client.poll(0)  # lets it tell why
        if why.cause or time.monotonic() > end_s:
            raise BrokerError(why.said(found))
        patience_s = min(2 * patience_s, 2.0)  # the answer of a distant cluster takes its time
    return dict(found)


def _asked(client: Any, patience_s: float) -> Any:
    try:
        return client.list_topics(timeout=patience_s).topics
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


def probe(endpoint: Endpoint, why: Why) -> None:
    """The client does not say which of unknown, refused and silent it was."""
    if why.servers != str(endpoint):
        return  # the file names others
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout=CONNECT_S).close()
    except OSError as error:
        raise BrokerError(f"kafka: {network_failure(error, why.where)}") from error
