"""Scripts that listen: each gets every message, whoever else listens."""

import contextlib

import pytest

from broker_servers import HOST, Mosquitto, Redis
from nats_server import Nats
from penstock.brokers import BROKERS, BrokerAddress, OutgoingMessage, arrivals, listener_at


@pytest.mark.parametrize("server_class", [Redis, Mosquitto, Nats])
def test_two_who_listen_to_one_topic_both_get_all_messages(server_class, tmp_path):
    with server_class(tmp_path) as server, contextlib.ExitStack() as ends:
        url = f"{server.BROKER}://{HOST}:{server.port}/cars"
        both = [listener_at(url), listener_at(url)]
        for listener in both:
            ends.callback(listener.close)
            listener.connect()
        broker = BROKERS.load(server.BROKER)(BrokerAddress(server.conn_str, topic="cars"))
        ends.callback(broker.close)
        broker.connect()

        def publish(*texts):
            broker.publish([OutgoingMessage(text, 0, "cars", text.encode()) for text in texts])

        def received(listener, count):
            found = arrivals(listener, seconds=20)
            return [message.payload for _, message in zip(range(count), found, strict=False)]

        publish("1", "2")
        assert [received(listener, 2) for listener in both] == [[b"1", b"2"]] * 2
        both[0].close()
        publish("3")
        assert received(both[1], 1) == [b"3"]
