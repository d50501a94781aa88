"""samples/deepstream-imagedata-multistream: what the detector doubts is marked and saved."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from real_faces import shown, written

from footage import detector

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-imagedata-multistream"
SAMPLE = FOLDER / "deepstream_imagedata-multistream.py"
CELL = 16  # of the network; the video has the size of its input
BLACK, GRAY = (6 * CELL, 4 * CELL), (20 * CELL, 10 * CELL)  # left, top; 3 x 3 cells
SCALE = 4  # from these pixels to those of the frames, 1920 wide


def run(*arguments):
    command = [sys.executable, *map(str, (SAMPLE, *arguments))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A network that is sure of black and doubts gray: 0.8 and 0.34."""
    folder = tmp_path_factory.mktemp("detector")
    config = detector(folder)
    text = config.read_text()
    config.write_text(text.replace("pre-cluster-threshold=0.5", "pre-cluster-threshold=0.25"))
    model = onnx.load(folder / "detector.onnx")
    for tensor in model.graph.initializer:
        if tensor.name in "wb":
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) / 8, tensor.name))
    onnx.save(model, folder / "detector.onnx")
    return config


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """31 frames with a black and a gray square, 31 with a black one only."""
    folder = tmp_path_factory.mktemp("scenes")
    white = np.full((270, 480, 3), 255, np.uint8)
    cv2.rectangle(white, BLACK, (BLACK[0] + 47, BLACK[1] + 47), (0, 0, 0), -1)
    both = white.copy()
    cv2.rectangle(both, GRAY, (GRAY[0] + 47, GRAY[1] + 47), (110, 110, 110), -1)
    return [
        written([picture] * 31, folder / f"{name}.mp4")
        for name, picture in (("both", both), ("sure", white))
    ]


@pytest.fixture(scope="module")
def done(scenes, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    uris = [scene.as_uri() for scene in scenes]
    done = run(*uris, folder / "out", "--config", config, "--output", folder / "wall.mp4")
    assert (done.returncode, done.stderr) == (0, "")
    return done, folder


def test_every_frame_of_every_stream_is_counted(done):
    printed = done[0].stdout
    for source in (0, 1):
        seen = re.findall(
            rf"Frame Number=(\d+) Source={source} Number of Objects=[1-9]\d* Vehicle_count=0 "
            r"Person_count=[1-9]",
            printed,
        )
        assert [int(number) for number in seen] == list(range(31))
    assert printed.endswith("End-of-stream\n")


def test_one_frame_in_thirty_with_an_object_in_doubt_is_saved(done):
    saved = {path.name: sorted(p.name for p in path.iterdir()) for path in done[1].glob("out/*")}
    assert saved == {"stream_0": ["frame_0.jpg", "frame_30.jpg"], "stream_1": []}


def yellow(picture):
    """Where an RGB picture shows what the sample draws."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return (red > 150) & (green > 120) & (blue < 120)


def test_only_what_is_in_doubt_is_marked(done, scenes):
    before = shown(scenes[0])[30]
    saved = cv2.imread(str(done[1] / "out" / "stream_0" / "frame_30.jpg"))[:, :, ::-1]
    assert saved.shape == before.shape == (1080, 1920, 3)
    marks = yellow(saved)
    assert marks.sum() > 500
    rows, columns = np.nonzero(marks)
    left, top = (value * SCALE for value in GRAY)
    assert left - 100 < columns.min() < columns.max() < left + 12 * CELL + 200
    assert top - 100 < rows.min() < rows.max() < top + 12 * CELL + 100
    untouched = np.ones(before.shape[:2], bool)
    untouched[top - 120 : top + 312, left - 120 : left + 420] = False
    assert np.abs(saved.astype(int) - before).mean(axis=2)[untouched].mean() < 2


def test_what_is_drawn_is_seen_downstream(done):
    """Streams lie side by side: 640 x 720 each."""
    wall = shown(done[1] / "wall.mp4", size=(1280, 720))
    counts = [(yellow(frame[:, :640]).sum(), yellow(frame[:, 640:]).sum()) for frame in wall]
    assert len(counts) >= 31
    assert sum(left > 50 for left, _ in counts) >= 2  # more where a stream is late, or has ended
    assert max(right for _, right in counts) == 0


def test_a_folder_that_exists_is_refused(tmp_path):
    done = run("file:///x.mp4", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path} exists already; name a folder that does not\n"


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(tmp_path, config):
    done = run("file:///nowhere/nothing.mp4", tmp_path / "out", "--config", config, "--no-display")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    options = set(re.findall(r"^  (--[\w-]+)", run("--help").stdout, re.M))
    assert len(options) == 3
    for option in options:
        assert f"`{option}`" in readme, option
