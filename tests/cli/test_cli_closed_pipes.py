"""Whoever reads what a command prints may stop reading, as `head` does."""

import contextlib
import http.client
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from broker_servers import HOST, free_port
from footage import clip, command, pictures

SAMPLES = Path(__file__).parents[2] / "samples"
RULES = SAMPLES / "deepstream-nvdsanalytics" / "config_nvdsanalytics.txt"
ENDED = 141  # as `cat` in bash, where it is more than its buffer holds


@pytest.fixture
def unread(tmp_path):
    """Run a command whose standard output nobody reads; its exit code and standard error."""

    def run(*arguments, on_start=lambda: None):
        reader, writer = os.pipe()
        os.close(reader)
        with subprocess.Popen(
            command(*arguments), stdout=writer, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        ) as process:
            os.close(writer)
            watchdog = threading.Timer(60, process.kill)
            watchdog.start()
            on_start()
            said = process.stderr.read()
            watchdog.cancel()
        assert "Traceback" not in said
        assert "BrokenPipe" not in said
        return process.returncode, said

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["inspect"],
        ["inspect", "nvinfer"],
        ["kit", "list"],
        ["check", RULES],
        ["check", RULES, "--json"],
        ["env"],
    ],
    ids=lambda arguments: " ".join(str(word) for word in arguments if word != RULES),
)
def test_a_command_that_prints_a_table_ends_quietly(unread, arguments):
    assert unread(*arguments) == (ENDED, "")


def test_a_mistake_is_still_told_and_still_a_failure(unread):
    code, said = unread("inspect", "nvinfre")
    assert code == 1
    assert said.startswith("penstock: no element is called 'nvinfre'")


def test_an_evaluation_ends_quietly(unread, tmp_path):
    lines = "".join(f"{n},1,{4 * n},50,40,90,0.9\n" for n in range(1, 21))
    (tmp_path / "boxes.txt").write_text(lines)
    files = ["--detections", "boxes.txt", "--ground-truth", "boxes.txt"]
    assert unread("eval", "track", *files, "--tracker", "IOU") == (ENDED, "")


def test_detection_ends_early_and_its_video_stays_playable(config, tmp_path):
    video = clip(tmp_path / "long.mp4", frames=4000)
    output = tmp_path / "out.mp4"
    arguments = command("detect", video, "--model", config, "--json", "-", "--output", output)
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True) as process:
        lines = [process.stdout.readline() for _ in range(50)]
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said.strip()) == (ENDED, "")
    assert all("pts_ns" in line for line in lines)
    assert 50 <= len(pictures(output)) < 4000


def test_an_application_ends_early(unread, ball, tmp_path):
    (tmp_path / "app.txt").write_text(
        "[application]\nenable-perf-measurement=1\nperf-measurement-interval-sec=1\n"
        f"[source0]\nenable=1\ntype=3\nuri={ball.as_uri()}\n[tests]\nfile-loop=1\n"
        "[streammux]\nwidth=320\nheight=180\n[sink0]\nenable=1\ntype=1\nsync=1\n"
    )
    code, said = unread("app", "-c", "app.txt", "--no-keys")
    assert (code, said) == (ENDED, "")


def test_a_listener_ends_with_the_first_message(unread):
    port = free_port()

    def send():
        for _ in range(300):
            client = http.client.HTTPConnection(HOST, port, timeout=10)
            with contextlib.closing(client), contextlib.suppress(ConnectionError):
                client.request("POST", "/hook", b"{}")
                client.getresponse().read()
                return
            time.sleep(0.1)

    code, said = unread("listen", f"http://{HOST}:{port}/hook", on_start=send)
    assert (code, said) == (ENDED, "penstock: listening\n")
