"""deepstream-app: what is found goes to a broker, what a broker says starts recordings."""

import json
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
import redis

from broker_servers import Redis
from footage import command, pictures
from penstock.config import AppConfig
from penstock.errors import ConfigError
from penstock.pipeline.app import run_app
from ports import free_port
from rtsp import RtspServer

MUX = "[streammux]\nwidth=320\nheight=180\n"
SINK = "[sink0]\nenable=1\ntype=1\n"
WAIT_S = 60


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(autouse=True)
def _spools_of_our_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_SPOOL", str(tmp_path / "spools"))


@pytest.fixture
def client(broker):
    with redis.Redis(port=broker.port) as connection:
        yield connection


def test_what_is_found_is_sent_every_few_frames(broker, client, ball, config, tmp_path):
    (tmp_path / "sensors.txt").write_text("[sensor0]\nenable=1\nid=gate\ntype=Camera\n")
    path = tmp_path / "app.txt"
    sink = (
        "enable=1\ntype=6\nmsg-broker-proto-lib=libnvds_redis_proto.so\n"
        f"msg-broker-conn-str={broker.conn_str}\n"
    )
    path.write_text(
        f"[source0]\nenable=1\ntype=2\nuri=file://{ball}\n{MUX}"
        f"[primary-gie]\nenable=1\nconfig-file={config}\n"
        "[message-converter]\nenable=1\nmsg-conv-payload-type=1\nmsg-conv-frame-interval=15\n"
        f"msg-conv-config=sensors.txt\n[sink0]\ntopic=found\n{sink}msg-conv-payload-type=1\n"
        "msg-conv-frame-interval=10\nmsg-conv-config=sensors.txt\n"
        f"[sink1]\ntopic=one\ndisable-msgconv=1\n{sink}"
        f"[sink2]\ntopic=two\ndisable-msgconv=1\n{sink}[sink3]\nenable=1\ntype=1\n"
    )
    outcome = run_app(AppConfig.read(path), say=lambda _text: None, keys=False)
    assert (outcome.failures, outcome.warnings) == ({}, [])
    own, one, two = (
        [json.loads(fields[b"metadata"]) for _, fields in client.xrange(topic)]
        for topic in ("found", "one", "two")
    )
    assert (len(own), len(one)) == (3, 2)  # of 30 frames
    assert one == two  # of one converter
    assert {message["sensorId"] for message in own} == {"gate"}
    assert all("person" in message["objects"][0].lower() for message in own + one)


def test_what_a_broker_warns_about_names_the_sink_group(ball, config, tmp_path):
    path = tmp_path / "app.txt"
    path.write_text(
        f"[source0]\nenable=1\ntype=2\nuri=file://{ball}\n{MUX}"
        f"[primary-gie]\nenable=1\nconfig-file={config}\n"
        "[sink3]\nenable=1\ntype=6\nmsg-broker-proto-lib=libnvds_redis_proto.so\n"
        f"msg-broker-conn-str=127.0.0.1;{free_port()}\ntopic=found\nmsg-conv-payload-type=1\n"
    )
    outcome = run_app(AppConfig.read(path), say=lambda _text: None, keys=False)
    assert outcome.warnings
    assert all(text.startswith("sink3: ") for text in outcome.warnings), outcome.warnings


def test_a_message_starts_the_recording_of_a_camera(broker, client, tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    (tmp_path / "sensors.txt").write_text("[sensor0]\nenable=1\nid=gate\n")
    path = tmp_path / "app.txt"
    with RtspServer() as camera:
        path.write_text(
            f"[source0]\nenable=1\ntype=4\nuri={camera.url}\nselect-rtp-protocol=4\n"
            f"smart-record=1\nsmart-rec-dir-path=saved\n{MUX}{SINK}"
            f"[message-consumer0]\nenable=1\nproto-lib=redis\nconn-str={broker.conn_str}\n"
            "subscribe-topic-list=orders\nsensor-list-file=sensors.txt\n"
        )
        line = command("app", "-c", path)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(line, **pipes) as process:
            try:
                files = _record(client, saved)
                time.sleep(1)  # something is to be in it
                process.stdin.write("q")
                process.stdin.flush()
                assert "App run successful" in process.communicate(timeout=WAIT_S)[0]
            finally:
                process.kill()
    assert set(pictures(files[0])) == {(160, 120)}


def _record(client, saved):
    """Order a second, again and again until the camera is there; returns the complete file."""
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        now = datetime.now(timezone.utc)
        times = [now - timedelta(seconds=1), now + timedelta(seconds=1)]
        start, end = (f"{one:%Y-%m-%dT%H:%M:%S}.000Z" for one in times)
        order = {"command": "start-recording", "start": start, "end": end}
        order["sensor"] = {"id": "gate"}
        client.xadd("orders", {"metadata": json.dumps(order)})
        for _ in range(30):
            time.sleep(0.1)
            if files := list(saved.glob("*.mp4")):
                return files
    raise AssertionError("nothing was recorded")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "wanted proto-lib"),
        ("proto-lib=redis\n", "wanted subscribe-topic-list"),
        ("proto-lib=redis\nsubscribe-topic-list=a\n", "wanted conn-str or config-file"),
        ("proto-lib=rediss\nsubscribe-topic-list=a\nconn-str=h;1\n", "did you mean 'redis'"),
        ("proto-lib=redis\nsubscribe-topic-list=a\nconn-str=h;port\n", "wanted a port"),
    ],
)
def test_mistakes_are_named_with_their_group(ball, tmp_path, text, said):
    path = tmp_path / "app.txt"
    path.write_text(
        f"[source0]\nenable=1\ntype=2\nuri=file://{ball}\n{MUX}{SINK}"
        f"[message-consumer0]\nenable=1\n{text}"
    )
    with pytest.raises(ConfigError, match=rf"line 11, \[message-consumer0\]: .*{said}"):
        run_app(AppConfig.read(path), say=lambda _text: None, keys=False)
