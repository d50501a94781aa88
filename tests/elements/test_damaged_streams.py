"""Damaged videos through the whole pipeline: an end or an error, nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from damage import write_damaged
from footage import detector
from streams import Gst, finish

PLAYER = Path(__file__).with_name("damage_player.py")
SEEDS = range(200)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """What the player said about each damaged video, and what it left behind."""
    folder = tmp_path_factory.mktemp("damaged")
    paths = write_damaged(folder / "videos", seeds=SEEDS)
    command = [sys.executable, PLAYER, detector(folder / "detector"), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    last = next((one["playing"] for one in reversed(said) if "playing" in one), "nothing")
    assert done.returncode == 0, f"it died of {last}: {done.returncode}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr
    return [one for one in said if "played" in one], [one for one in said if "files" in one]


def test_every_damaged_stream_ends_or_is_an_error_that_names_its_file(played):
    endings = {one["played"]: one["ended"] for one in played[0]}
    assert len(endings) == len(SEEDS)
    for name, ended in endings.items():
        assert ended == "EOS" or name.split(".")[0] in ended, (name, ended)
        assert "Traceback" not in ended


def test_most_of_them_are_read_as_far_as_they_go(played):
    """Else the damage is so great that nothing behind the demuxer sees any of it."""
    readable = [one["played"] for one in played[0] if one["pictures"]]
    assert len(readable) > len(SEEDS) / 2
    assert {name.rpartition("-")[0] for name in readable} == {"h264", "h265", "jpeg"}


def test_damaged_streams_leave_no_thread_no_file_and_no_process_behind(played):
    first, *later = played[1]
    for now in later:
        assert now["files"] == first["files"]
        assert now["threads"] <= first["threads"] + 2  # GStreamer's pool ends threads in its time
        assert now["children"] == 0
        assert now["peak_mb"] < 1000


def test_a_stream_that_ends_before_it_says_what_it_is_ends():
    text = "fakesrc num-buffers=0 ! nvv4l2decoder ! nvstreammux0.sink_0"
    mux = "nvstreammux name=nvstreammux0 batch-size=1 width=160 height=120 ! fakesink"
    assert finish(Gst.parse_launch(f"{mux} {text}")).type == Gst.MessageType.EOS
