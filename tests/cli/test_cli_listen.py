"""`penstock listen`, against real brokers. That of RabbitMQ stands with its other tests."""

import http.client
import json
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
import redis

from broker_servers import HOST, PASSWORD, USER, Mosquitto, Redis, free_port
from footage import command, penstock
from kafka_cluster import KafkaCluster
from nats_server import Nats
from penstock.brokers import BROKERS, BrokerAddress, OutgoingMessage, listener_at
from penstock.config import BrokerConfig
from penstock.errors import ConfigError, UnknownNameError
from penstock.messages.protobuf_schema import message_class

SERVERS = {"redis": Redis, "mqtt": Mosquitto, "nats": Nats, "kafka": lambda _folder: KafkaCluster()}


@contextmanager
def listening(*arguments):
    """The command in a process of its own, from when it listens on."""
    process = subprocess.Popen(
        command("listen", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        first = process.stderr.readline()
        assert first == "penstock: listening\n", first + process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


def publish(name, conn_str, *payloads, topic="cars", config=None, key="dock"):
    broker = BROKERS.load(name)(BrokerAddress(conn_str, config or BrokerConfig(), topic))
    broker.connect()
    broker.publish([OutgoingMessage(f"id-{p[:4]!r}", 0, topic, p, key=key) for p in payloads])
    broker.close()


@pytest.mark.parametrize("name", SERVERS)
def test_what_arrives_is_printed(name, tmp_path):
    with SERVERS[name](tmp_path) as server:
        publish(name, server.conn_str, b"too early")
        url = f"{name}://{HOST}:{server.port}/cars"
        with listening(url, "--count", "3") as process:
            payloads = (b'{"a": [1,\n "\xc3\xa9"]}', b"\0\xff", b"two\nlines")
            publish(name, server.conn_str, *payloads)
            printed, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    key = "dock " if name in {"nats", "kafka"} else ""
    assert printed.splitlines() == [
        f'cars {key}{{"a": [1, "é"]}}',
        f'cars {key}{{"base64": "AP8="}}',
        f"cars {key}two\\nlines",
    ]


def test_json_has_topic_key_id_and_payload_and_protobuf_is_shown(tmp_path):
    frame = message_class("Frame")(version="4.0", id="7", sensorId="dock")
    frame.objects.add(id="1", type="car")
    options = ("--proto-lib", "nats", "--topic", "*", "--json", "--count", "2")
    with Nats(tmp_path) as server, listening(server.conn_str, *options) as process:
        publish("nats", server.conn_str, frame.SerializeToString(), b"text")
        printed, _ = process.communicate(timeout=60)
    first, second = map(json.loads, printed.splitlines())
    assert first["payload"] == {
        "version": "4.0",
        "id": "7",
        "sensorId": "dock",
        "objects": [{"id": "1", "type": "car"}],
    }
    assert second == {
        "topic": "cars",
        "key": "dock",
        "message_id": "id-b'text'",
        "payload": "text",
    }


def test_over_http_it_is_the_server():
    port = free_port()
    with listening(f"http://{HOST}:{port}/hook", "--count", "1") as process:
        client = http.client.HTTPConnection(HOST, port, timeout=10)
        client.request("POST", "/hook", b"[1, 2]")
        assert client.getresponse().status == 204
        client.close()
        printed, _ = process.communicate(timeout=60)
    assert printed == "/hook [1, 2]\n"


def test_a_broker_that_goes_away_is_told_once_and_waited_for(tmp_path):
    with Redis(tmp_path) as server:
        with listening(f"redis://{HOST}:{server.port}/cars", "--count", "1") as process:
            server.kill()
            where, told = f"{HOST}:{server.port}", process.stderr.readline()
            assert told.removeprefix("penstock: redis: ") in (
                f"the connection to {where} was lost; trying again\n",
                f"cannot connect to {where}: nothing listens there; trying again\n",
            )
            server.start()
            while process.poll() is None:
                publish("redis", server.conn_str, b"back")
                time.sleep(0.2)
            printed, errors = process.communicate(timeout=60)
        assert printed == "cars back\n"
        assert errors.count("trying again") <= 1  # refused is another problem than lost


def test_a_topic_that_kafka_does_not_have_is_said():
    with KafkaCluster() as cluster:
        done = penstock("listen", f"kafka://{HOST}:{cluster.port}/carz")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"penstock: kafka: {HOST}:{cluster.port} has no topic carz: create it\n")


def test_ctrl_c_and_time_end_it_well_and_too_few_messages_do_not(tmp_path):
    with Redis(tmp_path) as server:
        url = f"redis://{HOST}:{server.port}/cars"
        for way in (signal.SIGINT, signal.SIGTERM):
            with listening(url) as process, redis.Redis(HOST, server.port) as client:
                process.send_signal(way)
                assert process.wait(20) == 0
                assert client.xinfo_groups("cars") == []
        done = penstock("listen", url, "--seconds", "0.2")
        assert (done.returncode, done.stdout) == (0, "")
        done = penstock("listen", url, "--seconds", "0.2", "--count", "2")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1] == "penstock: got 0 of 2 messages"


def test_a_login_comes_from_the_url_or_the_file(tmp_path):
    with Mosquitto(tmp_path, password=PASSWORD) as server:
        done = penstock("listen", f"mqtt://{USER}:wrong@{HOST}:{server.port}/#")
        assert (done.returncode, done.stdout) == (1, "")
        assert f"mqtt: {HOST}:{server.port} as user 'camera' refuses the login" in done.stderr
        assert "wrong" not in done.stderr
        file = server.adapter_file(username=USER, password=PASSWORD, clientid=1)
        where = f"mqtt://{HOST}:{server.port}/#"
        done = penstock("listen", where, "--config", file, "--seconds", "0.1")
        assert done.returncode == 0, done.stderr
        assert "[message-broker] clientid: unknown key, ignored; did you mean client-id?" in (
            done.stderr
        )


@pytest.mark.parametrize(
    ("conn", "options", "error", "said"),
    [
        ("host;1", {}, ConfigError, "wanted a URL such as mqtt://host:port/topic, or --proto-lib"),
        ("ftp://host/x", {}, UnknownNameError, "no broker is meant by ftp://. Known: amqp://"),
        ("mqtt://host", {}, ConfigError, "wanted a topic, as in mqtt://host:port/topic"),
        ("host;1", {"proto_lib": "kafka"}, ConfigError, "wanted a topic, as in kafka://"),
        ("x", {"proto_lib": "azure-edge"}, ConfigError, "azure-edge: wanted a broker that can be"),
        ("host;1;t", {"proto_lib": "libnvds_kafak_proto.so"}, UnknownNameError, "did you mean 'k"),
    ],
)
def test_what_cannot_be_listened_to_is_said_at_once(conn, options, error, said):
    with pytest.raises(error) as caught:
        listener_at(conn, **options)
    assert said in str(caught.value)
