"""`penstock bench --live`, measured for real, in small."""

import json

import pytest

from footage import penstock


def test_the_stages_of_a_live_picture_are_measured(config, tmp_path):
    file = tmp_path / "rows.json"
    done = penstock(
        "bench", "--live", "--model", config, "--streams", "1,3", "--frames", 40, "--json", file
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(file.read_text())
    assert [row["streams"] for row in rows] == [1, 3]
    for row in rows:
        assert (row["size"], row["rate"]) == ([1280, 720], 25)
        assert 30 <= row["pictures"] <= 40
        assert list(row["stages"]) == ["mux", "infer", "draw", "encode", "serve", "decode"]
        parts = [row["total"], *row["stages"].values()]
        assert all(0 <= part["p50"] <= part["p95"] <= part["max"] for part in parts)
        assert row["total"]["max"] < 5000
        medians = sum(part["p50"] for part in row["stages"].values())
        assert row["total"]["p50"] == pytest.approx(medians, rel=0.5)
    assert "1 camera, 1280x720, 25 frames/s:" in done.stdout
    assert "3 cameras, 1280x720" in done.stdout
    assert "camera to picture" in done.stdout


def test_a_detector_that_fails_is_told(config, tmp_path):
    broken = tmp_path / "config_infer.txt"
    broken.write_text(config.read_text().replace("detector.onnx\n", "none.onnx\n"))
    done = penstock("bench", "--live", "--model", broken, "--streams", "1")
    assert done.returncode == 1
    assert "none.onnx" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", [["--capacity"], ["--video", "x.mp4"], ["--plot", "x.png"]])
def test_what_it_has_no_use_for_is_refused(option):
    done = penstock("bench", "--live", *option)
    assert done.returncode == 1
    assert done.stderr.startswith("penstock: --live has cameras of its own, and takes no video")
