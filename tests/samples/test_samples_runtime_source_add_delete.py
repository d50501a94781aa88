"""samples/deepstream-runtime-source-add-delete: streams come and go."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from footage import clip, detector
from rtsp import RtspServer

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-runtime-source-add-delete"
SAMPLE = FOLDER / "deepstream_rt_src_add_del.py"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


def run(*arguments):
    words = [sys.executable, *map(str, (SAMPLE, *arguments))]
    return subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)


def changes(printed, word):
    return [int(number) for number in re.findall(rf"Calling {word} (\d+)", printed)]


def test_cameras_join_one_after_the_other_and_leave_again(config):
    with RtspServer() as server:
        done = run(server.url, "--interval", 0.8, "--config", config, "--no-display")
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr
    assert changes(done.stdout, "Start") == [0, 1, 2, 3]
    assert sorted(changes(done.stdout, "Stop")) == [0, 1, 2, 3]
    last = done.stdout.splitlines()[-1]
    assert last == "All sources stopped quitting"
    assert done.stdout.index("Calling Start 3") < done.stdout.index("Calling Stop")


def test_videos_that_end_leave_by_themselves(config, tmp_path):
    video = clip(tmp_path / "ball.mp4").as_uri()
    done = run(video, "--interval", 1, "--most", 2, "--config", config, "--no-display")
    assert done.returncode == 0, done.stderr
    assert changes(done.stdout, "Start") == [0, 1]
    assert "Got EOS from stream 0\nCalling Stop 0\n" in done.stdout
    assert done.stdout.endswith("All sources stopped quitting\n")


def test_a_video_that_is_not_there_ends_it_with_a_sentence_and_exit_code_1(config):
    done = run("file:///nothing.mp4", "--config", config, "--no-display")
    assert done.returncode == 1
    assert done.stderr == "Error: Resource not found.\n"


def test_the_readme_lists_its_options(config):
    listed = re.findall(r"^\| `(--[a-z-]+)`", (FOLDER / "README.md").read_text(), re.MULTILINE)
    shown = re.findall(r"^  (--[a-z-]+)", run("--help").stdout, re.MULTILINE)
    assert listed == shown
