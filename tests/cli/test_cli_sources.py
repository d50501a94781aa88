"""`penstock detect --rest` and `penstock sources`, in processes of their own."""

import json
import signal
import subprocess
import time

import pytest

from footage import clip, command, penstock
from rtsp import closed_port

FRAMES = 30


class Detecting:
    """A detection that takes orders; it ends with the `with` block."""

    def __init__(self, *arguments, lines, config):
        self.port, self.lines = str(closed_port()), lines
        self._words = command(
            "detect", *arguments, "--rest", self.port, "--model", config, "--json", lines
        )

    def __enter__(self):
        self.process = subprocess.Popen(
            self._words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.printed, self.said = self.process.communicate(timeout=60)

    def order(self, *words):
        return penstock("sources", *words, "--port", self.port)

    def wait_for(self, source, frame=0):
        """Wait until a frame of a source is written."""
        while self.process.poll() is None:
            if (source, frame) in self.written():
                return
            time.sleep(0.02)
        pytest.fail(f"it ended by itself: {self.process.stderr.read()}")

    def written(self):
        if not self.lines.exists():
            return []
        text = self.lines.read_text().rpartition("\n")[0]
        records = [json.loads(line) for line in text.splitlines()]
        return [(one["source_id"], one["frame_num"]) for one in records]


def test_sources_are_added_listed_and_removed(ball, config, tmp_path):
    other = clip(tmp_path / "other.mp4")
    camera = f"rtsp://me:secret@127.0.0.1:{closed_port()}/x"
    with Detecting(ball, lines=tmp_path / "lines.jsonl", config=config) as running:
        running.wait_for(0, FRAMES - 1)
        assert running.order("add", camera, "--name", "Yard").returncode == 0
        listed = running.order("list").stdout.splitlines()
        assert listed[0] == f"1\t{camera.replace('me:secret@', '')}\tYard"
        assert running.order("remove", camera).returncode == 0
        assert running.order("add", other, "--id", "other").returncode == 0
        running.wait_for(2, FRAMES - 1)
    assert running.process.returncode == 0, running.said
    assert running.written() == [(0, n) for n in range(FRAMES)] + [(2, n) for n in range(FRAMES)]
    assert f"{2 * FRAMES} frames of 2 sources" in running.printed
    assert "secret" not in running.said


def test_what_is_refused_is_one_sentence_and_exit_code_1(ball, config, tmp_path):
    with Detecting(ball, lines=tmp_path / "lines.jsonl", config=config) as running:
        running.wait_for(0)
        done = running.order("remove", "nothing.mp4")
        assert (done.returncode, done.stdout) == (1, "")
        start = (
            f"penstock: localhost:{running.port}: STREAM_REMOVE_FAIL, no source has the camera_id"
        )
        assert done.stderr.startswith(start)
        done = running.order("add", "nothing.mp4")
        assert "STREAM_ADD_FAIL, source nothing.mp4: there is no such file" in done.stderr


def test_where_nobody_listens_it_says_so():
    port = str(closed_port())
    done = penstock("sources", "list", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"penstock: nothing answers at localhost:{port}: ")


@pytest.mark.parametrize("port", ["0", "x", "70000"])
def test_a_port_that_cannot_be_is_refused(port):
    done = penstock("sources", "list", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith("penstock: port")


def test_a_port_that_is_taken_is_said_before_anything_is_written(ball, config, tmp_path):
    with Detecting(ball, lines=tmp_path / "lines.jsonl", config=config) as running:
        running.wait_for(0)
        output = tmp_path / "out.mp4"
        done = penstock(
            "detect", ball, "--model", config, "--rest", running.port, "--output", output
        )
        assert done.returncode == 1
        assert f"the REST server cannot listen at localhost:{running.port}" in done.stderr
        assert not output.exists()
