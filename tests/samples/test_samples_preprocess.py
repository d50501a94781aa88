"""samples/deepstream-preprocess-test: regions of several streams, watched by a client."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from footage import clip, detector
from penstock.config import PreprocessConfig
from ports import free_port
from rtsp_client import Player

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-preprocess-test"
SAMPLE = FOLDER / "deepstream_preprocess_test.py"
REGIONS = """\
[property]
target-unique-ids=1
network-input-shape=8;3;272;480
[user-configs]
pixel-normalization-factor=0.00392156862745098
[group-0]
src-ids=0;1
process-on-roi=1
draw-roi=1
roi-color=1;0;0;1
roi-params-src-0=0;0;960;540;960;540;960;540
roi-params-src-1=480;270;480;270
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A detector that finds something everywhere, its regions, and two videos."""
    path = tmp_path_factory.mktemp("preprocess")
    detector(path)
    (path / "regions.txt").write_text(REGIONS)
    for name, frames in (("long", 600), ("short", 12)):
        clip(path / f"{name}.mp4", frames=frames)
    return path


@contextmanager
def running(folder, *videos):
    """The sample in a process of its own, and what it prints, line by line."""
    words = [sys.executable, SAMPLE, "-i", *((folder / name).as_uri() for name in videos)]
    words += ["--config", folder / "config_infer.txt", "--preprocess", folder / "regions.txt"]
    words += ["--rtsp-port", free_port(socket.SOCK_STREAM)]
    words += ["--udp-port", free_port(socket.SOCK_DGRAM)]
    with subprocess.Popen(
        list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_every_frame_of_every_stream_is_told_to_the_end(folder):
    with running(folder, "short.mp4", "short.mp4") as process:
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    for source in range(2):
        found = re.findall(
            rf"^Frame Number=(\d+) Source={source} Number of Objects=[1-9]\d* Vehicle_count=0 "
            r"Person_count=[1-9]",
            printed,
            re.MULTILINE,
        )
        assert [int(number) for number in found] == list(range(12))
    assert printed.endswith("End-of-stream\n")
    assert said == ""


def test_it_is_served_until_ctrl_c(folder):
    with running(folder, "long.mp4") as process:
        lines = iter(process.stdout.readline, "")
        launched = next(line for line in lines if "Launched RTSP Streaming" in line)
        next(line for line in lines if line.startswith("Frame Number=3 "))
        with Player(re.search(r"rtsp://\S+", launched)[0]) as player:
            seen = player.pictures(20)[-1]
        assert (seen.width, seen.height) == (1280, 720)
        assert seen.rgb[0] > seen.rgb[2] + 0.5  # red boxes on a gray video
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert said.endswith("Stopped\n")


def test_the_samples_own_regions_are_for_four_streams_and_the_kits_detector():
    config = PreprocessConfig.read(FOLDER / "config_preprocess.txt")
    assert config.warnings == ()
    assert (config.shape, config.target_ids) == ((8, 3, 352, 608), {1})
    (group,) = config.groups
    assert [len(group.rois[source]) for source in range(4)] == [2] * 4


def test_wrong_regions_are_named(folder):
    (folder / "wrong").mkdir()
    (folder / "wrong" / "regions.txt").write_text(REGIONS.replace(";270;480;270", ""))
    words = [sys.executable, SAMPLE, "-i", (folder / "short.mp4").as_uri()]
    words += ["--config", folder / "config_infer.txt"]
    words += ["--preprocess", folder / "wrong" / "regions.txt"]
    words += ["--rtsp-port", free_port(socket.SOCK_STREAM)]
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "[group-0] roi-params-src-1: wanted regions x;y;width;height" in done.stderr


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    text = subprocess.run(
        [sys.executable, SAMPLE, "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in set(re.findall(r"^  .*?(--[\w-]+)", text, re.M)) - {"--help"}:
        assert f"`{option}`" in readme, option
