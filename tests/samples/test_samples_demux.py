"""samples/deepstream-demux-multi-in-multi-out: together through the detector, and apart again."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from footage import clip, detector, pictures
from rtsp import RtspServer

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-demux-multi-in-multi-out"
SAMPLE = FOLDER / "deepstream_demux_multi_in_multi_out.py"
FRAMES = (30, 15)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A white ball on black, which has objects, and white, which has none."""
    folder = tmp_path_factory.mktemp("clips")
    return [
        clip(folder / f"{pattern}.mp4", frames=frames, pattern=pattern).as_uri()
        for pattern, frames in zip(("ball", "white"), FRAMES, strict=True)
    ]


def words(*arguments):
    return [sys.executable, *map(str, (SAMPLE, *arguments))]


def run(*arguments):
    return subprocess.run(
        words(*arguments), capture_output=True, text=True, timeout=60, check=False
    )


def numbers(pattern, text):
    return [int(number) for number in re.findall(pattern, text)]


def read_until(process, is_enough):
    printed = ""
    while not is_enough(printed):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        printed += line


def test_each_stream_becomes_a_file_of_its_own_with_its_own_objects(clips, config, tmp_path):
    done = run("-i", *clips, "-o", tmp_path / "out", "--config", config)
    assert done.returncode == 0, done.stderr
    for number, (frames, objects) in enumerate(zip(FRAMES, ("[1-9]", "0"), strict=True)):
        line = rf"Branch={number} Source={number} Frame Number=(\d+) Number of Objects={objects}"
        assert numbers(line, done.stdout) == list(range(frames))
        assert f"Got EOS from stream {number}\n" in done.stdout
        assert pictures(tmp_path / "out" / f"stream-{number}.mp4") == [(1920, 1080)] * frames
    assert len(re.findall("^Branch=", done.stdout, re.M)) == sum(FRAMES)
    assert done.stdout.endswith("End-of-stream\n")


def test_windows_where_no_folder_is_given(clips, config):
    done = run("-i", *clips, "--config", config)
    assert done.returncode == 0, done.stderr
    for number, frames in enumerate(FRAMES):
        assert numbers(rf"Branch={number} .*Number=(\d+) ", done.stdout) == list(range(frames))


def test_a_camera_that_is_away_holds_nobody_up_and_ctrl_c_closes_the_files(config, tmp_path):
    with RtspServer(width=320, height=180) as one, RtspServer(width=320, height=180) as two:
        options = ("-i", one.url, two.url, "-o", tmp_path, "--config", config)
        with subprocess.Popen(
            words(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            read_until(process, lambda text: "Branch=0 " in text and "Branch=1 " in text)
            one.kill()
            read_until(process, lambda text: text.count("Branch=1 ") == 40)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopping\n" in said
    assert len(pictures(tmp_path / "stream-1.mp4")) >= 40


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(clips, config):
    done = run("-i", clips[0], "file:///nowhere/nothing.mp4", "--config", config)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Resource not found.\n")
    assert done.stderr.endswith('No such file "/nowhere/nothing.mp4"\n')


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    assert f"python {SAMPLE.name} -i " in readme
    for option in re.findall(r"^  .*?(--[\w-]+)", run("--help").stdout, re.M):
        assert option == "--help" or f"`{option}`" in readme, option
