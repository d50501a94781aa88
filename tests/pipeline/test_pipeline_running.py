"""The loop: sources that fail, signals, ends."""

import os
import signal
import threading

import pytest

from footage import clip
from penstock.errors import StreamError
from penstock.pipeline import Run, SourceBin
from streams import Gst


def pipeline_of(*uris, mux="", tail="fakesink sync=false", frames=None):
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={len(uris)} width=320 height=180 {mux} ! {tail}"
    )
    mux = pipeline.get_by_name("mux")
    sources = [SourceBin(i, name=f"s{i}", uri=uri, frames=frames) for i, uri in enumerate(uris)]
    for source in sources:
        pipeline.add(source.bin)
        source.pad.link(mux.request_pad_simple(f"sink_{source.index}"))
    return pipeline, sources


def run(*uris, **options):
    pipeline, sources = pipeline_of(*uris, **options)
    warned = []
    Run(pipeline, sources=sources, on_warning=warned.append).run()
    assert pipeline.get_state(0)[1] == Gst.State.NULL
    return sources, warned


def test_all_sources_are_read_to_their_ends(ball, tmp_path):
    short = clip(tmp_path / "short.mp4", frames=7)
    sources, warned = run(ball.as_uri(), short.as_uri())
    assert [source.frames for source in sources] == [30, 7]
    assert [source.failure for source in sources] == [None, None]
    assert warned == []


def test_a_limit_ends_each_source(ball):
    sources, _ = run(ball.as_uri(), ball.as_uri(), frames=5)
    assert [source.frames for source in sources] == [5, 5]
    assert all(source.ended for source in sources)


def test_sources_that_fail_are_named_and_the_others_go_on(ball, tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    sources, warned = run("nothing://here", ball.as_uri(), text.as_uri(), "file:///nowhere.mp4")
    assert [source.frames for source in sources] == [0, 30, 0, 0]
    assert len(warned) == 3
    for number, reason in ((0, "No URI handler"), (2, "Could not determine type"), (3, "Resource")):
        (said,) = (text for text in warned if text.startswith(f"source {number} (s{number}) fail"))
        assert reason in said
        assert sources[number].failure in said


def test_a_run_ends_where_every_source_fails(tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    for uris in (["nothing://here"], [text.as_uri()], ["nothing://here", text.as_uri()]):
        sources, _ = run(*uris)
        assert all(source.failure for source in sources)


def test_an_element_of_the_pipeline_that_fails_ends_the_run_and_is_named(ball):
    with pytest.raises(StreamError, match=r"^broken: Failed after iterations as requested"):
        run(ball.as_uri(), tail="identity name=broken error-after=3 ! fakesink")
    with pytest.raises(StreamError, match=r"^mux: width and height must be set"):
        run(ball.as_uri(), mux="width=0")


def test_a_pipeline_needs_no_sources():
    pipeline = Gst.parse_launch("videotestsrc num-buffers=3 ! fakesink")
    ticks = []
    Run(pipeline, on_tick=lambda: ticks.append(1)).run()
    assert ticks


def test_what_a_tick_raises_ends_the_run(ball):
    pipeline, sources = pipeline_of(ball.as_uri(), tail="fakesink sync=true")

    def tick():
        raise StreamError("the disk is full")

    with pytest.raises(StreamError, match="the disk is full"):
        Run(pipeline, sources=sources, on_tick=tick).run()
    assert pipeline.get_state(0)[1] == Gst.State.NULL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_streams_and_all_that_was_read_arrives(ball, number):
    pipeline, sources = pipeline_of(ball.as_uri(), tail="fakesink name=out sync=true")
    arrived = []

    def probe(_pad, _info):
        arrived.append(1)
        if len(arrived) == 3:
            os.kill(os.getpid(), number)
        return Gst.PadProbeReturn.OK

    before = signal.getsignal(number)
    out = pipeline.get_by_name("out").get_static_pad("sink")
    out.add_probe(Gst.PadProbeType.BUFFER, probe)
    Run(pipeline, sources=sources).run()
    assert 3 <= len(arrived) < 30
    assert all(source.ended for source in sources)
    assert signal.getsignal(number) is before


def test_a_signal_ends_a_pipeline_without_known_sources_and_its_file_is_playable(tmp_path):
    video = clip(tmp_path / "long.mp4", frames=300)  # ten seconds, also where all is slow
    output = tmp_path / "out.mp4"
    pipeline = Gst.parse_launch(
        f"uridecodebin uri={video.as_uri()} ! mux.sink_0 nvstreammux name=mux width=320 height=180 "
        "! clocksync name=clock ! nvvideoconvert ! x264enc tune=zerolatency ! mp4mux "
        f"! filesink location={output} async=false"
    )
    played = []

    def probe(_pad, _info):
        played.append(1)
        if len(played) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return Gst.PadProbeReturn.OK

    clock = pipeline.get_by_name("clock").get_static_pad("sink")
    clock.add_probe(Gst.PadProbeType.BUFFER, probe)
    Run(pipeline).run()
    assert 3 <= len(played) < 300
    assert b"moov" in output.read_bytes()  # what players look for


def test_a_source_that_has_just_failed_is_stopped_with_the_rest(ball, tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    pipeline, sources = pipeline_of(ball.as_uri(), text.as_uri(), tail="fakesink sync=true")

    def tick():
        if sources[1].failure:  # it is about to be taken out
            raise StreamError("the disk is full")

    with pytest.raises(StreamError, match="the disk is full"):
        Run(pipeline, sources=sources, on_tick=tick, on_warning=lambda _: None).run()
    assert [source.bin.get_state(0)[1] for source in sources] == [Gst.State.NULL] * 2


def test_a_source_that_was_given_up_does_not_start_any_more(ball):
    pipeline, (source,) = pipeline_of(ball.as_uri())
    pipeline.remove(source.bin)
    pipeline.set_state(Gst.State.READY)
    pipeline.add(source.bin)
    source.give_up()
    source.start()
    assert source.bin.get_state(0)[1] == Gst.State.NULL
    pipeline.set_state(Gst.State.NULL)


def test_a_source_that_was_closed_is_not_brought_up_again_on_the_pipelines_way_down(ball):
    pipeline, (source,) = pipeline_of(ball.as_uri())
    source.close()
    pipeline.add(source.bin)  # as the pipeline sees it that has begun before `close` removed it
    source.give_up()
    pipeline.set_state(Gst.State.READY)
    assert source.bin.get_state(0)[1] == Gst.State.NULL
    pipeline.set_state(Gst.State.NULL)


def test_a_source_that_was_given_up_is_stopped_by_its_pipeline_alone(ball):
    pipeline, (source,) = pipeline_of(ball.as_uri())
    pipeline.set_state(Gst.State.READY)
    source.give_up()
    source.close()
    assert source.bin.get_parent() == pipeline
    pipeline.set_state(Gst.State.NULL)
    assert source.bin.get_state(0)[1] == Gst.State.NULL


def test_a_signal_ends_a_paused_pipeline_properly_too(ball, tmp_path):
    output = tmp_path / "out.mp4"
    tail = f"nvvideoconvert ! x264enc tune=zerolatency ! mp4mux ! filesink location={output}"
    pipeline, sources = pipeline_of(ball.as_uri(), tail=f"clocksync ! {tail} async=false")
    paused = []

    def tick():
        if not paused and sources[0].frames > 3:
            pipeline.set_state(Gst.State.PAUSED)
            paused.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    Run(pipeline, sources=sources, on_tick=tick).run()
    assert paused
    assert b"moov" in output.read_bytes()  # what players look for


def test_a_second_signal_stops_at_once(ball):
    pipeline, sources = pipeline_of(ball.as_uri(), tail="fakesink sync=true")

    def tick():
        if pipeline.get_state(0)[1] == Gst.State.PLAYING:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Run(pipeline, sources=sources, on_tick=tick).run()
    assert pipeline.get_state(0)[1] == Gst.State.NULL


def test_a_run_on_another_thread_leaves_signals_alone(ball):
    pipeline, sources = pipeline_of(ball.as_uri())
    before = signal.getsignal(signal.SIGINT)
    seen = []
    run_ = Run(pipeline, sources=sources, on_tick=lambda: seen.append(signal.getsignal(2)))
    thread = threading.Thread(target=run_.run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert set(seen) == {before}
