"""`penstock eval track`."""

import json

import pytest
from typer.testing import CliRunner

from penstock.cli import app
from penstock.errors import ConfigError, UnknownNameError


@pytest.fixture
def files(tmp_path):
    """One person for 20 frames, as seen and as true."""
    lines = [f"{n},{{}},{4 * n},50,40,90,0.9\n" for n in range(1, 21)]
    for name, identity in (("seen", -1), ("truth", 1)):
        (tmp_path / f"{name}.txt").write_text("".join(lines).format(*[identity] * 20))
    return [
        "--detections",
        str(tmp_path / "seen.txt"),
        "--ground-truth",
        str(tmp_path / "truth.txt"),
    ]


def track(*arguments):
    return CliRunner().invoke(app, ["eval", "track", *arguments])


def test_several_trackers_make_a_table_json_and_a_picture(files, tmp_path):
    out, picture = tmp_path / "out.json", tmp_path / "tracks.svg"
    names = ("--tracker", "NvSORT", "--tracker", "IOU")
    done = track(*files, *names, "--json", str(out), "--plot", str(picture))
    assert done.exit_code == 0, done.output
    assert "HOTA" in done.output
    figures = json.loads(out.read_text())
    assert [row["tracker"] for row in figures] == ["NvSORT", "IOU"]
    assert list(figures[0]) == ["tracker", "hota", "mota", "idf1", "id_switches", "ms_per_frame"]
    assert 80 < figures[0]["mota"] < 100  # the frames of probation are missed
    assert "<svg" in picture.read_text()


def test_a_file_names_its_tracker_and_its_warnings_are_told(files, tmp_path):
    config = tmp_path / "tracker.yml"
    config.write_text("BaseConfig:\n  trackerType: ByteTrack\n  colour: 1\n")
    done = track(*files, "--config", str(config))
    assert done.exit_code == 0, done.output
    assert "ByteTrack" in done.output
    assert "tracker.yml" in done.stderr
    assert "colour" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ([], ConfigError, "--tracker: wanted a name such as NvSORT, or --config"),
        (["--tracker", "NvSROT"], UnknownNameError, "did you mean 'NvSORT'"),
        (["--tracker", "IOU", "--video", "none.avi"], ConfigError, "none.avi: there is no such"),
    ],
)
def test_what_is_missing_is_said(files, arguments, kind, message):
    done = track(*files, *arguments)
    assert isinstance(done.exception, kind)
    assert message in str(done.exception)


def test_a_video_that_is_too_short_or_no_video_is_refused(files, tmp_path):
    (tmp_path / "text.avi").write_text("no video")
    done = track(*files, "--tracker", "IOU", "--video", str(tmp_path / "text.avi"))
    assert "wanted a video that OpenCV reads" in str(done.exception)
