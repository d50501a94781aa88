"""samples/deepstream-test1-usbcam: a camera of this kernel if it has one, or a substitute."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from footage import clip, detector

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-test1-usbcam"
SAMPLE = FOLDER / "deepstream_test_1_usb.py"
CAMERA = Path("/dev/video0")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


def words(*arguments):
    return [sys.executable, *map(str, (SAMPLE, *arguments))]


def run(*arguments):
    return subprocess.run(
        words(*arguments), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(
    not CAMERA.exists(),
    reason=f"there is no {CAMERA}: that frames of a real camera are read is not tested here; "
    "plug one in, or load the kernel's virtual one (modprobe vivid), and run again",
)
def test_the_frames_of_a_camera_are_counted(config):
    with subprocess.Popen(
        words(CAMERA, "--config", config), stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _ in range(10)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert all(line.startswith(f"Frame Number={n} ") for n, line in enumerate(lines))


def test_a_video_plays_in_its_place_and_it_says_so(config, tmp_path):
    video = clip(tmp_path / "ball.mp4", frames=25)
    done = run(CAMERA, "--substitute", video, "--config", config)
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first == f"No camera: {video} plays in place of {CAMERA}"
    counted = r"Frame Number=(\d+) Number of Objects=[1-9]\d* Vehicle_count=0 Person_count=[1-9]\d*"
    assert [int(re.fullmatch(counted, line)[1]) for line in rest[:-1]] == list(range(25))
    assert rest[-1] == "End-of-stream"


def test_where_there_is_no_camera_it_names_the_substitute(config):
    done = run("/dev/no-camera", "--config", config)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: there is no camera /dev/no-camera here; "
        "--substitute VIDEO plays a video in its place\n"
    )


def test_a_device_that_is_no_camera_ends_it_with_a_sentence_and_exit_code_1(config):
    done = run("/dev/null", "--config", config)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: .*/dev/null.*\n", done.stderr), done.stderr


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    assert f"python {SAMPLE.name} /dev/video0" in readme
    for option in re.findall(r"^  .*?(--[\w-]+)", run("--help").stdout, re.M):
        assert option == "--help" or f"{option} " in readme or f"`{option}`" in readme, option
