"""Scripts in DeepStream's own idiom, run as they are by `penstock run`."""

import re
import subprocess
import sys

import pytest

from footage import penstock

FRAMES, CAR_FRAMES = 341, 377  # of the crowd, and of the cars


@pytest.fixture(scope="module")
def run(application):
    def run_script(script, *arguments, cwd=application):
        done = penstock("run", script, *arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "Error" not in done.stderr
        return done.stdout

    return run_script


def numbers(pattern, text):
    return [int(number) for number in re.findall(pattern, text)]


def test_the_classic_script_prints_every_frame_and_the_end_of_the_stream(run, crowd_h264):
    printed = run("test1_classic.py", crowd_h264)
    assert numbers(r"Frame Number=(\d+) Number", printed) == list(range(FRAMES))
    assert printed.splitlines()[-1] == "End-of-stream"
    assert "No CUDA device could be initialized" in printed
    objects, people = (numbers(rf"{n}=(\d+)", printed) for n in ("of Objects", "Person_count"))
    assert objects == people
    assert max(people) > 0


def test_a_script_of_deepstream_5_runs_in_the_videos_own_time(run, crowd_h264):
    printed = run("test1_ds5.py", crowd_h264)
    assert numbers(r"Frame Number=(\d+) Number", printed) == list(range(FRAMES))
    assert printed.splitlines()[-1] == "End-of-stream"
    assert "pgie batch size 1\n" in printed


@pytest.mark.parametrize("options", [[], ["--no-display"]])
def test_both_branches_of_a_tee_see_every_frame_and_what_a_probe_wrote(run, crowd_h264, options):
    printed = run("test4_tee.py", "-i", crowd_h264, *options)
    assert numbers(r"Frame Number = (\d+)", printed) == list(range(FRAMES))
    people = sum(numbers(r"Person Count = (\d+)", printed))
    assert people > 0
    assert f"End-of-stream\nBranch frames = {FRAMES} texts = {people}\n" in printed
    assert re.search(r"First object at \d+ \d+ \d+ \d+ person 0\.\d\d", printed)


def test_uri_sources_find_their_decoder_by_name_and_are_tiled(run, data_dir):
    videos = [data_dir / "video" / name for name in ("crowd_1080p.mp4", "car-detection.mp4")]
    printed = run("test3_uris.py", "-i", *(video.as_uri() for video in videos))
    for source, frames in enumerate((FRAMES, CAR_FRAMES)):
        seen = numbers(rf"Frame Number=(\d+) Source={source} ", printed)
        assert seen == list(range(frames))
        assert f"Got EOS from stream {source}" in printed
    assert printed.count("Setting decoder properties") == 2
    assert "Overriding infer-config batch-size 1  with number of sources  2" in printed
    assert printed.endswith("End-of-stream\nExiting app\n\n")


def test_a_script_runs_under_plain_python_where_it_needs_no_cuda(application, crowd_h264):
    command = [sys.executable, "test4_tee.py", "--no-display", "-i", str(crowd_h264)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=application, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"End-of-stream\nBranch frames = {FRAMES}" in done.stdout
