import gc
import weakref

import pytest
from batches import box, pictures, visit, watch
from colours import COLOURS, colour_at, source

from penstock.gst import batch_of, native, nvevents
from penstock.meta import UserMeta
from penstock.meta.latency import ComponentLatency
from streams import Gst, error_text, finish

EOS = Gst.MessageType.EOS


def split(inputs, *branches, sources, size=(160, 120), demux=""):
    """Sources through mux and demux into branches, whose text ends in a sink each."""
    width, height, *mux = size
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width={width} height={height} {' '.join(mux)} "
        f"! nvstreamdemux name=demux {demux} {' '.join(branches)} {inputs}"
    )


def branch(number, then="", *, name=None):
    return f"demux.src_{number} ! queue {then} ! fakesink name={name or f'end{number}'}"


def three():
    return "".join(source(n) for n in range(3))


def ended(pipeline):
    message = finish(pipeline)
    assert message.type == EOS, error_text(message)


def noted(pipeline, name, *, pad="sink"):
    """A list that fills with the frames that pass the pad: `(source, number, pts)`."""
    seen = []

    def note(buffer):
        (frame,) = batch_of(buffer).frames
        assert frame.pts_ns == buffer.pts
        seen.append((frame.source_id, frame.frame_num, buffer.pts))

    watch(pipeline, name, note, pad=pad)
    return seen


def test_every_source_leaves_on_the_pad_of_its_number():
    pipeline = split(three(), *(branch(n) for n in range(3)), sources=3)
    seen = [pictures(pipeline, f"end{n}") for n in range(3)]
    ended(pipeline)
    for number, walls in enumerate(seen):
        assert [colour_at(picture, 80, 60) for picture in walls] == [[*COLOURS][number]] * 4
    assert pipeline.get_by_name("demux").frames_dropped == 0


def test_a_frame_that_says_it_has_no_surface_leaves_all_the_same():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    seen = [noted(pipeline, f"end{n}") for n in range(2)]

    def deny(batch):
        for frame in batch.frames:
            frame.surfaces_per_frame = 0

    visit(pipeline, "mux", deny)
    ended(pipeline)
    assert [len(frames) for frames in seen] == [4, 4]


def test_each_buffer_is_a_batch_of_one_with_its_sources_own_times():
    inputs = source(0, rate="10/1") + source(1, rate="50/1")
    pipeline = split(inputs, branch(0), branch(1), sources=2)
    seen = [noted(pipeline, f"end{n}") for n in range(2)]

    def check(batch):
        assert (len(batch.frames), len(batch.surfaces), batch.max_frames) == (1, 1, 1)
        (frame,) = batch.frames
        assert (frame.batch_id, frame.batch) == (0, batch)
        assert frame.surface is batch.surfaces[0]

    for number in range(2):
        visit(pipeline, f"end{number}", check, pad="sink")
    ended(pipeline)
    assert seen[0] == [(0, n, n * 100_000_000) for n in range(4)]
    assert seen[1] == [(1, n, n * 20_000_000) for n in range(4)]


def test_pixels_and_metadata_move_without_a_copy():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    sent, got, copied, released = [], [], [], []

    def mark(batch):
        for frame in batch.frames:
            sent.append((id(frame), id(batch.surfaces[frame.batch_id])))
            note = UserMeta(
                (frame.source_id, frame.frame_num), copy_data=copied.append, release=released.append
            )
            frame.user.append(note)

    def look(batch):
        got.append((id(batch.frames[0]), id(batch.surfaces[0])))

    visit(pipeline, "mux", mark)
    for number in range(2):
        visit(pipeline, f"end{number}", look, pad="sink")
    ended(pipeline)
    del pipeline
    gc.collect()
    assert sorted(got) == sorted(sent)
    assert copied == []
    assert sorted(released) == [(s, n) for s in range(2) for n in range(4)]


def test_behind_a_tee_every_branch_has_frames_of_its_own():
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=160 height=120 ! tee name=tee "
        "! queue ! nvstreamdemux name=demux demux.src_1 ! queue ! nvdsosd ! fakesink name=drawn "
        "tee. ! queue ! nvstreamdemux name=other other.src_1 ! queue ! fakesink name=plain "
        + source(0)
        + source(1)
    )
    released = []

    def mark(batch):
        frame = batch.frames[1]
        frame.add(box((40.0, 40.0, 40.0, 40.0), color=(0.0, 1.0, 0.0, 1.0), width=8))
        frame.user.append(UserMeta(1, copy_data=lambda n: n + 1, release=released.append))

    visit(pipeline, "mux", mark)
    drawn, plain = pictures(pipeline, "drawn"), pictures(pipeline, "plain")
    ended(pipeline)
    del pipeline
    gc.collect()
    assert [colour_at(picture, 60, 41) for picture in drawn] == ["green"] * 4
    assert [colour_at(picture, 60, 41) for picture in plain] == ["red"] * 4
    assert set(released) == {1, 2}
    assert released.count(1) == 4


def test_frames_of_pads_nobody_asked_for_or_linked_are_dropped_and_counted():
    pipeline = split(three(), branch(1), sources=3)
    demux = pipeline.get_by_name("demux")
    assert demux.request_pad_simple("src_2") is not None
    seen = noted(pipeline, "end1")
    ended(pipeline)
    assert [number for _, number, _ in seen] == [0, 1, 2, 3]
    assert demux.frames_dropped == 8


def test_the_caps_of_a_pad_are_the_muxs_with_a_batch_of_one():
    pipeline = split(source(0, size=(320, 180)), branch(0), sources=4, size=(192, 108))
    said = []

    def note(_buffer):
        caps = pipeline.get_by_name("end0").get_static_pad("sink").get_current_caps()
        said.append(caps)

    watch(pipeline, "end0", note, pad="sink")
    ended(pipeline)
    facts = said[0].get_structure(0)
    assert said[0].get_features(0).contains("memory:NVMM")
    assert [facts.get_int(name)[1] for name in ("width", "height", "batch-size")] == [192, 108, 1]


def caps_and_segment(pipeline, name):
    """What a sink was told when its first buffer came: filled while playing."""
    told = []

    def note(_buffer):
        pad = pipeline.get_by_name(name).get_static_pad("sink")
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
        told.append((pad.get_current_caps().get_structure(0), segment.copy()))

    watch(pipeline, name, note, pad="sink")
    return told


def test_each_stream_has_its_sources_segment():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    pipeline.get_by_name("source1").get_static_pad("src").set_offset(2 * Gst.SECOND)
    told = [caps_and_segment(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    for number, shift in ((0, 0), (1, 2 * Gst.SECOND)):
        segment = told[number][0][1]
        assert segment.to_running_time(Gst.Format.TIME, 0) == shift


def test_each_stream_has_its_sources_frame_rate_where_the_mux_tells_it():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    mux = pipeline.get_by_name("mux").get_static_pad("src")
    counted = []

    def tell(_batch):
        counted.append(1)
        if len(counted) == 3:
            said = nvevents._about(nvevents.STREAM_SEGMENT, 1)
            said.set_value(
                "segment", mux.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
            )
            said.set_value("framerate", Gst.Fraction(15, 2))
            event = nvevents._event(nvevents.STREAM_SEGMENT, said)
            native.gst_pad_push_event(hash(mux), event)

    visit(pipeline, "mux", tell)
    told = [caps_and_segment(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    rates = [[caps.get_fraction("framerate")[1:] for caps, _ in one] for one in told]
    assert rates == [[(25, 1)] * 4, [(25, 1)] * 2 + [(15, 2)] * 2]


@pytest.mark.parametrize("rates", [("25/1", "15/2"), ("25/1", "0/1")])
def test_the_caps_of_every_pad_have_its_own_sources_frame_rate(rates):
    inputs = "".join(source(n, rate=rate) for n, rate in enumerate(rates))
    pipeline = split(inputs, branch(0), branch(1), sources=2)
    told = [caps_and_segment(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    for rate, heard in zip(rates, told, strict=True):
        assert {"/".join(map(str, c.get_fraction("framerate")[1:])) for c, _ in heard} == {rate}


def test_live_sources_stay_live_behind_it():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    for number in range(2):
        pipeline.get_by_name(f"source{number}").set_property("is-live", True)
    pad, answers = pipeline.get_by_name("end1").get_static_pad("sink"), []

    def ask(_batch):
        query = Gst.Query.new_latency()
        answers.append(pad.peer_query(query) and query.parse_latency()[0])

    visit(pipeline, "end1", ask, pad="sink")
    ended(pipeline)
    assert answers == [True] * 4


def test_each_stream_starts_once():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    passed = []

    def note(_pad, info):
        passed.append(info.get_event().type.value_nick)
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("demux").get_static_pad("src_1")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)
    ended(pipeline)
    assert passed == ["stream-start", "caps", "segment", "eos"]


def test_surfaces_of_one_picture_stay_together(tmp_path):
    path = tmp_path / "dewarper.txt"
    one = "projection-type=4\nsrc-fov=120\nwidth=40\nheight=40\n"
    path.write_text(f"[surface0]\n{one}[surface1]\n{one}surface-index=1\n")
    both = f"! nvdewarper config-file={path}"
    pipeline = split(
        source(0, then=both) + source(1, then=both),
        branch(0),
        branch(1),
        sources=2,
        size=(40, 40, "num-surfaces-per-frame=2"),
    )
    seen = []

    def note(batch):
        assert len(batch.surfaces) == 2
        places = [(f.source_id, f.frame_num, f.surface_index, f.batch_id) for f in batch.frames]
        seen.append(places)

    visit(pipeline, "end1", note, pad="sink")
    ended(pipeline)
    assert seen == [[(1, n, 0, 0), (1, n, 1, 1)] for n in range(4)]


def test_latencies_follow_their_stream_and_other_attachments_of_the_batch_stay_behind():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    seen = []

    def mark(batch):
        batch.user.append(UserMeta("the batch's own"))
        for frame in batch.frames:
            batch.user.append(UserMeta(ComponentLatency("mux", frame.source_id, frame.frame_num)))

    def look(batch):
        seen.append([(user.data.source_id, user.data.frame_num) for user in batch.user])

    visit(pipeline, "mux", mark)
    visit(pipeline, "end1", look, pad="sink")
    ended(pipeline)
    assert seen == [[(1, n)] for n in range(4)]


def test_a_reset_goes_to_the_stream_it_is_about():
    pipeline = split(source(0) + source(1), branch(0), branch(1), sources=2)
    mux, told = pipeline.get_by_name("mux").get_static_pad("src"), []

    def reset(batch):
        if batch.frames[0].frame_num == 2:
            nvevents.push_stream_reset(mux, 1)

    def note(_pad, info, number):
        source_id = nvevents.stream_reset_of(info.get_event())
        if source_id is not None:
            told.append((number, source_id))
        return Gst.PadProbeReturn.OK

    visit(pipeline, "mux", reset)
    for number in range(2):
        pad = pipeline.get_by_name(f"end{number}").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note, number)
    ended(pipeline)
    assert told == [(1, 1)]


def test_drawing_on_each_stream_draws_its_own_boxes():
    pipeline = split(
        source(0, colour="black") + source(1, colour="black"),
        *(branch(n, "! nvvideoconvert ! nvdsosd") for n in range(2)),
        sources=2,
    )

    def mark(batch):
        for frame in batch.frames:
            place = (20.0 + 60 * frame.source_id, 40.0, 40.0, 40.0)
            frame.add(box(place, color=(0.0, 1.0, 0.0, 1.0), width=8))

    visit(pipeline, "mux", mark)
    seen = [pictures(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    for number, x in ((0, 40), (1, 100)):
        assert colour_at(seen[number][0], x, 41) == "green"
        assert colour_at(seen[number][0], 140 - x, 41) == "black"


def test_streams_are_encoded_into_files_of_their_own(tmp_path):
    inputs = "".join(source(n, frames=8) for n in range(4))
    files = [
        f"demux.src_{n} ! queue ! nvvideoconvert ! nvv4l2h264enc ! h264parse ! mp4mux "
        f"! filesink location={tmp_path}/{n}.mp4"
        for n in range(4)
    ]
    ended(split(inputs, *files, sources=4))
    for number in range(4):
        played = Gst.parse_launch(
            f"filesrc location={tmp_path}/{number}.mp4 ! decodebin ! fakesink name=end"
        )
        seen = pictures(played, "end")
        ended(played)
        assert [colour_at(picture, 80, 60) for picture in seen] == [[*COLOURS][number]] * 8


def test_sixteen_sources_come_out_complete_and_in_order():
    inputs = "".join(source(n, frames=6) for n in range(16))
    pipeline = split(inputs, *(branch(n) for n in range(16)), sources=16)
    seen = [noted(pipeline, f"end{n}") for n in range(16)]
    ended(pipeline)
    for number, frames in enumerate(seen):
        assert [(s, n) for s, n, _ in frames] == [(number, n) for n in range(6)]


def test_files_through_the_demux_samples_pipeline(data_dir):
    """Each file in, inferred or not, drawn and shown on its own: the sample's shape."""
    video = (data_dir / "video" / "crowd_1080p.mp4").as_uri()
    inputs = [
        f"uridecodebin uri={video} ! queue max-size-buffers=1 ! identity eos-after={count} "
        f"! mux.sink_{number} "
        for number, count in ((0, 4), (1, 7))
    ]
    drawn = "! nvvideoconvert ! nvdsosd process-mode=0 display-text=1"
    sinks = [f"demux.src_{n} ! queue {drawn} ! nveglglessink name=end{n}" for n in range(2)]
    pipeline = split("".join(inputs), *sinks, sources=2, size=(960, 540))
    for number in range(2):
        pipeline.get_by_name(f"end{number}").set_property("qos", 0)
        pipeline.get_by_name(f"end{number}").set_property("sync", 0)
    sent = {0: [], 1: []}
    visit(pipeline, "mux", lambda b: [sent[f.pad_index].append(f.frame_num) for f in b.frames])
    seen = [noted(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    assert [[number for _, number, _ in one] for one in seen] == [sent[0], sent[1]]
    assert 3 <= len(sent[0]) < len(sent[1])


# Ends and branches that fail


def ends(pipeline, *names):
    """A list that fills with the names of sinks, in the order in which EOS comes to them."""
    order = []
    for name in names:

        def note(_pad, info, name=name):
            if info.get_event().type == Gst.EventType.EOS:
                order.append(name)
            return Gst.PadProbeReturn.OK

        pad = pipeline.get_by_name(name).get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)
    return order


@pytest.mark.parametrize(
    ("setting", "frames", "first"),
    [("", 2, 30), ("per-stream-eos=true", 2, 2), ("per-stream-eos=true", 0, 0)],
)
def test_a_stream_ends_with_the_last_source_or_with_its_own(setting, frames, first):
    inputs = source(0, frames=frames) + source(1, frames=30)
    pipeline = split(inputs, branch(0), branch(1), sources=2, demux=setting)
    order = ends(pipeline, "end0")
    passed_before = []
    visit(pipeline, "mux", lambda batch: passed_before.append([*order]))
    ended(pipeline)
    assert len(passed_before) == 30
    assert order == ["end0"]
    assert [bool(names) for names in passed_before[:first]] == [False] * first
    assert setting == "" or passed_before[-1] == ["end0"]


def test_frames_of_a_stream_that_ended_are_dropped_with_one_warning():
    inputs, setting = source(0) + source(1), "per-stream-eos=true"
    pipeline = split(inputs, branch(0), branch(1), sources=2, demux=setting)
    mux, demux = pipeline.get_by_name("mux").get_static_pad("src"), pipeline.get_by_name("demux")
    counted = []

    def end(_batch):
        counted.append(1)
        if len(counted) == 3:
            nvevents.push_source_event(mux, nvevents.STREAM_EOS, 0)

    visit(pipeline, "mux", end)
    seen = [noted(pipeline, f"end{n}") for n in range(2)]
    warned = []
    pipeline.get_bus().set_sync_handler(
        lambda _bus, message: (
            warned.append(message.parse_warning()[0].message) or Gst.BusSyncReply.DROP
            if message.type == Gst.MessageType.WARNING
            else Gst.BusSyncReply.PASS
        )
    )
    ended(pipeline)
    assert [len(frames) for frames in seen] == [2, 4]
    assert demux.frames_dropped == 2
    assert warned == [
        "demux: source 0 is back, but its stream has ended (per-stream-eos): its frames are "
        "dropped until src_0 is released and requested anew"
    ]


def test_every_stream_ends_even_one_that_never_had_a_frame():
    pipeline = split(source(0), branch(0), branch(5), sources=1)
    order = ends(pipeline, "end0", "end5")
    ended(pipeline)
    assert sorted(order) == ["end0", "end5"]


def test_a_branch_that_ends_early_does_not_end_the_others():
    inputs = source(0, frames=40) + source(1, frames=40)
    pipeline = split(inputs, branch(0, "! identity eos-after=2"), branch(1), sources=2)
    seen = noted(pipeline, "end1")
    ended(pipeline)
    assert [number for _, number, _ in seen] == [*range(40)]


def test_upstream_ends_when_every_branch_has():
    short = [f"demux.src_{n} ! identity eos-after=2 ! fakesink async=false" for n in range(2)]
    inputs = source(0, frames=-1) + source(1, frames=-1)
    ended(split(inputs, *short, sources=2))


def test_an_error_in_a_branch_is_told():
    pipeline = split(three(), branch(0, "! identity error-after=2"), branch(1), sources=3)
    assert error_text(finish(pipeline)) == "Failed after iterations as requested."


def test_a_slow_branch_delays_the_others_but_loses_nothing():
    slow = "demux.src_0 ! queue max-size-buffers=1 ! identity sleep-time=20000 ! fakesink name=end0"
    inputs = source(0, frames=12) + source(1, frames=12)
    pipeline = split(inputs, slow, branch(1), sources=2)
    seen = [noted(pipeline, f"end{n}") for n in range(2)]
    ended(pipeline)
    assert [[number for _, number, _ in frames] for frames in seen] == [[*range(12)]] * 2


def test_batches_in_flight_stay_bounded_behind_it():
    endless = "queue max-size-buffers=0 max-size-time=0 ! identity sleep-time=5000"
    slow = f"demux.src_0 ! {endless} ! fakesink"
    pipeline = split(source(0, frames=40) + source(1, frames=40), slow, branch(1), sources=2)
    alive, most = weakref.WeakSet(), []

    def note(batch):
        alive.update(frame for frame in batch.frames if frame.pad_index == 0)
        most.append(len(alive))

    visit(pipeline, "mux", note)
    ended(pipeline)
    assert max(most) <= 6


def test_a_buffer_that_is_no_batch_is_one_sentence():
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM) "
        "! nvstreamdemux name=demux demux.src_0 ! fakesink"
    )
    text = error_text(finish(pipeline))
    assert text.startswith("demux: the buffer carries no batch: nvstreammux must come before")


# Pads come and go


def test_a_pad_can_be_asked_for_once_and_without_a_number():
    demux = Gst.ElementFactory.make("nvstreamdemux")
    assert demux.request_pad_simple("src_0").get_name() == "src_0"
    assert demux.request_pad_simple("src_%u").get_name() == "src_1"
    assert demux.request_pad_simple("src_1") is None


def test_pads_are_added_and_released_while_playing():
    pipeline = split(
        source(0, frames=60, then="! identity sleep-time=3000") + source(1, frames=60),
        branch(0),
        sources=2,
    )
    pipeline.get_by_name("source1").get_static_pad("src").set_offset(Gst.SECOND)
    demux, seen, steps = pipeline.get_by_name("demux"), [], []

    def add():
        pad = demux.request_pad_simple("src_1")
        queue, sink = Gst.ElementFactory.make("queue"), Gst.ElementFactory.make("fakesink")
        for element in (queue, sink):
            pipeline.add(element)
            element.sync_state_with_parent()
        queue.link(sink)

        def note(pad, info):
            segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
            assert segment.to_running_time(Gst.Format.TIME, 0) == Gst.SECOND
            seen.append(batch_of(info.get_buffer()).frames[0].frame_num)
            return Gst.PadProbeReturn.OK

        sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, note)
        pad.link(queue.get_static_pad("sink"))
        steps.append((pad, queue, sink))

    def remove():
        pad, queue, sink = steps[-1]
        demux.release_request_pad(pad)
        for element in (queue, sink):
            element.set_state(Gst.State.NULL)
            pipeline.remove(element)

    main = noted(pipeline, "end0")
    counted = []

    def step(_batch):
        counted.append(1)
        if len(counted) in (10, 30):
            add()
        elif len(counted) in (20, 40):
            remove()

    visit(pipeline, "mux", step)
    ended(pipeline)
    assert [number for _, number, _ in main] == [*range(60)]
    assert 2 <= len(seen) <= 20
    assert all(9 <= number < 20 or 29 <= number < 40 for number in seen)
    assert seen == sorted(seen)
    assert demux.frames_dropped == 60 - 20


def test_a_seek_from_every_sink_reaches_upstream_once():
    pipeline = split(three(), *(branch(n) for n in range(3)), sources=3)
    sought = []

    def note(_pad, info):
        if info.get_event().type == Gst.EventType.SEEK:
            sought.append(info.get_event().get_seqnum())
            return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("demux").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, note)
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(Gst.CLOCK_TIME_NONE)
    pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 0)
    pipeline.set_state(Gst.State.NULL)
    assert len(sought) == 1


def test_streams_go_on_behind_a_flush():
    steady = [f"demux.src_{n} ! queue ! fakesink name=end{n} async=false" for n in range(2)]
    pipeline = split(source(0) + source(1), *steady, sources=2)
    pipeline.get_by_name("source1").get_static_pad("src").set_offset(Gst.SECOND)
    mux, counted = pipeline.get_by_name("mux").get_static_pad("src"), []
    told = [caps_and_segment(pipeline, f"end{n}") for n in range(2)]

    def flush(_batch):
        counted.append(1)
        if len(counted) == 3:
            segment = mux.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment().copy()
            mux.push_event(Gst.Event.new_flush_start())
            mux.push_event(Gst.Event.new_flush_stop(False))
            mux.push_event(Gst.Event.new_segment(segment))

    visit(pipeline, "mux", flush)
    ended(pipeline)
    for number, one in enumerate(told):
        assert len(one) >= 2
        shifts = [segment.to_running_time(Gst.Format.TIME, 0) for _, segment in one]
        assert shifts == [number * Gst.SECOND] * len(one)


def test_it_plays_again_and_is_freed():
    pipeline = split(source(0), branch(0), sources=1)
    seen = noted(pipeline, "end0")
    for _ in range(3):
        ended(pipeline)
    assert [number for _, number, _ in seen] == [0, 1, 2, 3] * 3
    gone = weakref.ref(pipeline.get_by_name("demux"))
    del pipeline
    gc.collect()
    assert gone() is None
