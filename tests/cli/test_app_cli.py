"""`penstock app` as a process: what it prints, the keys, RTSP clients, its exit code."""

import os
import pty
import re
import socket
import subprocess
import threading

import pytest

from footage import clip, command, detector, penstock
from rtsp_client import Player

_HEAD = "[streammux]\nwidth=320\nheight=180\nbatched-push-timeout=40000\n"
_TILED = "[tiled-display]\nenable=1\nrows=1\ncolumns=2\nwidth=640\nheight=180\n"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for number in range(2):
        clip(folder / f"ball_{number}.mp4", frames=12)
    detector(folder, name="net.txt")
    return folder


@pytest.fixture
def write(tmp_path, clips):
    def write_text(text, *, sources=2):
        path = tmp_path / "app.txt"
        path.write_text(
            f"[source0]\nenable=1\ntype=3\nnum-sources={sources}\nuri=file://{clips}/ball_%d.mp4\n"
            f"{_HEAD}{text}"
        )
        return path

    return write_text


class Terminal:
    """The command on a terminal of its own, which keys are typed at."""

    def __init__(self, *arguments):
        self._keys, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command(*arguments), stdin=theirs, stdout=subprocess.PIPE, text=True
        )
        os.close(theirs)
        self._watchdog = threading.Timer(90, self._process.kill)

    def __enter__(self):
        self._watchdog.start()
        return self

    def __exit__(self, *_what):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._watchdog.cancel()
        os.close(self._keys)

    def type(self, keys):
        os.write(self._keys, keys.encode())

    def until(self, pattern):
        """Read lines up to one that matches."""
        while line := self._process.stdout.readline():
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern} was never said")

    def exit_code(self):
        return self._process.wait()


def test_it_says_how_it_went_and_its_exit_code_does(write):
    done = penstock("app", "-c", write("[sink0]\nenable=1\ntype=1\n"), stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "App run successful"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sink0]\nenable=1\ntype=8\n", r"penstock: .*app.txt, line 12, \[sink0\] type: wanted"),
        ("[sink0]\nenable=1\ntype=1\nsource-id=5\n", r"penstock: .*\[sink0\]: source-id 5 names"),
    ],
)
def test_a_mistake_is_one_sentence_and_a_failed_run(write, text, said):
    done = penstock("app", "-c", write(text))
    assert (done.returncode, done.stdout) == (1, "App run failed\n")
    (line,) = done.stderr.splitlines()
    assert re.match(said, line)


def test_a_file_that_is_not_there_is_one_sentence():
    done = penstock("app", "-c", "none.yml")
    assert (done.returncode, done.stdout) == (1, "App run failed\n")
    assert re.match("penstock: .*none.yml", done.stderr)


def test_a_source_that_fails_makes_a_failed_run(write, clips, tmp_path):
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 64)
    text = "[source1]\nenable=1\ntype=2\nuri=file://noise.mp4\n[sink0]\nenable=1\ntype=1\n"
    done = penstock("app", "-c", write(text, sources=1), "--no-keys")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "App run failed")
    assert "source 1 " in done.stderr


def test_keys_pause_resume_choose_a_source_and_quit(write):
    loop = "[tests]\nfile-loop=1\n[application]\nenable-perf-measurement=1\n"
    path = write(f"{_TILED}{loop}perf-measurement-interval-sec=1\n[sink0]\nenable=1\ntype=1\n")
    with Terminal("app", "-c", path) as terminal:
        terminal.until(r"z  then a row and a column")
        terminal.until(r"\*\*PERF:  FPS 0 \(Avg\)\tFPS 1 \(Avg\)\t$")
        terminal.until(r"\*\*PERF:  [1-9]\d*\.\d\d \(\d+\.\d\d\)\t[1-9]")
        terminal.type("p")
        terminal.until("Paused")
        terminal.until(r"\*\*PERF:  ")
        terminal.until(r"\*\*PERF:  0\.00 \([1-9]\d*\.\d\d\)\t0\.00 \(")
        terminal.type("r")
        terminal.until("Resumed")
        terminal.until(r"\*\*PERF:  [1-9]")
        terminal.type("z5")
        terminal.until("There is no row 5")
        terminal.type("01")
        terminal.until("Source 1")
        terminal.type("z")
        terminal.until("All sources")
        terminal.type("pq")
        terminal.until("App run successful")
        assert terminal.exit_code() == 0


@pytest.mark.parametrize(("codec", "name"), [(1, "h264"), (2, "h265")])
def test_clients_and_a_port_get_what_is_drawn(write, codec, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        path = write(
            f"{_TILED}[tests]\nfile-loop=1\n[sink0]\nenable=1\ntype=4\nsync=1\ncodec={codec}\n"
            f"rtsp-port=0\nudp-port={receiver.getsockname()[1]}\niframeinterval=10\n"
        )
        with Terminal("app", "-c", path) as terminal:
            url = terminal.until(r"Launched RTSP Streaming at (rtsp://\S+/ds-test)")[1]
            with Player(url, protocols="tcp", codec=name) as player:
                picture = player.pictures(3)[-1]
            packet = receiver.recv(2048)
            terminal.type("q")
            assert terminal.exit_code() == 0
    assert (picture.width, picture.height) == (640, 180)
    assert packet[0] >> 6 == 2  # RTP's version
    assert packet[1] & 0x7F == 96
