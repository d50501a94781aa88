"""samples/deepstream-opticalflow: who goes which way, as numbers, pictures and a video."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from footage import gst

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-opticalflow"
SAMPLE = FOLDER / "deepstream-opticalflow.py"
FRAMES = 32
LINE = re.compile(
    r"^Frame Number=(\d+) stream id=(\d) Left=(.*)% Right=(.*)% Still=(.*)%$", re.MULTILINE
)
# In the pictures of frame 30, of 240x135 pixels: bars of 30 pixels stand on both sides.
COUPLE_GOING_LEFT = np.s_[60:84, 176:194]
LAWN_AND_BUILDING = (np.s_[90:135, 33:128], np.s_[0:45, 33:112])


def run(*arguments):
    command = [sys.executable, *map(str, (SAMPLE, *arguments))]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def done(data_dir, tmp_path_factory):
    """The sample on a street, and on the same one mirrored; its output and its folder."""
    folder = tmp_path_factory.mktemp("opticalflow")
    street = data_dir / "video" / "vtest.avi"
    videos = [folder / "street.mkv", folder / "mirrored.mkv"]
    for video, direction in zip(videos, ("identity", "horiz"), strict=True):
        gst(
            f"filesrc location={street} ! avidemux ! identity eos-after={FRAMES + 1} "
            f"! avdec_msmpeg4 ! videoconvert ! videoflip video-direction={direction} "
            f"! x264enc speed-preset=ultrafast quantizer=15 "
            f"! matroskamux ! filesink location={video}"
        )
    return run(*(video.as_uri() for video in videos), folder / "flow"), folder / "flow"


def picture(folder, stream, frame):
    """A saved picture's hue in degrees and brightness 0 to 255."""
    found = cv2.imread(str(folder / f"stream_{stream}" / f"frame_{frame:06}.jpg"))
    assert found.shape == (135, 240, 3)
    hsv = cv2.cvtColor(found, cv2.COLOR_BGR2HSV)
    return hsv[..., 0].astype(int) * 2, hsv[..., 2]


def test_every_frame_but_the_first_of_each_stream_is_told(done):
    output, _ = done
    assert output.returncode == 0, output.stderr
    lines = LINE.findall(output.stdout)
    for stream in "01":
        assert [int(n) for n, of, *_ in lines if of == stream] == list(range(1, FRAMES))
    assert output.stdout.endswith("End-of-stream\n")


def test_what_goes_left_goes_right_in_the_mirror(done):
    lines = LINE.findall(done[0].stdout)
    left, right, mirrored_left, mirrored_right = (
        np.mean([float(line[side]) for line in lines if line[1] == stream])
        for stream, side in (("0", 2), ("0", 3), ("1", 2), ("1", 3))
    )
    assert left > 1.3 * right
    assert mirrored_right > 1.3 * mirrored_left


def test_people_who_walk_left_have_the_colour_of_left_and_the_background_is_black(done):
    _, folder = done
    hue, brightness = picture(folder, 0, 30)
    people = brightness[COUPLE_GOING_LEFT] > 80
    assert people.mean() > 0.5
    assert 150 < np.median(hue[COUPLE_GOING_LEFT][people]) < 250  # left is 180
    for part in LAWN_AND_BUILDING:
        assert np.median(brightness[part]) < 10
        assert np.percentile(brightness[part], 90) < 60
    hue, brightness = picture(folder, 1, 30)
    mirrored = hue[:, ::-1][COUPLE_GOING_LEFT][brightness[:, ::-1][COUPLE_GOING_LEFT] > 80]
    assert np.median((mirrored + 180) % 360 - 180) == pytest.approx(-30, abs=70)  # right is 0


def test_each_tenth_frame_is_saved(done):
    _, folder = done
    for stream in range(2):
        names = sorted(path.name for path in (folder / f"stream_{stream}").iterdir())
        assert names == [f"frame_{number:06}.jpg" for number in (10, 20, 30)]


def test_the_video_shows_both_streams_side_by_side(done):
    video = cv2.VideoCapture(str(done[1] / "out.mp4"))
    frames = []
    while (found := video.read())[0]:
        frames.append(found[1])
    assert len(frames) >= FRAMES  # more where a slow machine lets a stream go first
    assert frames[0].shape == (720, 1280, 3)
    assert frames[0].max() < 30  # nothing comes before the first frame
    for half in np.split(frames[-2], 2, axis=1):
        assert 0.002 < (half.max(axis=2) > 80).mean() < 0.2


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    output = run("file:///nowhere.mp4", tmp_path)
    assert output.returncode == 1
    assert output.stderr == f"Error: {tmp_path} exists: name a folder that does not\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    options = set(re.findall(r"^  .*?(--[\w-]+)", run("--help").stdout, re.M)) - {"--help"}
    assert options == set(re.findall(r"`(--[\w-]+)` \|", readme))
