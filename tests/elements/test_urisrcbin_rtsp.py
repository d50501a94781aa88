"""nvurisrcbin on cameras that fail in every way; the servers are real."""

import gc
import os
import threading

import pytest
from cameras import Player, are_rising

from rtsp import RtspServer, babbling_port, closed_port, silent_port
from streams import WAIT_S, Gst, error_text

TCP, UDP = 4, 1
INTERVAL = {"rtsp_reconnect_interval": 1, "latency": 20, "select_rtp_protocol": TCP}


@pytest.fixture(scope="module")
def server():
    with RtspServer() as running:
        yield running


@pytest.mark.parametrize("protocol", [TCP, UDP])
@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_any_codec_comes_over_any_transport(codec, protocol):
    options = {"select_rtp_protocol": protocol, "latency": 20}
    with RtspServer(codec=codec) as server, Player(server.url, **options) as player:
        player.until_frames(5)
        _, caps = player.frames[0]
        assert (caps.get_int("width")[1], caps.get_int("height")[1]) == (160, 120)
        assert player.source.get_property("frames-received") >= 5
        assert player.source.get_property("last-error") is None


def test_a_server_that_has_only_tcp_is_reached_although_udp_is_tried_first():
    with RtspServer(transport="tcp") as server, Player(server.url) as player:
        player.until_frames(2)


def test_a_camera_never_holds_up_the_application(server):
    with Player(server.url) as player:
        assert player.returned in (
            Gst.StateChangeReturn.NO_PREROLL,
            Gst.StateChangeReturn.ASYNC,
        )
        player.until_frames(2)
        assert player.pipeline.get_state(Gst.SECOND)[1] == Gst.State.PLAYING


@pytest.mark.parametrize("where", ["url", "properties"])
def test_credentials_come_with_the_url_or_as_properties(where):
    with RtspServer(user="ann", password="p:s@%w/d") as server:
        url, login = server.url, {"user_id": "ann", "user_pw": "p:s@%w/d"}
        if where == "url":
            url, login = server.url_of(0, credentials="ann:p%3As%40%25w%2Fd"), {}
        with Player(url, **INTERVAL, **login) as player:
            player.until_frames(2)


def test_a_wrong_password_is_said_and_not_shown():
    server = RtspServer(user="ann", password="right")
    with server, Player(server.url_of(0, credentials="ann:secret"), **INTERVAL) as player:
        player.until(lambda: player.said and player.warnings)
    assert "Unauthorized" in player.warnings[0]
    assert server.url in player.warnings[0]
    told = [*player.warnings, *(structure.to_string() for structure in player.said)]
    assert not any("secret" in text or "ann" in text for text in told)
    assert player.said[0].get_string("uri") == server.url


def killed(server):
    server.kill()
    server.start()


def stalled(server):
    server.stall()
    threading.Timer(1.5, server.resume).start()


@pytest.mark.parametrize("fail", [killed, stalled, RtspServer.end])
@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_a_camera_that_was_lost_comes_back(fail, protocol):
    with RtspServer() as server:
        with Player(server.url, **{**INTERVAL, "select_rtp_protocol": protocol}) as player:
            player.until_frames(5)
            fail(server)
            player.until(lambda: player.names().count("rtsp-connected") == 2)
            player.until_frames(5)
            source = player.source
            assert source.get_property("reconnects") >= 1
            assert source.get_property("last-error") in [
                said.get_string("reason") for said in player.said
            ]
            assert player.errors == []
            assert not player.ended
            assert server.url in player.warnings[0]
            assert "trying again in" in player.warnings[0]
        times = [time_ns for time_ns, _ in player.frames]
        assert are_rising(times)


def test_a_camera_that_is_not_there_at_the_start_comes_when_it_is():
    server = RtspServer()
    with Player(server.url, source_id=7, **INTERVAL) as player:
        player.until(lambda: player.names().count("rtsp-reconnect") >= 2)
        first, second = player.said[:2]
        assert [said.get_uint("attempt")[1] for said in (first, second)] == [1, 2]
        assert first.get_uint("source-id")[1] == 7
        with server:
            player.until_frames(3)
    assert player.errors == []


@pytest.mark.parametrize("port", [silent_port, babbling_port])
def test_a_camera_that_never_answers_or_babbles_is_tried_again(port):
    with port() as number, Player(f"rtsp://127.0.0.1:{number}/x", **INTERVAL) as player:
        player.until(lambda: player.names().count("rtsp-reconnect") >= 3)
        assert player.errors == []
        # The connection's own error and our clock race: two reasons at most, each told once.
        assert 1 <= len(player.warnings) == len(set(player.warnings)) <= 2


def test_a_size_may_change_in_mid_stream_and_over_a_restart():
    with RtspServer() as server, Player(server.url, **INTERVAL) as player:
        player.until_frames(3)
        server.resize(320, 240)
        player.until(lambda: player.frames[-1][1].get_int("width")[1] == 320)
        server.kill()
        server.start(width=200, height=100, codec="h265")
        player.until(lambda: player.frames[-1][1].get_int("width")[1] == 200)
        assert player.errors == []


def test_attempts_come_to_an_end_with_an_error():
    url = f"rtsp://127.0.0.1:{closed_port()}/x"
    with Player(url, rtsp_reconnect_attempts=2, **INTERVAL) as player:
        player.until(lambda: player.errors)
        assert player.names() == ["rtsp-reconnect", "rtsp-reconnect", "attempt-exceeded"]
        assert player.said[-1].get_boolean("attempt_exceeded")[1]
        assert "Could not open resource" in player.errors[0]


def test_a_camera_whose_pictures_stop_while_its_sound_goes_on_is_opened_again():
    tail = "fakesink sync=false source.asrc_0 ! audio/x-raw ! fakesink sync=false"
    options = {**INTERVAL, "tail": tail, "disable_audio": False}
    with RtspServer(audio=True) as server, Player(server.url, **options) as player:
        player.until_frames(5)
        server.blind()
        player.until(lambda: player.warnings)
        assert "it gave no frame for 1 s" in player.warnings[0]
        player.until_frames(5)
        assert player.source.get_property("reconnects") >= 1


def test_silence_comes_to_an_end_with_an_error_and_the_end_of_the_stream():
    options = {**INTERVAL, "rtsp_reconnect_attempts": 0}
    with RtspServer() as server, Player(server.url, **options) as player:
        player.until_frames(3)
        server.stall()
        player.until(lambda: player.errors and player.ended)
        assert player.errors == [f"source: {server.url}: it gave no frame for 1 s"]


def test_without_an_interval_errors_and_ends_are_the_application_s():
    with RtspServer() as server, Player(server.url, latency=20) as player:
        player.until_frames(3)
        server.end()
        player.until(lambda: player.ended)
        assert player.errors == []
        assert player.names() == ["rtsp-connected"]
    with Player(server.url) as player:
        player.until(lambda: player.errors)
        assert "Could not open resource" in player.errors[0]


def test_others_in_the_mux_go_on_without_it():
    with RtspServer(paths=1) as one, RtspServer() as other:
        line = " ".join(
            f"nvurisrcbin uri={server.url} latency=20 rtsp-reconnect-interval=1 ! m.sink_{i}"
            for i, server in enumerate((one, other))
        )
        pipeline = Gst.parse_launch(
            f"{line} nvstreammux name=m live-source=true batch-size=2 width=160 height=120 "
            "batched-push-timeout=50000 ! fakesink name=out sync=false"
        )
        seen = {0: 0, 1: 0}
        pad = pipeline.get_by_name("out").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, count, seen)
        pipeline.set_state(Gst.State.PLAYING)
        try:
            wait(pipeline, lambda: min(seen.values()) > 5)
            one.kill()
            before = dict(seen)
            wait(pipeline, lambda: seen[1] > before[1] + 30)
            assert seen[0] <= before[0] + 5
            one.start()
            back = seen[0]
            wait(pipeline, lambda: seen[0] > back + 5)
        finally:
            pipeline.set_state(Gst.State.NULL)


def count(_pad, info, seen):
    from penstock.gst import batch_of

    for frame in batch_of(info.get_buffer()).frames:
        seen[frame.pad_index] += 1
    return Gst.PadProbeReturn.OK


def wait(pipeline, is_so):
    kinds = Gst.MessageType.ERROR | Gst.MessageType.EOS
    for _ in range(3000):
        if is_so():
            return
        message = pipeline.get_bus().timed_pop_filtered(20 * Gst.MSECOND, kinds)
        assert message is None, error_text(message)
    pytest.fail("it did not come")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("port", [silent_port, babbling_port])
def test_null_is_reached_at_any_moment(port):
    with port() as number:
        for wait_ms in (0, 1, 20, 100, 400, 1100):
            with Player(f"rtsp://127.0.0.1:{number}/x", **INTERVAL) as player:
                player.pipeline.get_bus().timed_pop_filtered(
                    wait_ms * Gst.MSECOND, Gst.MessageType.EOS
                )
            assert player.source.get_state(0)[1] == Gst.State.NULL


@pytest.mark.timeout(60)
def test_null_is_reached_while_the_camera_is_stalled():
    with RtspServer() as server:
        for frames in (1, 10):
            with Player(server.url, **INTERVAL) as player:
                player.until_frames(frames)
                server.stall()
            server.resume()


def test_a_camera_can_be_paused_and_goes_on(server):
    with Player(server.url, **INTERVAL) as player:
        player.until_frames(3)
        player.pipeline.set_state(Gst.State.PAUSED)
        player.listen(1.5)
        assert "rtsp-reconnect" not in player.names()
        player.pipeline.set_state(Gst.State.PLAYING)
        player.until_frames(5)


def test_thirty_reconnects_leave_no_thread_and_no_file_open():
    with RtspServer() as server, Player(server.url, **INTERVAL) as player:
        levels = {}
        for number in range(31):
            player.until_frames(1)
            gc.collect()
            levels[number] = [len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task")]
            server.end()
            player.until(lambda n=number: player.source.get_property("reconnects") > n)
    files, threads = levels[30]
    assert files <= levels[3][0] + 2
    assert threads <= levels[3][1] + 3


# An end that the application wants


def test_an_eos_from_the_application_ends_a_camera_that_plays(server):
    with Player(server.url, **INTERVAL) as player:
        player.until_frames(5)
        player.pipeline.send_event(Gst.Event.new_eos())
        player.until(lambda: player.ended)
        assert player.source.get_property("reconnects") == 0
        assert player.errors == []


def test_an_eos_from_the_application_ends_a_camera_that_is_away():
    with RtspServer() as server, Player(server.url, **INTERVAL) as player:
        player.until_frames(5)
        server.kill()
        player.until(lambda: "rtsp-reconnect" in player.names())
        player.pipeline.send_event(Gst.Event.new_eos())
        player.until(lambda: player.ended)


def test_an_eos_from_the_application_ends_the_batches_of_a_camera_that_never_came():
    text = (
        f"nvstreammux name=mux batch-size=2 width=64 height=36 ! fakesink async=false "
        f"videotestsrc is-live=true ! nvvideoconvert ! mux.sink_0 "
        f"nvurisrcbin name=source uri=rtsp://127.0.0.1:{closed_port()}/cam0 "
        f"rtsp-reconnect-interval=1 ! mux.sink_1"
    )
    pipeline = Gst.parse_launch(text)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    assert bus.timed_pop_filtered(WAIT_S * Gst.SECOND, Gst.MessageType.WARNING) is not None
    pipeline.send_event(Gst.Event.new_eos())
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = bus.timed_pop_filtered(WAIT_S * Gst.SECOND, kinds)
    pipeline.set_state(Gst.State.NULL)
    assert message is not None
    assert message.type == Gst.MessageType.EOS


def test_where_frames_come_too_fast_whole_ones_are_dropped_and_counted(server):
    slow = "identity sleep-time=250000 ! fakesink sync=false"  # four a second of fifteen
    with Player(server.url, tail=slow, max_size_buffers=16, **INTERVAL) as player:
        player.until(lambda: player.source.get_property("frames-dropped") > 10)
        player.until_frames(8)
        source = player.source
        received, dropped = map(source.get_property, ("frames-received", "frames-dropped"))
    assert abs(received - dropped - len(player.frames)) <= 2  # one may be on its way
    assert are_rising([time_ns for time_ns, _ in player.frames])
    (warning,) = player.warnings  # one in ten seconds
    assert warning.startswith(f"source: {server.url}: its frames come faster than they are taken")
    assert not player.errors


def test_packets_that_get_lost_are_counted_and_told():
    with RtspServer(loses=20) as server, Player(server.url, **INTERVAL) as player:
        player.until(lambda: player.source.get_property("packets-lost") > 2)
        player.until(lambda: player.warnings)
    assert f"{server.url}: " in player.warnings[0]
    assert "packets were lost on the way, so its pictures may be damaged" in player.warnings[0]
    assert not player.errors


def test_a_camera_on_loopback_loses_no_packet(server):
    with Player(server.url, **INTERVAL) as player:
        player.until_frames(30)
        assert player.source.get_property("packets-lost") == 0
    assert not player.warnings


def test_leaky_says_which_of_the_encoded_frames_go(server):
    with Player(server.url, leaky="downstream", max_size_buffers=7) as player:
        player.until_frames(1)
        queues = []
        player.pipeline.iterate_recurse().foreach(
            lambda element: (
                queues.append(element) if element.get_factory().get_name() == "queue" else None
            )
        )
    kept = [(int(q.get_property("leaky")), q.get_property("max-size-buffers")) for q in queues]
    assert (2, 7) in kept
