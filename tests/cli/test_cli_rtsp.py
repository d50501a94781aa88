"""`penstock detect --output rtsp://...`, watched by real clients."""

import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from footage import clip, command, penstock, pictures
from rtsp_client import Player


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A minute of the white ball on black."""
    return clip(tmp_path_factory.mktemp("long") / "long.mp4", frames=1500)


@contextmanager
def detecting(*arguments):
    """A running command; gives the process and the URL that it says it serves."""
    words = command("detect", *arguments)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said = ""
        while not (found := re.search(r"^Serving (\S+)$", said, re.M)):
            line = process.stderr.readline()
            assert line, f"it ended: {said}"
            said += line
        try:
            yield process, found[1]
        finally:
            process.kill()


def stop(process):
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return printed + said


def has_red_boxes(picture):
    red, _, blue = picture.rgb
    return red > blue + 1  # the video itself is black and white


def test_clients_see_the_objects_drawn_and_it_ends_with_ctrl_c(long, config):
    with detecting(long, "--model", config, "--output", "rtsp://127.0.0.1:0/ds") as (process, url):
        assert re.fullmatch(r"rtsp://127\.0\.0\.1:[1-9]\d*/ds", url)
        with Player(url, protocols="tcp") as one, Player(url, protocols="tcp") as two:
            for player in (one, two):
                seen = player.pictures(30)[-1]
                assert (seen.width, seen.height) == (320, 180)
                assert has_red_boxes(seen)
        with Player(url, protocols="udp") as three:  # the others have gone
            assert has_red_boxes(three.pictures(30)[-1])
        assert "frames of 1 source" in stop(process)


def test_several_sources_are_composed(long, config):
    words = (long, long, "--model", config, "--output", "rtsp://127.0.0.1:0/wall")
    with detecting(*words) as (process, url), Player(url) as player:
        seen = player.pictures(20)[-1]
        assert (seen.width, seen.height) == (640, 180)
        stop(process)


def test_it_needs_no_client_and_keeps_the_videos_time(ball, config):
    started = time.monotonic()
    done = penstock("detect", ball, "--model", config, "--output", "rtsp://127.0.0.1:0/ds")
    assert done.returncode == 0, done.stderr
    assert "30 frames of 1 source" in done.stdout
    assert time.monotonic() - started > 29 / 25


def test_a_file_may_be_written_too(long, config, tmp_path):
    output = tmp_path / "out.mp4"
    words = (long, "--model", config, "--output", output, "--output", "rtsp://127.0.0.1:0/ds")
    with detecting(*words, "--frames", 150) as (process, url), Player(url) as player:
        assert has_red_boxes(player.pictures(20)[-1])
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert pictures(output) == [(320, 180)] * 150


def test_a_password_is_wanted_and_never_printed(long, config):
    words = (long, "--model", config, "--output", "rtsps://ann:s3cret@127.0.0.1:0/ds")
    with detecting(*words) as (process, url):
        with Player(url.replace("://", "://ann:s3cret@")) as player:
            assert player.pictures(1)
        with Player(url) as player:
            assert "Unauthorized" in player.ending()
        said = stop(process)
    assert "s3cret" not in url + said


def test_a_certificate_that_was_made_is_told(ball, config):
    done = penstock("detect", ball, "--model", config, "--output", "rtsps://127.0.0.1:0/ds")
    assert done.returncode == 0
    assert done.stderr.startswith(
        "penstock: warning: rtsps: a certificate was made for this run, which no client can check\n"
        "Serving rtsps://127.0.0.1:"
    )


def test_a_port_that_is_taken_is_named_before_anything_runs(refused, ball):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refused(ball, "--output", f"rtsp://a:pw@127.0.0.1:{port}/ds")
    assert said == (
        f"output rtsp://127.0.0.1:{port}/ds: port {port} is taken by another program; "
        "give another, or 0 for any"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output", "a.mp4", "--output", "b.mp4"], "output names a.mp4 and b.mp4; wanted one"),
        (
            ["--output", "rtsp://:1/x", "--output", "rtsp://u:pw@:2/y"],
            "output names rtsp://0.0.0.0:1/x and rtsp://0.0.0.0:2/y; wanted one",
        ),
        (["--output", "rtsp://:x/y"], "output rtsp://:x/y: wanted rtsp://[user:password@][host]"),
        (["--output", "rtsp://:0", "--display"], "output and display exclude each other"),
        (["--tls-key", "k.pem"], "tls-key needs the certificate it belongs to"),
        (
            ["--output", "rtsp://:0", "--tls-certificate", "c.pem"],
            "tls-certificate is for an output that begins with rtsps://",
        ),
        (
            ["--output", "rtsps://:0", "--tls-certificate", "nothing.pem"],
            "tls file nothing.pem cannot be read: No such file or directory",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(refused, ball, arguments, said):
    assert refused(ball, *arguments).startswith(said)
