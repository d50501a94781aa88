import gc
import os

import pytest

from penstock.elements.nvv4l2decoder import COMPRESSED, software_decoders
from streams import Gst, error_text, finish, play

RAW = "video/x-raw,width=320,height=240,framerate=30/1,format=I420"
OK = Gst.PadProbeReturn.OK
ENCODERS = {
    "h264": "x264enc speed-preset=ultrafast key-int-max=10 bframes=3 ! h264parse",
    "h264 avc": "x264enc speed-preset=ultrafast ! video/x-h264,stream-format=avc",
    "h264 byte-stream": "x264enc speed-preset=ultrafast ! video/x-h264,stream-format=byte-stream",
    "h265": "x265enc speed-preset=ultrafast log-level=none ! h265parse",
    "vp8": "vp8enc deadline=1",
    "vp9": "vp9enc deadline=1 cpu-used=8",
    "mpeg2": "mpeg2enc ! mpegvideoparse",
    "mpeg4": "avenc_mpeg4 ! mpeg4videoparse",
    "msmpeg4": "avenc_msmpeg4",
    "jpeg": "jpegenc ! jpegparse",
    "png": "videoconvert ! pngenc snapshot=false",
    "theora": "theoraenc",
}


def source(encoder, *, frames=30, raw=RAW, pattern="ball"):
    return f"videotestsrc num-buffers={frames} pattern={pattern} ! {raw} ! {encoder}"


def decoded(description, *, at="dec"):
    """The caps under which buffers left, and for each buffer its PTS."""
    caps = []

    def note(buffer):
        now = pipeline.get_by_name(at).get_static_pad("src").get_current_caps().to_string()
        if now not in caps:
            caps.append(now)
        return buffer.pts

    pipeline = Gst.parse_launch(description)
    message, stamps = play(pipeline, probe=note, at=at)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return caps, stamps


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """60 frames of H.264 with B-frames, a key frame every 10."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    text = f"{source(ENCODERS['h264'], frames=60)} ! mp4mux ! filesink location={path}"
    assert finish(Gst.parse_launch(text)).type == Gst.MessageType.EOS
    return path


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    """The same without a container, so that a pipeline can be played again and again."""
    path = tmp_path_factory.mktemp("stream") / "clip.h264"
    text = f"{source(ENCODERS['h264 byte-stream'], frames=60)} ! filesink location={path}"
    assert finish(Gst.parse_launch(text)).type == Gst.MessageType.EOS
    return path


def from_stream(stream):
    return f"filesrc location={stream} ! h264parse ! nvv4l2decoder ! fakesink name=end sync=false"


def from_file(clip, options="", *, then="fakesink name=end"):
    return (
        f"filesrc location={clip} ! qtdemux ! h264parse ! nvv4l2decoder name=dec {options} ! {then}"
    )


@pytest.mark.parametrize("codec", ENCODERS)
def test_every_frame_of_a_stream_is_decoded_to_nvmm(codec):
    caps, stamps = decoded(f"{source(ENCODERS[codec])} ! nvv4l2decoder name=dec ! fakesink")
    assert len(stamps) == len(set(stamps)) == 30
    assert len(caps) == 1
    assert caps[0].startswith("video/x-raw(memory:NVMM)")
    assert "format=(string)NV12" in caps[0]


def test_a_real_avi_of_1999s_codec_is_decoded(data_dir):
    path = data_dir / "video" / "vtest.avi"
    _, stamps = decoded(f"filesrc location={path} ! avidemux ! nvv4l2decoder name=dec ! fakesink")
    assert len(stamps) == 795


def test_the_pixels_are_those_of_the_software_decoder(clip):
    def contents(decoder):
        packed = "identity drop-allocation=true ! fakesink name=end"
        text = f"filesrc location={clip} ! qtdemux ! h264parse ! {decoder} ! {packed}"
        _, seen = play(text, probe=content, at="end", pad="sink")
        return seen

    def content(buffer):
        return buffer.extract_dup(0, buffer.get_size())

    ours = contents("nvv4l2decoder")
    assert ours == contents("avdec_h264")
    assert len(ours) == 60


def test_ten_bits_stay_ten_bits():
    raw = RAW.replace("I420", "I420_10LE")
    text = source(ENCODERS["h265"], frames=3, raw=raw, pattern="gradient")
    caps, stamps = decoded(f"{text} ! nvv4l2decoder name=dec ! fakesink")
    assert len(stamps) == 3
    assert ", format=(string)P010_10LE" in caps[0]


def test_anamorphic_caps_are_passed_on():
    raw = f"{RAW},pixel-aspect-ratio=12/11"
    caps, _ = decoded(f"{source(ENCODERS['mpeg4'], raw=raw)} ! nvv4l2decoder name=dec ! fakesink")
    assert "pixel-aspect-ratio=(fraction)12/11" in caps[0]


# Changes in mid-stream


def test_the_size_may_change_in_mid_stream():
    small = RAW.replace("320", "160")
    caps, stamps = decoded(
        "concat name=all ! nvv4l2decoder name=dec ! fakesink "
        f"{source(ENCODERS['h264'])} ! all. {source(ENCODERS['h264'], raw=small)} ! all."
    )
    assert len(stamps) == 60
    assert [("width=(int)320" in c, "width=(int)160" in c) for c in caps] == [
        (True, False),
        (False, True),
    ]


def test_a_decoder_that_can_go_on_goes_on():
    small = RAW.replace("320", "160")
    pipeline = Gst.parse_launch(
        "concat name=all ! nvv4l2decoder name=dec ! fakesink "
        f"{source(ENCODERS['h264'])} ! all. {source(ENCODERS['h264'], raw=small)} ! all."
    )
    added = []
    pipeline.get_by_name("dec").connect("element-added", lambda _bin, part: added.append(part))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(added) == 1


def test_a_change_of_codec_that_is_told_by_caps_alone_loses_no_frame():
    pipeline = Gst.parse_launch(
        "concat name=all ! nvv4l2decoder name=dec ! fakesink "
        f"{source(ENCODERS['h264'])} ! all. {source('jpegenc')} ! all."
    )
    starts = []

    def hide_later_starts(_pad, info):
        if info.get_event().type != Gst.EventType.STREAM_START:
            return OK
        starts.append(1)
        return OK if len(starts) == 1 else Gst.PadProbeReturn.DROP

    pad = pipeline.get_by_name("dec").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, hide_later_starts)
    message, stamps = play(pipeline, probe=lambda buffer: buffer.pts, at="dec")
    assert message.type == Gst.MessageType.EOS
    assert len(stamps) == 60


def test_the_codec_may_change_in_mid_stream_without_losing_a_frame():
    parts = [ENCODERS[name] for name in ("h264", "vp8", "jpeg", "h265", "h264")]
    text = " ".join(f"{source(part)} ! all." for part in parts)
    _, stamps = decoded(f"concat name=all ! nvv4l2decoder name=dec ! fakesink {text}")
    assert len(stamps) == 30 * len(parts)


# Choosing by decodebin


@pytest.mark.parametrize("container", ["avi", "mp4"])
@pytest.mark.parametrize("factory", ["uridecodebin", "decodebin", "decodebin3"])
def test_autoplugging_finds_it_and_gives_nvmm(factory, container, clip, tmp_path):
    path = clip
    if container == "avi":
        path = tmp_path / "clip.avi"
        finish(Gst.parse_launch(f"{source('avenc_msmpeg4')} ! avimux ! filesink location={path}"))
    head = f"filesrc location={path} ! {factory}"
    if factory == "uridecodebin":
        head = f"uridecodebin uri={path.as_uri()}"
    pipeline = Gst.parse_launch(f"{head} ! nvegltransform name=only-nvmm ! fakesink")
    names, stamps = [], []
    pipeline.connect("deep-element-added", lambda *args: names.append(args[-1].get_name()))
    message, stamps = play(pipeline, probe=lambda buffer: buffer.pts, at="only-nvmm")
    assert message.type == Gst.MessageType.EOS
    assert len(stamps) == (30 if container == "avi" else 60)
    assert any(name.startswith("nvv4l2decoder") for name in names)


# Dropping


def test_key_frames_only(clip):
    _, stamps = decoded(from_file(clip, "skip-frames=decode_key"))
    assert len(stamps) == 6


def test_one_of_n_frames(clip):
    _, stamps = decoded(from_file(clip, "drop-frame-interval=7"))
    assert len(stamps) == 9  # frames 0, 7, ... 56
    _, every = decoded(from_file(clip))
    assert stamps == every[::7]


@pytest.mark.parametrize("interval", [0, 1])
def test_an_interval_of_0_or_1_drops_nothing(interval, clip):
    _, stamps = decoded(from_file(clip, f"drop-frame-interval={interval}"))
    assert len(stamps) == 60


def test_dropping_can_be_switched_on_and_off_while_playing(clip):
    pipeline = Gst.parse_launch(from_file(clip))
    element, seen = pipeline.get_by_name("dec"), []

    def switch(_buffer):
        seen.append(1)
        if len(seen) == 10:
            element.set_property("drop-frame-interval", 2)
        elif len(seen) == 15:
            element.set_property("drop-frame-interval", 0)

    message, _ = play(pipeline, probe=switch, at="dec")
    assert message.type == Gst.MessageType.EOS
    assert len(seen) == 60 - element.frames_skipped
    assert 4 <= element.frames_skipped <= 6


def test_a_slow_sink_that_asks_for_quality_of_service_loses_no_frame(clip):
    slow = "identity sleep-time=36000 ! fakesink sync=true qos=true name=end"
    message, stamps = play(from_file(clip, then=slow), at="end", pad="sink", probe=id)
    assert message.type == Gst.MessageType.EOS
    assert len(stamps) == 60


# Broken input


@pytest.mark.parametrize("codec", ["h264", "h265", "mpeg4", "jpeg", "vp8"])
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_stream_ends_in_eos_or_in_one_sentence(codec, seed):
    damage = f"breakmydata seed={seed} skip={seed * 40} probability={0.0005 * 4**seed:f}"
    text = source(ENCODERS[codec].replace("log-level=none", ""), frames=20)
    pipeline = Gst.parse_launch(f"{text} ! {damage} ! nvv4l2decoder name=camera ! fakesink")
    message = finish(pipeline)
    if message.type == Gst.MessageType.ERROR:
        assert "Traceback" not in error_text(message)
        assert "camera" in message.src.get_path_string()


@pytest.mark.parametrize(
    "caps",
    [
        "video/x-h264,stream-format=byte-stream,alignment=au",
        "video/x-vp8",
        "image/jpeg",
        "video/mpeg,mpegversion=4,systemstream=false",
    ],
)
def test_a_stream_of_noise_is_an_error_of_the_decoder(caps):
    noise = "fakesrc num-buffers=50 filltype=random sizetype=fixed sizemax=3000"
    pipeline = Gst.parse_launch(
        f"{noise} ! capsfilter caps={caps} ! nvv4l2decoder name=camera ! fakesink"
    )
    message, seen = play(pipeline, at="camera", probe=id)
    assert seen == []
    assert error_text(message)
    assert "camera" in message.src.get_path_string()


def test_a_codec_that_nobody_reads_is_named_with_what_to_install():
    unread = [
        structure
        for structure in (
            Gst.Caps.from_string(COMPRESSED).get_structure(n)
            for n in range(Gst.Caps.from_string(COMPRESSED).get_size())
        )
        if not any(f.can_sink_any_caps(as_caps(structure)) for f in software_decoders())
    ]
    assert unread, "this test needs a codec without a decoder"
    caps = as_caps(unread[0]).fixate().to_string()
    message, _ = play(
        f"fakesrc num-buffers=5 filltype=random ! capsfilter caps={caps} "
        "! nvv4l2decoder name=camera ! fakesink"
    )
    text = error_text(message)
    assert text.startswith(f"camera: no installed decoder reads {unread[0].get_name()}")
    assert "install gstreamer1.0-libav" in text


def as_caps(structure):
    caps = Gst.Caps.new_empty()
    caps.append_structure(structure.copy())
    return caps


def test_caps_that_are_no_video_do_not_link():
    decoder = Gst.ElementFactory.make("nvv4l2decoder")
    sink = decoder.get_static_pad("sink")
    assert not sink.query_accept_caps(Gst.Caps.from_string("audio/mpeg"))
    assert sink.query_accept_caps(Gst.Caps.from_string("video/x-vp9"))


def test_upstream_learns_what_the_installed_decoders_read():
    decoder = Gst.ElementFactory.make("nvv4l2decoder")
    sink = decoder.get_static_pad("sink")
    every = sink.query_caps(None)
    assert every.is_subset(sink.get_pad_template_caps())
    vp8 = sink.query_caps(Gst.Caps.from_string("video/x-vp8; audio/mpeg"))
    assert vp8.to_string() == "video/x-vp8"


# Running


def test_a_flushing_seek_shows_the_wanted_frame_and_then_all_that_follow(clip):
    pipeline = Gst.parse_launch(from_file(clip, then="fakesink name=end sync=false"))
    seen = []
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, lambda _pad, info: seen.append(info.get_buffer().pts) or OK
    )
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(10 * Gst.SECOND)
    for _ in range(3):
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE
        assert pipeline.seek_simple(Gst.Format.TIME, flags, Gst.SECOND)
        pipeline.get_state(10 * Gst.SECOND)
    seen.clear()
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(seen) == 30 - 1  # the one at 1 s is the preroll


def test_stopping_and_playing_again_gives_everything_each_time_and_keeps_no_memory(stream):
    pipeline = Gst.parse_launch(from_stream(stream))
    seen, resident = [], []
    pipeline.get_by_name("end").get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER, lambda _pad, _info: seen.append(1) or OK
    )
    for _ in range(20):
        assert finish(pipeline).type == Gst.MessageType.EOS
        assert len(seen) == 60
        seen.clear()
        gc.collect()
        resident.append(resident_bytes())
    assert resident[-1] - resident[5] < 4e6


def test_stopping_at_any_moment_neither_hangs_nor_fails(stream):
    pipeline = Gst.parse_launch(from_stream(stream))
    for _ in range(20):
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.set_state(Gst.State.NULL)
    assert finish(pipeline).type == Gst.MessageType.EOS


def test_a_removed_decoder_is_freed():
    import weakref

    pipeline = Gst.parse_launch(f"{source('jpegenc')} ! nvv4l2decoder name=dec ! fakesink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    gone = weakref.ref(pipeline.get_by_name("dec"))
    del pipeline
    gc.collect()
    assert gone() is None


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
