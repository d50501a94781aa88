"""`nvdsmetainsert` and `nvdsmetaextract`: metadata travels inside real video."""

import re
from importlib import import_module

import pytest
from batches import visit

from footage import clip
from penstock.bitstream import pack
from penstock.gst import batch_of
from penstock.meta import ClassifierMeta, FrameAnalytics, LabelInfo, ObjectMeta, UserMeta
from streams import Gst, error_text, finish, play

FRAMES = 12
MUX = "nvstreammux name=mux batch-size={n} width={w} height={h}"
ENCODED = {
    "h264": ("nvv4l2h264enc", "h264parse ! mp4mux", "mp4"),
    "h265": ("nvv4l2h265enc", "h265parse ! matroskamux", "mkv"),
    "x264enc": ("nvvideoconvert ! x264enc bframes=2", "h264parse ! mp4mux", "mp4"),
    "annex-b": ("nvv4l2h264enc", "h264parse ! video/x-h264,stream-format=byte-stream", "h264"),
    "rtp": ("nvv4l2h264enc", "rtph264pay mtu=1200 ! rtpstreampay", "rtp"),
}
OPEN = {
    "mp4": "qtdemux ! h264parse",
    "mkv": "matroskademux ! h265parse",
    "h264": "h264parse",
    "rtp": "application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=H264 "
    "! rtpstreamdepay ! rtph264depay ! h264parse",
}


def describe(batch):
    """Two people, one with a hat, and what analytics says of them."""
    for frame in batch:
        number = frame.frame_num
        person = frame.add(ObjectMeta((1.5 * number, 20, 30, 80), label="人", track_id=number))
        person.confidence, person.text.text = number / 7, f"person {number}"
        person.classifiers.append(ClassifierMeta(2, [LabelInfo("red", 1, 0, 0.5, 3)], "coat"))
        frame.add(ObjectMeta((0.0, 0.0, 9.0, 9.0), label="hat"), parent=person)
        counts = FrameAnalytics(in_region={"lawn": number})
        frame.user.append(UserMeta(counts, meta_type=counts.META_TYPE))
        frame.user.append(UserMeta(object()))  # the application's own


def record(path, form="h264", *, size=(320, 192)):
    """Write a video with metadata in it; what was known about each picture, packed."""
    encoder, muxer, _ = ENCODED[form]
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers={FRAMES} pattern=ball ! video/x-raw,format=I420 "
        f"! nvvideoconvert ! mux.sink_0 {MUX.format(n=1, w=size[0], h=size[1])} "
        f"! identity name=facts ! nvvideoconvert ! {encoder} ! nvdsmetainsert name=insert "
        f"! {muxer} ! filesink location={path}"
    )
    written = []
    visit(pipeline, "facts", describe)
    visit(pipeline, "insert", lambda batch: written.append(pack(batch)), pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert len(written) == FRAMES
    return written


@pytest.mark.parametrize("form", ENCODED)
def test_what_is_read_is_what_was_written(form, tmp_path):
    suffix = ENCODED[form][2]
    path = tmp_path / f"video.{suffix}"
    written = record(path, form)
    message, read = play(
        f"filesrc location={path} ! {OPEN[suffix]} ! nvdsmetaextract ! nvv4l2decoder name=end "
        "! fakesink",
        probe=lambda buffer: pack(batch_of(buffer)),
        at="end",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert sorted(read) == sorted(written)
    if form != "x264enc":  # there, pictures are stored in another order
        assert read == written


@pytest.mark.parametrize("scaled", ["", "! nvvideoconvert ! {},width=160,height=96"])
def test_behind_the_mux_the_objects_are_in_the_new_frames_pixels(scaled, tmp_path):
    path = tmp_path / "video.mp4"
    record(path)
    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! qtdemux ! h264parse ! nvdsmetaextract ! nvv4l2decoder "
        f"{scaled.format('video/x-raw(memory:NVMM)')} ! mux.sink_2 "
        f"{MUX.format(n=1, w=640, h=576)} enable-padding=true ! nvdsosd name=osd ! fakesink"
    )
    frames = []
    visit(pipeline, "osd", lambda batch: frames.append(batch.frames[0]))
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert [frame.frame_num for frame in frames] == list(range(FRAMES))
    for number, frame in enumerate(frames):
        assert frame.source_id == 2
        person, hat = frame.objects
        assert person.ltwh == pytest.approx((3 * number, 40 + 96, 60, 160))
        assert (person.label, person.track_id, hat.parent) == ("人", number, person)
        assert person.classifications[0].label == "red"
        assert frame.user[FrameAnalytics].in_region == {"lawn": number}


def test_the_tiles_of_a_wall_become_one_frame_with_the_objects_of_all(tmp_path):
    path = tmp_path / "wall.mp4"
    inputs = "".join(
        f"videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! nvvideoconvert ! mux.sink_{n} "
        for n in range(2)
    )
    pipeline = Gst.parse_launch(
        f"{MUX.format(n=2, w=320, h=192)} ! identity name=facts "
        "! nvmultistreamtiler columns=2 width=320 height=96 ! nvvideoconvert ! nvv4l2h264enc "
        f"! nvdsmetainsert ! h264parse ! mp4mux ! filesink location={path} {inputs}"
    )
    visit(pipeline, "facts", describe)
    assert finish(pipeline).type == Gst.MessageType.EOS
    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! qtdemux ! h264parse ! nvdsmetaextract ! nvv4l2decoder "
        f"! mux.sink_0 {MUX.format(n=1, w=320, h=96)} ! identity name=end ! fakesink"
    )
    boxes = []
    visit(pipeline, "end", lambda batch: boxes.append([o.ltwh for o in batch.frames[0].objects]))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert boxes[0][0::2] == [pytest.approx((x, 10, 15, 40)) for x in (0, 160)]


def test_a_stream_without_metadata_passes_as_it_is(tmp_path):
    path = clip(tmp_path / "plain.mp4", frames=5)
    message, read = play(
        f"filesrc location={path} ! qtdemux ! h264parse ! nvdsmetaextract ! nvv4l2decoder name=end "
        "! fakesink",
        probe=batch_of,
        at="end",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert read == [None] * 5


def warnings_and_end(pipeline):
    told = []
    kinds = Gst.MessageType.WARNING | Gst.MessageType.EOS | Gst.MessageType.ERROR
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(20 * Gst.SECOND, kinds)
    while message.type == Gst.MessageType.WARNING:
        told.append(message.parse_warning()[0].message)
        message = bus.timed_pop_filtered(20 * Gst.SECOND, kinds)
    pipeline.set_state(Gst.State.NULL)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return told


def test_damaged_metadata_is_counted_and_warned_about_and_the_video_goes_on(tmp_path):
    path = tmp_path / "video.h264"
    written = record(path, "annex-b")
    content = path.read_bytes()
    for packed in written[2:5]:
        at = content.index(packed[:40])
        content = content[: at + 30] + b"\x99\x77" + content[at + 32 :]
    path.write_bytes(content)
    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! h264parse ! nvdsmetaextract name=extract "
        "! nvv4l2decoder name=end ! fakesink"
    )
    read = []
    pad = pipeline.get_by_name("end").get_static_pad("src")

    def keep(_pad, info):
        batch = batch_of(info.get_buffer())
        read.append(None if batch is None else pack(batch))
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, keep)
    first, last = warnings_and_end(pipeline)
    assert re.fullmatch(
        "extract: the metadata cannot be read: .*; "
        "the picture passes without, others are only counted",
        first,
    )
    assert last == "extract: the metadata of 3 pictures could not be read"
    assert read == [*written[:2], None, None, None, *written[5:]]


def test_an_encoder_without_a_mux_before_it_has_nothing_to_write(tmp_path):
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=3 ! x264enc ! nvdsmetainsert name=insert ! h264parse ! mp4mux "
        f"! filesink location={tmp_path / 'plain.mp4'}"
    )
    assert warnings_and_end(pipeline) == [
        "insert: the buffers carry no metadata, so none is written: put this element right behind "
        "the encoder, and nvstreammux in front of that"
    ]


@pytest.mark.parametrize(
    ("factory", "place"),
    [
        ("nvdsmetainsert", "right behind the encoder"),
        ("nvdsmetaextract", "between parser and decoder"),
    ],
)
def test_among_pictures_they_say_where_they_belong(factory, place):
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers=3 ! nvvideoconvert ! mux.sink_0 {MUX.format(n=1, w=64, h=48)} "
        f"! {factory} name=here ! nvvideoconvert ! video/x-raw,format=I420 ! fakesink"
    )
    assert warnings_and_end(pipeline) == [
        f"here: pictures pass here untouched: put this element {place}"
    ]


@pytest.mark.parametrize("factory", ["nvdsmetainsert", "nvdsmetaextract"])
def test_the_line_of_the_documentation_plays(factory, tmp_path):
    text = import_module(f"penstock.elements.{factory}").__doc__
    line = re.search(r"gst-launch-1.0 (.*)", text.replace("\\\n", ""), re.DOTALL)[1]
    path = tmp_path / "street.mp4"
    record(path)
    message, _ = play(line.replace("street.mp4", str(path)).replace("nveglglessink", "fakesink"))
    assert message.type == Gst.MessageType.EOS, error_text(message)
