"""samples/deepstream-segmentation: class maps of pictures, as coloured pictures."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from onnx_models import save_model
from penstock.osd import CLASS_COLORS

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-segmentation"
SAMPLE = FOLDER / "deepstream_segmentation.py"
RED, BLUE = 0, 2  # classes: the network's are the colours


def run(*arguments):
    command = [sys.executable, str(SAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network whose classes are the colours, and pictures, red on the left and blue beside."""
    path = tmp_path_factory.mktemp("segmentation")
    save_model(
        path / "colours.onnx",
        [("Relu", ["image"], ["colours"], {})],
        inputs={"image": [1, 3, 24, 32]},
        outputs={"colours": [1, 3, 24, 32]},
    )
    keys = ["onnx-file=colours.onnx", "network-type=2", "net-scale-factor=0.0039215686274"]
    (path / "config.txt").write_text("\n".join(["[property]", *keys, ""]))
    parts = []
    for share in (0.25, 0.5):
        picture = np.zeros((240, 320, 3), np.uint8)
        picture[:, : round(320 * share), 2] = 250
        picture[:, round(320 * share) :, 0] = 250
        parts.append(cv2.imencode(".jpg", picture)[1].tobytes())
    (path / "one.jpg").write_bytes(parts[0])
    (path / "both.mjpeg").write_bytes(b"".join(parts))
    return path


def share_of(file, class_id):
    """How much of a picture has the colour of a class."""
    picture = cv2.imread(str(file))[..., ::-1].astype(int)
    distance = np.abs(picture - CLASS_COLORS[class_id + 1]).max(axis=2)
    return (distance < 40).mean()


@pytest.mark.parametrize(("name", "shares"), [("one.jpg", [0.25]), ("both.mjpeg", [0.25, 0.5])])
def test_every_picture_becomes_one_of_its_classes_colours(folder, tmp_path, name, shares):
    done = run(folder / name, tmp_path / "out", "--config", folder / "config.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{number}.jpg" for number in range(len(shares))
    ]
    for number, share in enumerate(shares):
        file = tmp_path / "out" / f"{number}.jpg"
        assert share_of(file, RED) == pytest.approx(share, abs=0.05)
        assert share_of(file, BLUE) == pytest.approx(1 - share, abs=0.05)
        assert f"Frame Number={number} 32x24 3 classes 0:" in done.stdout
    assert done.stdout.endswith("End-of-stream\n")


def test_the_kits_network_finds_the_bus_and_the_people(data_dir, tmp_path):
    done = run(data_dir / "bus.jpg", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    shares = dict(re.findall(r"(\d+):([\d.]+)%", done.stdout.splitlines()[0]))
    assert 25 < float(shares["6"]) < 35  # bus
    assert 10 < float(shares["15"]) < 17  # person
    assert share_of(tmp_path / "out" / "0.jpg", 6) == pytest.approx(0.3, abs=0.05)


def test_a_folder_that_is_there_already_is_left_alone(folder, tmp_path):
    done = run(folder / "one.jpg", tmp_path, "--config", folder / "config.txt")
    assert done.returncode == 2
    assert "is there already; name another one" in done.stderr


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    text = run("--help").stdout
    for option in set(re.findall(r"^  .*?(--[\w-]+)", text, re.M)) - {"--help"}:
        assert f"`{option}`" in readme, option
