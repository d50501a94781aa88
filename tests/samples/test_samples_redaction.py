"""samples/deepstream-imagedata-multistream-redaction: people and faces are covered."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from real_faces import area, cut, found, shown

from footage import clip, detector
from rtsp_client import Player

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-imagedata-multistream-redaction"
SAMPLE = FOLDER / "deepstream_imagedata-multistream_redaction.py"
WALL = (1280, 720)
SCALE = WALL[0] / 1920


def words(*arguments):
    return [sys.executable, *map(str, (SAMPLE, *arguments))]


def run(*arguments):
    return subprocess.run(
        words(*arguments), capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def video(data_dir, tmp_path_factory):
    source = data_dir / "video" / "one-by-one-person-detection.mp4"
    return cut(source, tmp_path_factory.mktemp("faces") / "faces.mp4")


@pytest.fixture(scope="module")
def redacted(video, tmp_path_factory):
    """What the sample printed and wrote."""
    folder = tmp_path_factory.mktemp("redacted")
    done = run("-i", video.as_uri(), "--faces", folder / "faces", "--output", folder / "out.mp4")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, folder


def test_faces_are_black_people_are_dim_and_the_rest_is_as_it_was(video, redacted):
    before, after = (
        shown(path, size=WALL).astype(np.int16) for path in (video, redacted[1] / "out.mp4")
    )
    assert len(after) == len(before)
    persons = found(video, "yolov4-tiny", label="person")
    faces = found(video, "yunet", label="face")
    assert sum(map(len, faces)) >= 4
    assert sum(map(len, persons)) >= 8
    others = count_of_others(redacted[0])
    for n, (was, now) in enumerate(zip(before, after, strict=True)):
        untouched = np.ones(was.shape[:2], bool)
        for box in faces[n]:
            assert now[area(box, scale=SCALE, grow_px=-3)].max() < 40
            was[area(box, scale=SCALE, grow_px=4)] = 0
            untouched[area(box, scale=SCALE, grow_px=8)] = False
        for box in persons[n]:
            inside = area(box, scale=SCALE, grow_px=-6)
            assert np.abs(now[inside] - was[inside] / 2).mean() < 5
            untouched[area(box, scale=SCALE, grow_px=8)] = False
        if not others[n]:  # what else was found has a border
            assert untouched.mean() > 0.5
            assert np.abs(now - was).mean(axis=2)[untouched].mean() < 3


def count_of_others(printed):
    lines = re.findall(r"Objects=(\d+) Person_count=(\d+) Face Count=(\d+)", printed)
    return [int(objects) - int(persons) - int(faces) for objects, persons, faces in lines]


def test_faces_are_saved_as_they_were(video, redacted):
    """At most of every tenth frame."""
    faces = found(video, "yunet", label="face")
    first = next(n for n, boxes in enumerate(faces) if boxes)
    saved = sorted((redacted[1] / "faces" / "stream_0").iterdir())
    assert [path.name for path in saved] == [f"frame_{first}_0.jpg"]
    face = cv2.imread(str(saved[0]))[:, :, ::-1].astype(int)
    left, top, width, height = faces[first][0]
    assert abs(face.shape[0] - height) <= 2
    assert abs(face.shape[1] - width) <= 2
    was = shown(video)[first][int(top) :, int(left) :][: face.shape[0], : face.shape[1]]
    assert np.abs(face - was).mean() < 6
    assert face.std() > 20


def test_a_client_sees_streams_that_one_network_covers(tmp_path):
    config = detector(tmp_path)
    ball = clip(tmp_path / "ball.mkv", frames=600)
    ports = {}
    for name, kind in (("rtsp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
        with socket.socket(type=kind) as probe:
            probe.bind(("", 0))
            ports[name] = probe.getsockname()[1]
    options = [f"--{name}-port={port}" for name, port in ports.items()]
    command = words("-i", ball.as_uri(), ball.as_uri(), "--config", config, *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            printed = ""
            while "Frame Number=5 Source=1" not in printed:
                line = process.stdout.readline()
                assert line, printed
                printed += line
            url = re.search(r"at (rtsp://localhost:\d+/ds-test) \*\*\*", printed)[1]
            with Player(url) as player:
                seen = player.pictures(5)[-1]
            assert (seen.width, seen.height) == WALL
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            assert process.returncode == 0
        finally:
            process.kill()


def test_h265_is_written_too(tmp_path):
    config, ball = detector(tmp_path), clip(tmp_path / "ball.mp4", frames=10)
    done = run(
        "-i", ball.as_uri(), "-c", "H265", "--config", config, "--output", tmp_path / "o.mp4"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(shown(tmp_path / "o.mp4", size=WALL)) == 10


def test_a_folder_that_exists_is_refused(tmp_path):
    done = run("-i", "file:///x.mp4", "--faces", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path} exists already; name a folder that does not\n"


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(tmp_path):
    done = run("-i", "file:///nowhere/nothing.mp4", "--output", tmp_path / "x.mp4")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    options = set(re.findall(r"^  .*?(--[\w-]+)", run("--help").stdout, re.M)) - {"--help"}
    assert len(options) == 8
    for option in options:
        assert f"`{option}`" in readme, option
