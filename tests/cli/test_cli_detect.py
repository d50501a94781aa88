"""`penstock detect` on videos that are as they should be."""

import json
import re

import numpy as np
import pytest

from footage import clip, detector, gst, penstock, pictures


def test_every_frame_is_a_line_with_its_objects_in_source_pixels(detect, ball):
    done, records = detect(ball)
    assert done.returncode == 0, done.stderr
    first_ns = records[0]["pts_ns"]
    assert [(r["source_id"], r["frame_num"], r["pts_ns"] - first_ns) for r in records] == [
        (0, n, n * 40_000_000) for n in range(30)
    ]
    for record in records:
        assert record["objects"]
        for found in record["objects"]:
            assert list(found) == [
                "class_id", "label", "confidence", "left", "top", "width", "height", "track_id",
            ]  # fmt: skip
            assert (found["class_id"], found["label"], found["track_id"]) == (2, "person", None)
            assert 0.5 <= found["confidence"] <= 1
            assert 0 <= found["left"] <= found["left"] + found["width"] <= 320
            assert 0 <= found["top"] <= found["top"] + found["height"] <= 180


def test_the_counts_are_printed_and_are_those_of_the_lines(detect, ball):
    done, records = detect(ball)
    people = sum(len(record["objects"]) for record in records)
    assert re.search(rf"│ person │ {people} +│ {people / 30:.1f}", done.stdout)
    assert re.search(
        r"^30 frames of 1 source in \d+\.\d s \(\d+\.\d frames/s\)$", done.stdout, re.M
    )
    assert done.stderr == ""


def test_a_limit_stops_each_source(detect, ball, tmp_path):
    short = clip(tmp_path / "short.mp4", frames=4)
    done, records = detect(ball, short, "--frames", 6)
    assert done.returncode == 0
    assert sorted((r["source_id"], r["frame_num"]) for r in records) == [
        *((0, n) for n in range(6)),
        *((1, n) for n in range(4)),
    ]


def test_lines_can_go_to_standard_output_alone(ball, config):
    done = penstock("detect", ball, "--model", config, "--json", "-", "--frames", 3)
    assert [json.loads(line)["frame_num"] for line in done.stdout.splitlines()] == [0, 1, 2]
    assert "3 frames of 1 source" in done.stderr
    assert "│ person │" in done.stderr


def test_the_objects_are_drawn_in_a_video_of_the_sources_size(detect, ball, tmp_path):
    output = tmp_path / "out 'quoted\" name.mp4"
    done, _ = detect(ball, "--output", output)
    assert done.returncode == 0, done.stderr
    renamed = output.rename(tmp_path / "out.mp4")
    assert pictures(renamed) == [(320, 180)] * 30
    red = tmp_path / "red.raw"
    gst(
        f"filesrc location={renamed} ! decodebin ! videoconvert "
        f"! video/x-raw,format=RGB ! filesink location={red}"
    )
    assert _reddish(red.read_bytes()) > 1000  # boxes are red; the video is black and white


def _reddish(data):
    red, green, blue = np.frombuffer(data, np.uint8).reshape(-1, 3).T.astype(int)
    return int(((red > 150) & (green < 100) & (blue < 100)).sum())


@pytest.mark.parametrize(
    ("sizes", "composed"),
    [
        ([(320, 180), (320, 180)], (640, 180)),
        ([(320, 180), (160, 120), (64, 64)], (640, 360)),
        ([(320, 180)] * 5, (960, 360)),
        ([(1280, 720)] * 2, (1920, 540)),
    ],
)
def test_several_sources_are_composed_in_rows_and_columns(detect, tmp_path, sizes, composed):
    clips = [clip(tmp_path / f"{i}.mp4", frames=5, size=size) for i, size in enumerate(sizes)]
    output = tmp_path / "out.mp4"
    done, records = detect(*clips, "--output", output)
    assert done.returncode == 0, done.stderr
    assert set(pictures(output)) == {composed}
    assert len(records) == 5 * len(sizes)
    for record in records:
        width, height = sizes[record["source_id"]]
        for found in record["objects"]:
            assert found["left"] + found["width"] <= width
            assert found["top"] + found["height"] <= height


def test_odd_sizes_sound_and_other_containers_are_read(detect, tmp_path):
    path = tmp_path / "odd.mkv"
    gst(
        f"matroskamux name=m ! filesink location={path} "
        "videotestsrc num-buffers=9 ! video/x-raw,width=321,height=179 ! theoraenc ! m. "
        "audiotestsrc num-buffers=20 ! vorbisenc ! m."
    )
    output = tmp_path / "out.mp4"
    done, records = detect(path, "--output", output)
    assert done.returncode == 0, done.stderr
    assert len(records) == 9
    assert pictures(output) == [(322, 180)] * 9


def test_raw_video_needs_no_decoder(detect, tmp_path):
    path = tmp_path / "raw.avi"
    gst(
        "videotestsrc num-buffers=6 ! video/x-raw,format=I420,width=160,height=120 ! avimux "
        f"! filesink location={path}"
    )
    done, records = detect(path)
    assert done.returncode == 0, done.stderr
    assert len(records) == 6


def test_a_picture_is_a_video_of_one_frame(data_dir, detect):
    done, records = detect(data_dir / "bus.jpg")
    assert done.returncode == 0, done.stderr
    assert len(records) == 1


def test_an_onnx_file_is_enough_of_a_model(ball, tmp_path, detect):
    config = detector(tmp_path / "model")
    config.unlink()
    done, records = detect(ball, "--frames", 2, model=tmp_path / "model" / "detector.onnx")
    assert done.returncode == 0, done.stderr
    assert {found["label"] for record in records for found in record["objects"]} == {"person"}


def test_demo_writes_a_video_of_the_crowd(tmp_path):
    done = penstock("demo", "--frames", 12, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pictures(tmp_path / "penstock-demo.mp4") == [(1920, 1080)] * 12
    people = int(re.search(r"│ person +│ (\d+)", done.stdout)[1])
    assert 25 * 12 < people < 45 * 12
    assert "Wrote penstock-demo.mp4" in done.stderr
