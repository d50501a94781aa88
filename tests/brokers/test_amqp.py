"""AMQP against a real RabbitMQ: confirmations, queues, logins, certificates, refusals."""

import contextlib
import os
import socket
import uuid

import pika
import pytest

from broker_servers import HOST, PASSWORD, USER, certificates
from penstock.brokers import (
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
    arrivals,
    listener_at,
)
from penstock.brokers.amqp import AmqpBroker, AmqpListener
from penstock.brokers.amqp_settings import AmqpSettings
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError
from rabbitmq_server import RabbitMq

LOGIN = "camera:s3cret%3Bwith%20semicolon"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    authority = certificates(tmp_path_factory.mktemp("authority"))
    with RabbitMq(tmp_path_factory.mktemp("rabbit"), password=PASSWORD, tls=authority) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("USER_AMQP", "PASSWORD_AMQP"):
        monkeypatch.delenv(name, raising=False)


def configured(tmp_path, **keys):
    file = tmp_path / "cfg_amqp.txt"
    lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["[message-broker]", *lines]))
    return BrokerConfig.read(file)


@pytest.fixture
def address(server, tmp_path):
    def build(topic="yard.events", **keys):
        config = configured(tmp_path, username=USER, password=PASSWORD, **keys)
        return BrokerAddress(server.conn_str, config, topic)

    return build


@pytest.fixture
def opened():
    """Connect what is made, and close it at the end."""
    made = []

    def connect(end):
        made.append(end)
        end.connect()
        return end

    yield connect
    for end in made:
        end.close()


def messages(*payloads, topic="yard.events"):
    return [OutgoingMessage(str(uuid.uuid4()), 0, topic, data, key="dock") for data in payloads]


def payloads(listener, count):
    found = []
    while len(found) < count and (new := listener.receive(5.0)):
        found += new
    return [message.payload for message in found]


def test_what_is_published_arrives_in_order_with_its_id_key_and_every_byte(address, opened):
    listener = opened(AmqpListener(address(), ["yard.#"]))
    broker = opened(AmqpBroker(address()))
    sent = messages(b"one", b"\0 two \xff", b"x" * 300_000, *(b"%d" % n for n in range(300)))
    broker.publish(sent)
    broker.publish([])
    found = []
    while len(found) < len(sent):
        found += listener.receive(5.0)
    assert [one.payload for one in found] == [one.payload for one in sent]
    assert [one.message_id for one in found] == [one.message_id for one in sent]
    assert {(one.topic, one.key) for one in found} == {("yard.events", "dock")}


def test_without_a_queue_a_message_is_not_taken_until_there_is_one(address, opened):
    broker = opened(AmqpBroker(address("lonely")))
    sent = messages(b"1", b"2", topic="lonely")
    with pytest.raises(PublishError, match=r"amq\.topic.* has no queue .* start a consumer") as no:
        broker.publish(sent)
    assert no.value.acknowledged == 0
    assert not isinstance(no.value, RefusedMessageError)
    listener = opened(AmqpListener(address(), ["lonely"]))
    broker.publish(sent)
    assert payloads(listener, 2) == [b"1", b"2"]


def test_a_named_queue_keeps_messages_for_a_consumer_that_comes_later(address, opened):
    where = address("later", queue="for-later")
    opened(AmqpBroker(where)).publish(messages(b"1", b"2", topic="later"))
    first = opened(AmqpListener(where, ["later"]))
    assert payloads(first, 2) == [b"1", b"2"]
    first.close()  # nothing was acknowledged yet
    second = opened(AmqpListener(where, ["later"]))
    assert payloads(second, 2) == [b"1", b"2"]
    second.receive(0.1)
    second.close()
    assert opened(AmqpListener(where, ["later"])).receive(0.3) == []


def test_an_idle_connection_is_probed_so_that_its_silent_end_is_noticed(server, address, opened):
    opened(AmqpListener(address(), ["yard.#"]))
    probed = []
    for number in os.listdir("/proc/self/fd"):
        tcp = socket.AF_INET, socket.SOCK_STREAM
        with contextlib.suppress(OSError), socket.fromfd(int(number), *tcp) as found:
            if found.getpeername()[1:2] == (server.port,):  # others of this process among them
                probed.append(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))
    assert 60 in probed


def test_a_queue_that_is_taken_away_is_an_error_and_made_again(address, opened):
    where = address("gone", queue="gone")
    listener = opened(AmqpListener(where, ["gone"]))
    with pika.BlockingConnection(AmqpSettings.of(where).parameters()) as somebody:
        somebody.channel().queue_delete("gone")
    with pytest.raises(BrokerError, match="no longer has the queue that was listened to"):
        payloads(listener, 1)
    listener.connect()
    opened(AmqpBroker(where)).publish(messages(b"again", topic="gone"))
    assert payloads(listener, 1) == [b"again"]


def test_a_routing_key_that_is_too_long_is_refused_and_those_before_it_are_taken(address, opened):
    listener = opened(AmqpListener(address(), ["yard.events"]))
    broker = opened(AmqpBroker(address()))
    [good, other] = messages(b"good", b"other")
    [long] = messages(b"", topic="t" * 256)
    with pytest.raises(RefusedMessageError, match="at most 255 bytes, got 256") as refused:
        broker.publish([good, long, other])
    assert refused.value.acknowledged == 1
    broker.publish([other])
    assert payloads(listener, 2) == [b"good", b"other"]


@pytest.mark.parametrize(
    ("conn_str", "said"),
    [
        ("{host};{port}", "as user 'guest' refuses the login: correct username and password"),
        ("{host};{port};camera;wrong", "as user 'camera' refuses the login"),
        ("nowhere.invalid;5672", r"cannot connect to nowhere\.invalid:5672"),
        ("{host};1", "cannot connect to 127.0.0.1:1 as user 'guest': nothing listens there"),
        (f"amqp://{LOGIN}@{{host}}:{{tls}}", "{host}:{tls}"),
        (f"amqps://{LOGIN}@{{host}}:{{tls}}", "the certificate of {host}:{tls} .* is refused"),
        (f"amqps://{LOGIN}@{{host}}:{{port}}", "no TLS connection to {host}:{port}"),
    ],
)
@pytest.mark.parametrize("kind", [AmqpBroker, AmqpListener])
def test_what_keeps_it_from_connecting_is_one_sentence(server, kind, conn_str, said):
    names = {"host": HOST, "port": server.port, "tls": server.tls_port}
    where = BrokerAddress(conn_str.format(**names), topic="t")
    end = kind(where) if kind is AmqpBroker else kind(where, ["t"])
    with pytest.raises(BrokerError, match=said.format(**names)) as caught:
        end.connect()
    assert str(caught.value).startswith("amqp: ")
    assert "wrong" not in str(caught.value).replace("WRONG VERSION", "")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("kind", [AmqpBroker, AmqpListener])
def test_a_broker_that_hangs_is_one_sentence_too(kind, monkeypatch):
    monkeypatch.setattr("penstock.brokers.amqp_settings.TIMEOUT_S", 1.2)  # less 1 for the greeting
    with socket.create_server((HOST, 0)) as silent:
        where = BrokerAddress(f"{HOST};{silent.getsockname()[1]}", topic="t")
        end = kind(where) if kind is AmqpBroker else kind(where, ["t"])
        with pytest.raises(BrokerError, match=r"amqp: no answer from .* in time: is it"):
            end.connect()


def test_listening_by_the_command(server, opened, address):
    url = f"amqp://{LOGIN}@{HOST}:{server.port}/yard.%23"
    listener = opened(listener_at(url))
    opened(AmqpBroker(address())).publish(messages(b"seen"))
    [found] = arrivals(listener, seconds=1)
    assert (found.topic, found.payload) == ("yard.events", b"seen")


def test_client_certificates_are_shown(server, tmp_path, opened):
    keys = {
        "enable_tls": 1,
        "tls_cafile": server.tls.ca,
        "tls_certfile": server.tls.client,
        "tls_keyfile": server.tls.client_key,
        "queue": "encrypted",
    }
    where = BrokerAddress(
        f"{HOST};{server.tls_port};{USER};{PASSWORD.replace(';', '')}",
        configured(tmp_path, **keys),
        "encrypted",
    )
    with pytest.raises(BrokerError, match="refuses the login"):
        AmqpBroker(where).connect()
    where = BrokerAddress(f"amqps://{LOGIN}@{HOST}:{server.tls_port}", where.config, "encrypted")
    opened(AmqpBroker(where)).publish(messages(b"psst", topic="encrypted"))
    assert payloads(opened(AmqpListener(where, ["encrypted"])), 1) == [b"psst"]


def test_an_exchange_that_is_not_there_is_said(address):
    with pytest.raises(BrokerError, match=r"refuses: NOT_FOUND - no exchange 'nowhere'"):
        AmqpBroker(address(exchange="nowhere")).connect()


def test_a_crash_tells_what_was_acknowledged_and_a_new_connection_goes_on(server, address, opened):
    where = address("crash", queue="crash")
    broker, listener = opened(AmqpBroker(where)), opened(AmqpListener(where, ["crash"]))
    broker.publish(messages(b"before", topic="crash"))
    assert payloads(listener, 1) == [b"before"]
    server.kill()
    try:
        with pytest.raises(PublishError, match=r"was lost|nothing listens") as caught:
            broker.publish(messages(b"lost", topic="crash"))
        assert caught.value.acknowledged == 0
        with pytest.raises(BrokerError, match=f"{HOST}:{server.port}"):
            listener.receive(5.0)
    finally:
        server.start()
    broker.connect()
    listener.connect()
    broker.publish(messages(b"after", topic="crash"))
    assert payloads(listener, 2) == [b"before", b"after"], "what nobody acknowledged comes again"


def test_the_environment_wins_over_the_address_and_the_address_over_the_file(monkeypatch, tmp_path):
    config = configured(tmp_path, username="file", password="f", hostname="there", port=7)
    login = AmqpSettings.of(BrokerAddress("", config)).endpoint
    assert (str(login), login.login.password) == ("there:7 as user 'file'", "f")
    login = AmqpSettings.of(BrokerAddress("here;8;me", config)).endpoint
    assert (str(login), login.login.password) == ("here:8 as user 'me'", "f")
    monkeypatch.setenv("USER_AMQP", "env")
    monkeypatch.setenv("PASSWORD_AMQP", "e")
    login = AmqpSettings.of(BrokerAddress("here;8;me;m", config)).endpoint
    assert (str(login), login.login.password) == ("here:8 as user 'env'", "e")


@pytest.mark.parametrize(
    ("conn_str", "said"),
    [
        ("", "wanted host;port, got nothing, and config has no hostname"),
        ("a;b;c;d;e", "got 5 parts"),
        ("h;70000", "wanted a port from 1 to 65535, got '70000'"),
        ("http://h:1", "wanted amqp://host:port or amqps://host:port"),
    ],
)
def test_an_address_that_cannot_be_meant_is_an_error_at_once(conn_str, said):
    with pytest.raises(ConfigError, match=said):
        AmqpBroker(BrokerAddress(conn_str))
