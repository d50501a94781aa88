"""Applications that talk to brokers, players and cameras: real ones, on this machine."""

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import pytest
import redis

from broker_servers import HOST, Redis
from penstock.messages import schema
from ports import free_port
from rtsp import RtspServer
from rtsp_client import Player

STREAMS = "/opt/nvidia/deepstream/deepstream/samples/streams"
CAMERA = Path("/dev/video0")


def test_deepstream_test4_sends_every_thirtieth_frames_first_object(run_app, tmp_path):
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_redis_proto.so"
    with Redis(tmp_path / "redis") as server:
        done = run_app(
            "apps/deepstream-test4/deepstream_test_4.py",
            "-i", f"{STREAMS}/sample_qHD.h264", "-p", library, "-c", "cfg_redis.txt",
            "--conn-str", f"{server.conn_str};yard", "-t", "yard", "-s", "0", "--no-display",
        )  # fmt: skip
        with redis.Redis(HOST, server.port) as client:
            found = [json.loads(fields[b"message"]) for _, fields in client.xrange("yard")]
    lines = re.findall(r"Frame Number = (\d+) Vehicle Count = \d+ Person Count = \d+", done.stdout)
    assert [int(number) for number in lines] == list(range(300))
    assert len(found) == len({message["messageid"] for message in found}) >= 5
    for message in found:
        jsonschema.validate(message, schema("full"))
        assert message["sensor"]["id"] == "CAMERA_ID"
        assert message["place"]["name"] == "XYZ"
        person = message["object"].get("person")
        assert person is None or (person["age"], person["apparel"]) == (45, "formal")


@pytest.mark.parametrize("encoder_type", [0, 1])  # nvv4l2h264enc, x264enc
def test_deepstream_test1_rtsp_out_serves_what_it_draws(start_app, encoder_type):
    rtsp, udp = free_port(), free_port()
    with start_app(
        "apps/deepstream-test1-rtsp-out/deepstream_test1_rtsp_out.py",
        "-i", f"{STREAMS}/sample_qHD.h264", "-e", encoder_type,
        "--rtsp-port", rtsp, "--udp-port", udp,
    ) as printed_until:  # fmt: skip
        said = printed_until("Frame Number=3 ")
        assert f"Launched RTSP Streaming at rtsp://localhost:{rtsp}/ds-test" in said
        with Player(f"rtsp://127.0.0.1:{rtsp}/ds-test") as player:
            picture = player.pictures(2)[-1]
    assert (picture.width, picture.height) == (1280, 720)
    assert max(picture.rgb) > 20


def test_deepstream_rtsp_in_rtsp_out_tiles_cameras_and_tells_their_time(start_app):
    rtsp, udp = free_port(), free_port()
    started = datetime.now(timezone.utc).replace(tzinfo=None)
    with RtspServer(paths=2) as camera, start_app(
        "apps/deepstream-rtsp-in-rtsp-out/deepstream_test1_rtsp_in_rtsp_out.py",
        "-i", camera.url_of(0), camera.url_of(1), "-g", "nvinferserver", "--rtsp-ts",
        "--rtsp-port", rtsp, "--udp-port", udp,
    ) as printed_until:  # fmt: skip
        said = printed_until("Frame Number=6 source=1")
        with Player(f"rtsp://127.0.0.1:{rtsp}/ds-test") as player:
            picture = player.pictures(2)[-1]
        said += printed_until("RTSP Timestamp: 2")
    assert (picture.width, picture.height) == (1280, 720)
    assert "Frame Number=6 source=0" in said
    stamp = re.findall(r"RTSP Timestamp: (2\S+ \S+)", said)[-1]
    age = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f") - started
    assert -5 < age.total_seconds() < 120


def test_deepstream_test1_usbcam_names_a_camera_that_is_not_there(run_app):
    path = "apps/deepstream-test1-usbcam/deepstream_test_1_usb.py"
    done = run_app(path, "/dev/video87", code=1)
    assert done.stdout == "Playing cam /dev/video87 \n"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("penstock: a pipeline had an error: usb-cam-source: ")
    assert "/dev/video87" in last


@pytest.mark.skipif(not CAMERA.exists(), reason=f"there is no {CAMERA}: plug a camera in")
def test_deepstream_test1_usbcam_counts_the_frames_of_a_camera(start_app):
    with start_app(
        "apps/deepstream-test1-usbcam/deepstream_test_1_usb.py", CAMERA
    ) as printed_until:
        said = printed_until("Frame Number=9 ")
    numbers = re.findall(r"Frame Number=(\d+) ", said)
    assert [int(number) for number in numbers] == list(range(10))
