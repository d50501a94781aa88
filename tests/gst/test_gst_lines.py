"""Every element's module shows a `gst-launch-1.0` line: here they run, as users paste them."""

import os
import shlex
import subprocess
from importlib import import_module

import numpy as np
import pytest

from onnx_models import save_model
from penstock.cli.environment import variables
from penstock.elements import TABLE
from streams import Gst, error_text, finish

BY_PROGRAM = ("nvdsosd", "nvinfer", "nvmultistreamtiler", "nvvideoconvert")
CONFIG = """
[property]
onnx-file=detector.onnx
num-detected-classes=1
net-scale-factor=0.00392156862745098
cluster-mode=2
"""
SEGMENTATION = """
[property]
onnx-file=pixels.onnx
network-type=2
net-scale-factor=0.00392156862745098
"""
DEWARPER = """
[surface0]
projection-type=4
src-fov=120
[surface1]
projection-type=4
src-fov=120
yaw=20
"""
ANALYTICS = """
[property]
config-width=640
config-height=360
[line-crossing-stream-0]
line-crossing-Exit=100;100;100;200;0;150;640;150
"""
SERVER = """
infer_config {
  backend { triton { model_name: "detector" model_repo { root: "repository" } } }
  preprocess { normalize { scale_factor: 0.00392156862745098 } }
  postprocess { detection { num_detected_classes: 1 nms {} } }
}
"""
POST = "property: {gie-unique-id: 1, num-detected-classes: 1, parse-bbox-func-name: parse}"
PREPROCESS = """
[property]
target-unique-ids=15
network-input-shape=1;3;24;32
[user-configs]
pixel-normalization-factor=0.00392156862745098
[group-0]
src-ids=-1
process-on-roi=1
roi-params-src-0=0;0;320;360;320;0;320;360
"""


def line_of(factory):
    """The line, and the docstring that shows it."""
    text = import_module(f"penstock.elements.{factory}").__doc__
    start = text.index("gst-launch-1.0 ")
    return " ".join(text[start:].split("\n\n")[0].split()), text


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A folder with the files that the lines name: a video, a network's configuration."""
    folder = tmp_path_factory.mktemp("street")
    video = Gst.parse_launch(
        "videotestsrc num-buffers=5 ! video/x-raw,width=320,height=180,framerate=25/1 "
        f"! x264enc speed-preset=ultrafast ! mp4mux ! filesink location={folder}/street.mp4"
    )
    assert finish(video).type == Gst.MessageType.EOS
    save_model(
        folder / "detector.onnx",
        [
            ("GlobalAveragePool", ["x"], ["mean"], {}),
            ("ReduceMax", ["mean"], ["most"], {"axes": [1, 2, 3], "keepdims": 1}),
            ("Reshape", ["most", "one"], ["bright"], {}),
            ("Add", ["bright", "box"], ["boxes"], {}),
            ("Add", ["bright", "score"], ["scores"], {}),
        ],
        inputs={"x": [1, 3, 24, 32]},
        outputs={"boxes": [1, 1, 4], "scores": [1, 1, 1]},
        constants={
            "one": np.array([1, 1, 1]),
            "box": np.array([[[4, 4, 20, 16]]], np.float32),
            "score": np.array([[[0.5]]], np.float32),
        },
    )
    save_model(
        folder / "pixels.onnx",
        [("Relu", ["x"], ["colours"], {})],
        inputs={"x": [1, 3, 24, 32]},
        outputs={"colours": [1, 3, 24, 32]},
    )
    (folder / "config_infer.txt").write_text(CONFIG)
    (folder / "config_infer_2.txt").write_text(f"{CONFIG}gie-unique-id=2\n")
    (folder / "parsers.py").write_text("def parse(outputs, context):\n    return []\n")
    (folder / "config_post.yml").write_text(POST)
    (folder / "config_segmentation.txt").write_text(SEGMENTATION)
    (folder / "config_inferserver.txt").write_text(SERVER)
    version = folder / "repository" / "detector" / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").symlink_to(folder / "detector.onnx")
    (folder / "config_dewarper.txt").write_text(DEWARPER)
    (folder / "config_analytics.txt").write_text(ANALYTICS)
    (folder / "config_preprocess.txt").write_text(PREPROCESS)
    return folder


def here(line, street):
    return line.replace("file:///street.mp4", (street / "street.mp4").as_uri())


@pytest.mark.parametrize("factory", TABLE)
def test_the_docstring_opens_with_the_factory_and_shows_a_line_that_uses_it(factory):
    line, text = line_of(factory)
    assert text.startswith(f"`{factory}`: ")
    assert factory in shlex.split(line)


@pytest.mark.parametrize("factory", TABLE)
def test_the_line_plays_to_its_end(factory, street, monkeypatch):
    monkeypatch.chdir(street)
    for display in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(display, raising=False)
    program, *words = shlex.split(here(line_of(factory)[0], street))
    assert program == "gst-launch-1.0"
    message = finish(Gst.parse_launchv(words))
    assert message.type == Gst.MessageType.EOS, error_text(message)


@pytest.mark.parametrize("factory", TABLE)
def test_the_line_can_be_pasted_into_a_shell(factory, street):
    line = here(line_of(factory)[0], street)
    done = subprocess.run(["bash", "-nc", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("factory", BY_PROGRAM)
def test_the_line_plays_in_the_program_it_names(factory, street, tmp_path):
    found = {**variables(), "GST_REGISTRY": str(tmp_path / "registry.bin")}
    bare = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
    done = subprocess.run(
        ["bash", "-c", here(line_of(factory)[0], street)],
        cwd=street, env={**bare, **found}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Got EOS from element" in done.stdout
    for complaint in ("CRITICAL", "ERROR", "Traceback"):
        assert complaint not in done.stdout + done.stderr
