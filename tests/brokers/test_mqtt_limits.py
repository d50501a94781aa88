"""Messages that a broker of MQTT will never take, and those around them."""

import contextlib
import socket
import threading

import pytest
from spool_making import spool
from test_delivery import until

from broker_servers import HOST, Mosquitto
from penstock.brokers import (
    LISTENERS,
    BrokerAddress,
    Delivery,
    OutgoingMessage,
    RefusedMessageError,
)
from penstock.brokers.mqtt import MqttBroker
from penstock.brokers.retrying import BackOff
from penstock.config import BrokerConfig


class Limited(Mosquitto):
    """With one more line in its settings."""

    def __init__(self, folder, line):
        super().__init__(folder)
        self.line = line

    def command(self):
        arguments = super().command()
        with open(arguments[-1], "a") as settings:
            settings.write(f"{self.line}\n")
        return arguments


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "adapter.txt"
    file.write_text("[message-broker]\nprotocol-version=5\n")
    return BrokerConfig.read(file)


def message(number, size):
    return OutgoingMessage(f"id{number:02d}", 0, "cars", b"x" * size)


def taken(broker, sent):
    """Publish one by one; the numbers of what was not refused."""
    found = []
    for number, one in enumerate(sent):
        with contextlib.suppress(RefusedMessageError):
            broker.publish([one])
            found.append(number)
    return found


@pytest.mark.parametrize(("limit", "head"), [(120, 2), (16_000, 3)])
def test_a_packet_larger_than_mqtt_5_says_is_refused_and_stops_no_other(
    tmp_path, config, limit, head
):
    with Limited(tmp_path / "server", f"max_packet_size {limit}") as server:
        address = BrokerAddress(server.conn_str, config, "cars")
        broker, listener = MqttBroker(address), LISTENERS.load("mqtt")(address, ["cars"])
        listener.connect()
        broker.connect()
        sizes = range(limit - 60, limit + 2)
        arrived = taken(broker, [message(n, size) for n, size in enumerate(sizes)])
        found = []
        while len(found) < len(arrived):
            found += listener.receive(5)
        with pytest.raises(RefusedMessageError) as caught:
            broker.publish([message(0, limit)])
        broker.close()
        listener.close()
    assert [len(one.payload) for one in found] == [sizes[n] for n in arrived]
    beside = 2 + len("cars") + 2  # the message's number
    beside += 1 + 3 + len("application/json") + 5 + len("message-id") + len("id00")
    assert arrived == [n for n, size in enumerate(sizes) if head + beside + size <= limit]
    assert str(caught.value) == (
        f"mqtt: a packet of {3 + beside + limit} bytes is too large for the broker, which takes "
        f"{limit}"
    )


class Refusing:
    """A broker of MQTT 5 that refuses payloads of `!`s: their format is invalid."""

    def __init__(self):
        self._listening = socket.create_server((HOST, 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listening.close()
        self._thread.join(10)

    def _serve(self):
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rb") as packets:
            while head := packets.read(2):  # all of them are short
                body = packets.read(head[1])
                if head[0] >> 4 == 1:
                    connection.sendall(bytes([0x20, 3, 0, 0, 0]))
                elif head[0] >> 4 == 3:
                    topic_end = 2 + body[1]
                    reason = 0x99 if body.endswith(b"!") else 0
                    number = body[topic_end : topic_end + 2]
                    connection.sendall(bytes([0x40, 3, *number, reason]))


def test_an_answer_to_a_message_is_none_to_a_later_one_of_the_same_number(config):
    good = [message(n, 3) for n in range(4)]
    bad = OutgoingMessage("bad", 0, "cars", b"!")
    with Refusing() as server:
        broker = MqttBroker(BrokerAddress(f"{HOST};{server.port}", config, "cars"))
        broker.connect()
        for _ in range(2):
            with pytest.raises(RefusedMessageError, match="refuses a message: payload") as caught:
                broker.publish([good[0], bad, *good[1:]])
            assert caught.value.acknowledged == 1
            broker._connection.client._last_mid = 0  # as after 65535 messages
            broker.publish(good)
        broker.close()


@pytest.mark.parametrize(
    ("version", "line"),
    [
        (3, "max_packet_size 5000"),
        (3, "message_size_limit 5000"),
        (5, "message_size_limit 5000"),  # it answers, but ends the connection before that arrives
    ],
)
def test_a_message_over_which_a_broker_ends_the_connection_stops_the_others_for_a_while(
    tmp_path, monkeypatch, version, line
):
    monkeypatch.setattr("penstock.brokers.mqtt_suspicion.QUIETS_S", (0.05, 0.08) * 3)
    monkeypatch.setattr("penstock.brokers.mqtt_suspicion.LEAST_S", 0.3)
    monkeypatch.setattr("penstock.brokers.mqtt_suspicion.ANSWER_S", 5)
    file = tmp_path / "adapter.txt"
    file.write_text(f"[message-broker]\nprotocol-version={version}\n")
    sent = [message(n, 9000 if n == 13 else 10 + n) for n in range(30)]
    told, over = [], []
    with Limited(tmp_path / "server", line) as server:
        address = BrokerAddress(server.conn_str, BrokerConfig.read(file), "cars")
        listener = LISTENERS.load("mqtt")(address, ["cars"])
        listener.connect()
        run = Delivery(
            MqttBroker(address),
            spool(tmp_path / "spool"),
            on_trouble=told.append,
            on_recovery=over.append,
            back_off=BackOff(first_s=0.01, most_s=0.02),
        )
        run.accept(sent)
        run.start()
        until(lambda: len(run.spool) == 0 and run.counts.refused)
        run.stop(flush_s=20)
        found = []

        def have_arrived():
            found.extend(listener.receive(0.1))
            return len({len(one.payload) for one in found}) == 29

        until(have_arrived)
        listener.close()
    sizes = list(dict.fromkeys(len(one.payload) for one in found))
    assert sizes == [10 + n for n in range(30) if n != 13]
    assert (run.counts.acknowledged, run.counts.refused, len(run.spool)) == (29, 1, 0)
    over = f"mqtt: the connection to {HOST}:{server.port} was lost over a message of 9000 bytes for"
    assert [text for text in told if "dropped" in text] == [
        f"{over} 'cars' each time, while others were taken; the message is dropped"
    ]
    assert [text for text in told if text.startswith(f"{over} 'cars': see that the broker takes")]
    assert len(told) < 8
