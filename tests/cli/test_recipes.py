"""docs/recipes.md: its commands and its programs do what the page says."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from broker_servers import Mosquitto
from footage import command, penstock, pictures
from onnx_models import save_model
from rtsp import RtspServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text()
FRAMES = 30


def blocks(heading, language):
    section = PAGE.partition(f"{heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def yard(data_dir, tmp_path_factory):
    """The first three seconds of the page's video."""
    target = tmp_path_factory.mktemp("yard") / "vtest.avi"
    video = cv2.VideoCapture(str(data_dir / "video" / "vtest.avi"))
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter_fourcc(*"MJPG"), 10, (768, 576))
    for _ in range(FRAMES):
        writer.write(video.read()[1])
    writer.release()
    return target


@pytest.fixture
def shell(yard, tmp_path):
    """Run the first block of the page and another one, on the short video."""
    (preface,) = blocks("# Recipes", "sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    del environment["GST_REGISTRY_FORK"]  # a user has none

    def run(block, **changes):
        text = preface + block
        for old, new in {"$(penstock kit get vtest)": yard, "samples/": f"{ROOT}/samples/"}.items():
            text = text.replace(old, str(new))
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, str(new))
        done = subprocess.run(
            ["bash", "-ec", text],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=tmp_path,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@contextmanager
def running(arguments, **options):
    """A process that ends with the block."""
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def program(heading, folder, *, config=None):
    """The program of a section as a file, called as it says; perhaps with another detector."""
    text = blocks(heading, "python")[0]
    if config is not None:
        assert '{kit.config_of("yolov4-tiny")}' in text
        text = text.replace('{kit.config_of("yolov4-tiny")}', str(config))
    path = folder / re.match(r'"""(\w+\.py):', text)[1]
    path.write_text(text)
    return path


def test_objects_of_several_files_become_json_and_one_video(shell, yard, tmp_path):
    (block,) = blocks("## Detect", "sh")
    shell(block.replace("$(penstock kit get crowd)", str(yard)))
    records = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert {record["source_id"] for record in records} == {0, 1}
    assert len(records) == 2 * FRAMES
    assert len(pictures(tmp_path / "found.mp4")) == FRAMES


def test_the_program_counts_vehicles(yard, tmp_path):
    count = program("## A program of your own", tmp_path)
    arguments = [sys.executable, count, yard]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"\{'(car|truck)': \d+, '(car|truck)': \d+\}\n", done.stdout)


def test_the_program_says_what_failed(tmp_path):
    count = program("## A program of your own", tmp_path)
    arguments = [sys.executable, count, tmp_path / "no.avi"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_crossings_and_visits_become_lines_and_pictures(shell, tmp_path):
    (block,) = blocks("## Count across lines and in zones", "sh")
    shell(block)
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert events[0]["event"] == "line-crossing"
    assert "roi-enter" in {event["event"] for event in events}
    frames = {event["frame_num"] for event in events}
    assert len(list((tmp_path / "events").iterdir())) == len(frames)


def test_a_network_of_ones_own_is_read_by_a_parser_of_ones_own(yard, tmp_path):
    heading = "## A detector of your own"
    rows = np.array([[[64, 32, 128, 256, 0.9, 0], [320, 32, 64, 64, 0.1, 1]]], np.float32)
    save_model(
        tmp_path / "detector.onnx",
        [
            ("ReduceMean", ["input"], ["mean"], {"keepdims": 0}),
            ("Mul", ["mean", "zero"], ["nothing"], {}),
            ("Add", ["rows", "nothing"], ["detections"], {}),
        ],
        inputs={"input": [1, 3, 384, 640]},
        outputs={"detections": [1, 2, 6]},
        constants={"rows": rows, "zero": np.zeros(1, np.float32)},
    )
    (tmp_path / "labels.txt").write_text("helmet\nvest\n")
    (tmp_path / "my_parser.py").write_text(blocks(heading, "python")[0])
    config = tmp_path / "config.txt"
    config.write_text(blocks(heading, "ini")[0])
    done = penstock("detect", yard, "--model", config, "--frames", 1, "--json", "-")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["objects"]
    assert (found["label"], found["left"], found["width"]) == ("helmet", 96, 192)  # 384 px are 576
    checked = penstock("check", "--problems", config)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "0 ignored, 0 unsupported" in checked.stdout


@pytest.mark.parametrize(
    ("heading", "written"), [("## A second network", "kinds.mp4"), ("## Hide people", "hidden.mp4")]
)
def test_what_is_drawn_becomes_a_video(shell, tmp_path, heading, written):
    (block,) = blocks(heading, "sh")
    shell(block)
    assert pictures(tmp_path / written) == FRAMES * [(768, 576)]


def test_messages_arrive(shell, tmp_path):
    (commands,) = blocks("## Messages to MQTT", "sh")
    start, listen, send = commands.split("\n", 2)
    assert start == "mosquitto -p 1883 &"
    program, *arguments = listen.removesuffix(" &").split()
    assert program == "penstock"
    with Mosquitto(tmp_path / "broker") as broker:
        port = str(broker.port)
        listen = [word.replace("1883", port) for word in arguments[:-1]]
        assert arguments[-1] == "10"
        with running(command(*listen, 1)) as listener:
            assert "listening" in listener.stderr.readline()
            shell(send, **{"1883": port})
            printed = listener.communicate(timeout=60)[0]
    topic, _, message = printed.strip().partition(" ")
    assert topic == "yard"
    assert json.loads(message)["objects"][0].endswith("|person")


def test_a_recording_is_made_when_somebody_comes(config, tmp_path):
    record = program("## Record when somebody comes", tmp_path, config=config)
    record.write_text(record.read_text().replace("None, 5, 5, None", "None, 1, 1, None"))
    with RtspServer() as camera:
        arguments = [sys.executable, "-u", record, camera.url]
        with running(arguments, cwd=tmp_path) as recorder:
            written = recorder.stdout.readline().strip()
            recorder.send_signal(signal.SIGINT)
            assert recorder.wait(60) == 0, recorder.stderr.read()
    assert re.fullmatch(r"person_.*\.mp4", written)
    assert (tmp_path / written).stat().st_size > 1000
