"""samples/deepstream-test1, run as its README says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from footage import detector

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "deepstream-test1"
FRAMES = 341


def run(*arguments, **options):
    command = [sys.executable, str(SAMPLE / "deepstream_test_1.py"), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=200, check=False, **options
    )


@pytest.fixture(scope="module")
def printed(crowd_h264):
    done = run(crowd_h264, "--no-sync")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_prints_every_frame_and_the_end_of_the_stream(printed):
    frames = [int(re.match(r"Frame Number=(\d+) ", line)[1]) for line in printed[:-1]]
    assert frames == list(range(FRAMES))
    assert printed[-1] == "End-of-stream"


def test_it_counts_the_crowd(printed):
    rows = [list(map(int, re.findall(r"=(\d+)", line))) for line in printed[:-1]]
    people = [row[3] for row in rows]
    assert 15 < min(people) < max(people) < 60
    assert 25 < sum(people) / len(people) < 40
    assert sum(row[2] for row in rows) < FRAMES / 10  # nearly no vehicles in a hall
    assert all(objects >= people + vehicles for _, objects, vehicles, people in rows)


def test_the_readme_shows_what_it_prints(printed):
    shown = (SAMPLE / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
    first, second, _, last, end = shown.splitlines()
    for ours, theirs in zip((first, second, last, end), (*printed[:2], *printed[-2:]), strict=True):
        assert re.sub(r"\d+", "N", ours) == re.sub(r"\d+", "N", theirs)
        numbers = zip(re.findall(r"\d+", ours), re.findall(r"\d+", theirs), strict=True)
        # Processors differ in the precision that is fastest: an object more or less.
        assert all(abs(int(a) - int(b)) <= 2 for a, b in numbers)


def test_the_readmes_first_command_makes_the_stream(tmp_path, data_dir):
    block = (SAMPLE / "README.md").read_text().partition("```sh\n")[2].partition("```")[0]
    make, play = block.strip().splitlines()
    assert play == "python deepstream_test_1.py crowd.h264"
    penstock = f"{sys.executable} -m penstock.cli"
    subprocess.run(
        make.replace("penstock", penstock, 1), shell=True, check=True, cwd=tmp_path, timeout=200
    )
    start = (tmp_path / "crowd.h264").read_bytes()[:4]
    assert start == b"\0\0\0\1"


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(tmp_path):
    done = run("nothing.h264", "--config", detector(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: Resource not found.\n"


def test_another_detector_can_be_named(crowd_h264, tmp_path):
    done = run(crowd_h264, "--no-sync", "--config", detector(tmp_path))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == FRAMES + 1
    assert "Person_count=3" in lines[-2]
