"""Outputs that cannot be written."""

from pathlib import Path

import pytest

from footage import penstock


def test_a_place_that_cannot_be_written_is_named_before_anything_runs(refused, ball, tmp_path):
    lost = tmp_path / "lost" / "out.mp4"
    assert refused(ball, "--output", lost) == (
        f"output {lost} cannot be written: No such file or directory"
    )
    assert refused(ball, "--output", tmp_path) == (
        f"output {tmp_path} cannot be written: it is a folder"
    )
    assert refused(ball, "--output", "/proc/out.mp4").startswith(
        "output /proc/out.mp4 cannot be written: "
    )


def test_a_name_that_the_system_refuses_is_an_output_like_that(refused, ball, tmp_path):
    long = tmp_path / f"{'x' * 300}.mp4"
    assert refused(ball, "--output", long) == f"output {long} cannot be written: File name too long"


def test_an_output_survives_a_model_that_does_not_exist(refused, ball, tmp_path):
    output = tmp_path / "out.mp4"
    output.write_text("yesterday's")
    refused(ball, "--output", output, model="none.onnx")
    assert output.read_text() == "yesterday's"


def test_a_source_is_not_overwritten(refused, ball):
    assert f"this would overwrite the source {ball}" in refused(ball, "--output", ball)
    assert ball.stat().st_size > 1000


@pytest.mark.parametrize("option", ["--json", "--output"])
def test_a_full_disk_ends_it(ball, config, option):
    done = penstock("detect", ball, "--model", config, option, "/dev/full")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith("penstock: ")
    assert "No space left on" in said
    assert "/dev/full" in said or "file:" in said


def test_options_that_exclude_each_other_are_refused(refused, ball):
    said = refused(ball, "--output", "out.mp4", "--display")
    assert said == "output and display exclude each other; give one of them"
    assert not Path("out.mp4").exists()


def test_a_window_needs_a_screen(refused, ball, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert refused(ball, "--display").startswith("display needs a screen, but ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["x.mp4", "--frames", "0"], "--frames"),
        (["x.mp4", "--frames", "many"], "--frames"),
        (["x.mp4", "--colour"], "No such option"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_exit_code_2(arguments, said):
    done = penstock("detect", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
