"""samples/face-anonymizer: faces are blurred, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from real_faces import area, cut, found, shown

from penstock import kit

FOLDER = Path(__file__).parents[2] / "samples" / "face-anonymizer"
SAMPLE = FOLDER / "face_anonymizer.py"


def run(*arguments):
    command = [sys.executable, str(SAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def video(data_dir, tmp_path_factory):
    source = data_dir / "video" / "one-by-one-person-detection.mp4"
    return cut(source, tmp_path_factory.mktemp("faces") / "faces.mp4")


@pytest.fixture(scope="module")
def before(video):
    return shown(video)


@pytest.fixture(scope="module")
def faces(video):
    """What the kit's detector is sure of: fewer than the sample blurs."""
    boxes = found(video, "yunet", label="face")
    assert sum(map(len, boxes)) >= 4
    return boxes


@pytest.fixture(scope="module")
def gap(faces):
    """The frame in which the detector loses the face for a moment."""
    (frame,) = [n for n in range(1, 11) if faces[n - 1] and not faces[n] and faces[n + 1]]
    return frame


def anonymized(video, target, *options):
    done = run(video.as_uri(), target, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return shown(target), done.stdout


def detail(picture):
    """What a picture has that a soft one has not: standard deviation, levels."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return (gray - cv2.GaussianBlur(gray, (0, 0), 3)).std()


def test_every_face_that_the_detector_is_sure_of_is_found(video, before, faces, tmp_path):
    after, said = anonymized(video, tmp_path / "out.mp4")
    frames, blurred = map(int, re.fullmatch(r"(\d+) frames, (\d+) faces blurred\n", said).groups())
    assert frames == len(after) == len(before)
    assert blurred >= sum(map(len, faces))


def test_faces_are_blurred_also_where_they_are_lost_for_a_moment(
    video, before, faces, gap, tmp_path
):
    after, _ = anonymized(video, tmp_path / "out.mp4", "--threshold", 0.7, "--hold", 3)
    for n, boxes in [*enumerate(faces), (gap, faces[gap - 1])]:
        for box in boxes:
            assert detail(before[n][area(box)]) > 4
            assert detail(after[n][area(box)]) < 0.4 * detail(before[n][area(box)])


def test_what_is_no_face_is_as_it_was(video, before, faces, gap, tmp_path):
    after, _ = anonymized(video, tmp_path / "out.mp4", "--threshold", 0.7, "--hold", 0)
    for n, boxes in enumerate(faces):
        untouched = np.ones(before[n].shape[:2], bool)
        for left, top, width, height in boxes:
            margin = (left - 0.2 * width, top - 0.2 * height, 1.4 * width, 1.4 * height)
            untouched[area(margin, grow_px=4)] = False
        difference = cv2.absdiff(after[n], before[n]).max(axis=2)
        for box in boxes:
            near = area(box, grow_px=80)
            assert (difference[near][untouched[near]] > 30).mean() < 0.01
        assert difference[untouched].mean() < 5
        assert untouched.all() or difference[~untouched].mean() > 10
    lost = area(faces[gap - 1][0])
    assert detail(after[gap][lost]) > 0.7 * detail(before[gap][lost])


def test_faces_are_looked_for_in_persons_where_that_is_asked_for(tmp_path):
    done = run(kit.get("bus").as_uri(), tmp_path / "out.mp4", "--persons", "--size", "1280x720")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"1 frames, [2-9] faces blurred", done.stdout)
    assert shown(tmp_path / "out.mp4", size=(1280, 720)).shape == (1, 720, 1280, 3)


def test_an_output_of_another_kind_is_refused(tmp_path):
    done = run("file:///x.mp4", tmp_path / "x.avi")
    assert done.returncode == 2
    assert "output: an .mp4 is written, not" in done.stderr


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(tmp_path):
    done = run("file:///nowhere/nothing.mp4", tmp_path / "x.mp4")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    options = set(re.findall(r"^  (--[\w-]+)", run("--help").stdout, re.M))
    assert len(options) == 6
    for option in options:
        assert f"`{option}`" in readme, option
