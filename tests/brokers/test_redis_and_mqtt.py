"""The keys of Redis and MQTT that change what arrives, with real servers."""

import pytest
import redis
from google.protobuf.any_pb2 import Any

from broker_servers import HOST, Mosquitto, Redis
from penstock.brokers import (
    LISTENERS,
    BrokerAddress,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
)
from penstock.brokers.mqtt import MqttBroker
from penstock.brokers.mqtt_envelope import enveloped
from penstock.brokers.redis import RedisBroker, RedisListener
from penstock.config import BrokerConfig
from penstock.errors import ConfigError

EXTRACTION = "DEEPSTREAM_ENABLE_SENSOR_ID_EXTRACTION"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Redis(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture
def config(tmp_path):
    def write(**keys):
        file = tmp_path / "adapter.txt"
        lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
        file.write_text("\n".join(["[message-broker]", *lines]))
        return BrokerConfig.read(file)

    return write


def messages(count, topic="cars", key=""):
    return [OutgoingMessage(f"id{n}", 0, topic, b"%d" % n, key=key) for n in range(count)]


def publish(broker, sent):
    broker.connect()
    try:
        broker.publish(sent)
    finally:
        broker.close()


def entries(server, topic="cars"):
    with redis.Redis(HOST, server.port) as client:
        found = [fields for _, fields in client.xrange(topic)]
        client.delete(topic)
    return found


def test_redis_names_its_fields_as_the_file_says(server, config):
    address = BrokerAddress("", config(hostname=HOST, port=server.port, payloadkey="data"), "cars")
    publish(RedisBroker(address), messages(2))
    assert entries(server) == [
        {b"data": b"0", b"message-id": b"id0"},
        {b"data": b"1", b"message-id": b"id1"},
    ]


def test_redis_keeps_about_as_many_entries_as_the_file_says(server, config):
    broker = RedisBroker(BrokerAddress(server.conn_str, config(streamsize=100), "cars"))
    publish(broker, messages(1000))
    assert 100 <= len(entries(server)) < 300


def test_redis_tells_the_sensor_beside_the_message_where_deepstream_does(
    server, config, monkeypatch
):
    monkeypatch.setenv(EXTRACTION, "1")
    monkeypatch.delenv("DEEPSTREAM_SENSOR_ID", raising=False)
    broker = RedisBroker(BrokerAddress(server.conn_str, config(), "cars"))
    listener = RedisListener(BrokerAddress(server.conn_str), ["cars"])
    listener.connect()
    publish(broker, [*messages(1, key="dock-7"), *messages(1)])
    (first, second) = listener.receive(5)
    listener.close()
    assert (first.payload, first.key, second.key) == (b"0", "dock-7", "unknown-sensor")
    assert entries(server)[0] == {b"key": b"dock-7", b"value": b"0", b"headers": b"{}"}


def test_redis_refuses_a_key_that_holds_something_else_and_says_so(server):
    with redis.Redis(HOST, server.port) as client:
        client.set("taken", "by a string")
    broker = RedisBroker(BrokerAddress(server.conn_str, topic="taken"))
    with pytest.raises(ConnectionError, match=r"refuses: WRONGTYPE"):
        publish(broker, messages(1, topic="taken"))


def test_redis_takes_what_comes_before_a_message_that_it_refuses_and_says_how_much(server):
    with redis.Redis(HOST, server.port) as client:
        client.set("taken", "by a string")
    broker = RedisBroker(BrokerAddress(server.conn_str, topic="cars"))
    with pytest.raises(PublishError, match=r"refuses: WRONGTYPE") as caught:
        publish(broker, [*messages(2), *messages(1, topic="taken")])
    assert caught.value.acknowledged == len(entries(server)) == 2


def test_what_was_added_while_a_redis_listener_was_away_arrives_when_it_is_back(server):
    listener = RedisListener(BrokerAddress(server.conn_str), ["cars"])
    listener.connect()
    broker = RedisBroker(BrokerAddress(server.conn_str, topic="cars"))
    publish(broker, messages(1))
    listener.connect()
    assert [message.message_id for message in listener.receive(5)] == ["id0"]
    listener.close()
    with redis.Redis(HOST, server.port) as client:
        assert client.xinfo_groups("cars") == []
    entries(server)


def test_mqtt_puts_the_sensor_around_the_message_where_deepstream_does(tmp_path, monkeypatch):
    monkeypatch.setenv(EXTRACTION, "1")
    with Mosquitto(tmp_path) as server:
        listener = LISTENERS.load("mqtt")(BrokerAddress(server.conn_str), ["#"])
        listener.connect()
        publish(MqttBroker(BrokerAddress(server.conn_str, topic="cars")), messages(1, key="dock-7"))
        (found,) = listener.receive(5)
        listener.close()
    assert found.payload[:11] == b"\x0a\x010\x12\x06dock-7"
    assert found.payload.endswith(b"Z")


def test_the_envelope_is_protobuf_for_messages_of_any_size():
    for size in (1, 127, 128, 300_000):
        data = enveloped(OutgoingMessage("", 0, "", b"x" * size, key="k"))
        read = Any.FromString(data)  # its fields 1 and 2 are a text and bytes, too
        assert (read.type_url, read.value) == ("x" * size, b"k")


def test_mqtt_5_tells_the_id_beside_the_message(tmp_path, config):
    with Mosquitto(tmp_path / "server") as server:
        address = BrokerAddress(server.conn_str, config(protocol_version=5), "cars")
        listener = LISTENERS.load("mqtt")(address, ["cars"])
        listener.connect()
        publish(MqttBroker(address), messages(300))
        found = []
        while len(found) < 300:
            found += listener.receive(5)
        listener.close()
    assert [message.message_id for message in found] == [f"id{n}" for n in range(300)]


def test_mqtt_5_says_that_a_topic_is_forbidden(tmp_path, config):
    (tmp_path / "server").mkdir()
    (tmp_path / "rights").write_text("topic write bikes\n")

    class Guarded(Mosquitto):
        def command(self):
            arguments = super().command()
            with open(arguments[-1], "a") as settings:
                settings.write(f"acl_file {tmp_path / 'rights'}\n")
            return arguments

    with Guarded(tmp_path / "server") as server:
        file = config(protocol_version=5)
        publish(MqttBroker(BrokerAddress(server.conn_str, file, "bikes")), messages(2, "bikes"))
        forbidden = MqttBroker(BrokerAddress(server.conn_str, file, "cars"))
        with pytest.raises(PublishError) as caught:
            publish(forbidden, messages(2))
    assert caught.value.acknowledged == 0
    assert not isinstance(caught.value, RefusedMessageError)
    assert str(caught.value) == f"mqtt: {HOST}:{server.port} refuses a message: not authorized"


def test_a_message_too_large_for_mqtt_is_refused_behind_those_in_front_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.brokers.mqtt._PAYLOAD_BYTES", 100)
    large = OutgoingMessage("large", 0, "cars", b"x" * 101)
    with Mosquitto(tmp_path) as server:
        broker = MqttBroker(BrokerAddress(server.conn_str, topic="cars"))
        with pytest.raises(RefusedMessageError, match="101 bytes is too large") as caught:
            publish(broker, [*messages(2), large, *messages(2)])
    assert caught.value.acknowledged == 2


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        ("", "got nothing"),
        ("lot/+", r"without \+, # and NUL"),
        ("人" * 30_000, "at most 65535 bytes, got 90000"),
    ],
)
def test_a_topic_that_nothing_can_be_published_to_is_refused_at_once(topic, wanted):
    with pytest.raises(ConfigError, match=f"topic: wanted .*{wanted}"):
        MqttBroker(BrokerAddress("host;1883", topic=topic))


def test_tls_of_mqtt_wants_somebody_to_trust(config):
    with pytest.raises(ConfigError, match="enable-tls: wanted tls-cafile or tls-capath"):
        MqttBroker(BrokerAddress("host;1883", config(enable_tls=1), "cars"))


@pytest.mark.parametrize("host", ["..", "x" * 64, "a." + "é" * 70])
@pytest.mark.parametrize("broker", [MqttBroker, RedisBroker])
def test_a_name_that_no_host_can_have_is_refused_at_once(broker, host):
    with pytest.raises(ConfigError, match=f"wanted the name of a host, got '{host[:2]}"):
        broker(BrokerAddress(f"{host};1883", topic="cars"))


def test_a_redis_without_a_stream_or_a_host_is_refused_at_once(config):
    with pytest.raises(ConfigError, match="topic: wanted the name of a Redis stream"):
        RedisBroker(BrokerAddress("host;6379"))
    with pytest.raises(ConfigError, match="config has no hostname"):
        RedisBroker(BrokerAddress("", config(port=1), "cars"))
    with pytest.raises(ConfigError, match="wanted redis://host:port or rediss://host:port"):
        RedisBroker(BrokerAddress("http://host:1", topic="cars"))
