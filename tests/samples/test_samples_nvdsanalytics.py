"""samples/deepstream-nvdsanalytics: zones and lines in any number of streams."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from footage import clip, detector
from penstock.analytics import Plan, read_proof

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-nvdsanalytics"
SAMPLE = FOLDER / "deepstream_nvdsanalytics.py"
FRAMES = (20, 12)
RULES = """\
[property]
config-width=768
config-height=576
[roi-filtering-stream-0]
roi-All=0;0;768;0;768;576;0;576
[line-crossing-stream-0]
line-crossing-Exit=384;100;384;300;0;288;768;288
[overcrowding-stream-1]
roi-Full=0;0;768;0;768;576;0;576
object-threshold=2
time-threshold=0
[direction-detection-stream-1]
direction-South=0;0;0;100
"""


def run(*arguments):
    command = [sys.executable, *map(str, (SAMPLE, *arguments))]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A detector that finds something everywhere, and rules."""
    path = tmp_path_factory.mktemp("nvdsanalytics")
    detector(path)
    (path / "rules.txt").write_text(RULES)
    return path


@pytest.fixture(scope="module")
def done(folder):
    clips = [clip(folder / f"{n}.mp4", frames=frames).as_uri() for n, frames in enumerate(FRAMES)]
    rules, proof = folder / "rules.txt", folder / "proof.jsonl"
    config = folder / "config_infer.txt"
    return run(*clips, "-c", config, "-a", rules, "--proof", proof, "--no-display")


def test_every_frame_of_every_stream_is_told(done):
    assert done.returncode == 0, done.stderr
    for stream, frames in enumerate(FRAMES):
        found = re.findall(
            rf"^Frame Number=(\d+) stream id={stream} Number of Objects=[1-9]\d* "
            r"Vehicle_count=0 Person_count=[1-9]",
            done.stdout,
            re.MULTILINE,
        )
        assert [int(number) for number in found] == list(range(frames))
    assert done.stdout.endswith("End-of-stream\n")


def test_zones_lines_and_crowds_are_told_for_the_stream_they_belong_to(done):
    blocks = done.stdout.split("#" * 50 + "\n")[1:]
    for block in blocks:
        first = "stream id=0" in block
        assert ("Objs in ROI: {'All': " in block) == first
        assert ("Linecrossing Cumulative: {'Exit': " in block) == first
        assert ("Overcrowding status: {'Full': True}" in block) == (not first)
    assert re.search(r"^Object \d+ roi status: \['All'\]$", done.stdout, re.MULTILINE)
    assert re.search(r"^Object \d+ overcrowding status: \['Full'\]$", done.stdout, re.MULTILINE)


def test_a_proof_is_kept(done, folder):
    events = {(record.event, record.source_id) for record in read_proof(folder / "proof.jsonl")}
    assert {("roi-enter", 0), ("crowd-begin", 1)} <= events


def test_the_samples_own_rules_are_for_the_video_that_its_readme_names():
    config = Plan.read(FOLDER / "config_nvdsanalytics.txt").config
    assert config.warnings == ()
    assert {group.kind for group in config.groups} >= {"line-crossing", "overcrowding"}
    assert "penstock kit get vtest" in (FOLDER / "README.md").read_text()


def test_wrong_files_are_named(folder, tmp_path):
    video = clip(tmp_path / "short.mp4", frames=2).as_uri()
    options = ("-c", folder / "config_infer.txt", "--no-display")
    (tmp_path / "rules.txt").write_text("[roi-filtering-stream-0]\nroi-A=1;2;3;4\n")
    done = run(video, *options, "-a", tmp_path / "rules.txt")
    assert done.returncode == 1
    assert "[roi-filtering-stream-0] roi-A: wanted a polygon of three corners" in done.stderr
    done = run(video, *options, "-t", tmp_path / "rules.txt")
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path / 'rules.txt'} has no group [tracker]\n"


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    text = run("--help").stdout
    options = set(re.findall(r"^  .*?(--[\w-]+)", text, re.M)) - {"--help"}
    assert options == set(re.findall(r"`(--[\w-]+)` \|", readme))
