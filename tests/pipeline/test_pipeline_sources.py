"""What may be named as a source."""

import pytest

from penstock.errors import ConfigError
from penstock.pipeline import SourceBin, uri_of


def test_a_path_becomes_a_uri_whatever_its_characters(tmp_path, monkeypatch):
    video = tmp_path / "a b#ü?.mp4"
    video.write_bytes(b"x")
    assert uri_of(str(video)) == video.as_uri()
    assert uri_of(video.as_uri()) == video.as_uri()
    monkeypatch.chdir(tmp_path)
    assert uri_of(video.name) == video.as_uri()


@pytest.mark.parametrize("uri", ["rtsp://camera/1", "http://host/x.mp4", "v4l2:///dev/video0"])
def test_a_uri_stays_as_it_is(uri):
    assert uri_of(uri) == uri


def test_a_device_is_a_camera():
    assert uri_of("/dev/null") == "v4l2:///dev/null"


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_what_cannot_be_read_is_named(scheme, tmp_path):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for path, reason in (
        (tmp_path / "missing.mp4", "there is no such file; give a path or a URI"),
        (empty, "the file is empty (0 bytes)"),
        (tmp_path, "wanted a video file, got a folder"),
        (empty / "below", "it cannot be read: Not a directory"),
        (tmp_path / ("x" * 300), "it cannot be read: File name too long"),
    ):
        with pytest.raises(ConfigError) as caught:
            uri_of(f"{scheme}{path}")
        assert str(path) in str(caught.value)
        assert reason in str(caught.value)


def test_an_empty_name_is_no_folder():
    with pytest.raises(ConfigError, match="source '': wanted a video file"):
        uri_of("")


def test_cameras_are_live_and_files_are_not():
    live = [SourceBin(0, name="", uri=uri).is_live for uri in ("rtsp://a/b", "v4l2:///dev/video0")]
    still = [SourceBin(0, name="", uri=uri).is_live for uri in ("file:///a", "http://a/b")]
    assert (live, still) == ([True, True], [False, False])


def test_a_cut_file_says_how_much_is_missing(tmp_path):
    path = tmp_path / "cut.avi"
    path.write_bytes(b"RIFF" + (9_999_992).to_bytes(4, "little") + b"AVI " + bytes(988))
    source = SourceBin(0, name="cut.avi", uri=path.as_uri())
    assert source.missing_bytes() == (
        "the file is cut short: it has 1,000 of the 10,000,000 bytes it should have"
    )
    assert SourceBin(0, name="", uri="rtsp://a/b").missing_bytes() is None
