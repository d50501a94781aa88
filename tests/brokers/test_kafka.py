"""Kafka against librdkafka's mock cluster: keys, order, refusals, cuts, certificates."""

import contextlib
import json
import socket
import ssl
import threading
import time

import pytest
from confluent_kafka import KafkaError

from broker_servers import HOST, certificates
from kafka_cluster import KafkaCluster
from penstock.brokers import (
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
    kafka_failures,
    kafka_listener,
)
from penstock.brokers.kafka import KafkaBroker, KafkaListener
from penstock.config import BrokerConfig
from penstock.errors import BrokerError, ConfigError


@pytest.fixture(scope="module")
def cluster():
    with KafkaCluster() as running:
        yield running


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
def address(cluster, tmp_path):
    def build(topic="yard", conn_str=None, **keys):
        file = tmp_path / "cfg_kafka.txt"
        lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
        file.write_text("\n".join(["[message-broker]", *lines]))
        return BrokerAddress(conn_str or cluster.conn_str, BrokerConfig.read(file), topic)

    return build


def message(payload, *, number=0, topic="yard", source=0, key="", kind="application/json"):
    return OutgoingMessage(f"id-{number}", source, topic, payload, kind, key)


def received(listener, count):
    found, end_s = [], time.monotonic() + 20
    while len(found) < count and time.monotonic() < end_s:
        found += listener.receive(0.5)
    return [one.payload for one in found]


def test_messages_of_a_source_arrive_in_their_order_with_ids(cluster, address, opened):
    broker = opened(KafkaBroker(address("order")))
    sent = [message(b"%d" % n, number=n, topic="order", source=n % 5, key="") for n in range(1000)]
    broker.publish(sent)
    found = [
        (one.key().decode(), dict(one.headers())["message-id"].decode())
        for one in cluster.read("order", 1000)
    ]
    for source in range(5):
        ids = [name for key, name in found if key == str(source)]
        assert ids == [f"id-{n}" for n in range(source, 1000, 5)]


@pytest.mark.parametrize(
    ("path", "payload", "kind", "key"),
    [
        ("", {"sensor": {"id": "inside"}}, "application/json", "dock"),
        ("sensor.id", {"sensor": {"id": "inside"}}, "application/json", "inside"),
        ("sensorId", {"sensorId": "flat"}, "application/json", "flat"),
        ("sensor.id", {"sensor": "text"}, "application/json", "dock"),
        ("sensor.id", {"sensor": {"id": 7}}, "application/json", "dock"),
        ("sensor.id", [1], "application/json", "dock"),
        ("sensorId", {"sensorId": "flat"}, "application/x-protobuf", "dock"),
        ("sensorId", {"sensorId": "\ud800"}, "application/json", "?"),
    ],
)
def test_the_key_is_what_the_path_finds_or_else_the_sensor(
    cluster, address, opened, path, payload, kind, key
):
    topic = f"keys-{abs(hash((path, str(payload), kind)))}"
    keys = {"partition_key": path} if path else {}
    broker = opened(KafkaBroker(address(topic, **keys)))
    data = json.dumps(payload).encode()
    broker.publish([message(data, topic=topic, key="dock", kind=kind)])
    [found] = cluster.read(topic, 1)
    assert (found.key(), found.value()) == (key.encode(), data)


def test_json_of_any_depth_is_sent(cluster, address, opened):
    deep = b"[" * 100_000 + b"]" * 100_000
    opened(KafkaBroker(address("deep", partition_key="id"))).publish([message(deep, topic="deep")])
    assert cluster.read("deep", 1)[0].key() == b"0"


@pytest.mark.parametrize(
    ("topic", "payload", "said"),
    [
        ("t" * 250, b"", "at most 249 letters, digits and ._-, got 't{40}…' of 250 characters"),
        ("two words", b"", "got 'two words'"),
        ("yard", b"x" * 2_000_000, "takes no message of that size"),
    ],
)
def test_what_it_will_never_take_is_refused_and_those_before_it_are_taken(
    address, opened, topic, payload, said
):
    broker = opened(KafkaBroker(address()))
    wrong = message(payload, topic=topic)
    with pytest.raises(RefusedMessageError, match=said) as refused:
        broker.publish([message(b"good"), wrong, message(b"later")])
    assert refused.value.acknowledged == 1
    broker.publish([message(b"later")])


@contextlib.contextmanager
def answering(cluster, refusal):
    cluster.refusal = refusal
    try:
        yield
    finally:
        cluster.refusal = lambda _size: 0


def test_a_batch_too_large_for_the_cluster_goes_in_single_messages(cluster, address, opened):
    broker = opened(KafkaBroker(address("batch")))
    small = [message(b"%04d" % n * 100, number=n, topic="batch", key="dock") for n in range(50)]
    with answering(cluster, lambda size: KafkaError.MSG_SIZE_TOO_LARGE if size > 9000 else 0):
        broker.publish(small)
        large = message(b"x" * 10_000, topic="batch", key="dock")
        with pytest.raises(RefusedMessageError, match="takes no message of that size") as refused:
            broker.publish([small[0], large, small[1]])
        assert refused.value.acknowledged == 1
        broker.publish([small[1]])
    found = [one.value() for one in cluster.read("batch", 52)]
    assert found == [one.payload for one in (*small, *small[:2])]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "does not allow topic closed: grant it there"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, "grant IdempotentWrite there, or set enable.id"),
    ],
)
def test_what_a_user_may_not_do_is_said_and_works_once_it_is_granted(
    cluster, address, opened, code, said
):
    broker = opened(KafkaBroker(address("closed")))
    with answering(cluster, lambda _size: code), pytest.raises(PublishError, match=said) as caught:
        broker.publish([message(b"first", topic="closed")])
    assert not isinstance(caught.value, RefusedMessageError)
    broker.publish([message(b"first", topic="closed")])


def test_a_topic_that_nobody_makes_is_named(address, opened):
    with KafkaCluster() as strict:
        strict.makes_topics = False
        broker = opened(KafkaBroker(address("nowhere", strict.conn_str)))
        with pytest.raises(PublishError, match="has no topic nowhere: create it"):
            broker.publish([message(b"first", topic="nowhere")])
        strict.makes_topics = True
        broker.connect()
        broker.publish([message(b"first", topic="nowhere")])


def test_a_cluster_that_falls_silent_is_told(cluster, address, opened, monkeypatch):
    options = '"message.timeout.ms=2000;socket.timeout.ms=1000"'
    broker = opened(KafkaBroker(address("mute", producer_proto_cfg=options)))
    broker.publish([message(b"first", topic="mute")])
    with cluster.silence(), monkeypatch.context() as hurried:
        with pytest.raises(PublishError, match=f"{HOST}:{cluster.port}"):
            broker.publish([message(b"lost", topic="mute")])
        hurried.setattr(kafka_failures, "CONNECT_S", 0.5)
        with pytest.raises(BrokerError, match="does not answer: does it want another security"):
            broker.connect()
    broker = opened(KafkaBroker(address("mute")))
    broker.publish([message(b"after", topic="mute")])


def test_who_listens_hears_that_the_cluster_stays_away(cluster, address, opened, monkeypatch):
    where = address("away", proto_cfg='"reconnect.backoff.max.ms=200"')
    opened(KafkaBroker(where)).publish([message(b"first", topic="away")])
    listener = opened(KafkaListener(where, ["away"]))
    monkeypatch.setattr(kafka_listener, "TIMEOUT_S", 0.5)
    cluster.kill()
    try:
        with pytest.raises(BrokerError, match=f"{HOST}:{cluster.port} does not answer"):
            received(listener, 2)
    finally:
        cluster.start()


def test_a_short_cut_is_waited_for_and_a_long_one_is_told(cluster, address, opened):
    broker = opened(KafkaBroker(address("cut", proto_cfg='"reconnect.backoff.max.ms=200"')))
    broker.publish([message(b"before", topic="cut")])
    cluster.kill()
    threading.Timer(0.3, cluster.start).start()
    broker.publish([message(b"over", topic="cut")])
    broker = opened(KafkaBroker(address("cut", producer_proto_cfg='"message.timeout.ms=1000"')))
    cluster.kill()
    try:
        with pytest.raises(PublishError, match=f"{HOST}:{cluster.port}") as caught:
            broker.publish([message(b"lost", topic="cut")])
        assert caught.value.acknowledged == 0
        with pytest.raises(BrokerError, match=f"{HOST}:{cluster.port}"):
            broker.connect()
    finally:
        cluster.start()
    broker.connect()
    broker.publish([message(b"after", topic="cut")])
    assert {one.value() for one in cluster.read("cut", 3)} >= {b"before", b"over", b"after"}


def test_a_group_goes_on_behind_what_its_last_member_has_asked_beyond(address, opened):
    where = address("group", consumer_group_id="readers")
    sent = [message(b"%d" % n, topic="group", key="dock") for n in range(3)]
    opened(KafkaBroker(where)).publish(sent)
    first = opened(KafkaListener(where, ["group"]))
    [found, *rest] = first.receive(20.0)
    assert (found.payload, found.topic, found.key) == (b"0", "group", "dock")
    assert found.message_id == "id-0"
    assert [one.payload for one in rest] + received(first, 2 - len(rest)) == [b"1", b"2"]
    first.receive(0.1)
    first.close()
    second = opened(KafkaListener(where, ["group"]))
    opened(KafkaBroker(where)).publish([message(b"new", topic="group")])
    assert received(second, 1) == [b"new"]


def test_a_topic_that_is_made_later_is_read_from_its_beginning(address, opened):
    where = address("made", consumer_proto_cfg='"auto.offset.reset=latest"')
    listener = KafkaListener(where, ["made"])
    with pytest.raises(BrokerError, match="has no topic made: create it"):
        listener.connect()
    opened(KafkaBroker(where)).publish([message(b"new", topic="made")])
    assert received(opened(listener), 1) == [b"new"]


@pytest.mark.parametrize("kind", [KafkaBroker, lambda where: KafkaListener(where, ["t"])])
@pytest.mark.parametrize(
    ("conn_str", "said"),
    [
        ("nowhere.invalid;9092", r"cannot connect to nowhere\.invalid:9092: no host has that"),
        ("127.0.0.1;1", "cannot connect to 127.0.0.1:1: nothing listens there"),
    ],
)
def test_who_cannot_be_reached_is_one_sentence(address, kind, conn_str, said):
    with pytest.raises(BrokerError, match=f"^kafka: {said}"):
        kind(address(conn_str=conn_str)).connect()


@pytest.mark.parametrize("kind", [KafkaBroker, lambda where: KafkaListener(where, ["t"])])
def test_a_certificate_of_a_stranger_is_refused_and_said(address, tmp_path, kind):
    authority = certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server, authority.server_key)
    with socket.create_server((HOST, 0)) as door:

        def greet():
            client, _ = door.accept()
            with client, contextlib.suppress(OSError):
                context.wrap_socket(client, server_side=True).close()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    greet()

        threading.Thread(target=serve, daemon=True).start()
        port = door.getsockname()[1]
        where = address(conn_str=f"{HOST};{port}", proto_cfg='"security.protocol=ssl"')
        with pytest.raises(BrokerError) as caught:
            kind(where).connect()
    assert f"the certificate of {HOST}:{port} is refused: name its authority" in str(caught.value)
    assert "ssl.ca.location" in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"proto_cfg": '"no.such.option=1"'}, "proto-cfg: .*No such configuration property"),
        ({"proto_cfg": '"acks"'}, r"line 2, \[message-broker\] proto-cfg: wanted options of lib"),
        ({"conn_str": "kafka://ann:secret@host:1"}, "sasl.username and sasl.password belong in"),
        ({"conn_str": "host;1;a;b"}, "conn-str: wanted host;port or host;port;topic, got 4"),
        ({"topic": ""}, "topic: wanted a topic of at most 249"),
        ({"proto_cfg": '"sasl.password=a;secret"'}, "got a part without '='; a password with ; in"),
        ({"proto_cfg": '"security.protocol=ssl sasl.password=secret"'}, 'Invalid value "ssl sasl'),
        ({"proto_cfg": '"ssl.ca.location=none.pem"'}, r"proto-cfg: wanted a file in ssl.ca.locat"),
        ({"proto_cfg": '"security.protocol=sasl_ssl"'}, "sasl.mechanism, such as PLAIN or SCRAM"),
        ({"proto_cfg": '"delivery.report.only.error=true"'}, "options that librdkafka takes: Exp"),
    ],
)
def test_settings_that_cannot_be_meant_are_errors_at_once(address, keys, said):
    with pytest.raises(ConfigError, match=said) as caught:
        KafkaBroker(address(**keys))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("option", ["acks=1", "enable.idempotence=false", "retries=0"])
def test_options_that_exclude_idempotence_switch_it_off(cluster, address, opened, option):
    broker = opened(KafkaBroker(address("plain", proto_cfg=f'"{option}"')))
    broker.publish([message(b"first", topic="plain")])


def test_files_of_options_lie_beside_the_adapter_file(address, tmp_path):
    (tmp_path / "authority").mkdir()
    certificates(tmp_path / "authority")
    options = '"security.protocol=ssl;ssl.ca.location=authority/ca.pem"'
    KafkaBroker(address(proto_cfg=options))


def test_the_user_is_named_and_never_the_password(address):
    text = '"sasl.username=ann;sasl.password=s3cret;sasl.mechanism=PLAIN"'
    where = address(conn_str="127.0.0.1;1", proto_cfg=text)
    with pytest.raises(BrokerError, match="as user 'ann'") as caught:
        KafkaBroker(where).connect()
    assert "s3cret" not in str(caught.value)
