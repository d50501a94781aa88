"""Sources that are not what they should be: a sentence, an exit code, and the others unharmed."""

import http.server
import os
import socketserver
import threading
from contextlib import contextmanager

import pytest

from footage import clip, gst

PARTS = 30


@pytest.fixture(scope="module")
def snow(tmp_path_factory):
    """100 frames whose data is spread evenly over the file."""
    return clip(tmp_path_factory.mktemp("snow") / "snow.mp4", frames=100, pattern="snow")


def only_warning(done):
    (said,) = (line for line in done.stderr.splitlines() if "warning" in line)
    return said.removeprefix("penstock: warning: ")


def frames_of(records, source):
    return [record["frame_num"] for record in records if record["source_id"] == source]


def test_a_missing_an_empty_and_a_wrong_file_are_named_before_anything_runs(refused, tmp_path):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    missing = tmp_path / "missing.mp4"
    assert refused(missing) == (f"source {missing}: there is no such file; give a path or a URI")
    assert refused(empty) == f"source {empty}: the file is empty (0 bytes)"
    assert refused(tmp_path) == f"source '{tmp_path}': wanted a video file, got a folder"
    nameless = "file:///a%00b.mp4"
    assert refused(nameless) == f"source '{nameless}': no file can have this name"


@pytest.mark.parametrize("kind", ["text", "sound"])
def test_a_file_without_video_is_named_and_no_output_is_left(detect, tmp_path, kind):
    path, output = tmp_path / "not a video.mp4", tmp_path / "out.mp4"
    if kind == "text":
        path.write_text("what is this?\n" * 9)
    else:
        sound = tmp_path / "sound.wav"
        gst(f"audiotestsrc num-buffers=50 ! wavenc ! filesink location={sound}")
        sound.rename(path)
    done, records = detect(path, "--output", output)
    assert (done.returncode, records) == (1, [])
    said = only_warning(done)
    assert said.startswith(f"source 0 ({path}) failed: ")
    assert said.endswith(
        "Could not determine type of stream." if kind == "text" else "there is no video in it"
    )
    assert "1 of 1 sources failed" in done.stderr
    assert not output.exists()


def test_a_good_source_has_all_its_frames_beside_bad_ones(detect, ball, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    output = tmp_path / "out.mp4"
    done, records = detect(
        text, ball, "rtsp://127.0.0.1:1/none", "nothing://here", "--output", output
    )
    assert done.returncode == 1
    assert frames_of(records, 1) == list(range(30))
    assert {record["source_id"] for record in records} == {1}
    said = done.stderr
    assert f"source 0 ({text}) failed: " in said
    assert "source 2 (rtsp://127.0.0.1:1/none) failed: " in said
    assert "source 3 (nothing://here) failed: uridecodebin" in said
    assert 'No URI handler implemented for "nothing"' in said
    assert "3 of 4 sources failed" in said
    assert output.stat().st_size > 1000


def test_an_mp4_cut_in_its_data_gives_what_is_there_and_says_so(detect, data_dir, tmp_path, ball):
    whole = (data_dir / "video" / "crowd_1080p.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[:1_000_000])
    done, records = detect(cut, ball)
    assert done.returncode == 1
    assert only_warning(done) == (
        f"source 0 ({cut}): the file is cut short: it has 1,000,000 of the 7,606,633 bytes it "
        "should have; what is there is read"
    )
    assert frames_of(records, 0) == list(range(len(frames_of(records, 0))))
    assert 20 < len(frames_of(records, 0)) < 100
    assert frames_of(records, 1) == list(range(30))


def test_an_mp4_without_its_index_fails(detect, snow, ball, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(snow.read_bytes()[: snow.stat().st_size // 2])
    done, records = detect(cut, ball)
    assert done.returncode == 1
    assert f"source 0 ({cut}): the file is cut short" in done.stderr
    assert f"source 0 ({cut}) failed: qtdemux" in done.stderr
    assert "This file contains no playable streams." in done.stderr
    assert (frames_of(records, 0), frames_of(records, 1)) == ([], list(range(30)))


def test_an_elementary_stream_cut_in_a_frame_gives_the_frames_before(detect, tmp_path):
    path = clip(tmp_path / "cut.h264", frames=50, pattern="snow")
    data = path.read_bytes()
    cut = data[: len(data) * 3 // 5]
    path.write_bytes(cut)
    slices = sum(part[0] & 31 in (1, 5) for part in cut.split(b"\0\0\1")[1:])  # one a frame
    done, records = detect(path)
    assert done.returncode == 0, done.stderr  # its decoder hides what is missing of the last one
    assert frames_of(records, 0) == list(range(len(records)))
    assert len(records) in (slices, slices - 1)


def test_data_that_turns_to_garbage_is_counted(detect, snow, ball, tmp_path):
    data = bytearray(snow.read_bytes())
    start, end = len(data) // 2, len(data) * 3 // 4
    data[start:end] = os.urandom(end - start)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    done, records = detect(broken, ball)
    assert done.returncode == 1
    said = only_warning(done)
    assert said.startswith(f"source 0 ({broken}): ")
    lost = 100 - len(frames_of(records, 0))
    assert said.endswith(f"the data is damaged: {lost} of 100 pictures could not be decoded")
    assert 10 < lost < 50
    assert frames_of(records, 1) == list(range(30))


class Dying(http.server.BaseHTTPRequestHandler):
    """Promises a whole file, sends a part of it and goes away."""

    protocol_version = "HTTP/1.1"
    content = b""
    sent = 0

    def do_GET(self):
        self.send_response(200 if "Range" not in self.headers else 503)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        if "Range" not in self.headers:
            self.wfile.write(self.content[: self.sent])
        self.close_connection = True

    def log_message(self, *_arguments):
        pass


@contextmanager
def dying_server(content, *, sent):
    handler = type("Handler", (Dying,), {"content": content, "sent": sent})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/video"
        server.shutdown()


@pytest.mark.parametrize("container", [".h264", ".mkv"])
def test_a_server_that_goes_away_ends_its_source_after_what_it_sent(
    detect, ball, tmp_path, container
):
    data = clip(tmp_path / f"v{container}", frames=100, pattern="snow").read_bytes()
    with dying_server(data, sent=len(data) // 2) as url:
        done, records = detect(url, ball)
    assert done.returncode == 1
    assert only_warning(done).startswith(f"source 0 ({url}) failed: source: ")
    assert frames_of(records, 0) == list(range(len(frames_of(records, 0))))
    assert 40 <= len(frames_of(records, 0)) <= 55
    assert frames_of(records, 1) == list(range(30))


def test_a_page_that_is_not_there_is_named(detect):
    with dying_server(b"", sent=0) as url:
        done, records = detect(f"{url}/../none")
    assert (done.returncode, records) == (1, [])
    assert only_warning(done).startswith(f"source 0 ({url}/../none) failed: ")
