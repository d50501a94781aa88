"""One connection to an MQTT broker: its settings, its thread, and what comes in on it."""

from __future__ import annotations

import contextlib
import queue
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import paho.mqtt.client as paho

from penstock.brokers.address import (
    Endpoint,
    Login,
    endpoint_in_url,
    fields_of,
    from_environment,
    port_of,
)
from penstock.brokers.base import TIMEOUT_S, BrokerAddress, IncomingMessage
from penstock.brokers.failures import network_failure
from penstock.brokers.tls import TLS_KEYS, TlsFiles
from penstock.config import Key, Value
from penstock.config.keys import ignored
from penstock.errors import BrokerError, ConfigError

MESSAGE_ID = "message-id"
_CONNECT_S = 5.0
_RESEND_S = 3.0  # Mosquitto with `autosave_interval 1` saves every other second
_MOST_RESEND_S = 3600.0
_IN_FLIGHT = 1000
_IN_FLIGHT_5 = 10  # brokers of MQTT 5 end connections with more than they want; none wants less
_LOGIN_CODES = frozenset({"Bad user name or password", "Not authorized"})


def _text(value: Value) -> str:
    return value.text


def _seconds(value: Value) -> int:
    return value.integer(minimum=1, maximum=65535)


def _resend_seconds(value: Value) -> float:
    return value.number(minimum=0, maximum=_MOST_RESEND_S)


KEYS: Mapping[str, Key] = {
    "username": Key("user; the environment's `USER_MQTT` wins", "none", "user", _text),
    "password": Key("password; the environment's `PASSWORD_MQTT` wins", "none", "password", _text),
    "client-id": Key(
        "name of the connection; the one that receives has `-in` behind it", "random", "id", _text
    ),
    "keep-alive": Key("seconds from one sign of life to the next", "60", "keep_alive", _seconds),
    "protocol-version": Key(
        "3 (3.1.1), or 5, which sends the message's id and media type beside it",
        "3",
        "version",
        lambda value: value.choice({3: "3.1.1", 5: "5"}),
    ),
    "resend-last": Key(
        "seconds: what was acknowledged in the last ones before a connection broke is sent again; "
        "0: nothing",
        f"{_RESEND_S:g}",
        "resend_s",
        _resend_seconds,
    ),
    **TLS_KEYS,
    "loop-timeout": ignored("wait of the network loop", "a thread does that"),
    "set-threaded": ignored("network loop on a thread", "it always has one"),
    "share-connection": ignored("one connection for several", "each element has its own"),
}


class MqttConnection:
    """paho's client with its thread, and what is known about it.

    Args:
        address: `host;port`, `host;port;topic`, `mqtt://…` or `mqtts://…`, which means TLS.
        suffix: Put behind the client's name where it has one.

    Attributes:
        keep_alive_s: Seconds from one sign of life to the next.
        resend_s: How long the broker may take to save what it has acknowledged, seconds.
        ended: Why there is no connection any more; empty as long as there is one.
        ended_s: When that became known.
        subscribed: What the broker has answered to a subscription.
        changed: Notified when something was acknowledged, has arrived, or the connection ended.
        acknowledged: Numbers of messages that the broker has answered to.
        refused: Number of a message that the broker does not take → its reason.
        is_v5: Whether it speaks MQTT 5.
        packet_limit: The largest packet that the broker takes, bytes; 0 where it does not say.
        received: What has arrived.
    """

    KEYS: ClassVar[Mapping[str, Key]] = KEYS

    def __init__(self, address: BrokerAddress, *, suffix: str = "") -> None:
        settings = address.config.settings(KEYS)
        self.endpoint = _endpoint(address.conn_str.strip(), settings)
        name = settings.get("id", "")
        self._name = f"{name}{suffix}" if name else ""
        self.keep_alive_s = settings.get("keep_alive", 60)
        self.resend_s: float = settings.get("resend_s", _RESEND_S)
        self.is_v5 = settings.get("version") == 5
        files = TlsFiles.of(settings)
        self._tls = files.context() if self.endpoint.is_tls else None
        if self._tls is not None:
            self._tls.sslsocket_class = _TlsSocket
        self.packet_limit = 0
        self.changed = threading.Condition()
        self.acknowledged: set[int] = set()
        self.refused: dict[int, Any] = {}
        self.received: queue.SimpleQueue[IncomingMessage] = queue.SimpleQueue()
        self.client: Any = None
        self._answer: str | None = None  # of the broker to the login; empty: welcome
        self.ended, self.ended_s = "", 0.0
        self.subscribed: list[Any] | None = None

    def connect(self) -> None:
        """Connect, and wait until the broker has let this in.

        Raises:
            BrokerError: It did not, and why.
        """
        self.close()
        self.forget_answers()
        self._answer, self.ended, self.subscribed = None, "", None
        client = self.client = self._new_client()
        try:
            client.connect(self.endpoint.host, self.endpoint.port, keepalive=self.keep_alive_s)
        except (OSError, ValueError) as error:
            self.close()
            raise BrokerError(self.said(error)) from error
        client.loop_start()
        with self.changed:
            self.changed.wait_for(lambda: self._answer is not None or self.ended, TIMEOUT_S)
        if self._answer != "":
            self.close()
            raise BrokerError(f"mqtt: {self._refusal(self._answer)}")

    def forget_answers(self) -> None:
        """To earlier messages: after 65535 of them their numbers come again."""
        with self.changed:
            self.acknowledged.clear()
            self.refused.clear()

    def close(self) -> None:
        """Say good-bye, and end the thread."""
        client, self.client = self.client, None
        if client is None:
            return
        with contextlib.suppress(Exception):
            client.disconnect()
        with contextlib.suppress(Exception):
            client.loop_stop()

    def said(self, error: BaseException) -> str:
        """What went wrong, with host, port and user."""
        return f"mqtt: {network_failure(error, str(self.endpoint)) or f'{self.endpoint}: {error}'}"

    def lost(self) -> str:
        """What is said where the connection has ended."""
        return f"mqtt: the connection to {self.endpoint} was lost"

    def _new_client(self) -> Any:
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=self._name,
            protocol=paho.MQTTv5 if self.is_v5 else paho.MQTTv311,
            reconnect_on_failure=False,  # who calls knows when to try again, and what with
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(_IN_FLIGHT_5 if self.is_v5 else _IN_FLIGHT)
        if self.endpoint.login.user:
            client.username_pw_set(self.endpoint.login.user, self.endpoint.login.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_message = self._on_publish, self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    def _refusal(self, answer: str | None) -> str:
        if answer is None:
            what = "ended the connection" if self.ended else "did not answer"
            return (
                f"{self.endpoint} {what} when it was greeted: is it an MQTT broker, and does it "
                "want TLS, or a certificate (tls-certfile, tls-keyfile)?"
            )
        if answer in _LOGIN_CODES:
            return (
                f"{self.endpoint} refuses the login: correct username and password in the "
                "adapter's file or in USER_MQTT and PASSWORD_MQTT"
            )
        return f"{self.endpoint} refuses the connection: {answer.lower()}"

    def _on_connect(self, _client: Any, _user: Any, _flags: Any, reason: Any, more: Any) -> None:
        with self.changed:
            self.packet_limit = getattr(more, "MaximumPacketSize", 0)
            self._answer = str(reason) if reason.is_failure else ""
            self.changed.notify_all()

    def _on_disconnect(self, client: Any, _user: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if client is not self.client:
            return
        with self.changed:
            self.ended, self.ended_s = str(reason), time.monotonic()
            self.changed.notify_all()

    def _on_publish(self, _client: Any, _user: Any, number: int, reason: Any, _more: Any) -> None:
        with self.changed:
            if reason.is_failure:
                self.refused[number] = reason
            self.acknowledged.add(number)
            self.changed.notify_all()

    def _on_subscribe(
        self, _client: Any, _user: Any, _number: int, reasons: list[Any], _more: Any
    ) -> None:
        with self.changed:
            self.subscribed = reasons
            self.changed.notify_all()

    def _on_message(self, _client: Any, _user: Any, message: Any) -> None:
        beside = dict(getattr(message.properties, "UserProperty", ()))
        payload, message_id = bytes(message.payload), beside.get(MESSAGE_ID, "")
        self.received.put(IncomingMessage(message.topic, payload, message_id))


class _TlsSocket(ssl.SSLSocket):
    """paho leaves a socket open whose handshake fails."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _endpoint(conn_str: str, settings: Mapping[str, Any]) -> Endpoint:
    found = endpoint_in_url(conn_str, schemes={"mqtt": 1883, "mqtts": 8883}, tls="mqtts")
    is_tls = bool(settings.get("tls"))
    if is_tls and not settings.get("ca") and not settings.get("ca_folder"):
        raise ConfigError("enable-tls: wanted tls-cafile or tls-capath beside it, got neither")
    if found is None:
        host, port, *_ = fields_of(conn_str, wanted="host;port or host;port;topic", most=3)
        found = Endpoint(host, port_of(port))
    user = from_environment("USER_MQTT", found.login.user or settings.get("user", ""))
    password = from_environment(
        "PASSWORD_MQTT", found.login.password or settings.get("password", "")
    )
    return Endpoint(found.host, found.port, Login(user, password), is_tls or found.is_tls)
