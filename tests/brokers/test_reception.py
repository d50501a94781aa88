"""The thread that receives: it waits for a broker that is away, and survives mistakes."""

import time

from broker_servers import HOST, Redis
from penstock.brokers import (
    BROKERS,
    LISTENERS,
    BrokerAddress,
    IncomingMessage,
    OutgoingMessage,
    Reception,
)
from penstock.brokers.retrying import BackOff

WAIT_S = 20


def until(condition):
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def receive(listener):
    """A reception, and what it has received, said, and said to be over."""
    found, told, over = [], [], []
    reception = Reception(
        listener,
        on_message=found.append,
        on_trouble=told.append,
        on_recovery=over.append,
        back_off=BackOff(first_s=0.02, most_s=0.02),
    )
    reception.start()
    return reception, found, told, over


def test_messages_arrive_when_a_broker_that_was_away_is_there(tmp_path):
    server = Redis(tmp_path)
    address = BrokerAddress(server.conn_str, topic="orders")
    reception, found, told, over = receive(LISTENERS.load("redis")(address, ["orders"]))
    until(lambda: told)
    with server:
        until(lambda: over)
        broker = BROKERS.load("redis")(address)
        broker.connect()
        broker.publish([OutgoingMessage(f"id{n}", 0, "orders", b"%d" % n) for n in range(3)])
        broker.close()
        until(lambda: len(found) == 3)
        reception.stop()
    assert [message.payload for message in found] == [b"0", b"1", b"2"]
    assert told == [
        f"redis: cannot connect to {HOST}:{server.port}: nothing listens there; no messages are "
        "received"
    ]
    assert over == ["messages are received again"]


class Puzzled:
    """A listener with a mistake in it."""

    KEYS = {}  # noqa: RUF012

    def __init__(self):
        self.calls = 0

    def connect(self):
        pass

    def receive(self, timeout_s):
        self.calls += 1
        if self.calls == 1:
            raise KeyError("oops")
        time.sleep(0.01)
        return [IncomingMessage("orders", b"x")]

    def close(self):
        raise RuntimeError


def test_a_mistake_of_an_adapter_is_told_and_survived():
    reception, found, told, over = receive(Puzzled())
    until(lambda: found)
    reception.stop()
    assert told == ["KeyError: 'oops'; no messages are received"]
    assert over == ["messages are received again"]
