"""samples/deepstream-test1-rtsp-out and samples/deepstream-rtsp-in-rtsp-out, watched by clients."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from footage import clip, detector
from ports import free_port
from rtsp import RtspServer
from rtsp_client import Player

SAMPLES = Path(__file__).parents[2] / "samples"
OUT = SAMPLES / "deepstream-test1-rtsp-out" / "deepstream_test1_rtsp_out.py"
IN_OUT = SAMPLES / "deepstream-rtsp-in-rtsp-out" / "deepstream_test1_rtsp_in_rtsp_out.py"
LAUNCHED = r"\*\*\* DeepStream: Launched RTSP Streaming at (rtsp://localhost:\d+/ds-test) \*\*\*"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """A minute of a white ball on black, as an elementary stream."""
    return clip(tmp_path_factory.mktemp("ball") / "ball.h264", frames=1500)


class Running:
    """A sample in a process of its own; `wait_for` reads what it prints."""

    def __init__(self, process):
        self.process, self.printed = process, ""

    def wait_for(self, pattern):
        while not (found := re.search(pattern, self.printed)):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.printed += line
        return found

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said
        return said


@contextmanager
def running(sample, *arguments):
    ports = [
        "--rtsp-port",
        free_port(socket.SOCK_STREAM),
        "--udp-port",
        free_port(socket.SOCK_DGRAM),
    ]
    words = [sys.executable, sample, *arguments, *ports]
    with subprocess.Popen(
        list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.mark.parametrize(("codec", "encoder"), [("H264", 0), ("H265", 0), ("H264", 1), ("H265", 1)])
def test_a_file_is_served_with_its_objects(ball, config, codec, encoder):
    options = ("-i", ball, "-c", codec, "-e", encoder, "-b", 2_000_000, "--config", config)
    with running(OUT, *options) as it:
        url = it.wait_for(LAUNCHED)[1]
        it.wait_for(r"Frame Number=3 Number of Objects=\d+ Vehicle_count=0 Person_count=\d+\n")
        with Player(url, codec=codec.lower()) as player:
            seen = player.pictures(30)[-1]
        assert (seen.width, seen.height) == (1920, 1080)
        assert seen.rgb[0] > seen.rgb[2] + 1  # the boxes are red, the video is gray
        said = it.stop()
        assert said.endswith("Stopped\n")
        assert "Error" not in said


def test_it_ends_with_its_file(tmp_path, config):
    short = clip(tmp_path / "short.h264", frames=20)
    with running(OUT, "-i", short, "--config", config) as it:
        it.wait_for("End-of-stream\n")
        it.process.communicate(timeout=60)
        assert it.process.returncode == 0
    assert [int(n) for n in re.findall(r"Frame Number=(\d+)", it.printed)] == list(range(20))


def test_a_port_that_is_taken_is_said(ball, config):
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        words = [sys.executable, OUT, "-i", ball, "--config", config, "--rtsp-port", port]
        done = subprocess.run(
            list(map(str, words)), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.endswith(f"Error: port {port} is taken; give another with --rtsp-port\n")


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(config):
    with running(OUT, "-i", "nothing.h264", "--config", config) as it:
        said = it.process.communicate(timeout=60)[1]
    assert (it.process.returncode, said) == (1, "Error: Resource not found.\n")


def test_cameras_become_a_wall_with_their_objects(config):
    with RtspServer(paths=3, width=320, height=180) as cameras:
        urls = [cameras.url_of(n) for n in range(3)]
        with running(IN_OUT, "-i", *urls, "--config", config) as it:
            url = it.wait_for(LAUNCHED)[1]
            for number in range(3):
                it.wait_for(rf"Frame Number=\d+ Source={number} Number of Objects=[1-9]")
            with Player(url) as player:
                seen = player.pictures(20)[-1]
                assert (seen.width, seen.height) == (1280, 720)
                assert seen.rgb[0] > seen.rgb[2] + 0.5
            assert "Stopped" in it.stop()


def test_a_cameras_own_time_is_printed(config):
    with (
        RtspServer(width=320, height=180) as camera,
        running(IN_OUT, "-i", camera.url, "--config", config, "--rtsp-ts") as it,
    ):
        it.wait_for(r"RTSP Timestamp: 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d\d\+00:00\n")
        assert "Stopped" in it.stop()


def test_a_camera_that_goes_away_leaves_the_others(config):
    with (
        RtspServer(width=320, height=180) as one,
        RtspServer(width=320, height=180) as two,
        running(IN_OUT, "-i", one.url, two.url, "--config", config) as it,
    ):
        it.wait_for("Source=0 ")
        it.wait_for("Source=1 ")
        one.kill()
        for _ in range(40):
            it.printed = ""
            it.wait_for("Source=1 ")
        it.stop()


def test_the_readmes_say_how_it_is_called(ball):
    for sample in (OUT, IN_OUT):
        readme = (sample.parent / "README.md").read_text()
        assert f"python {sample.name} -i " in readme
        done = subprocess.run(
            [sys.executable, sample, "--help"], capture_output=True, text=True, check=True
        )
        for option in re.findall(r"^  .*?(--[\w-]+)", done.stdout, re.M):
            assert option == "--help" or f"`{option}`" in readme, option
