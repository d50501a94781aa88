"""samples/deepstream-ssd-parser: objects made of tensors in Python, against nvinfer's own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from footage import gst
from kserve_server import KServeServer
from penstock import kit
from penstock.gst import Gst, batch_of
from streams import finish

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-ssd-parser"
FRAMES = 12


@pytest.fixture(scope="module")
def street(data_dir, tmp_path_factory):
    """The first pictures of the car park."""
    target = tmp_path_factory.mktemp("vtest") / "vtest.h264"
    gst(
        f"filesrc location={data_dir / 'video' / 'vtest.avi'} ! avidemux "
        f"! identity eos-after={FRAMES + 1} ! avdec_msmpeg4 ! videoconvert ! x264enc threads=1 "
        f"! video/x-h264,stream-format=byte-stream ! filesink location={target}"
    )
    return target


@pytest.fixture(scope="module")
def expected(street):
    """What nvinfer finds with the same network: a list for each frame."""
    found, config = [], street.with_name("config_infer.txt")
    original = kit.config_of("ssd-mobilenet")
    text = original.read_text().replace("network-mode=2", "network-mode=0")
    for name in ("ssd-mobilenet.onnx", "labels.txt"):
        text = text.replace(f"={name}", f"={original.with_name(name)}")
    config.write_text(text)

    def look(_pad, info):
        (frame,) = batch_of(info.get_buffer()).frames
        found.append([(obj.confidence, obj.ltwh) for obj in frame.objects])
        return Gst.PadProbeReturn.OK

    pipeline = Gst.parse_launch(
        f"filesrc location={street} ! h264parse ! nvv4l2decoder ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=1920 height=1080 "
        f"! nvinfer name=infer config-file-path={config} ! fakesink"
    )
    pipeline.get_by_name("infer").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, look)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(found) == FRAMES
    return found


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample in a folder of its own, as an application lies in one."""
    folder = tmp_path_factory.mktemp("ssd") / "deepstream-ssd-parser"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("model.onnx"))
    return folder


def run(sample, *arguments):
    command = [sys.executable, "deepstream_ssd_parser.py", *map(str, arguments)]
    return subprocess.run(
        command, cwd=sample, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def done(sample, street):
    return run(sample, street)


def test_it_finds_what_nvinfer_finds(done, expected):
    assert (done.returncode, done.stderr) == (0, "")
    lines = re.findall(r"^Frame Number=(\d+) Number of Objects=(\d+): .*person", done.stdout, re.M)
    counts = [int(count) for _, count in lines]
    assert counts == [len(frame) for frame in expected]
    assert done.stdout.endswith("End-of-stream\n")


def test_the_written_video_has_every_box(done, sample, expected):
    assert done.returncode == 0
    video, drawn = cv2.VideoCapture(str(sample / "out.mp4")), []
    for frame in expected:
        _, picture = video.read()
        assert picture.shape == (1080, 1920, 3)
        sure = [ltwh for confidence, ltwh in frame if confidence > 0.5]
        drawn += [green_share(picture, ltwh) for ltwh in sure]
    assert len(drawn) >= FRAMES
    assert min(drawn) > 0.4  # labels lie across it
    assert np.median(drawn) > 0.6
    assert green_share(picture, (100, 100, 300, 300)) < 0.1  # where nothing is


def green_share(picture, ltwh):
    """How much of a box's outline is green."""
    left, top, width, height = map(round, ltwh)
    outline = np.zeros(picture.shape[:2], np.uint8)
    cv2.rectangle(outline, (left, top), (left + width, top + height), 1, 3)
    blue, green, red = picture[outline > 0].astype(int).T
    return np.mean((green > red + 40) & (green > blue + 40))


def test_the_same_with_a_server(sample, street, done, tmp_path):
    with KServeServer({"ssd_mobilenet": kit.get("ssd-mobilenet")}) as server:
        text = (sample / "dstest_ssd_nopostprocess.txt").read_text()
        text = re.sub(r"^ *model_repo .*$", f'grpc {{ url: "{server.url}" }}', text, flags=re.M)
        config = tmp_path / "server.txt"
        config.write_text(text)
        other = run(sample, street, "--config", config, "--output", tmp_path / "out.mp4")
    assert (other.returncode, other.stderr) == (0, "")
    assert other.stdout == done.stdout
