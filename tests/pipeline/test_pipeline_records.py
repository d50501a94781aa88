"""What goes out about each frame."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from penstock.errors import StreamError
from penstock.geometry import Affine
from penstock.inference import KEYPOINTS
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta, UserMeta
from penstock.pipeline.records import JsonLines, Tally, frame_record

FIT = Affine.fit((0, 0, 768, 576), (1920, 1080), keep_aspect=True, centred=True)


def frame(source=0, number=0, boxes=(), labels=None):
    made = FrameMeta(
        source,
        frame_num=number,
        pts_ns=number * 40_000_000,
        size=(1920, 1080),
        source_size=(768, 576),
        to_source=Affine.fit(
            (0, 0, 768, 576), (1920, 1080), keep_aspect=True, centred=True
        ).inverse(),
    )
    for i, box in enumerate(boxes):
        made.objects.append(
            ObjectMeta(box, class_id=i, label=(labels or "abcdef")[i], confidence=0.12345)
        )
    return made


def test_boxes_are_in_source_pixels_and_within_the_picture():
    record = frame_record(frame(number=3, boxes=[(240, 0, 480, 270), (0, 0, 1920, 1080)]))
    assert record == {
        "source_id": 0,
        "frame_num": 3,
        "pts_ns": 120_000_000,
        "objects": [
            {
                "class_id": 0,
                "label": "a",
                "confidence": 0.1235,
                "left": 0.0,
                "top": 0.0,
                "width": 256.0,
                "height": 144.0,
                "track_id": None,
            },
            {
                "class_id": 1,
                "label": "b",
                "confidence": 0.1235,
                "left": 0.0,
                "top": 0.0,
                "width": 768.0,
                "height": 576.0,
                "track_id": None,
            },
        ],
    }


def test_a_track_id_is_said():
    made = frame(boxes=[(0, 0, 5, 5)])
    made.objects[0].track_id = 7
    assert frame_record(made)["objects"][0]["track_id"] == 7


def test_keypoints_are_in_source_pixels_where_there_are_some():
    made = frame(boxes=[(240, 0, 480, 270), (240, 0, 480, 270)])
    points = np.array([[240, 0, 0.12345], [1680, 1080, 1], [200, 0, 0]], np.float32)
    made.objects[1].user += [UserMeta("mine"), UserMeta(points, meta_type=KEYPOINTS)]
    bare, dotted = frame_record(made)["objects"]
    assert "keypoints" not in bare
    assert dotted["keypoints"] == [[0.0, 0.0, 0.1235], [768.0, 576.0, 1.0], [-21.33, 0.0, 0.0]]
    assert json.loads(json.dumps(dotted)) == dotted


def test_every_frame_is_a_line_and_is_there_at_once(tmp_path):
    path = tmp_path / "o.jsonl"
    with JsonLines(path) as lines:
        lines.add(BatchMeta([frame(0, 0), frame(1, 0)]))
        assert [json.loads(line)["source_id"] for line in path.read_text().splitlines()] == [0, 1]
    with JsonLines(path):
        assert path.read_text() == ""


def test_a_disk_that_is_full_is_told_when_asked():
    said = "/dev/full: writing failed: No space left on device"
    with pytest.raises(StreamError, match=said), JsonLines(Path("/dev/full")) as lines:  # noqa: PT012
        lines.add(BatchMeta([frame()]))
        lines.add(BatchMeta([frame()]))  # not tried again
        lines.check()


def test_nobody_reading_standard_output_is_told(monkeypatch):
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(BrokenPipeError), JsonLines(Path("-")) as lines:
            lines.add(BatchMeta([frame()]))
        monkeypatch.undo()
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, pipe.fileno())
        os.close(devnull)


def test_counts_are_a_copy():
    tally = Tally()
    tally.add(BatchMeta([frame(0, boxes=np.ones((2, 4)), labels="xx"), frame(1)]))
    first = tally.so_far()
    tally.add(BatchMeta([frame(0, number=1)]))
    assert (first.frames, first.objects) == ({0: 1, 1: 1}, {"x": 2})
    assert tally.so_far().frames == {0: 2, 1: 1}
