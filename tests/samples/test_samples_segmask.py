"""samples/deepstream-segmask: masks of people, drawn and saved."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from footage import clip, gst
from onnx_models import save_model

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-segmask"
SAMPLE = FOLDER / "deepstream_segmask.py"
FRAMES = 3


def run(*arguments):
    command = [sys.executable, str(SAMPLE), *map(str, arguments), "--no-sync"]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network that always finds one box with a mask of its upper half, and a video."""
    path = tmp_path_factory.mktemp("segmask")
    upper = np.zeros((1, 1, 1, 28, 28), np.float32)
    upper[..., :14, :] = 1
    constants = {
        "boxes_": np.array([[[8, 6, 24, 18]]], np.float32),
        "scores_": np.array([[0.9]], np.float32),
        "labels_": np.array([[0.0]], np.float32),
        "masks_": upper,
    }
    names = ("boxes", "scores", "labels", "masks")
    save_model(
        path / "masks.onnx",
        [
            ("ReduceMax", ["image"], ["most"], {"keepdims": 0}),
            ("Mul", ["most", "none"], ["zero"], {}),
            *[("Add", [f"{name}_", "zero"], [name], {}) for name in names],
        ],
        inputs={"image": [1, 3, 24, 32]},
        outputs={name: list(constants[f"{name}_"].shape) for name in names},
        constants={**constants, "none": np.float32(0)},
        metadata={"penstock.boxes": "xyxy"},
    )
    keys = ["onnx-file=masks.onnx", "num-detected-classes=1", "network-type=3", "cluster-mode=4"]
    keys += ["output-instance-mask=1", "net-scale-factor=0.0039215686274"]
    (path / "config.txt").write_text("\n".join(["[property]", *keys, ""]))
    clip(path / "gray.mp4", frames=FRAMES)
    return path


def test_one_network_may_give_boxes_and_masks_of_every_stream(folder, tmp_path):
    uri = (folder / "gray.mp4").as_uri()
    out = tmp_path / "out"
    done = run("-i", uri, uri, "-o", out, "--config", folder / "config.txt")
    assert (done.returncode, done.stderr) == (0, "")
    for source in range(2):
        for number in range(FRAMES):
            said = f"Frame Number={number} Source={source} Number of Objects=1 Masks=1\n"
            assert said in done.stdout
            picture = cv2.imread(str(out / f"stream_{source}" / f"frame_{number}.jpg"), 0)
            assert picture.shape == (1080, 1920)
            white = picture > 127
            assert white[275:535, 485:1435].all()  # the upper half of the box, frame pixels
            white[265:545, 475:1445] = False
            assert not white.any()


def test_the_kits_networks_find_the_outlines_of_people(data_dir, tmp_path):
    video = data_dir / "video" / "one-by-one-person-detection.mp4"
    short = tmp_path / "short.mp4"
    gst(
        f"filesrc location={video} ! qtdemux ! h264parse ! identity eos-after=310 "
        f"! avdec_h264 ! videorate drop-only=true max-rate=1 ! x264enc ! mp4mux "
        f"! filesink location={short}"
    )
    done = run("-i", short.as_uri(), "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = [list(map(int, re.findall(r"=(\d+)", line))) for line in done.stdout.splitlines()[:-1]]
    persons = [row for row in rows if row[3]]
    assert persons
    number = persons[-1][0]
    mask = cv2.imread(str(tmp_path / "out" / "stream_0" / f"frame_{number}.jpg"), 0) > 127
    capture = cv2.VideoCapture(str(short))
    capture.set(cv2.CAP_PROP_POS_FRAMES, number)
    frame = cv2.resize(capture.read()[1], (1920, 1080))
    # A person in dark clothes before a white wall.
    assert 0.02 < mask.mean() < 0.3
    assert frame[mask].mean() < frame[~mask].mean() - 40


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    text = subprocess.run(
        [sys.executable, SAMPLE, "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in set(re.findall(r"^  .*?(--[\w-]+)", text, re.M)) - {"--help"}:
        assert f"`{option}`" in readme, option
