"""samples/custom-user-meta, run as its README says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "samples" / "custom-user-meta"
FRAMES = 341


def run(*arguments):
    command = [sys.executable, str(SAMPLE / "custom_user_meta.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def printed(crowd_h264):
    done = run(crowd_h264)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_every_frame_brings_its_struct_along(printed):
    pattern = r"Frame Number=(\d+) structId=(\d+) message='written at frame (\d+)' sampleInt=(\d+)"
    rows = [tuple(map(int, re.fullmatch(pattern, line).groups())) for line in printed[:-1]]
    assert rows == [(n, n, n, n + 1) for n in range(FRAMES)]
    assert printed[-1] == "End-of-stream"


def test_the_readme_shows_what_it_prints(printed):
    readme = (SAMPLE / "README.md").read_text()
    first, second, _, last, end = readme.partition("```text\n")[2].partition("```")[0].splitlines()
    assert [first, second, last, end] == [printed[0], printed[1], printed[-2], printed[-1]]
    assert "python custom_user_meta.py crowd.h264" in readme


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1():
    done = run("nothing.h264")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: Resource not found.\n"


def test_it_needs_nothing_that_deepstream_does_not_have():
    text = (SAMPLE / "custom_user_meta.py").read_text()
    modules = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert "penstock" not in modules
    assert modules <= {"__future__", "argparse", "sys", "collections", "typing", "gi", "pyds"}
