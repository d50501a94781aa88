"""What every broker and its listener promise, each with a real server."""

import time
import uuid

import pytest

from broker_servers import HOST, Mosquitto, Redis, free_port
from nats_server import Nats
from penstock.brokers import (
    BROKERS,
    LISTENERS,
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    broker_name,
)
from penstock.errors import BrokerError, ConfigError, UnknownNameError

SERVERS = {"redis": Redis, "mqtt": Mosquitto, "nats": Nats}
NAMES = [*SERVERS, "amqp"]  # RabbitMQ starts slowly: its tests have a file of their own
WAIT_S = 20
PAYLOADS = [
    b"first",
    b"\0\x01\xff",
    "人".encode(),
    b"x" * 1_000_000,
    *(b"%d" % n for n in range(99)),
]


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    with SERVERS[request.param](tmp_path_factory.mktemp("server")) as found:
        yield found


def messages(payloads, topic):
    return [
        OutgoingMessage(str(uuid.uuid4()), n % 3, topic, payload, key="dock-7")
        for n, payload in enumerate(payloads)
    ]


def received(listener, count):
    found, end_s = [], time.monotonic() + WAIT_S
    while len(found) < count and time.monotonic() < end_s:
        found += listener.receive(0.5)
    return found


def test_what_is_published_arrives_in_its_order(server):
    address = BrokerAddress(server.conn_str, topic="contract")
    broker = BROKERS.load(server.BROKER)(address)
    listener = LISTENERS.load(server.BROKER)(address, ["contract"])
    broker.connect()
    listener.connect()
    try:
        assert listener.receive(0.01) == []
        broker.publish(sent := messages(PAYLOADS, "contract"))
        found = received(listener, len(PAYLOADS))
        assert [message.payload for message in found] == PAYLOADS
        assert {message.topic for message in found} == {"contract"}
        ids = [message.message_id for message in found]
        assert ids in ([""] * len(sent), [message.message_id for message in sent])
        broker.publish([])
    finally:
        broker.close()
        listener.close()


def test_who_has_lost_the_connection_says_so_and_connects_anew(server):
    address = BrokerAddress(server.conn_str, topic="contract")
    broker = BROKERS.load(server.BROKER)(address)
    listener = LISTENERS.load(server.BROKER)(address, ["contract"])
    try:
        broker.connect()
        listener.connect()
        server.kill()
        with pytest.raises(PublishError, match=f"{HOST}:{server.port}") as caught:
            broker.publish(messages([b"lost"], "contract"))
        assert caught.value.acknowledged == 0
        with pytest.raises(BrokerError):
            broker.connect()
        with pytest.raises(BrokerError):
            received(listener, 1)
    finally:
        server.start()
    try:
        broker.connect()
        listener.connect()
        broker.publish(messages([b"found"], "contract"))
        assert [message.payload for message in received(listener, 1)] == [b"found"]
    finally:
        broker.close()
        listener.close()


@pytest.mark.parametrize("name", NAMES)
def test_closing_and_publishing_without_a_connection_do_no_harm(name):
    port = free_port()
    address = BrokerAddress(f"{HOST};{port}", topic="contract")
    broker = BROKERS.load(name)(address)
    listener = LISTENERS.load(name)(address, ["contract"])
    for closed in (broker, listener):
        closed.close()
        closed.close()
        with pytest.raises(BrokerError, match=f"{HOST}:{port}"):
            closed.connect()
    with pytest.raises(BrokerError):
        broker.publish(messages([b"x"], "contract"))


@pytest.mark.parametrize("name", NAMES)
def test_a_host_that_nobody_knows_is_named(name):
    address = BrokerAddress("no-such-host.invalid;1234", topic="contract")
    with pytest.raises(BrokerError, match=r"no-such-host\.invalid"):
        BROKERS.load(name)(address).connect()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "conn_str", ["host", "host;", "host;door", "host;70000", ";1", "h;1;2;3;4;5"]
)
def test_an_address_that_cannot_be_meant_is_refused_at_once(name, conn_str):
    with pytest.raises(ConfigError, match="conn-str"):
        BROKERS.load(name)(BrokerAddress(conn_str, topic="contract"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("libnvds_kafka_proto.so", "kafka"),
        ("/opt/nvidia/deepstream/deepstream-7.1/lib/libnvds_mqtt_proto.so", "mqtt"),
        ("../libnvds_azure_edge_proto.so.2.0", "azure-edge"),
        (" nats ", "nats"),
    ],
)
def test_libraries_of_any_folder_and_names_mean_a_broker(text, name):
    assert broker_name(text) == name


def test_a_typo_lists_what_there_is():
    with pytest.raises(UnknownNameError) as caught:
        broker_name("/lib/libnvds_kafak_proto.so")
    assert str(caught.value) == (
        "no broker is called 'kafak'; did you mean 'kafka'? Known: amqp, azure, azure-edge, http, "
        "kafka, mqtt, nats, redis"
    )
