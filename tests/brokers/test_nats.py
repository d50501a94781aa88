"""NATS JetStream against a real server: streams, repeats, logins, certificates, refusals."""

import asyncio
import socket
import threading
import uuid

import pytest

from broker_servers import HOST, PASSWORD, USER, certificates
from nats_server import Nats
from penstock.brokers import BrokerAddress, OutgoingMessage, PublishError, RefusedMessageError
from penstock.brokers.nats import NatsBroker, NatsListener
from penstock.brokers.nats_connection import Connection
from penstock.brokers.nats_settings import NatsSettings
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError

LOGIN = "camera:s3cret%3Bwith%20semicolon"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Nats(tmp_path_factory.mktemp("nats"), password=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    authority = certificates(tmp_path_factory.mktemp("authority"))
    with Nats(tmp_path_factory.mktemp("nats-tls"), tls=authority) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("USER_NATS", "PASSWORD_NATS", "TOKEN_NATS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def opened():
    made = []

    def connect(end):
        made.append(end)
        end.connect()
        return end

    yield connect
    for end in made:
        end.close()


@pytest.fixture
def address(server, tmp_path):
    def build(topic="yard.events", **keys):
        file = tmp_path / "cfg_nats.txt"
        keys = {"username": USER, "password": PASSWORD, **keys}
        lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
        file.write_text("\n".join(["[message-broker]", *lines]))
        return BrokerAddress(server.conn_str, BrokerConfig.read(file), topic)

    return build


def messages(*payloads, topic="yard.events"):
    return [OutgoingMessage(str(uuid.uuid4()), 0, topic, data, key="dock 7") for data in payloads]


def payloads(listener, count):
    found = []
    while len(found) < count and (new := listener.receive(3.0)):
        found += new
    return [message.payload for message in found]


def test_ids_and_keys_arrive_and_what_is_sent_twice_arrives_once(address, opened):
    broker = opened(NatsBroker(address()))
    broker.publish(messages(b"makes the stream"))
    listener = opened(NatsListener(address(), ["yard.*"]))
    sent = messages(b"1", b"2")
    broker.publish(sent)
    broker.publish(sent)
    found = listener.receive(3.0) + listener.receive(0.3)
    assert [(one.message_id, one.payload, one.key) for one in found] == [
        (one.message_id, one.payload, one.key) for one in sent
    ]


def test_a_durable_consumer_goes_on_where_it_ended_even_before_it_first_came(address, opened):
    opened(NatsBroker(address("kept"))).publish(messages(b"1", b"2", topic="kept"))
    where = address("kept", durable="archive")
    first = opened(NatsListener(where, ["kept"]))
    assert payloads(first, 2) == [b"1", b"2"]
    first.receive(0.05)
    first.close()
    opened(NatsBroker(address("kept"))).publish(messages(b"3", topic="kept"))
    assert payloads(opened(NatsListener(where, ["kept"])), 1) == [b"3"]


def test_a_listener_does_not_answer_what_somebody_else_asks_for(address, opened):
    """A request of another program waits for the service; an answer of ours would be empty."""
    listener = opened(NatsListener(address(), ["yard.questions"]))
    asking = opened(Connection(NatsSettings.of(address())))
    answers = []

    async def hear(message):
        answers.append(message.data)

    async def ask():
        await asking.client.subscribe("yard.answers", cb=hear)
        await asking.client.publish("yard.questions", b"who?", reply="yard.answers")
        await asking.client.flush()

    asking.run(ask())
    assert [message.payload for message in listener.receive(5.0)] == [b"who?"]
    listener.receive(0.05)  # where it acknowledges what JetStream gave it
    asking.run(asking.client.publish("yard.answers", b"me"))

    async def first_answer():
        while not answers:
            await asyncio.sleep(0.01)

    asking.run(first_answer())
    assert answers == [b"me"]


def test_a_stream_that_does_not_take_the_subject_is_said(address, opened):
    opened(NatsBroker(address("taken"))).publish(messages(b"1", topic="taken"))
    broker = opened(NatsBroker(address("other", stream="taken")))
    with pytest.raises(PublishError, match=r"stream 'taken' of .* does not take 'other'"):
        broker.publish(messages(b"1", topic="other"))


def test_a_stream_made_here_keeps_as_many_messages_as_it_is_told(address, opened):
    where = address("few", streamsize=2, durable="reader")
    opened(NatsBroker(where)).publish(messages(b"1", b"2", b"3", topic="few"))
    assert payloads(opened(NatsListener(where, ["few"])), 2) == [b"2", b"3"]


@pytest.mark.parametrize(
    ("topic", "payload", "said"),
    [
        ("t" * 3073, b"", "a subject of at most 3072 bytes, got 3073"),
        ("yard.*", b"", "wanted a subject such as camera.events, got 'yard.*'"),
        ("a b", b"", "wanted a subject such as camera.events, got 'a b'"),
        ("yard.events", b"x" * 3_000_000, "takes messages of at most 2097152 bytes, got 3000000"),
    ],
)
def test_what_it_will_never_take_is_refused_and_those_before_it_are_taken(
    address, opened, topic, payload, said
):
    broker = opened(NatsBroker(address()))
    [wrong] = messages(payload, topic=topic)
    with pytest.raises(RefusedMessageError, match=said.replace("*", r"\*")) as refused:
        broker.publish([*messages(b"good"), wrong, *messages(b"later")])
    assert refused.value.acknowledged == 1
    broker.publish(messages(b"later"))


@pytest.mark.parametrize("kind", [NatsBroker, NatsListener])
@pytest.mark.parametrize(
    ("conn_str", "said"),
    [
        ("{host};{port}", "{host}:{port} refuses the login: correct username and password"),
        ("nats://camera:wrong@{host}:{port}", "as user 'camera' refuses the login"),
        ("nats://wrong@{host}:{port}", "{host}:{port} refuses the login"),
        (f"tls://{LOGIN}@{{host}}:{{port}}", "as user 'camera' has no TLS; nothing was sent"),
        ("tls://{host}:{tls}", "the certificate of {host}:{tls} is refused"),
    ],
)
def test_what_keeps_it_from_connecting_is_one_sentence(server, encrypted, kind, conn_str, said):
    names = {"host": HOST, "port": server.port, "tls": encrypted.port}
    where = BrokerAddress(conn_str.format(**names), topic="t")
    end = kind(where) if kind is NatsBroker else kind(where, ["t"])
    with pytest.raises(BrokerError, match=said.format(**names)) as caught:
        end.connect()
    assert str(caught.value).startswith("nats: ")
    assert "wrong" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_client_certificates_are_shown_and_missed(encrypted, opened, tmp_path):
    config = BrokerConfig.read(encrypted.adapter_file())
    opened(NatsBroker(BrokerAddress(encrypted.conn_str, config, "a"))).publish(
        messages(b"psst", topic="a")
    )
    file = tmp_path / "without.txt"
    file.write_text(f"[message-broker]\nenable-tls=1\ntls-cafile={encrypted.tls.ca}\n")
    with pytest.raises(BrokerError, match="does it want a certificate"):
        NatsBroker(BrokerAddress(encrypted.conn_str, BrokerConfig.read(file), "a")).connect()


def test_a_login_is_never_sent_to_a_server_that_has_dropped_tls(tmp_path):
    heard = bytearray()
    with socket.create_server((HOST, 0)) as door:

        def listen():
            client, _ = door.accept()
            with client:
                client.sendall(b'INFO {"server_id":"x","max_payload":1,"tls_required":false}\r\n')
                while data := client.recv(4096):
                    heard.extend(data)

        thread = threading.Thread(target=listen)
        thread.start()
        where = BrokerAddress(f"tls://{LOGIN}@{HOST}:{door.getsockname()[1]}", topic="t")
        with pytest.raises(BrokerError, match="has no TLS; nothing was sent"):
            NatsBroker(where).connect()
        thread.join(10)
    assert b"s3cret" not in heard


@pytest.mark.parametrize("topic", ["", "a..b", ".a", "a.>", "with space"])
def test_a_topic_that_is_no_subject_is_an_error_at_once(topic):
    with pytest.raises(ConfigError, match="topic: wanted a subject"):
        NatsBroker(BrokerAddress("host;1", topic=topic))
