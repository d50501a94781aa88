"""DeepStream's recipe for RTSP output, udpsink and GstRtspServer, run as it is written."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from footage import clip, command, detector
from rtsp_client import Player

SCRIPT = Path(__file__).parent / "idiom" / "test1_rtsp_out.py"


@pytest.fixture
def script(tmp_path):
    """The script, on ports that nobody else uses."""
    text = SCRIPT.read_text()
    for port, kind in (("8554", socket.SOCK_STREAM), ("5400", socket.SOCK_DGRAM)):
        with socket.socket(type=kind) as probe:
            probe.bind(("", 0))
            text = text.replace(port, str(probe.getsockname()[1]))
    detector(tmp_path, name="dstest1_pgie_config.txt")
    path = tmp_path / "test1_rtsp_out.py"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """A minute of a white ball on black, as an elementary stream."""
    return clip(tmp_path_factory.mktemp("ball") / "ball.h264", frames=1500)


def check(player):
    seen = player.pictures(40)[-1]
    assert (seen.width, seen.height) == (1920, 1080)
    assert seen.rgb[0] > seen.rgb[2] + 1  # the boxes are red, the video is gray


@pytest.mark.parametrize(
    ("codec", "options"), [("H264", []), ("H264", ["--system-memory"]), ("H265", [])]
)
def test_a_client_sees_pictures_with_boxes(script, ball, codec, options):
    words = command("run", script, "-i", ball, "-c", codec, *options)
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=script.parent,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            printed = ""
            while "Frame Number=5 " not in printed:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                printed += line
            url = re.search(r"Launched RTSP Streaming at (\S+) ", printed)[1]
            # One after the other: GStreamer's server fails when two first clients come at once.
            with Player(url, codec=codec.lower()) as one:
                check(one)
                with Player(url, codec=codec.lower()) as two:
                    check(two)
        finally:
            process.kill()
        assert "Error" not in process.stderr.read()
