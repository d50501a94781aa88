"""nvstreammux with live sources: latency, synchronised inputs, cameras' clocks."""

import time
from itertools import pairwise

import pytest
from muxes import FORMAT, Playing, caps_of, mux, numbers, record, source

import pyds
from penstock.gst import batch_of
from rtsp import RtspServer
from streams import Gst, play

MS = 1_000_000
_1900_TO_1970_NS = 2_208_988_800 * Gst.SECOND


def latency(playing):
    """Whether the mux is live, and how long frames may take to leave it."""
    playing.pipeline.get_state(5 * Gst.SECOND)
    query = Gst.Query.new_latency()
    assert playing.mux.get_static_pad("src").query(query)
    live, least, _most = query.parse_latency()
    return live, least


def delayed(pad, *, by_ms, **settings):
    """A source whose moments are later by so much."""
    text = source(pad, **settings)
    return text.replace("videotestsrc", f"videotestsrc timestamp-offset={by_ms * MS}")


# Latency


@pytest.mark.parametrize(
    ("settings", "least_ms"),
    [
        ({}, 0),
        ({"batched_push_timeout": 50_000}, 50),
        ({"batched_push_timeout": 50_000, "max_latency": 30 * MS}, 50),
        ({"sync_inputs": 1, "batched_push_timeout": 50_000, "max_latency": 30 * MS}, 80),
        ({"sync_inputs": 1, "max_latency": 30 * MS}, 30),
    ],
)
def test_the_latency_is_what_a_frame_may_wait(settings, least_ms):
    description = mux(1, then="fakesink sync=true", **settings) + source(0, frames=-1, live=True)
    with Playing(description) as playing:
        assert latency(playing) == (True, (40 + least_ms) * MS)  # a frame of the source takes 40


@pytest.mark.parametrize("said", [False, True])
def test_a_mux_of_files_is_live_only_where_the_application_says_so(said):
    with Playing(
        mux(1, live_source=said, batched_push_timeout=50_000) + source(0, frames=-1)
    ) as playing:
        assert latency(playing) == ((True, 50 * MS) if said else (False, 0))


def test_another_timeout_while_playing_is_told_to_the_pipeline():
    settings = {"sync_inputs": 1, "batched_push_timeout": 10_000, "max_latency": 5 * MS}
    description = mux(1, then="fakesink sync=true", **settings) + source(0, frames=-1, live=True)
    with Playing(description) as playing:
        playing.wait_for_more()
        bus = playing.pipeline.get_bus()
        while bus.pop_filtered(Gst.MessageType.LATENCY):
            pass
        playing.mux.set_property("batched-push-timeout", 60_000)
        assert bus.timed_pop_filtered(10 * Gst.SECOND, Gst.MessageType.LATENCY)
        assert latency(playing) == (True, (40 + 60 + 5) * MS)


def test_a_camera_that_never_connects_holds_the_others_back_once():
    stalled = "nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_1 "
    description = mux(2, batched_push_timeout=1_000_000, live_source=1) + stalled
    with Playing(description + source(0, frames=50)) as playing:
        begin = time.monotonic()
        playing.wait(lambda batches: len(batches) == 50)
        assert time.monotonic() - begin < 10  # not 50 s


# Synchronised inputs


def test_sources_that_begin_at_different_moments_meet_at_theirs():
    message, batches = play(
        mux(2, sync_inputs=1) + source(0, frames=20) + delayed(1, by_ms=200, frames=20),
        probe=record,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert [[(s, n) for s, n, _ in batch] for batch in batches] == [
        *([(0, n)] for n in range(5)),
        *([(0, n + 5), (1, n)] for n in range(15)),
        *([(1, n)] for n in range(15, 20)),
    ]


def test_sources_of_different_rates_keep_pace_with_each_other():
    fast, slow = caps_of(64, 36, 50), caps_of(64, 36, 10)
    message, batches = play(
        mux(2, sync_inputs=1) + source(0, frames=50, caps=fast) + source(1, caps=slow),
        probe=record,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert numbers(batches) == {0: list(range(50)), 1: list(range(10))}
    for batch in batches:
        times = [pts for *_, pts in batch]
        assert max(times) - min(times) < 20 * MS


def test_frames_that_come_too_late_are_dropped_and_counted():
    description = mux(2, sync_inputs=1, batched_push_timeout=20_000)
    with Playing(description + source(0, frames=-1, live=True)) as playing:
        playing.wait_for_more(8)
        heard = []
        playing.mux.connect("dropped", lambda _mux, buffer: heard.append(buffer))
        added, pad = playing.add(1, f"videotestsrc num-buffers=5 ! {FORMAT}")  # it begins at 0
        playing.wait(lambda _batches: playing.mux.frames_dropped == 5 and len(heard) == 5)
        playing.wait_for_more(5, of=0)
        playing.remove(added, pad)
        found = numbers(playing.batches)
    assert found == {0: list(range(len(found[0])))}
    assert heard == [None] * 5


def test_live_sources_wait_for_one_another_within_the_latency():
    description = mux(2, sync_inputs=1, max_latency=400 * MS) + source(0, frames=12, live=True)
    description += source(1, frames=12, live=True, extra="! identity name=late sleep-time=10000")
    message, batches = play(description, probe=record, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert numbers(batches) == {0: list(range(12)), 1: list(range(12))}
    assert all(len(batch) == 2 for batch in batches[1:-1])


def test_after_a_seek_to_the_start_nothing_is_late(data_dir):
    video = (data_dir / "video" / "car-detection.mp4").as_uri()
    with Playing(
        mux(1, sync_inputs=1, then="fakesink") + f'uridecodebin uri="{video}" ! mux.sink_0'
    ) as playing:
        playing.wait_for_more(50)
        assert playing.pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 0)
        playing.wait(lambda batches: sum(batch[0][2] == 0 for batch in batches) == 2)
        playing.wait_for_more(10)
        assert playing.mux.frames_dropped == 0


# Clocks


def stamps(buffer):
    return [frame.ntp_ns for frame in batch_of(buffer).frames]


def test_frames_have_the_wall_clock_by_default():
    before = time.time_ns()
    _, batches = play(mux(1) + source(0), probe=stamps, at="mux")
    assert all(before <= stamp <= time.time_ns() for (stamp,) in batches)


def test_a_cameras_clock_counts_from_1970_and_without_it_the_wall_clock_does():
    pipeline = Gst.parse_launch(
        mux(1, attach_sys_ts=False)
        + f"appsrc name=camera format=time caps={FORMAT} ! nvvideoconvert "
        "! video/x-raw(memory:NVMM) ! mux.sink_0"
    )
    camera, begin = pipeline.get_by_name("camera"), 1_000_000_000 * Gst.SECOND
    for n in range(4):
        buffer = Gst.Buffer.new_allocate(None, 64 * 36 * 3 // 2, None)
        buffer.pts = n * 40 * MS
        if n >= 2:
            buffer.add_reference_timestamp_meta(
                Gst.Caps.from_string("timestamp/x-ntp"),
                _1900_TO_1970_NS + begin + n,
                Gst.CLOCK_TIME_NONE,
            )
        camera.emit("push-buffer", buffer)
    camera.emit("end-of-stream")
    before = time.time_ns()
    message, batches = play(pipeline, probe=stamps, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert batches[2:] == [[begin + 2], [begin + 3]]
    assert all(before <= stamp <= time.time_ns() for (stamp,) in batches[:2])


def test_the_clock_of_a_real_camera_arrives_with_its_frames():
    def look(buffer):
        return [(f.source_id, f.ntp_ns, f.pts_ns) for f in batch_of(buffer).frames]

    with RtspServer(fps=25) as camera:
        description = mux(1, attach_sys_ts=0, then="fakesink sync=false")
        playing = Playing(
            description + f"uridecodebin name=camera uri={camera.url} ! mux.sink_0", look
        )
        pyds.configure_source_for_ntp_sync(hash(playing.pipeline.get_by_name("camera")))
        with playing:
            playing.wait(has_its_clock)
            assert abs(playing.batches[-1][0][1] - time.time_ns()) < 60 * Gst.SECOND


def has_its_clock(batches):
    """The times are a frame apart, as a sender counts them; those of a wall clock are not."""
    times = [stamp for ((_, stamp, _),) in batches[-9:]]
    steps = [later - earlier for earlier, later in pairwise(times)]
    return len(steps) == 8 and all(abs(step - 40 * MS) < 20_000 for step in steps)
