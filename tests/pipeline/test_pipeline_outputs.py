"""Outputs are checked before anything runs, and nothing is touched by that."""

import signal
from pathlib import Path

import pytest

from footage import clip
from penstock.errors import ConfigError
from penstock.pipeline import DetectJob, detect, outputs
from penstock.pipeline.outputs import check_outputs


def refused(**job):
    with pytest.raises(ConfigError) as caught:
        check_outputs(DetectJob(**{"sources": ["a.mp4"], **job}))
    return str(caught.value)


def test_good_ones_pass_and_leave_nothing_behind(tmp_path):
    kept = tmp_path / "kept.jsonl"
    kept.write_text("kept")
    check_outputs(DetectJob(["a.mp4"], output=tmp_path / "o.MP4", json=kept))
    check_outputs(DetectJob(["a.mp4"], output=Path("/dev/null"), json=Path("-")))
    check_outputs(DetectJob(["https://host/" + "x" * 5000], output=tmp_path / "o.mp4"))
    assert list(tmp_path.iterdir()) == [kept]
    assert kept.read_text() == "kept"


def test_a_folder_that_is_missing_or_in_the_way_is_named(tmp_path):
    lost = tmp_path / "lost" / "o.mp4"
    assert refused(output=lost) == f"output {lost} cannot be written: No such file or directory"
    assert refused(json=tmp_path) == f"json {tmp_path} cannot be written: it is a folder"
    assert refused(output=tmp_path) == f"output {tmp_path} cannot be written: it is a folder"
    assert "output /proc/o.mp4 cannot be written" in refused(output=Path("/proc/o.mp4"))


def test_a_source_is_not_overwritten(tmp_path, monkeypatch):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"video")
    monkeypatch.chdir(tmp_path)
    for job in ({"output": Path("v.mp4")}, {"json": tmp_path / "x" / ".." / "v.mp4"}):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert f"this would overwrite the source {video}" in refused(sources=[str(video)], **job)
    assert video.read_bytes() == b"video"


def test_two_outputs_are_two_files(tmp_path):
    both = tmp_path / "o.mp4"
    assert "both name" in refused(output=both, json=both)


def test_another_container_than_mp4_is_refused():
    said = refused(output=Path("o.avi"))
    assert said == "output o.avi: MP4 is written; wanted a name ending in .mp4"


def test_a_window_needs_a_screen_and_excludes_a_file(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in refused(display=True)
    assert "exclude each other" in refused(display=True, output=Path("o.mp4"))


def test_a_window_needs_a_sink_that_opens_one(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(outputs, "_WINDOWS", ("nosuchsink",))
    assert refused(display=True).endswith(
        "(nosuchsink), and none is installed: apt-get install gstreamer1.0-x"
    )


def test_a_video_that_was_stopped_before_its_first_picture_was_written_is_taken_away(
    config, tmp_path
):
    video, output = clip(tmp_path / "long.mp4", frames=400), tmp_path / "out.mp4"

    stopped = []

    def stop(so_far):
        if so_far.frames and not stopped:
            stopped.append(1)
            signal.raise_signal(signal.SIGINT)

    detect(DetectJob([str(video)], model=str(config), output=output), on_progress=stop)
    assert stopped
    assert not output.exists() or b"moov" in output.read_bytes()
