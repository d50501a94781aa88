"""A detection job whose sources come and go."""

import json
import threading
from itertools import pairwise

import pytest

from footage import clip
from penstock.errors import ConfigError, StreamError
from penstock.gst import Gst
from penstock.pipeline import DetectJob, detect
from penstock.rest import RestAddress, RestClient
from rest_orders import ask, stream
from rtsp import closed_port

FRAMES = 30


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return str(clip(tmp_path_factory.mktemp("other") / "other.mp4", size=(160, 120)))


def controlled(job, act, **options):
    """Run a job; `act(run)` is called on another thread. Its summary and what `act` returned."""
    found, thread = [], None

    def start(run):
        nonlocal thread

        def work():
            try:
                found.append(act(run))
            except BaseException as error:
                found.append(error)
            finally:
                run.quit()

        thread = threading.Thread(target=work)
        thread.start()

    summary = detect(job, on_open=start, **options)
    thread.join(60)
    if isinstance(found[0], BaseException):
        raise found[0]
    return summary, found[0]


def job_of(ball, config, **fields):
    return DetectJob([str(ball)], model=str(config), most_sources=4, **fields)


def wait_until_gone(run, *sensor_ids):
    """Until none of these is there any more."""
    gone = threading.Event()
    while {one.sensor_id for one in run.streams()} & set(sensor_ids):
        assert not gone.wait(0.02)


def test_a_source_that_is_added_is_detected_to_its_end(ball, config, other, tmp_path):
    lines = tmp_path / "out.jsonl"

    def act(run):
        number = run.add_source(other, sensor_id="other")
        wait_until_gone(run, str(ball), "other")
        return number

    summary, number = controlled(job_of(ball, config, json=lines), act)
    assert number == 1
    assert summary.frames == {0: FRAMES, 1: FRAMES}
    assert summary.failures == {}
    written = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [one["frame_num"] for one in written if one["source_id"] == 1] == list(range(FRAMES))


def test_a_source_is_removed_before_its_end_and_its_place_is_free(ball, config, tmp_path):
    endless = f"rtsp://127.0.0.1:{closed_port()}/x"

    def act(run):
        for number in range(6):
            assert run.add_source(endless, sensor_id="camera") == [1, 2, 3, 0, 1, 2][number]
            if number == 2:
                wait_until_gone(run, str(ball))
            run.remove_source("camera")
            wait_until_gone(run, "camera")

    summary, _ = controlled(job_of(ball, config), act)
    assert summary.frames == {0: FRAMES}


def test_the_run_goes_on_without_sources_until_it_is_stopped(ball, config, other, tmp_path):
    output, times = tmp_path / "out.mp4", []

    def note(_pad, info):
        times.append(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    def act(run):
        out = run.pipeline.get_by_name("mux").get_static_pad("src")
        wait_until_gone(run, str(ball))
        assert run.streams() == []
        out.add_probe(Gst.PadProbeType.BUFFER, note)
        run.add_source(other)
        wait_until_gone(run, other)

    summary, _ = controlled(job_of(ball, config, output=output), act)
    assert times[0] >= (FRAMES - 1) * 40_000_000  # behind what was there before
    assert {later - earlier for earlier, later in pairwise(times)} == {40_000_000}
    assert sum(summary.frames.values()) == 2 * FRAMES
    assert output.stat().st_size > 1000


def test_what_cannot_be_done_is_refused(ball, config, tmp_path):
    camera = f"rtsp://me:secret@127.0.0.1:{closed_port()}/x"

    def act(run):
        run.add_source(camera)
        assert run.streams()[0].sensor_id == camera.replace("me:secret@", "")
        with pytest.raises(StreamError, match="is there already"):
            run.add_source(camera)
        with pytest.raises(ConfigError, match="there is no such file"):
            run.add_source("nothing.mp4")
        with pytest.raises(StreamError, match="no source has the id 'nobody'"):
            run.remove_source("nobody")
        while len(run.streams()) < 4:
            run.add_source(camera, sensor_id=str(len(run.streams())))
        with pytest.raises(StreamError, match="4 sources are there, and no more than 4 can be"):
            run.add_source(camera, sensor_id="one more")

    controlled(job_of(ball, config), act)


def test_a_source_that_fails_is_noted_and_its_place_is_free(ball, config, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all" * 100)

    def act(run):
        run.add_source(str(bad))
        wait_until_gone(run, str(bad))

    summary, _ = controlled(job_of(ball, config), act)
    assert set(summary.failures) == {1}
    assert any("bad.mp4" in text for text in summary.warnings)


def test_orders_after_the_end_are_refused(ball, config):
    runs = []
    controlled(job_of(ball, config), runs.append)
    with pytest.raises(StreamError, match="the run is over"):
        runs[0].add_source(str(ball), sensor_id="late")


def test_what_was_not_answered_in_time_does_not_happen_later(ball, config, other, monkeypatch):
    busy, refused = threading.Event(), threading.Event()

    def tick(_summary):
        busy.set()
        refused.wait(60)

    def act(run):
        busy.wait(60)
        with monkeypatch.context() as impatient:
            impatient.setattr("penstock.pipeline.controlled._ANSWER_S", 0.1)
            with pytest.raises(StreamError, match="the run did not answer within 0 s"):
                run.add_source(other, sensor_id="late")
        refused.set()
        run.add_source(other, sensor_id="next")
        return {one.sensor_id for one in run.streams()}

    _, there = controlled(job_of(ball, config), act, on_progress=tick)
    assert "next" in there
    assert "late" not in there


def test_rest_reaches_a_detection(ball, config, other):
    port = closed_port()
    job = DetectJob([str(ball)], model=str(config), rest=RestAddress("127.0.0.1", port))

    def act(run):
        body = stream("camera_add", sensor_id="dock-7", uri=other)
        assert ask(port, "/api/v1/stream/add", body)[0] == 200
        client = RestClient(RestAddress("127.0.0.1", port))
        assert client.streams()[0].sensor_id == "dock-7"
        settings = {"stream": {"stream_id": "1", "interval": 2}}
        assert ask(port, "/api/v1/infer/set-interval", settings)[0] == 200
        assert (
            ask(
                port, "/api/v1/osd/process-mode", {"stream": {"stream_id": "1", "process_mode": 0}}
            )[0]
            == 500
        )
        wait_until_gone(run, "dock-7", str(ball))
        with pytest.raises(StreamError, match="STREAM_REMOVE_FAIL, no source has the camera_id"):
            client.remove(run_sensor("dock-7", other))
        assert ask(port, "/live")[1]["live-info"] == {"ds-liveness": "YES"}
        assert ask(port, "/api/v1/app/quit", {"stream": {"app_quit": True}})[0] == 200

    summary, _ = controlled(job, act)
    assert summary.frames == {0: FRAMES, 1: FRAMES}
    with pytest.raises(StreamError, match=f"nothing answers at 127.0.0.1:{port}"):
        RestClient(RestAddress("127.0.0.1", port)).streams()


def run_sensor(sensor_id, uri):
    from penstock.meta import SensorInfo

    return SensorInfo(-1, sensor_id, "", uri)


def test_a_client_says_what_is_no_rest_interface():
    from http.server import HTTPServer, SimpleHTTPRequestHandler

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_what):
            pass

    server = HTTPServer(("127.0.0.1", 0), Silent)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with pytest.raises(StreamError, match="is no REST interface"):
        RestClient(RestAddress("127.0.0.1", server.server_port)).streams()
    thread.join()
    server.server_close()
