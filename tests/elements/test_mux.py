"""nvstreammux in real pipelines."""

import threading
import time
from collections import defaultdict

import pytest

from penstock.gst import batch_of
from penstock.meta import BatchMeta
from streams import Gst, error_text, finish, play

FORMAT = "video/x-raw,format=I420,width=64,height=36,framerate=25/1"


def source(pad, *, frames=10, caps=FORMAT, extra=""):
    return (
        f"videotestsrc num-buffers={frames} ! {caps} {extra} ! nvvideoconvert "
        f"! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_{pad} "
    )


def mux(sources, *, then="fakesink sync=false", **properties):
    settings = {"batch-size": sources, "width": 64, "height": 36} | {
        name.replace("_", "-"): value for name, value in properties.items()
    }
    text = " ".join(f"{name}={value}" for name, value in settings.items())
    return f"nvstreammux name=mux {text} ! {then} "


def record(buffer):
    batch = batch_of(buffer)
    return [(f.source_id, f.frame_num, f.pts_ns) for f in batch.frames]


def test_one_source_gives_a_batch_a_frame_with_its_time_kept():
    message, batches = play(mux(1) + source(0), probe=record, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert batches == [[(0, n, n * 40_000_000)] for n in range(10)]


def test_each_batch_has_one_frame_of_every_source_in_pad_order():
    message, batches = play(mux(3) + source(2) + source(0) + source(1), probe=record, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert [[(s, n) for s, n, _ in batch] for batch in batches] == [
        [(0, n), (1, n), (2, n)] for n in range(10)
    ]


def test_a_source_that_ends_early_no_longer_delays_the_others_and_is_announced():
    pipeline = Gst.parse_launch(mux(2) + source(0, frames=3) + source(1, frames=8))
    ended, counts = [], defaultdict(int)

    def heard(_bus, message):
        if message.type == Gst.MessageType.ELEMENT and message.get_structure().has_name(
            "stream-eos"
        ):
            ended.append(message.get_structure().get_uint("stream-id"))
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(heard)

    def count(buffer):
        for frame in batch_of(buffer).frames:
            counts[frame.source_id] += 1

    message, _ = play(pipeline, probe=count, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert counts == {0: 3, 1: 8}
    assert ended == [(True, 0), (True, 1)]


def test_a_smaller_batch_size_serves_the_sources_in_turn():
    message, batches = play(mux(2) + source(0) + source(1) + source(2), probe=record, at="mux")
    assert message.type == Gst.MessageType.EOS
    assert all(len(batch) <= 2 for batch in batches)
    seen = sorted((s, n) for batch in batches for s, n, _ in batch)
    assert seen == [(s, n) for s in range(3) for n in range(10)]


def test_the_push_timeout_lets_an_incomplete_batch_go():
    stalled = "nvvideoconvert name=never ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_1 "
    pipeline = Gst.parse_launch(mux(2, batched_push_timeout=20_000) + source(0, frames=4) + stalled)
    got, done = [], threading.Event()

    def probe(_pad, info):
        got.append(record(info.get_buffer()))
        if len(got) == 4:
            done.set()
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("mux").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
    pipeline.set_state(Gst.State.PLAYING)
    assert done.wait(20)
    pipeline.set_state(Gst.State.NULL)
    assert [[(s, n) for s, n, _ in batch] for batch in got] == [[(0, n)] for n in range(4)]


@pytest.mark.parametrize("padded", [False, True])
def test_frames_are_scaled_to_the_mux_size_and_boxes_lead_back(padded):
    caps = "video/x-raw,format=I420,width=100,height=100,framerate=25/1"
    found = []

    def look(buffer):
        frame = batch_of(buffer).frames[0]
        y = frame.surface.planes("I420")[0]
        found.append((frame, y.shape, int(y[50, 2]), frame.to_source))

    description = mux(1, width=200, height=100, enable_padding=padded) + source(
        0, caps=caps, frames=2
    ).replace("videotestsrc", "videotestsrc pattern=white")
    message, _ = play(description, probe=look, at="mux")
    assert message.type == Gst.MessageType.EOS
    frame, shape, edge, to_source = found[0]
    assert (frame.width, frame.height) == (200, 100)
    assert (frame.source_width, frame.source_height) == (100, 100)
    assert shape == (100, 200)
    if padded:
        assert edge == 16  # a black bar
        assert to_source.ltwh((50, 0, 100, 100)) == (0, 0, 100, 100)
    else:
        assert edge > 200
        assert to_source.ltwh((0, 0, 200, 100)) == (0, 0, 100, 100)


def test_without_a_size_it_does_not_start_and_says_why():
    message, _ = play("nvstreammux name=mux batch-size=1 ! fakesink " + source(0))
    assert "width and height must be set" in error_text(message)


def test_caps_say_size_rate_batch_and_colours():
    pipeline = Gst.parse_launch(mux(2, width=128, height=72) + source(0) + source(1))
    seen = []
    pad = pipeline.get_by_name("mux").get_static_pad("src")
    message, _ = play(pipeline, probe=lambda _buffer: seen.append(pad.get_current_caps()), at="mux")
    assert message.type == Gst.MessageType.EOS
    structure = seen[0].get_structure(0)
    assert seen[0].get_features(0).contains("memory:NVMM")
    assert structure.get_value("width") == 128
    assert structure.get_value("batch-size") == 2
    assert structure.get_fraction("framerate") == (True, 25, 1)
    assert structure.get_string("format") == "NV12"
    assert structure.get_string("colorimetry")


def test_buffers_carry_no_memory_and_are_not_copied_on_the_way():
    sizes, same = [], []
    pipeline = Gst.parse_launch(
        mux(1, then="queue ! nvdsosd ! nvvideoconvert name=last ! fakesink sync=false") + source(0)
    )
    first = {}

    def note(_pad, info):
        buffer = info.get_buffer()
        sizes.append(buffer.get_size())
        first[buffer.pts] = hash(buffer)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("mux").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
    message, _ = play(pipeline, probe=lambda b: same.append(first[b.pts] == hash(b)), at="last")
    assert message.type == Gst.MessageType.EOS
    assert set(sizes) == {0}
    assert all(same)
    assert len(same) == 10


def test_batches_in_flight_are_bounded_through_a_queue_that_does_not_bound_them():
    pipeline = Gst.parse_launch(
        mux(
            1,
            then="queue max-size-buffers=0 max-size-time=0 "
            "! identity name=slow sleep-time=10000 ! fakesink sync=false",
            buffer_pool_size=4,
        )
        + source(0, frames=40)
    )
    in_flight, highest = [0], [0]
    lock = threading.Lock()

    def entered(_pad, _info):
        with lock:
            in_flight[0] += 1
            highest[0] = max(highest[0], in_flight[0])
        return Gst.PadProbeReturn.OK

    def left(_pad, _info):
        with lock:
            in_flight[0] -= 1
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("mux").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, entered)
    pipeline.get_by_name("slow").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, left)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert in_flight == [0]
    assert 2 <= highest[0] <= 5  # four, and one that was just let go downstream


def test_holding_every_batch_is_told_after_a_while(monkeypatch):
    from penstock.gst import batch_output

    monkeypatch.setattr(batch_output, "_STALL_S", 0.2)
    kept = []
    pipeline = Gst.parse_launch(mux(1) + source(0, frames=20))
    pipeline.get_by_name("mux").get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER,
        lambda _pad, info: (
            kept.append(batch_of(info.get_buffer()).surfaces) or Gst.PadProbeReturn.OK
        ),
    )
    message = finish(pipeline, kinds=Gst.MessageType.WARNING | Gst.MessageType.EOS)
    assert message.type == Gst.MessageType.WARNING
    text = message.parse_warning()[0].message
    assert "buffer-pool-size" in text
    assert "an application that keeps" in text
    assert len(kept) == 4


def test_metadata_outlives_the_pipeline_but_pixels_say_they_are_gone():
    kept = []
    message, _ = play(
        mux(1) + source(0, frames=2), probe=lambda b: kept.append(batch_of(b).frames[0]), at="mux"
    )
    assert message.type == Gst.MessageType.EOS
    assert kept[0].frame_num == 0
    with pytest.raises(RuntimeError, match="pixels of source 0, frame 0 are gone"):
        _ = kept[0].surface


def test_frames_without_timestamps_get_those_of_their_rate():
    message, batches = play(
        mux(1) + "videotestsrc num-buffers=5 do-timestamp=false ! video/x-raw,format=I420,width=64,"
        "height=36,framerate=10/1 ! identity name=strip ! nvvideoconvert "
        "! video/x-raw(memory:NVMM) ! mux.sink_0",
        probe=record,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert [b[0][2] for b in batches] == [n * 100_000_000 for n in range(5)]


def test_pads_can_be_added_and_released_while_playing():
    pipeline = Gst.parse_launch(mux(3, batched_push_timeout=20_000) + source(0, frames=150))
    element = pipeline.get_by_name("mux")
    counts = defaultdict(list)

    def note(_pad, info):
        for frame in batch_of(info.get_buffer()).frames:
            counts[frame.source_id].append(frame.frame_num)
        time.sleep(0.004)
        return Gst.PadProbeReturn.OK

    element.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
    pipeline.set_state(Gst.State.PLAYING)
    for _round in range(3):
        extra = Gst.parse_bin_from_description(
            f"videotestsrc ! {FORMAT} ! nvvideoconvert "
            '! capsfilter caps="video/x-raw(memory:NVMM),format=NV12"',
            True,
        )
        pipeline.add(extra)
        pad = element.request_pad_simple("sink_1")
        assert extra.get_static_pad("src").link(pad) == Gst.PadLinkReturn.OK
        extra.sync_state_with_parent()
        before, deadline = len(counts[1]), time.monotonic() + 10
        while len(counts[1]) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(counts[1]) >= before + 3
        extra.set_state(Gst.State.NULL)
        pad.send_event(Gst.Event.new_flush_stop(False))
        element.release_request_pad(pad)
        pipeline.remove(extra)
    message = pipeline.get_bus().timed_pop_filtered(
        30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    assert message.type == Gst.MessageType.EOS
    assert counts[0] == list(range(150))


def test_a_released_number_can_be_requested_again_but_not_twice():
    element = Gst.ElementFactory.make("nvstreammux")
    pad = element.request_pad_simple("sink_4")
    assert pad.get_name() == "sink_4"
    assert element.request_pad_simple("sink_4") is None
    element.release_request_pad(pad)
    assert element.request_pad_simple("sink_4").get_name() == "sink_4"
    assert element.request_pad_simple("sink_%u").get_name() == "sink_0"


def test_a_live_mux_adds_its_push_timeout_to_the_latency():
    live = source(0).replace("videotestsrc", "videotestsrc is-live=true")
    pipeline = Gst.parse_launch(
        mux(1, batched_push_timeout=50_000, live_source=1, then="fakesink sync=true") + live
    )
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_state(5 * Gst.SECOND)
    query = Gst.Query.new_latency()
    assert pipeline.query(query)
    is_live, least, _ = query.parse_latency()
    pipeline.set_state(Gst.State.NULL)
    assert is_live
    assert 50_000_000 <= least < 200_000_000


def test_a_flushing_seek_restarts_every_source(data_dir):
    video = (data_dir / "video" / "car-detection.mp4").as_uri()
    pipeline = Gst.parse_launch(
        mux(1, width=192, height=108) + f'uridecodebin uri="{video}" ! mux.sink_0'
    )
    times = []
    pipeline.get_by_name("mux").get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER,
        lambda _pad, info: (
            times.append(batch_of(info.get_buffer()).frames[0].pts_ns) or Gst.PadProbeReturn.OK
        ),
    )
    pipeline.set_state(Gst.State.PAUSED)
    assert pipeline.get_state(20 * Gst.SECOND)[0] == Gst.StateChangeReturn.SUCCESS
    sought = pipeline.seek_simple(
        Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT, 10 * Gst.SECOND
    )
    assert sought
    assert pipeline.get_state(20 * Gst.SECOND)[0] == Gst.StateChangeReturn.SUCCESS
    times.clear()
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert min(times) > 5 * Gst.SECOND
    assert times == sorted(times)


def test_it_can_be_stopped_and_started_again_twenty_times():
    pipeline = Gst.parse_launch(mux(2) + source(0, frames=5) + source(1, frames=5))
    for _ in range(20):
        assert finish(pipeline).type == Gst.MessageType.EOS


def test_it_stops_at_once_while_downstream_is_paused_and_every_queue_is_full():
    pipeline = Gst.parse_launch(
        mux(2, then="queue ! fakesink sync=true") + source(0, frames=-1) + source(1, frames=-1)
    )
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(10 * Gst.SECOND)
    time.sleep(0.2)
    stopped = threading.Event()
    threading.Thread(
        target=lambda: (pipeline.set_state(Gst.State.NULL), stopped.set()), daemon=True
    ).start()
    assert stopped.wait(20)


def test_no_frame_of_a_file_is_lost_with_sync_and_a_slow_element():
    caps = "video/x-raw,format=I420,width=64,height=36,framerate=100/1"
    message, batches = play(
        mux(2, then="queue ! identity sleep-time=15000 ! fakesink name=end sync=true qos=true")
        + source(0, frames=60, caps=caps)
        + source(1, frames=60, caps=caps),
        probe=record,
        at="end",
        pad="sink",
    )
    assert message.type == Gst.MessageType.EOS
    seen = sorted((s, n) for batch in batches for s, n, _ in batch)
    assert seen == [(s, n) for s in range(2) for n in range(60)]


def test_upstream_sees_no_qos_event():
    events = []
    pipeline = Gst.parse_launch(
        mux(1, then="identity sleep-time=30000 ! fakesink sync=true qos=true max-lateness=1000000")
        + source(0, frames=20).replace("nvvideoconvert", "nvvideoconvert name=up")
    )
    pipeline.get_by_name("up").get_static_pad("src").add_probe(
        Gst.PadProbeType.EVENT_UPSTREAM,
        lambda _pad, info: events.append(info.get_event().type) or Gst.PadProbeReturn.OK,
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert Gst.EventType.QOS not in events


def test_batches_know_their_size_and_frames_their_place():
    seen = []

    def look(buffer):
        batch = batch_of(buffer)
        assert isinstance(batch, BatchMeta)
        seen.append((batch.max_frames, [f.batch_id for f in batch.frames], len(batch.surfaces)))
        assert all(frame.batch is batch for frame in batch.frames)

    play(mux(2) + source(0) + source(1), probe=look, at="mux")
    assert seen == [(2, [0, 1], 2)] * 10


@pytest.mark.parametrize("made", ["BGRx", "GRAY8", "I420", "RGBA"])
def test_a_source_of_any_format_reaches_elements_that_take_few(made):
    message, batches = play(
        mux(1, then="nvdsosd ! nvvideoconvert ! video/x-raw,format=I420 ! fakesink")
        + "videotestsrc num-buffers=3 ! nvvideoconvert "
        f"! video/x-raw(memory:NVMM),format={made},width=64,height=36 ! mux.sink_0",
        probe=record,
        at="mux",
    )
    assert message.type == Gst.MessageType.EOS
    assert len(batches) == 3
