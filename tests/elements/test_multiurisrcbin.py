"""nvmultiurisrcbin: sources that are there from the start, and what they say."""

import threading

import pytest

from footage import clip
from penstock.gst import batch_of
from penstock.meta import SensorInfo
from rtsp import RtspServer, closed_port
from streams import Gst, error_text, play

SINK = "fakesink sync=false enable-last-sample=false"
WAIT_NS = 30 * Gst.SECOND


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """30 frames."""
    return clip(tmp_path_factory.mktemp("ball") / "ball.mp4").as_uri()


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """90 frames, of another size."""
    return clip(tmp_path_factory.mktemp("long") / "long.mp4", frames=90, size=(64, 48)).as_uri()


def bin_of(*uris, then=SINK, **properties):
    """A pipeline with the bin `m`."""
    settings = {"port": 0, "width": 320, "height": 180, "uri-list": ",".join(uris)}
    given = {name.replace("_", "-"): value for name, value in properties.items()}
    text = " ".join(f'{name}="{value}"' for name, value in (settings | given).items())
    return f"nvmultiurisrcbin name=m {text} ! {then}"


def frames(buffer):
    return [(frame.source_id, frame.frame_num) for frame in batch_of(buffer).frames]


def said(pipeline, name):
    """The element messages of this name that are on the bus."""
    kind, found = Gst.MessageType.ELEMENT, []
    while (message := pipeline.get_bus().pop_filtered(kind)) is not None:
        if message.get_structure().has_name(name):
            found.append(message.get_structure())
    return found


def wait_for(pipeline, name):
    """The next element message of this name; warnings before it are returned too."""
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.WARNING | Gst.MessageType.ERROR
    warnings = []
    while (message := pipeline.get_bus().timed_pop_filtered(WAIT_NS, kinds)) is not None:
        if message.type == Gst.MessageType.WARNING:
            warnings.append(message.parse_warning()[0].message)
        elif message.type == Gst.MessageType.ERROR:
            raise AssertionError(error_text(message))
        elif message.get_structure().has_name(name):
            return message.get_structure(), warnings
    raise AssertionError(f"no {name}; {warnings}")


def test_every_frame_of_every_source_comes_until_the_last_has_ended(ball, long):
    message, batches = play(bin_of(ball, long), probe=frames, at="m")
    assert message.type == Gst.MessageType.EOS
    for source, count in ((0, 30), (1, 90)):
        numbers = [number for batch in batches for who, number in batch if who == source]
        assert numbers == list(range(count))
    assert any(len(batch) == 2 for batch in batches)


def test_frames_say_which_sensor_they_are_of(ball, long):
    description = bin_of(ball, long, sensor_id_list="door,yard", sensor_name_list="Door")

    def sensors(buffer):
        return [frame.sensor for frame in batch_of(buffer).frames]

    _, batches = play(description, probe=sensors, at="m")
    door, yard = next(batch for batch in batches if len(batch) == 2)
    assert (door.source_id, door.sensor_id, door.sensor_name, door.uri) == (0, "door", "Door", ball)
    assert (yard.source_id, yard.sensor_id, yard.sensor_name, yard.uri) == (1, "yard", "", long)
    assert [sensor.sensor_id for sensor in batches[-1]] == ["yard"]


def test_sources_are_announced_when_they_come_and_when_they_have_ended(ball):
    pipeline = Gst.parse_launch(bin_of(ball, drop_pipeline_eos=1, sensor_id_list="door"))
    pipeline.set_state(Gst.State.PLAYING)
    for name in ("stream-add", "stream-eos", "stream-remove"):
        structure, _ = wait_for(pipeline, name)
    pipeline.set_state(Gst.State.NULL)
    assert structure.get_uint("source-id") == (True, 0)
    assert structure.get_string("sensor-id") == "door"
    assert structure.get_string("sensor-name") == ""
    assert structure.get_string("uri") == ball


def test_a_source_that_cannot_be_read_is_a_warning_and_the_others_go_on(ball):
    pipeline = Gst.parse_launch(bin_of("file:///nothing.mp4", ball))
    message, batches = play(pipeline, probe=frames, at="m")
    assert message.type == Gst.MessageType.EOS
    assert [number for batch in batches for _, number in batch] == list(range(30))
    pipeline = Gst.parse_launch(bin_of("file:///nothing.mp4", ball, drop_pipeline_eos=1))
    pipeline.set_state(Gst.State.PLAYING)
    gone, warnings = wait_for(pipeline, "stream-remove")
    pipeline.set_state(Gst.State.NULL)
    assert gone.get_string("uri") == "file:///nothing.mp4"
    (warning,) = warnings
    assert warning.startswith("m: source 0 (0) is taken out: Resource not found.")


def test_where_no_source_can_be_read_the_pipeline_ends():
    message, batches = play(bin_of("file:///nothing.mp4"), probe=frames, at="m")
    assert message.type == Gst.MessageType.EOS
    assert batches == []


def test_a_short_source_does_not_end_the_pipeline_before_a_slow_one_has_begun(ball):
    with RtspServer() as server:
        pipeline = Gst.parse_launch(bin_of(ball, server.url, batched_push_timeout=40_000))
        seen, enough = [], threading.Event()

        def look(_pad, info):
            seen.extend(frames(info.get_buffer()))
            if (1, 5) in seen:
                enough.set()
            return Gst.PadProbeReturn.OK

        source = pipeline.get_by_name("m").get_static_pad("src")
        source.add_probe(Gst.PadProbeType.BUFFER, look)
        pipeline.set_state(Gst.State.PLAYING)
        assert enough.wait(30)
        pipeline.set_state(Gst.State.NULL)
    assert [number for who, number in seen if who == 0] == list(range(30))


def test_a_camera_that_goes_away_is_taken_out_and_the_others_go_on(ball):
    with RtspServer() as server:
        pipeline = Gst.parse_launch(
            bin_of(server.url, ball, file_loop=1, live_source=1, batched_push_timeout=40_000)
        )
        came, seen = threading.Event(), []

        def look(_pad, info):
            seen[:] = [who for who, _ in frames(info.get_buffer())]
            if 0 in seen:
                came.set()
            return Gst.PadProbeReturn.OK

        pipeline.get_by_name("m").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, look)
        pipeline.set_state(Gst.State.PLAYING)
        assert came.wait(30)
        server.kill()
        gone, _ = wait_for(pipeline, "stream-remove")
    assert gone.get_uint("source-id") == (True, 0)
    assert seen == [1]
    pipeline.set_state(Gst.State.NULL)


def test_after_a_seek_a_file_that_joined_late_begins_with_the_others(long):
    pipeline = Gst.parse_launch(bin_of(long, then=f"identity sleep-time=20000 ! {SINK}"))
    sources, batches, came = pipeline.get_by_name("m"), [], threading.Condition()

    def keep(_pad, info):
        buffer = info.get_buffer()
        with came:
            batches.append((buffer.pts, [frame.pts_ns for frame in batch_of(buffer).frames]))
            came.notify_all()
        return Gst.PadProbeReturn.OK

    def wait(happened):
        with came:
            assert came.wait_for(lambda: any(map(happened, batches)), 30)

    sources.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, keep)
    try:
        pipeline.set_state(Gst.State.PLAYING)
        wait(lambda batch: batch[0] > Gst.SECOND // 2)
        sources.add_stream(SensorInfo(-1, "late", "", long))
        wait(lambda batch: len(batch[1]) == 2)
        assert pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 0)
        first = 2 * batches[0][1]
        wait(lambda batch: batch[1] == first)
        assert next(pts for pts, frames in batches if frames == first) == 0
    finally:
        pipeline.set_state(Gst.State.NULL)


def test_it_plays_again_after_null_with_the_same_sources(ball):
    pipeline = Gst.parse_launch(bin_of(ball, ball))
    for _ in range(3):
        message, batches = play(pipeline, probe=frames, at="m")
        assert message.type == Gst.MessageType.EOS
        assert {batch[0][1] for batch in batches} >= set(range(30))
        pipeline.get_bus().set_flushing(False)
    assert said(pipeline, "error") == []


def test_pictures_can_be_turned_where_passthrough_is_disabled(ball):
    pipeline = Gst.parse_launch(bin_of(ball, disable_passthrough=1, width=90, height=160))
    message, batches = play(pipeline, probe=frames, at="m")
    assert message.type == Gst.MessageType.EOS
    assert len(batches) == 30


def test_no_thread_is_left(ball):
    before = set(threading.enumerate())
    play(bin_of(ball, ball, port=closed_port()))
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"max_batch_size": 1}, "m: uri-list: 1 sources are there, and no more than 1 can be"),
        ({"sensor_id_list": "a,a"}, "m: uri-list: camera_id 'a' is there already"),
        ({"sensor_id_list": "a,b,c"}, "m: sensor-id-list has 3 entries, and uri-list 2"),
        ({"port": "x"}, "m: port: wanted a number from 1 to 65535"),
        ({"mode": "audio"}, "m: mode: wanted video, got audio"),
        ({"width": 0}, "width and height must be set"),
    ],
)
def test_settings_that_cannot_be_are_errors(ball, properties, reason):
    message, _ = play(bin_of(ball, ball, **properties))
    assert reason in error_text(message)


def test_a_port_that_is_taken_is_an_error_that_names_it(ball):
    port = closed_port()
    first = Gst.parse_launch(bin_of(ball, port=port))
    first.set_state(Gst.State.READY)
    message, _ = play(bin_of(ball, port=port))
    first.set_state(Gst.State.NULL)
    assert f"the REST server cannot listen at localhost:{port}" in error_text(message)
