"""Cut files are told by the lengths their containers state."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footage import clip, gst
from penstock.pipeline.containers import stated_length


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    made = [clip(folder / f"clip{suffix}", frames=20) for suffix in (".mp4", ".avi", ".mkv")]
    gst(
        "videotestsrc num-buffers=20 ! x264enc key-int-max=5 "
        f"! mp4mux fragment-duration=200 ! filesink location={folder / 'fragmented.mp4'}"
    )
    return [path.read_bytes() for path in [*made, folder / "fragmented.mp4"]]


def test_a_whole_file_states_its_own_length(files, tmp_path):
    for data in files:
        path = tmp_path / "whole"
        path.write_bytes(data)
        assert stated_length(path) == len(data)


def test_the_videos_of_this_world_are_whole(data_dir):
    for video in sorted((data_dir / "video").iterdir()):
        assert stated_length(video) in (None, video.stat().st_size), video


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_cut_anywhere_states_more_than_it_has_or_ends_between_two_parts(
    data, files, tmp_path_factory
):
    whole = data.draw(st.sampled_from(files))
    cut = data.draw(st.integers(64, len(whole) - 1))
    path = tmp_path_factory.mktemp("cut") / "cut"
    path.write_bytes(whole[:cut])
    stated = stated_length(path)
    assert stated is not None
    assert stated >= cut
    if stated > cut:
        assert stated <= len(whole)
    else:  # only a file of several parts can end so
        assert whole[4:8] == b"ftyp"


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=100))
def test_any_bytes_are_no_reason_to_fail(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "any"
    for start in (b"", b"\0\0\0\x08ftyp", b"RIFF", b"\x1a\x45\xdf\xa3"):
        path.write_bytes(start + content)
        stated = stated_length(path)
        assert stated is None or stated >= 0


def test_a_file_of_very_many_parts_is_not_gone_through(tmp_path, monkeypatch):
    path = tmp_path / "many.mp4"
    path.write_bytes(b"\0\0\0\x08free" * 30)
    assert stated_length(path) == 240
    monkeypatch.setattr("penstock.pipeline.containers._MOST_BOXES", 20)
    assert stated_length(path) is None


def test_what_is_written_while_recording_states_nothing(tmp_path):
    for content in (
        b"RIFF\xff\xff\xff\xffAVI ",
        b"\0\0\0\x08ftyp\0\0\0\0mdat" + bytes(50),
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(50),
        b"no container at all",
    ):
        path = tmp_path / "recording"
        path.write_bytes(content)
        assert stated_length(path) is None, content
