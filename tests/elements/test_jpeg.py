"""JPEG in nvjpegdec, nvimagedec and nvv4l2decoder."""

import gc
import weakref

import numpy as np
import pytest
from jpegs import bgr, colours, folder, jpeg

from penstock.gst import batch_of
from streams import Gst, error_text, finish, play

DECODERS = ("nvjpegdec", "nvimagedec", "nvv4l2decoder")
MUX = "m.sink_0 nvstreammux name=m batch-size=1 width=320 height=240"
GOOD = jpeg()


def labels(description, *, at="d"):
    """The caps of every buffer that leaves an element."""
    pipeline = Gst.parse_launch(description)
    pad = pipeline.get_by_name(at).get_static_pad("src")
    message, seen = play(pipeline, probe=lambda _buffer: pad.get_current_caps().to_string(), at=at)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def source_size(frame):
    return frame.source_width, frame.source_height


# Pixels


@pytest.mark.parametrize("size", [(320, 240), (321, 241), (16, 2000)])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_every_kind_of_jpeg_gives_its_colours(sampling, progressive, size, tmp_path):
    data = jpeg(colours(size), sampling=sampling, progressive=progressive)
    message, (found,) = play(
        f"{folder(tmp_path, [data])} ! nvjpegdec ! video/x-raw,format=BGR ! fakesink name=end",
        probe=lambda buffer: bgr(buffer, size),
        at="end",
        pad="sink",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert np.abs(found.astype(int) - colours(size)).mean() < 8


def test_gray_pictures_may_say_what_they_like_of_their_chroma(tmp_path):
    data = bytearray(jpeg(colours()[..., 0]))
    data[data.index(b"\xff\xc0") + 11] = 0x41
    caps = labels(f"{folder(tmp_path, [bytes(data)])} ! nvjpegdec name=d ! fakesink")
    assert len(caps) == 1


def test_idct_method_reaches_the_decoder(tmp_path):
    def decoded(method):
        return play(
            f"{folder(tmp_path, [GOOD])} ! nvjpegdec idct-method={method} ! video/x-raw "
            "! fakesink name=end",
            probe=lambda buffer: buffer.extract_dup(0, buffer.get_size()),
            at="end",
            pad="sink",
        )[1][0]

    assert decoded("islow") != decoded("ifast")


@pytest.mark.parametrize("wanted", ["I420", "NV12", "RGBA", "RGB", "Y42B", "Y444", "GRAY8"])
def test_in_nvmm_every_format_is_a_promise_that_is_kept_when_looked_at(wanted, tmp_path):
    message, (found,) = play(
        f"{folder(tmp_path, [GOOD])} ! nvjpegdec ! video/x-raw(memory:NVMM),format={wanted} "
        f"! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! {MUX} ! fakesink",
        probe=lambda buffer: batch_of(buffer).surfaces[0].convert("RGB").planes()[0].copy(),
        at="m",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    expected = colours()[..., ::-1].astype(int)
    assert np.abs(found - expected).mean() < 6


@pytest.mark.parametrize(
    ("decoder", "promised"),
    [("nvjpegdec", "I420"), ("nvimagedec", "RGB"), ("nvv4l2decoder", "NV12")],
)
def test_the_planes_of_libjpeg_stay_under_the_label_that_each_decoder_promises(
    decoder, promised, tmp_path
):
    gray = jpeg(colours()[..., 0])
    colour, without = labels(f"{folder(tmp_path, [GOOD, gray])} ! {decoder} name=d ! fakesink")
    for caps in (colour, without):
        assert caps.startswith("video/x-raw(memory:NVMM)")
        assert f", format=(string){promised}," in caps
    assert "held-format=(string)I420" in colour
    assert "held-format=(string)GRAY8" in without


def test_pictures_may_leave_in_system_memory_without_a_label(tmp_path):
    (caps,) = labels(f"{folder(tmp_path, [GOOD])} ! nvjpegdec name=d ! video/x-raw ! fakesink")
    assert caps.startswith("video/x-raw, format=(string)I420")
    assert "held-format" not in caps


def test_nvimagedec_does_not_link_to_system_memory():
    with pytest.raises(Exception, match="could not link"):
        Gst.parse_launch("fakesrc ! image/jpeg ! nvimagedec ! video/x-raw ! fakesink")


# Streams


@pytest.mark.parametrize("decoder", [*DECODERS, "jpegparse ! nvv4l2decoder mjpeg=1"])
def test_a_folder_of_pictures_of_changing_size_and_kind_reaches_the_mux(decoder, tmp_path):
    kinds = [
        GOOD,
        jpeg(colours((640, 360)), sampling="4:4:4"),
        jpeg(colours((101, 77))[..., 1]),
        jpeg(progressive=True),
    ]
    sizes = [(320, 240), (640, 360), (101, 77), (320, 240)]
    message, seen = play(
        f"{folder(tmp_path, kinds)} ! {decoder} ! nvvideoconvert ! {MUX} ! fakesink",
        probe=lambda buffer: source_size(batch_of(buffer).frames[0]),
        at="m",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == sizes


@pytest.mark.parametrize("decoder", ["nvjpegdec", "nvv4l2decoder"])
@pytest.mark.parametrize(
    ("mux", "demux"),
    [
        ("avimux", "avidemux"),
        ("matroskamux", "matroskademux"),
        ("multipartmux boundary=b", "multipartdemux"),
        ("identity", "identity"),
        ("identity", "jpegparse"),
    ],
)
def test_every_picture_of_a_motion_jpeg_is_decoded(mux, demux, decoder, tmp_path):
    path = tmp_path / "motion"
    made = finish(
        Gst.parse_launch(
            "videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240,framerate=10/1 "
            f"! nvjpegenc ! {mux} ! filesink location={path}"
        )
    )
    assert made.type == Gst.MessageType.EOS
    caps = "! image/jpeg" if (demux, decoder) == ("identity", "nvv4l2decoder") else ""
    played = f"filesrc location={path} ! {demux} {caps} ! {decoder} name=d ! fakesink"
    assert len(labels(played)) == 20


@pytest.mark.parametrize(("rank", "expected"), [(None, "nvv4l2decoder"), (0, "nvjpegdec")])
def test_decodebin_takes_nvv4l2decoder_and_after_it_nvjpegdec(rank, expected, tmp_path):
    factory = Gst.ElementFactory.find("nvv4l2decoder")
    before = factory.get_rank()
    folder(tmp_path, [GOOD])
    pipeline = Gst.parse_launch(
        f"filesrc location={tmp_path}/img000.jpg ! decodebin ! nvegltransform ! fakesink"
    )
    found = []
    pipeline.connect(
        "deep-element-added",
        lambda *args: (
            found.append(args[-1].get_factory().get_name()) if args[-1].get_factory() else None
        ),
    )
    try:
        if rank is not None:
            factory.set_rank(rank)
        assert finish(pipeline).type == Gst.MessageType.EOS
    finally:
        factory.set_rank(before)
    assert [name for name in found if name in DECODERS] == [expected]


def test_a_slow_sink_that_asks_for_quality_of_service_loses_no_picture(tmp_path):
    message, seen = play(
        f"{folder(tmp_path, [GOOD] * 30)} ! nvjpegdec ! identity sleep-time=20000 "
        "! fakesink sync=true qos=true ts-offset=-5000000000 name=end",
        probe=lambda buffer: buffer.pts,
        at="end",
        pad="sink",
    )
    assert message.type == Gst.MessageType.EOS
    assert len(seen) == 30


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_decoder_that_was_used_is_freed(decoder, tmp_path):
    pipeline = Gst.parse_launch(f"{folder(tmp_path, [GOOD])} ! {decoder} name=d ! fakesink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    gone = weakref.ref(pipeline.get_by_name("d"))
    del pipeline
    gc.collect()
    assert gone() is None
