"""What nvstreammux says of its sources, and how it ends."""

import pytest
from muxes import Playing, mux, numbers, source

from footage import clip
from penstock.gst import batch_of, nvevents
from streams import Gst, finish

NAMES = {
    nvevents.PAD_ADDED: "added",
    nvevents.PAD_DELETED: "deleted",
    nvevents.STREAM_EOS: "ended",
    nvevents.STREAM_SEGMENT: "segment",
    nvevents.STREAM_RESET: "reset",
}


def listen(pipeline, at="mux"):
    """A list that fills with what leaves an element: `(what, source, …)`, or a name."""
    heard = []

    def hear(_pad, info):
        if info.type & Gst.PadProbeType.BUFFER:
            frames = batch_of(info.get_buffer()).frames
            heard.extend(("frame", frame.source_id, frame.frame_num) for frame in frames)
        elif (said := nvevents.source_event_of(info.get_event())) is not None:
            heard.append((NAMES[said[0]], said[1]))
        else:
            heard.append(info.get_event().type.value_nick)
        return Gst.PadProbeReturn.OK

    kinds = Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.BUFFER
    pipeline.get_by_name(at).get_static_pad("src").add_probe(kinds, hear)
    return heard


def about(heard, number):
    """What was heard of one source."""
    return [one for one in heard if one[1] == number]


def test_each_source_is_announced_before_its_first_frame_and_ended_after_its_last():
    pipeline = Gst.parse_launch(
        mux(2, then="queue ! nvdsosd name=last ! fakesink") + source(4, frames=2) + source(1)
    )
    here, there = listen(pipeline), listen(pipeline, "last")
    assert finish(pipeline).type == Gst.MessageType.EOS
    for heard in (here, there):
        assert heard[:3] == ["stream-start", "caps", "segment"]
        for number, frames in ((4, 2), (1, 10)):
            own = about(heard, number)
            assert own == [
                ("added", number),
                ("segment", number),
                *(("frame", number, n) for n in range(frames)),
                ("ended", number),
            ]
        assert heard[-1] == "eos"


def test_the_segment_of_a_source_travels_with_its_event():
    segments = []

    def hear(_pad, info):
        event = info.get_event()
        if (nvevents.source_event_of(event) or (0, 0))[0] == nvevents.STREAM_SEGMENT:
            structure = event.get_structure()  # the segment lives as long as this
            segments.append(structure.get_value("segment").copy())
        return Gst.PadProbeReturn.OK

    pipeline = Gst.parse_launch(mux(1) + source(0))
    pad = pipeline.get_by_name("mux").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, hear)
    finish(pipeline)
    (segment,) = segments
    assert (segment.format, segment.start, segment.rate) == (Gst.Format.TIME, 0, 1.0)


def test_a_pad_that_is_released_and_requested_again_is_announced_each_time():
    description = mux(2, batched_push_timeout=20_000) + source(0, frames=-1)
    playing = Playing(description)
    heard = listen(playing.pipeline)
    with playing:
        for _ in range(2):
            added, pad = playing.add(1)
            playing.wait_for_more(of=1)
            playing.remove(added, pad)
            playing.wait_for_more(of=0)
    own = [one for one in about(heard, 1) if one[0] != "frame"]
    assert own == [("added", 1), ("segment", 1), ("deleted", 1)] * 2


def test_a_stream_reset_carries_the_number_of_the_pad_and_may_count_anew():
    for resets in (False, True):
        playing = Playing(mux(1, frame_num_reset_on_stream_reset=resets) + source(3, frames=-1))
        heard = listen(playing.pipeline)
        with playing:
            playing.wait_for_more()
            nvevents.push_stream_reset(playing.mux.get_static_pad("sink_3").get_peer(), 77)
            playing.until(lambda heard=heard: ("reset", 3) in heard)
            playing.wait_for_more()
        assert (numbers(playing.batches)[3].count(0) == 2) == resets


@pytest.mark.parametrize("resets", [False, True])
def test_a_source_that_starts_again_after_its_end_may_count_anew(resets):
    text = mux(2, frame_num_reset_on_eos=resets, batched_push_timeout=20_000)
    with Playing(text + source(0, frames=-1)) as playing:
        pad = playing.mux.request_pad_simple("sink_1")
        for _ in range(2):
            deliver(pad, frames=2)
            pad.send_event(Gst.Event.new_eos())
        playing.until(lambda: len(numbers(playing.batches).get(1, ())) == 4)
    assert numbers(playing.batches)[1] == ([0, 1, 0, 1] if resets else [0, 1, 2, 3])


def deliver(pad, *, frames):
    """A stream of pictures, put right into a pad."""
    caps = "video/x-raw(memory:NVMM),format=GRAY8,width=8,height=8,framerate=25/1"
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    pad.send_event(Gst.Event.new_stream_start("by hand"))
    pad.send_event(Gst.Event.new_caps(Gst.Caps.from_string(caps)))
    pad.send_event(Gst.Event.new_segment(segment))
    for n in range(frames):
        buffer = Gst.Buffer.new_wrapped(bytes(64))
        buffer.pts = n * 40_000_000
        assert pad.chain(buffer) == Gst.FlowReturn.OK


# The end of everything


@pytest.mark.parametrize("name", ["drop_pipeline_eos", "no_pipeline_eos"])
def test_a_withheld_end_lets_sources_come_after_all_have_ended(name):
    playing = Playing(mux(2, **{name: True}) + source(0, frames=3))
    heard = listen(playing.pipeline)
    with playing:
        playing.until(lambda: ("ended", 0) in heard)
        added, pad = playing.add(1)
        playing.wait_for_more(of=1)
        playing.remove(added, pad)
        playing.until(lambda: ("deleted", 1) in heard)
        assert "eos" not in heard
        playing.mux.set_property(name.replace("_", "-"), False)
        assert playing.end().type == Gst.MessageType.EOS


def test_all_sources_may_be_released_when_the_end_is_withheld():
    description = "nvstreammux name=mux width=64 height=36 drop-pipeline-eos=true ! fakesink "
    with Playing(description + "async=false") as playing:
        for number in (0, 1, 0):
            added, pad = playing.add(number)
            playing.wait_for_more(of=number)
            playing.remove(added, pad)
        playing.mux.set_property("drop-pipeline-eos", False)
        assert playing.end().type == Gst.MessageType.EOS


def test_without_it_the_end_comes_when_the_last_source_is_released():
    with Playing("nvstreammux name=mux width=64 height=36 ! fakesink async=false") as playing:
        added, pad = playing.add(0)
        playing.wait_for_more(of=0)
        playing.remove(added, pad)
        assert playing.end().type == Gst.MessageType.EOS


# Seeks

FLUSH = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
TAILS = {
    "mux": "fakesink",
    "demux": "nvstreamdemux name=d d.src_0 ! queue ! fakesink d.src_1 ! queue ! fakesink",
}


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("seeks") / "video.mp4", frames=50, size=(64, 36))


@pytest.mark.parametrize("tail", TAILS)
def test_twenty_flushing_seeks_in_two_files_end_properly(video, tail):
    files = [
        f"filesrc location={video} ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_{n} "
        for n in (0, 1)
    ]
    with Playing(mux(2, then=TAILS[tail]) + "".join(files)) as playing:
        for n in range(20):
            assert playing.pipeline.seek_simple(Gst.Format.TIME, FLUSH, n % 3 * 200 * Gst.MSECOND)
            result, *_ = playing.pipeline.get_state(20 * Gst.SECOND)
            assert result == Gst.StateChangeReturn.SUCCESS, f"seek {n}"
        playing.batches.clear()
        assert playing.end().type == Gst.MessageType.EOS
    assert {n for batch in playing.batches for n, *_ in batch} == {0, 1}


def test_a_source_that_refuses_to_seek_goes_on_where_it_was(video):
    file = f"filesrc location={video} ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0 "
    camera = source(1, frames=-1, extra="! identity name=camera")
    text = mux(2, then="fakesink sync=true", batched_push_timeout=20_000)
    with Playing(text + file + camera) as playing:
        playing.pipeline.get_by_name("camera").get_static_pad("src").add_probe(
            Gst.PadProbeType.EVENT_UPSTREAM, refuse_seeks
        )
        for _ in range(3):
            playing.wait_for_more(of=1)
            playing.pipeline.seek_simple(Gst.Format.TIME, FLUSH, 0)
        playing.wait_for_more(of=1)
        playing.wait_for_more(of=0)


def refuse_seeks(_pad, info):
    is_seek = info.get_event().type == Gst.EventType.SEEK
    return Gst.PadProbeReturn.DROP if is_seek else Gst.PadProbeReturn.OK


def test_scripts_may_ask_for_the_names_of_its_events():
    pipeline = Gst.parse_launch(mux(1) + source(1))
    heard = []

    def hear(_pad, info):
        kind = info.get_event().type
        heard.append((kind.value_nick, kind.value_name))
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("mux").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, hear)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert ("eos", "GST_EVENT_EOS") in heard
    assert ("nv-pad-added", "GST_EVENT_NV_PAD_ADDED") in heard
    assert ("nv-stream-eos", "GST_EVENT_NV_STREAM_EOS") in heard
