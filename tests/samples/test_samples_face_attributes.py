"""samples/face-attributes: faces, their age and gender."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from footage import pictures
from penstock import kit

FOLDER = Path(__file__).parents[2] / "samples" / "face-attributes"
SAMPLE = FOLDER / "face_attributes.py"


def run(*arguments):
    command = [sys.executable, str(SAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def bus():
    return kit.get("bus").as_uri()


def test_the_picture_of_the_readme_has_two_men(bus, tmp_path):
    done = run(bus, "--output", tmp_path / "faces.jpg")
    assert (done.returncode, done.stderr) == (0, "")
    shown = (FOLDER / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
    printed = done.stdout.splitlines()
    for ours, theirs in zip(shown.splitlines(), printed, strict=True):
        assert re.sub(r"\d+", "N", ours) == re.sub(r"\d+", "N", theirs)
    ages = [int(age) for age in re.findall(r"age (\d+)", done.stdout)]
    assert len(ages) == 2
    assert all(20 <= age <= 55 for age in ages)
    assert re.findall(r"gender (\w+)", done.stdout) == ["male", "male"]
    drawn = cv2.imread(str(tmp_path / "faces.jpg"))
    assert drawn.shape == (1080, 1920, 3)
    left, top = map(int, re.search(r"at (\d+),(\d+) ", printed[0]).groups())
    border = drawn[top + 20, left - 2 : left + 3].astype(int)
    assert (border[:, 2] - border[:, :2].max(axis=1)).max() > 80  # red


def test_faces_are_looked_for_in_persons_where_that_is_asked_for(bus, tmp_path):
    done = run(bus, "--persons", "--output", tmp_path / "faces.jpg")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^Frame 0: face at \d+,\d+ \d+x\d+: age \d+ .*, gender male ", done.stdout)


def test_a_video_is_written_and_a_tracked_face_keeps_its_answer(tmp_path):
    """The same picture again and again: the answer of the first look stays."""
    picture = cv2.imread(str(kit.get("bus")))[350:550, 0:500]
    path = tmp_path / "men.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (1000, 400))
    for _ in range(8):
        video.write(cv2.resize(picture, (1000, 400)))
    video.release()
    done = run(path.as_uri(), "--output", tmp_path / "faces.mp4")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(pictures(tmp_path / "faces.mp4")) == {(1920, 1080)}
    answers = [line.partition(": age")[2] for line in done.stdout.splitlines() if "age" in line]
    assert len(answers) >= 14
    assert len(set(answers[6:])) <= 2  # two men


def test_an_output_of_another_kind_is_refused(tmp_path):
    done = run("file:///x.mp4", "--output", tmp_path / "x.gif")
    assert done.returncode == 2
    assert "--output writes .mp4 or .jpg, not" in done.stderr


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1():
    done = run("file:///nowhere/nothing.mp4", "--no-sync")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    options = set(re.findall(r"^  (--[\w-]+)", run("--help").stdout, re.M))
    assert len(options) == 3
    for option in options:
        assert f"`{option}`" in readme, option
