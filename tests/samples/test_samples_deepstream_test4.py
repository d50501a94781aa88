"""samples/deepstream-test4: events of a real video to a real Redis and a real Mosquitto."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import redis

from broker_servers import HOST, Mosquitto, Redis
from footage import clip, detector, gst
from penstock.brokers import BROKERS, listener_at
from penstock.config import BrokerConfig
from penstock.messages import schema

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-test4"
SAMPLE = FOLDER / "deepstream_test_4.py"
FRAMES = 31


def run(*arguments, spool):
    command = [sys.executable, str(SAMPLE), *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "PENSTOCK_SPOOL": str(spool)},
    )


@pytest.fixture(scope="module")
def video(data_dir, tmp_path_factory):
    """The first seconds of the stream that the README makes."""
    target = tmp_path_factory.mktemp("vtest") / "vtest.h264"
    gst(
        f"filesrc location={data_dir / 'video' / 'vtest.avi'} ! avidemux "
        f"! identity eos-after={FRAMES + 1} ! avdec_msmpeg4 ! videoconvert ! x264enc threads=1 "
        f"! video/x-h264,stream-format=byte-stream ! filesink location={target}"
    )
    return target


def entries(server, stream):
    with redis.Redis(HOST, server.port) as client:
        return [fields[b"metadata"] for _, fields in client.xrange(stream)]


def test_every_thirtieth_frame_is_a_full_message_in_redis(video, tmp_path):
    with Redis(tmp_path / "redis") as server:
        done = run(
            "-i", video, "-p", "/opt/any/path/libnvds_redis_proto.so", "--no-display",
            "--conn-str", f"{server.conn_str};yard", "-c", FOLDER / "cfg_redis.txt",
            spool=tmp_path,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        found = [json.loads(payload) for payload in entries(server, "yard")]
    lines = done.stdout.splitlines()
    rows = [list(map(int, re.findall(r"= (\d+)", line))) for line in lines[:-1]]
    assert [row[0] for row in rows] == list(range(FRAMES))
    assert lines[-1] == "End-of-stream"
    assert len(found) == sum(1 for row in rows[::30] if row[1] + row[2]) == 2
    assert len({message["messageid"] for message in found}) == 2
    for message in found:
        jsonschema.validate(message, schema("full"))
        assert message["sensor"]["id"] == "yard-camera-1"
        assert message["place"]["id"] == "yard-1"
        assert message["analyticsModule"]["source"] == "YOLOv4-tiny"
        kind = "person" if message["event"]["type"] == "entry" else "vehicle"
        assert 0.3 < message["object"][kind]["confidence"] <= 1
        box = message["object"]["bbox"]
        assert 0 <= box["topleftx"] < box["bottomrightx"] <= 1920


def test_minimal_messages_go_to_the_topic_of_an_mqtt_broker(tmp_path):
    video = clip(tmp_path / "ball.h264", frames=31)
    with Mosquitto(tmp_path / "mqtt") as server:
        listener = listener_at(f"mqtt://{HOST}:{server.port}/#")
        listener.connect()
        done = run(
            "--input-file", video, "--proto-lib", "mqtt", "--conn-str", server.conn_str,
            "--topic", "balls", "--schema-type", "1", "--no-display",
            "--detector", detector(tmp_path), spool=tmp_path,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        found = []
        while len(found) < 2:
            found += listener.receive(10.0)
        listener.close()
    messages = [json.loads(message.payload) for message in found]
    assert {message.topic for message in found} == {"balls"}
    assert [message["id"] for message in messages] == ["0", "30"]
    for message in messages:
        jsonschema.validate(message, schema("minimal"))
        assert message["sensorId"] == "sensor-0"
        [line] = message["objects"]
        assert re.fullmatch(
            r"18446744073709551615\|[\d.|]+\|Person\|#\|unknown\|45\|black\|none\|formal\|[\d.]+",
            line,
        )


def test_without_a_broker_it_plays_on_and_the_next_run_sends_both_runs_messages(tmp_path):
    video = clip(tmp_path / "ball.h264", frames=2)
    server = Redis(tmp_path / "redis")
    arguments = (
        "-i", video, "-p", "redis", "--conn-str", f"{server.conn_str};later", "--no-display",
        "--detector", detector(tmp_path),
    )  # fmt: skip
    first = run(*arguments, spool=tmp_path / "spool")
    assert first.returncode == 0
    assert first.stdout.splitlines()[-1] == "End-of-stream"
    assert f"Warning: broker: redis: cannot connect to {HOST}:{server.port}" in first.stderr
    with server:
        second = run(*arguments, spool=tmp_path / "spool")
        assert (second.returncode, second.stderr) == (0, "")
        assert len(entries(server, "later")) == 2


def test_what_is_wrong_is_a_sentence_and_exit_code_1(tmp_path):
    library = ("-p", "libnvds_kafak_proto.so", "--conn-str", "localhost;9092;yard")
    done = run("-i", "none.h264", *library, "--no-display", spool=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no broker is called 'kafak'; did you mean 'kafka'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_names_every_option_and_the_files_of_brokers_can_be_read(tmp_path):
    readme = (FOLDER / "README.md").read_text()
    printed = run("--help", spool=tmp_path).stdout
    options = set(re.findall(r"^  (?:-\w(?: \S+)?, )?(--[\w-]+)", printed, re.M)) - {"--help"}
    assert len(options) == 8
    for option in options:
        assert f"`{option}`" in readme, option
    for file in FOLDER.glob("cfg_*.txt"):
        config = BrokerConfig.read(file)
        assert config.warnings_for(BROKERS.load(file.stem.removeprefix("cfg_")).KEYS) == []
