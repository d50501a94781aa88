"""nvurisrcbin on files: opened once, or again and again."""

import gc
import threading

import pytest
from cameras import Player, are_rising

from footage import clip
from streams import Gst, error_text, finish, play

FRAME_NS = 40_000_000


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """25 frames a second, for 0.4 s."""
    return clip(tmp_path_factory.mktemp("street") / "street.mp4", frames=10).as_uri()


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    """A second of pictures and sound."""
    path = tmp_path_factory.mktemp("talking") / "talking.mkv"
    line = (
        f"matroskamux name=m ! filesink location={path} "
        "videotestsrc num-buffers=25 ! video/x-raw,width=160,height=120,framerate=25/1 "
        "! x264enc ! m. audiotestsrc num-buffers=43 ! vorbisenc ! m."
    )
    assert finish(Gst.parse_launch(line)).type == Gst.MessageType.EOS
    return path.as_uri()


def test_a_file_comes_out_as_nvmm_pictures_and_ends(street):
    with Player(street) as player:
        player.until(lambda: player.ended)
        assert [time_ns for time_ns, _ in player.frames] == [i * FRAME_NS for i in range(10)]
        assert (
            player.source.get_static_pad("vsrc_0")
            .get_current_caps()
            .get_features(0)
            .contains("memory:NVMM")
        )
        assert player.source.get_property("frames-received") == 10


def test_a_looping_file_goes_on_in_even_steps(street):
    with Player(street, file_loop=True) as player:
        player.until_frames(45)
        assert not player.ended
    assert [time_ns for time_ns, _ in player.frames[:45]] == [i * FRAME_NS for i in range(45)]


def test_an_eos_from_the_application_ends_a_looping_file(street):
    with Player(street, file_loop=True, tail="fakesink sync=true") as player:
        player.until_frames(5)
        player.pipeline.send_event(Gst.Event.new_eos())
        player.until(lambda: player.ended)


def test_it_counts_as_a_source_also_while_it_has_no_connection():
    pipeline, source = Gst.Pipeline(), Gst.ElementFactory.make("nvurisrcbin")
    pipeline.add(source)
    assert pipeline.iterate_sources().next() == (Gst.IteratorResult.OK, source)


def test_what_played_a_file_before_is_freed_also_where_nobody_reads_the_bus(street):
    pipeline = Gst.parse_launch(
        f"nvurisrcbin name=source uri={street} file-loop=true ! fakesink sync=false"
    )
    decoders, enough = [], threading.Event()

    def note(_bin, _around, element):
        if element.get_factory() and element.get_factory().get_name() == "nvv4l2decoder":
            decoders.append(element.weak_ref())
            if len(decoders) == 8:
                enough.set()

    pipeline.get_by_name("source").connect("deep-element-added", note)
    try:
        pipeline.set_state(Gst.State.PLAYING)
        assert enough.wait(30)
        gc.collect()
        assert sum(decoder() is not None for decoder in decoders) <= 2
    finally:
        pipeline.set_state(Gst.State.NULL)


def test_a_looping_file_can_be_paused_and_go_on(street):
    with Player(street, file_loop=True, tail="fakesink sync=true") as player:
        player.until_frames(12)
        player.pipeline.set_state(Gst.State.PAUSED)
        player.pipeline.set_state(Gst.State.PLAYING)
        player.until_frames(12)
    assert are_rising([time_ns for time_ns, _ in player.frames])


def test_frames_of_a_looping_file_rise_behind_the_mux(street):
    line = (
        f"nvurisrcbin uri={street} file-loop=true ! m.sink_0 nvstreammux name=m batch-size=1 "
        "width=160 height=120 ! identity name=seen eos-after=35 ! fakesink sync=false"
    )
    message, times = play(line, at="seen", probe=lambda buffer: buffer.pts)
    assert message.type == Gst.MessageType.EOS
    assert are_rising(times[:34])
    assert times[33] == 33 * FRAME_NS


def test_a_mux_that_wants_no_more_stops_the_loop(street):
    with Player(street, file_loop=True, tail="identity name=last ! fakesink sync=false") as player:
        player.until_frames(15)
        last = player.pipeline.get_by_name("last").get_static_pad("sink")
        last.send_event(Gst.Event.new_eos())
        player.until(lambda: player.ended)
        player.listen(0.5)
        received = player.source.get_property("frames-received")
        player.listen(0.5)
        assert player.source.get_property("frames-received") == received


def test_sound_is_left_alone_unless_it_is_asked_for(talking):
    with Player(talking) as player:
        player.until(lambda: player.ended)
        assert [pad.get_name() for pad in player.source.pads] == ["vsrc_0"]


def test_sound_comes_through_a_pad_of_its_own_in_step_with_the_pictures(talking):
    tail = "fakesink sync=false source.asrc_0 ! audio/x-raw ! fakesink sync=false"
    with Player(talking, disable_audio=False, file_loop=True, tail=tail) as player:
        player.until_frames(250)
    by_kind = {
        kind: [at for at, caps in player.frames if caps.get_name().startswith(kind)]
        for kind in ("audio", "video")
    }
    assert min(map(len, by_kind.values())) > 50
    for times in by_kind.values():
        assert are_rising(times)
    passes = {kind: times[-1] // 10**9 for kind, times in by_kind.items()}
    assert abs(passes["audio"] - passes["video"]) <= 1


def test_sound_is_no_frame(talking):
    pipeline = Gst.parse_launch(
        f"nvurisrcbin name=source uri={talking} disable-audio=false "
        "source.vsrc_0 ! queue ! fakesink source.asrc_0 ! queue ! fakesink"
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert pipeline.get_by_name("source").get_property("frames-received") == 25


def test_an_elementary_stream_loops_too(tmp_path):
    path = clip(tmp_path / "street.h264", frames=10)
    with Player(path.as_uri(), file_loop=True) as player:
        player.until_frames(25)
    assert are_rising([time_ns for time_ns, _ in player.frames[:25]])


def test_raw_pictures_enter_nvmm():
    with Player("testbin://video,pattern=ball") as player:
        player.until_frames(3)
        caps = player.source.get_static_pad("vsrc_0").get_current_caps()
        assert caps.get_features(0).contains("memory:NVMM")


@pytest.mark.parametrize("loops", [False, True])
@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("file:///there/is/no.mp4", "Resource not found"),
        ("nothing://here", 'No URI handler implemented for "nothing"'),
        ("street.mp4", 'Invalid URI "street.mp4"'),
        (None, "uri: wanted a file, a camera or another URI, got none"),
    ],
)
def test_what_cannot_be_opened_is_an_error(uri, reason, loops):
    pipeline = Gst.parse_launch(f"nvurisrcbin name=source file-loop={loops} ! fakesink")
    pipeline.get_by_name("source").set_property("uri", uri)
    assert reason in error_text(finish(pipeline))


def test_a_file_without_pictures_does_not_loop_for_ever(tmp_path):
    path = tmp_path / "noise.mp4"
    path.write_bytes(bytes(range(256)) * 40)
    with Player(path.as_uri(), file_loop=True) as player:
        player.until(lambda: player.errors)


def test_a_source_can_start_again_after_null(street):
    player = Player(street, file_loop=True)
    for _ in range(3):
        with player:
            player.until_frames(12)
    assert player.source.pads == []


def test_decoding_can_be_thinned_out(street):
    with Player(street, drop_frame_interval=5) as player:
        player.until(lambda: player.ended)
        assert len(player.frames) == 2
