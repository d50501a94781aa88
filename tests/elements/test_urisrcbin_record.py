"""Smart recording: files of a camera's own encoded stream, from before the start."""

import ctypes
from pathlib import Path

import pytest
from cameras import Player

from penstock.gst import RecordingInfo, pointer_to
from rtsp import RtspServer
from streams import Gst, play

OPTIONS = {"smart_record": 2, "latency": 20, "rtsp_reconnect_interval": 1, "select_rtp_protocol": 4}


def done(player):
    return [said for said in player.said if said.get_name() == "smart-record-done"]


def pictures(path):
    """Times of the pictures that a player of files finds."""
    line = f"uridecodebin uri={path.as_uri()} ! identity name=seen ! fakesink"
    message, times = play(line, at="seen", probe=lambda buffer: buffer.pts)
    assert message.type == Gst.MessageType.EOS
    return times


@pytest.mark.parametrize(
    ("codec", "container", "suffix"),
    [("h264", 0, ".mp4"), ("h265", 0, ".mp4"), ("h264", 1, ".mkv"), ("mjpeg", 1, ".mkv")],
)
def test_a_recording_begins_before_its_start_and_can_be_played(codec, container, suffix, tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path), "smart_rec_container": container}
    with RtspServer(codec=codec) as server, Player(server.url, **options) as player:
        player.until_frames(35)
        player.source.emit("start-sr", None, 1, 1, None)
        assert player.source.get_property("smart-rec-status")
        player.until(lambda: done(player))
        assert not player.source.get_property("smart-rec-status")
        assert player.warnings == []
        (said,) = done(player)
    path = tmp_path / said.get_string("filename")
    assert path.name.startswith("Smart_Record_00000_")
    assert path.suffix == suffix
    times = pictures(path)
    assert len(times) >= 25, "a second from before, and one after"
    assert times[0] == 0
    duration_ms = said.get_uint64("duration-ms")[1]
    assert abs(duration_ms - times[-1] / 1e6) < 200
    assert (said.get_int("width")[1], said.get_int("height")[1]) == (160, 120)


def test_sessions_are_numbered_and_told_by_signal(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path), "smart_rec_file_prefix": "gate"}
    told = []

    def on_done(_source, info, user):
        info = RecordingInfo.from_address(hash(info))
        path = Path(info.dirpath.decode()) / info.filename.decode()
        told.append((info.sessionId, path, info.duration, info.containsVideo, hash(user)))

    with RtspServer() as server, Player(server.url, **options) as player:
        player.source.connect("sr-done", on_done)
        player.until_frames(16)
        number, user = ctypes.c_uint32(99), ctypes.c_int(0)
        for expected in (0, 1):
            player.source.emit(
                "start-sr", pointer_to(ctypes.addressof(number)), 1, 60,
                pointer_to(ctypes.addressof(user)),
            )  # fmt: skip
            assert number.value == expected
            player.until_frames(5)
            player.source.emit("stop-sr", expected)
            player.until(lambda n=expected: len(told) > n)
    for expected, (session, path, duration_ms, has_video, owner) in enumerate(told):
        assert (session, has_video, owner) == (expected, 1, ctypes.addressof(user))
        assert duration_ms > 300
        assert path.name.startswith(f"gate_{expected:05d}_")
        assert pictures(path)


def test_without_a_time_before_it_begins_with_the_next_key_frame(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path)}
    with RtspServer(key=5) as server, Player(server.url, **options) as player:
        player.until_frames(7)
        player.source.emit("start-sr", None, 0, 1, None)
        player.until(lambda: done(player))
        path = tmp_path / done(player)[0].get_string("filename")
    line = f"filesrc location={path} ! qtdemux ! identity name=seen ! fakesink"
    _, follows = play(line, at="seen", probe=lambda b: b.has_flags(Gst.BufferFlags.DELTA_UNIT))
    assert not follows[0]
    assert 5 <= len(follows) <= 20


def test_a_recording_goes_on_when_the_camera_comes_back(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path)}
    with RtspServer() as server, Player(server.url, **options) as player:
        player.until_frames(10)
        player.source.emit("start-sr", None, 5, 60, None)
        server.kill()
        server.start()
        player.until(lambda: player.names().count("rtsp-connected") == 2)
        player.until_frames(20)
        player.source.emit("stop-sr", 0)
        player.until(lambda: done(player))
        path = tmp_path / done(player)[0].get_string("filename")
    assert len(pictures(path)) >= 25


def test_null_completes_what_runs(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path)}
    with RtspServer() as server, Player(server.url, **options) as player:
        player.until_frames(10)
        player.source.emit("start-sr", None, 5, 60, None)
        player.until_frames(3)
    (path,) = tmp_path.iterdir()
    assert len(pictures(path)) >= 10


@pytest.mark.parametrize(
    ("options", "signal", "warning"),
    [
        ({"smart_record": 0}, ("start-sr", None, 1, 1, None), "smart-record is off"),
        ({}, ("stop-sr", 0), "stop-sr: no session 0 records"),
        ({"smart_rec_dir_path": "/no/such/folder"}, ("start-sr", None, 5, 1, None), "No such file"),
    ],
)
def test_what_cannot_be_done_is_warned_about(options, signal, warning):
    with RtspServer() as server, Player(server.url, **{**OPTIONS, **options}) as player:
        player.until_frames(2)
        player.source.emit(*signal)
        player.until(lambda: player.warnings)
    assert warning in player.warnings[0]


def test_mp4_takes_no_jpeg_and_the_warning_says_what_does(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path)}
    with RtspServer(codec="mjpeg") as server, Player(server.url, **options) as player:
        player.until_frames(5)
        player.source.emit("start-sr", None, 5, 1, None)
        player.until(lambda: player.warnings)
    assert "mp4 files take no image/jpeg; Matroska's do" in player.warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_two_sessions_at_once_are_refused(tmp_path):
    options = {**OPTIONS, "smart_rec_dir_path": str(tmp_path)}
    with RtspServer() as server, Player(server.url, **options) as player:
        player.until_frames(3)
        for _ in range(2):
            player.source.emit("start-sr", None, 5, 60, None)
        player.until(lambda: player.warnings)
    assert "session 0 records: stop it before another one" in player.warnings[0]
    assert len(list(tmp_path.iterdir())) == 1
