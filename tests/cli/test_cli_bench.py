"""`penstock bench`, measured for real, in small."""

import json
import subprocess
import sys

import pytest


def bench(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "penstock", "bench", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_a_row_has_the_medians_of_reference_pipeline_and_drawing(data_dir, tmp_path):
    rows, plot = tmp_path / "rows.json", tmp_path / "plot.png"
    done = bench(
        "--video", data_dir / "video" / "vtest.avi", "--streams", "1,2", "--pairs", 1,
        "--frames", 40, "--json", rows, "--plot", plot,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = json.loads(rows.read_text())
    assert (first["streams"], second["streams"]) == (1, 2)
    assert first["video"] == "vtest.avi"
    assert first["model"] == "yolov4-tiny"
    assert first["backend"] in ("openvino", "onnxruntime")
    assert first["precision"] in ("f32", "f16", "bf16")
    for row in (first, second):
        for name in ("reference_cpu_ms", "pipeline_cpu_ms", "drawn_cpu_ms"):
            assert 0.5 < row[name] < 2000
        for name in ("reference_fps", "pipeline_fps"):
            assert row[name] > 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert done.stderr.count("CPU-ms a frame") == 6


@pytest.mark.parametrize("streams", ["", "0", "1,x"])
def test_numbers_of_streams_that_make_no_sense_are_refused(streams, data_dir):
    done = bench("--video", data_dir / "video" / "vtest.avi", "--streams", streams)
    assert done.returncode == 1
    assert "--streams wants numbers such as 1,4,16" in done.stderr


def test_a_missing_video_is_named():
    done = bench("--video", "nowhere.mp4")
    assert done.returncode == 1
    assert "--video nowhere.mp4: there is no such file" in done.stderr
