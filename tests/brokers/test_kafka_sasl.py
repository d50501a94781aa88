"""Logins and certificates of Kafka, through nvmsgbroker and `penstock listen`."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from broker_servers import HOST, PASSWORD, USER, certificates
from footage import penstock
from kafka_cluster import KafkaCluster
from kafka_sasl import LockedKafka
from penstock.brokers import BrokerAddress, OutgoingMessage, PublishError, kafka_failures
from penstock.brokers.kafka import KafkaBroker, KafkaListener
from penstock.config import BrokerConfig
from penstock.errors import BrokerError
from streams import WAIT_S, Gst

FRAMES = 5
LINE = (
    "nvstreammux name=mux batch-size=1 width=32 height=32 ! nvmsgconv payload-type=1 "
    "msg2p-newapi=1 frame-interval=1 ! nvmsgbroker name=broker sync=false proto-lib=kafka "
    f'conn-str="{HOST};{{port}}" topic=cars config={{file}} spool-dir={{spool}} videotestsrc '
    f"num-buffers={FRAMES} ! video/x-raw,width=32,height=32 ! nvvideoconvert ! mux.sink_0"
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("USER_KAFKA", "PASSWORD_KAFKA"):
        monkeypatch.delenv(name, raising=False)


class Run:
    """A pipeline that has sent its messages to nvmsgbroker and stands at its end.

    Attributes:
        said: Texts of warnings and infos so far.
    """

    def __init__(self, kafka, folder, options):
        file = adapter_file(folder, options)
        self._pipeline = Gst.parse_launch(
            LINE.format(port=kafka.port, file=file, spool=folder / "spool")
        )
        self._bus, self.said, self._is_over = self._pipeline.get_bus(), [], False
        self._pipeline.set_state(Gst.State.PLAYING)
        self.until(lambda: self._is_over)

    def until(self, is_done):
        """Hear what is said until it is so."""
        end_s = time.monotonic() + WAIT_S
        while not is_done():
            assert time.monotonic() < end_s, self.said
            message = self._bus.timed_pop(Gst.SECOND // 50)
            if message is None:
                continue
            assert message.type != Gst.MessageType.ERROR, message.parse_error()
            self._is_over |= message.type == Gst.MessageType.EOS
            if message.type == Gst.MessageType.WARNING:
                self.said.append(message.parse_warning()[0].message)
            elif message.type == Gst.MessageType.INFO:
                self.said.append(message.parse_info()[0].message)

    def count(self, name):
        return self._pipeline.get_by_name("broker").get_property(f"messages-{name}")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._pipeline.set_state(Gst.State.NULL)


def adapter_file(folder, options, **keys):
    file = folder / "cfg_kafka.txt"
    text = ";".join(f"{name}={value}" for name, value in options.items())
    lines = [f"{key.replace('_', '-')}={value}" for key, value in keys.items()]
    file.write_text("\n".join(["[message-broker]", f'proto-cfg="{text}"', *lines]))
    return file


def frames(messages):
    return [json.loads(message.value())["id"] for message in messages]


ALL = [str(number) for number in range(FRAMES)]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_who_has_the_right_login_sends(mechanism, is_encrypted, authority, tmp_path):
    with LockedKafka(mechanisms=(mechanism,), tls=authority if is_encrypted else None) as kafka:
        with Run(kafka, tmp_path, kafka.options()) as run:
            run.until(lambda: run.count("acknowledged") == FRAMES)
            assert run.said == []
        assert frames(kafka.read("cars", FRAMES)) == ALL
        assert kafka.refused == 0


def test_who_has_the_right_login_listens(authority, tmp_path):
    with LockedKafka(mechanisms=("SCRAM-SHA-256",), tls=authority) as kafka:
        with Run(kafka, tmp_path, kafka.options()) as run:
            run.until(lambda: run.count("acknowledged") == FRAMES)
        file = adapter_file(
            tmp_path, kafka.options(), consumer_proto_cfg='"auto.offset.reset=earliest"'
        )
        url = f"kafka://{HOST}:{kafka.port}/cars"
        done = penstock("listen", url, "--config", str(file), "--count", str(FRAMES), "--json")
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["payload"]["id"] for line in lines] == ALL
        kafka.password = "changed"
        done = penstock("listen", url, "--config", str(file))
        assert done.returncode != 0
        assert f"{HOST}:{kafka.port} as user 'camera' refuses the login" in done.stderr
        assert "psst" not in done.stderr
        assert "Traceback" not in done.stderr


def wrong_password(kafka):
    options, kafka.password = kafka.options(), "another"
    return options, lambda: setattr(kafka, "password", "psst")


def unknown_mechanism(kafka):
    options, kafka.mechanisms = kafka.options(), ("PLAIN", "SCRAM-SHA-512")
    return options, lambda: setattr(kafka, "mechanisms", ("SCRAM-SHA-256",))


def refused_certificate(kafka, stranger):
    own = {
        "ssl.certificate.location": str(stranger.client),
        "ssl.key.location": str(stranger.client_key),
    }
    return {**kafka.options(), **own}, lambda: kafka.trust(stranger)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            wrong_password,
            "{server} as user 'camera' refuses the login: correct sasl.username and sasl.password "
            "in proto-cfg of the adapter's file, or the environment's USER_KAFKA and "
            "PASSWORD_KAFKA (SASL authentication error: Authentication failed: invalid credentials "
            "with SASL mechanism SCRAM-SHA-256)",
        ),
        (
            unknown_mechanism,
            "{server} as user 'camera' knows no such login: set sasl.mechanism to what it takes "
            "(PLAIN,SCRAM-SHA-512) in proto-cfg of the adapter's file",
        ),
        (
            refused_certificate,
            "{server} as user 'camera' refuses our side of TLS (unknown ca): name a certificate "
            "that it trusts in ssl.certificate.location and ssl.key.location in proto-cfg of the "
            "adapter's file",
        ),
    ],
)
def test_what_it_refuses_is_one_warning_and_all_arrives_once_it_lets_in(
    mistake, said, authority, stranger, tmp_path
):
    with LockedKafka(mechanisms=("SCRAM-SHA-256",), tls=authority) as kafka:
        others = (stranger,) if mistake is refused_certificate else ()
        options, mend = mistake(kafka, *others)
        with Run(kafka, tmp_path, options) as run:
            run.until(lambda: kafka.knocks >= 8)  # it has tried more than once
            server = f"{HOST}:{kafka.port}"
            assert run.said == [
                f"broker: kafka: {said.format(server=server)}; messages wait in the spool"
            ]
            assert run.count("spooled") == FRAMES
            mend()
            run.until(lambda: run.count("acknowledged") == FRAMES)
            run.until(lambda: len(run.said) == 2)
            assert run.said[1:] == ["broker: the broker takes messages again"]
        assert frames(kafka.read("cars", FRAMES)) == ALL


def test_a_broker_that_shows_a_strangers_certificate_gets_nothing_until_the_next_run(
    authority, stranger, tmp_path
):
    with LockedKafka(tls=authority) as kafka:
        with Run(kafka, tmp_path, {**kafka.options(), "ssl.ca.location": stranger.ca}) as run:
            run.until(lambda: run.said)
            wrong = f"the certificate of {HOST}:{kafka.port} is refused: name its authority's file"
            assert run.said[0].startswith(f"broker: kafka: {wrong} in ssl.ca.location")
        with Run(kafka, tmp_path, kafka.options()) as run:
            run.until(lambda: run.count("acknowledged") == 2 * FRAMES)
        assert frames(kafka.read("cars", 2 * FRAMES)) == ALL + ALL


@pytest.mark.parametrize(
    ("locked", "options", "said"),
    [
        (True, {}, "does not answer: does it want another security.protocol than PLAINTEXT"),
        (
            True,
            {"security.protocol": "SASL_SSL"},
            "does not answer: does it want another security.protocol than SASL_SSL",
        ),
        (False, {}, "wants no login: set security.protocol to PLAINTEXT or SSL"),
    ],
)
def test_the_wrong_protocol_is_told_by_its_option(locked, options, said, tmp_path, monkeypatch):
    monkeypatch.setattr(kafka_failures, "CONNECT_S", 0.5)
    login = {"sasl.mechanism": "PLAIN", "sasl.username": USER, "sasl.password": "psst"}
    protocol = {} if locked else {"security.protocol": "SASL_PLAINTEXT"}
    with LockedKafka() if locked else KafkaCluster() as kafka:
        file = adapter_file(tmp_path, {**login, **protocol, **options})
        broker = KafkaBroker(BrokerAddress(kafka.conn_str, BrokerConfig.read(file), "cars"))
        with contextlib.closing(broker), pytest.raises(BrokerError) as caught:
            broker.connect()
    assert f"{HOST}:{kafka.port} as user 'camera' {said}" in str(caught.value)


def test_the_environment_says_who_and_may_have_any_password(tmp_path, monkeypatch):
    with LockedKafka() as kafka:
        file = adapter_file(tmp_path, {**kafka.options(), "sasl.username": "nobody"})
        kafka.password = PASSWORD
        assert ";" in PASSWORD
        monkeypatch.setenv("USER_KAFKA", USER)
        monkeypatch.setenv("PASSWORD_KAFKA", PASSWORD)
        where = BrokerAddress(kafka.conn_str, BrokerConfig.read(file), "cars")
        broker, listener = KafkaBroker(where), KafkaListener(where, ["cars"])
        with contextlib.closing(broker), contextlib.closing(listener):
            broker.connect()
            with pytest.raises(BrokerError, match="as user 'camera' has no topic cars"):
                listener.connect()
        assert kafka.refused == 0


def test_who_listens_and_is_locked_out_says_so_and_misses_nothing(tmp_path):
    with LockedKafka() as kafka:
        receiving = "auto.offset.reset=latest;session.timeout.ms=6000;heartbeat.interval.ms=500"
        file = adapter_file(tmp_path, kafka.options(), consumer_proto_cfg=f'"{receiving}"')
        where = BrokerAddress(kafka.conn_str, BrokerConfig.read(file), "cars")
        broker, listener = KafkaBroker(where), KafkaListener(where, ["cars"])
        with contextlib.closing(broker), contextlib.closing(listener):
            broker.connect()
            broker.publish([OutgoingMessage("0", 0, "cars", b"too early")])
            listener.connect()
            kafka.kill()
            kafka.password = "another"
            kafka.start()
            with pytest.raises(PublishError, match="refuses the login"):
                broker.publish([OutgoingMessage("1", 0, "cars", b"meanwhile")])
            with pytest.raises(BrokerError, match="refuses the login"):
                heard(listener)
            kafka.password = "psst"
            broker.connect()
            broker.publish([OutgoingMessage("1", 0, "cars", b"meanwhile")])
            listener.connect()
            assert heard(listener) == [b"meanwhile"]


def heard(listener):
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if found := listener.receive(0.5):
            return [message.payload for message in found]
    raise AssertionError("nothing arrived")


def test_no_log_has_a_password(tmp_path):
    """Neither GStreamer's with all that nvmsgbroker says, nor librdkafka's own."""
    with LockedKafka() as kafka:
        options = {**kafka.options(), "sasl.password": "hunter2", "debug": "all", "log_level": "7"}
        file = adapter_file(tmp_path, options)
        line = LINE.format(port=kafka.port, file=file, spool=tmp_path / "spool")
        done = subprocess.run(
            [sys.executable, "-c", PLAYED, line],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**os.environ, "GST_DEBUG": "*:7,nvmsgbroker:9"},
        )
    assert "refuses the login" in done.stdout
    for kind in ("<nvmsgbroker", "Broker supported SASL", "sasl.password = [redacted]"):
        assert kind in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


PLAYED = """
import sys
import penstock
from penstock.gst import Gst
penstock.init()
pipeline = Gst.parse_launch(sys.argv[1])
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.WARNING)
print(message.parse_warning())
pipeline.set_state(Gst.State.NULL)
"""
