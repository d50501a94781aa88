"""samples/deepstream-test2: a detector, a tracker, two classifiers."""

import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from footage import clip, detector, gst
from onnx_models import save_model

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-test2"
SAMPLE = FOLDER / "deepstream_test_2.py"
FRAMES = 30


def run(*arguments):
    command = [sys.executable, str(SAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def parked(data_dir, tmp_path_factory):
    """The first seconds of the stream that the README makes."""
    target = tmp_path_factory.mktemp("vtest") / "vtest.h264"
    gst(
        f"filesrc location={data_dir / 'video' / 'vtest.avi'} ! avidemux "
        f"! identity eos-after={FRAMES + 1} ! avdec_msmpeg4 ! videoconvert ! x264enc threads=1 "
        f"! video/x-h264,stream-format=byte-stream ! filesink location={target}"
    )
    return target


@pytest.fixture(scope="module")
def printed(parked):
    done = run(parked, "--no-sync", "--past")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_it_counts_in_every_frame(printed):
    lines = [line for line in printed if line.startswith("Frame Number=")]
    rows = [list(map(int, re.findall(r"=(\d+)", line))) for line in lines]
    assert [row[0] for row in rows] == list(range(FRAMES))
    # Processors differ in the precision that is fastest: an object more or less.
    assert all(1 <= row[2] <= 3 for row in rows)
    assert median(row[2] for row in rows) == 2
    assert all(2 <= row[3] <= 8 for row in rows)
    assert printed[-1] == "End-of-stream"


def test_the_parked_van_is_one_track_and_a_van_for_both(printed):
    said = [line for line in printed if line.startswith("Object ") and "(truck)" in line]
    assert len(said) == 1
    assert re.search(r"van \(0\.\d\d\), moving van \(0\.\d\d\)$", said[0])


def test_persons_are_not_asked_what_vehicle_they_are(printed):
    assert not any(line.startswith("Object ") and "(person)" in line for line in printed)


def test_past_frames_are_those_before_the_track_was_sure(printed):
    text = "\n".join(printed)
    assert "streamId=0 surfaceStreamID=0" in text
    first = re.search(
        r"numobj=(\d+) uniqueId=(\d+) classId=7 objLabel=truck\n((?:frameNum: .*\n)+)", text
    )
    frames = [int(n) for n in re.findall(r"frameNum: (\d+) ", first[3])]
    assert frames == list(range(int(first[1])))
    assert re.search(r"tBbox\.left: \d+ tBbox\.top: \d+ .*confidence: [01]\.\d+ age: 0\n", first[3])


def test_the_readme_shows_what_it_prints_and_names_every_option(printed):
    readme = (FOLDER / "README.md").read_text()
    shown = readme.partition("```text\n")[2].partition("```")[0].splitlines()
    assert re.sub(r"\d+", "N", shown[0]) == re.sub(r"\d+", "N", printed[0])
    pattern = re.sub(r"\d\\\.\d\d", r"0\\.\\d\\d", re.escape(shown[2]))
    assert any(re.fullmatch(pattern, line) for line in printed), pattern
    options = set(re.findall(r"^  (--[\w-]+)", run("--help").stdout, re.M))
    assert len(options) == 6
    for option in options:
        assert f"`{option}`" in readme, option


def test_other_models_and_trackers_can_be_named(tmp_path):
    pgie = detector(tmp_path)
    save_model(
        tmp_path / "light.onnx",
        [
            ("ReduceMean", ["image"], ["mean"], {"axes": [1, 2, 3], "keepdims": 1}),
            ("Reshape", ["mean", "flat"], ["one"], {}),
            ("Mul", ["one", "w"], ["both"], {}),
            ("Add", ["both", "b"], ["light"], {}),
        ],
        inputs={"image": ["n", 3, 32, 32]},
        outputs={"light": ["n", 2]},
        constants={
            "flat": np.array([-1, 1]),
            "w": np.array([[-1, 1]], np.float32),
            "b": np.array([[1, 0]], np.float32),
        },
    )
    (tmp_path / "lights.txt").write_text("dark;bright\n")
    sgie = tmp_path / "sgie.txt"
    sgie.write_text(
        "[property]\nonnx-file=light.onnx\nlabelfile-path=lights.txt\nnetwork-type=1\n"
        "process-mode=2\noperate-on-gie-id=1\nnet-scale-factor=0.0039\nbatch-size=16\n"
    )
    video = clip(tmp_path / "ball.h264", frames=10)
    models = ("--detector", pgie, "--classifier1", sgie, "--classifier2", sgie)
    done = run(video, *models, "--tracker", "IOU", "--no-sync")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"^Object \d+ \(person\): dark \([01]\.\d\d\), dark \([01]\.\d\d\)$", done.stdout, re.M
    )
    assert "streamId" not in done.stdout


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1():
    done = run("nothing.h264")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: Resource not found.\n"
