import gc
import weakref

import numpy as np
import pytest
from batches import OK, box, distance, pictures, planes, visit, watch
from conversions import NVMM, batched, caps_after, raw_source, shown

from penstock.gst import TARGET_FORMATS, GstBase, GstVideo, batch_of
from penstock.meta import UserMeta
from streams import Gst, error_text, finish, play

# Negotiation


@pytest.mark.parametrize(
    ("given", "wanted", "agreed"),
    [
        ("format=NV12", NVMM, "(memory:NVMM), format=(string)NV12, width=(int)320"),
        ("format=I420", f"{NVMM},format=RGBA", "format=(string)RGBA"),
        ("format=I420", "video/x-raw", "video/x-raw, format=(string)I420, width=(int)320"),
        ("format=I420", "video/x-raw,format={RGB,NV12,GRAY8}", "format=(string)NV12"),
        ("format=I420", "video/x-raw,format=RGBA;video/x-raw,format=I420", "format=(string)I420"),
        ("format=BGR", "video/x-raw,format={GRAY8,I420,RGBA,NV12}", "format=(string)RGBA"),
        ("format=RGBA", "video/x-raw,format={Y444,GRAY8,I420}", "format=(string)I420"),
        ("format=GRAY8", "video/x-raw,format={Y444,GRAY8,I420}", "format=(string)GRAY8"),
        ("format=I420", "video/x-raw,width=160", "width=(int)160, height=(int)120"),
        ("format=I420", "video/x-raw,height=60", "width=(int)80, height=(int)60"),
        (
            "format=I420",
            "video/x-raw,width=[1,100],height=[1,50]",
            "width=(int)100, height=(int)50",
        ),
        ("format=I420", "video/x-raw(ANY)", "video/x-raw, format=(string)I420"),
        (
            "format=I420,framerate=17/1,pixel-aspect-ratio=12/11",
            f"{NVMM},width=100",
            "framerate=(fraction)17/1, pixel-aspect-ratio=(fraction)12/11",
        ),
        ("format=I420,colorimetry=bt709", "video/x-raw,format=NV12", "(string)2:3:5:1"),
        ("format=I420,colorimetry=bt601", "video/x-raw,format=NV12", "(string)2:4:16:4"),
        ("format=RGBA", "video/x-raw,format=NV12", "colorimetry=(string)2:4:16:4"),
    ],
)
def test_what_is_open_stays_as_it_was(given, wanted, agreed):
    source = raw_source(f"video/x-raw,width=320,height=240,{given}")
    caps = caps_after(
        f"{source} ! nvvideoconvert ! capsfilter caps={wanted} ! fakesink name=end"
    ).to_string()
    expected = [part.strip() for part in agreed.split(", ")]
    assert all(part in caps for part in expected), caps


@pytest.mark.parametrize("wanted", ["NV12", "RGBA", "I420", "GRAY8"])
def test_both_memories_offered_the_input_keeps_its_own(wanted):
    either = f"capsfilter caps=video/x-raw,format={wanted};{NVMM},format={wanted}"
    for memory in ("", "(memory:NVMM)"):
        head = f"{raw_source()} ! nvvideoconvert ! video/x-raw{memory} ! nvvideoconvert"
        caps = caps_after(f"{head} ! {either} ! fakesink name=end")
        assert caps.get_features(0).to_string() == (memory.strip("()") or "memory:SystemMemory")


def test_a_batch_keeps_its_size_field_in_nvmm_and_loses_it_outside():
    for wanted, has_field in ((f"{NVMM},format=RGBA", True), ("video/x-raw", False)):
        tail = f"! nvvideoconvert ! {wanted} ! fakesink name=end"
        structure = caps_after(f"{batched(raw_source())} {tail}").get_structure(0)
        assert structure.has_field("batch-size") == has_field
        assert structure.has_field("num-surfaces-per-frame") == has_field


def test_a_filter_may_change_while_playing():
    pipeline = Gst.parse_launch(
        f"{batched(raw_source(frames=40))} ! nvvideoconvert ! capsfilter name=filter "
        "caps=video/x-raw,format=RGBA,width=320 ! fakesink name=end"
    )
    formats = []

    def note(_buffer):
        formats.append(pad.get_current_caps().get_structure(0).get_string("format"))
        if len(formats) == 10:
            caps = Gst.Caps.from_string("video/x-raw,format=I420,width=100")
            pipeline.get_by_name("filter").set_property("caps", caps)

    watch(pipeline, "end", note, pad="sink")
    pad = pipeline.get_by_name("end").get_static_pad("sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(formats) == 40
    assert formats[:10] == ["RGBA"] * 10
    assert formats[-10:] == ["I420"] * 10


# Pixels


@pytest.fixture(scope="module")
def street(data_dir):
    return f"filesrc location={data_dir}/video/car-detection.mp4 ! qtdemux ! h264parse"


@pytest.mark.parametrize("pixel_format", TARGET_FORMATS)
def test_leaving_nvmm_gives_the_pixels_that_gstreamers_own_converter_gives(street, pixel_format):
    wanted = f"video/x-raw,format={pixel_format} ! fakesink name=end"
    three = "identity eos-after=4"  # of what a decoder still holds, some more come
    ours = shown(
        f"nvstreammux name=mux batch-size=1 width=768 height=432 {street} ! nvv4l2decoder "
        f"! {three} ! mux.sink_0 mux. ! nvvideoconvert ! {wanted}"
    )
    theirs = shown(f"{street} ! avdec_h264 ! {three} ! videoconvert ! {wanted}")
    for one, other in zip(ours[:3], theirs[:3], strict=True):
        for plane, wanted_plane in zip(one, other, strict=True):
            assert plane.shape == wanted_plane.shape
            assert distance(plane, wanted_plane) < 2.5  # GStreamer's fast paths round


@pytest.mark.parametrize("pixel_format", TARGET_FORMATS)
@pytest.mark.parametrize("size", [(33, 17), (320, 241), (2, 2), (1, 1)])
def test_odd_sizes_go_in_and_out_unharmed(pixel_format, size):
    raw = f"video/x-raw,format={pixel_format},width={size[0]},height={size[1]}"
    source = raw_source(raw, frames=1)
    wanted = shown(f"{source} ! fakesink name=end")
    there_and_back = f"{batched(source, size=size)} ! nvvideoconvert ! {raw} ! fakesink name=end"
    for plane, original in zip(shown(there_and_back)[0], wanted[0], strict=True):
        assert plane.shape == original.shape
        if pixel_format in ("NV12", "RGBA", "I420"):  # what the mux keeps
            assert np.array_equal(plane, original)


def test_one_frame_enters_and_leaves_nvmm_without_a_copy():
    source = raw_source("video/x-raw,format=I420,width=320,height=240")
    for wanted in ("NV12", "RGBA", "I420"):
        pipeline = Gst.parse_launch(
            f"{source} ! nvvideoconvert name=in ! {NVMM},format={wanted} ! nvvideoconvert name=out "
            "! video/x-raw ! fakesink name=end"
        )
        addresses = {name: [] for name in ("in", "out", "end")}
        for name, seen in addresses.items():
            watch(pipeline, name, lambda b, to=seen: to.append(hash(b)), pad="sink")
        assert finish(pipeline).type == Gst.MessageType.EOS
        assert addresses["in"] == addresses["out"] == addresses["end"]


@pytest.mark.parametrize("held", ["NV12", "I420", "RGBA", "BGR", "Y444"])
@pytest.mark.parametrize("wanted", ["NV12", "RGB"])
def test_one_frame_leaves_nvmm_as_the_picture_it_was(held, wanted):
    source = raw_source(f"video/x-raw,format={held},width=320,height=240", frames=1)
    ours = shown(
        f"{source} ! nvvideoconvert ! {NVMM} ! nvvideoconvert ! video/x-raw,format={wanted} "
        "! fakesink name=end"
    )
    theirs = shown(f"{source} ! videoconvert ! video/x-raw,format={wanted} ! fakesink name=end")
    for plane, wanted_plane in zip(ours[0], theirs[0], strict=True):
        assert distance(plane, wanted_plane) < 3  # chroma is not interpolated as GStreamer does


@pytest.mark.parametrize("wanted", ["bt709", "bt601"])
@pytest.mark.parametrize("way", ["system", "frame", "batch"])
def test_colours_survive_a_change_of_colorimetry(wanted, way):
    source = raw_source("video/x-raw,format=I420,width=320,height=240,colorimetry=bt601", frames=1)
    head = {
        "system": f"{source} ! nvvideoconvert",
        "frame": f"{source} ! nvvideoconvert ! {NVMM},colorimetry={wanted} ! nvvideoconvert",
        "batch": f"{batched(source)} ! nvvideoconvert",
    }[way]
    wanted = f"video/x-raw,format=I420,colorimetry={wanted} ! fakesink name=end"
    ours, theirs = shown(f"{head} ! {wanted}"), shown(f"{source} ! videoconvert ! {wanted}")
    for plane, wanted_plane in zip(ours[0], theirs[0], strict=True):
        assert distance(plane, wanted_plane) < 1.0


def test_a_change_to_full_range_spans_the_full_range():
    source = raw_source("video/x-raw,format=I420,width=320,height=240,colorimetry=bt601", frames=1)
    wanted = "video/x-raw,format=I420,colorimetry=1:4:16:4 ! fakesink name=end"
    luma = shown(f"{source} ! nvvideoconvert ! {wanted}")[0][0]
    assert (luma.min(), luma.max()) == (0, 255)


@pytest.mark.parametrize("colorimetry", ["bt601", "bt709"])
def test_an_rgba_promise_on_the_way_changes_neither_pixels_nor_colorimetry(colorimetry):
    raw = f"video/x-raw,format=NV12,width=320,height=240,colorimetry={colorimetry}"
    source = raw_source(raw, frames=1)
    tail = "nvvideoconvert ! video/x-raw,format=NV12 ! fakesink name=end"
    way = f"{batched(source)} ! nvvideoconvert ! {NVMM},format=RGBA ! {tail}"
    for plane, original in zip(
        shown(way)[0], shown(f"{source} ! fakesink name=end")[0], strict=True
    ):
        assert np.array_equal(plane, original)


def test_ten_bits_come_out_as_eight():
    source = raw_source("video/x-raw,format=P010_10LE,width=320,height=240", frames=1)
    ours = shown(f"{source} ! nvvideoconvert ! video/x-raw,format=NV12 ! fakesink name=end")
    theirs = shown(f"{source} ! videoconvert ! video/x-raw,format=NV12 ! fakesink name=end")
    assert all(distance(a, b) < 0.6 for a, b in zip(ours[0], theirs[0], strict=True))


def test_ten_bits_are_made_of_eight():
    source = raw_source("video/x-raw,format=NV12,width=320,height=240", frames=1)
    ten = "video/x-raw,format=P010_10LE"
    way = f"{batched(source)} ! nvvideoconvert ! {NVMM},format=P010_10LE ! nvvideoconvert ! {ten}"
    back = "! videoconvert ! video/x-raw,format=NV12 ! fakesink name=end"
    ours = shown(f"{way} {back}")
    theirs = shown(f"{source} ! videoconvert ! {ten} {back}")
    assert all(distance(a, b) < 0.6 for a, b in zip(ours[0], theirs[0], strict=True))


class AlignedSink(GstBase.BaseSink):
    """Offers memory with borders around each plane, as some video sinks do."""

    __gtype_name__ = "TestAlignedSink"
    __gstmetadata__ = ("aligned", "Sink/Video", "for a test", "Penstock")
    __gsttemplates__ = Gst.PadTemplate.new(
        "sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, Gst.Caps.from_string("video/x-raw")
    )

    def do_propose_allocation(self, query):
        caps, _ = query.parse_allocation()
        alignment = GstVideo.VideoAlignment()
        alignment.reset()
        alignment.padding_left, alignment.padding_right, alignment.padding_top = 16, 60, 8
        pool = GstVideo.VideoBufferPool.new()
        config = pool.get_config()
        size = GstVideo.VideoInfo.new_from_caps(caps).size
        Gst.BufferPool.config_set_params(config, caps, size, 2, 0)
        Gst.BufferPool.config_add_option(config, "GstBufferPoolOptionVideoMeta")
        Gst.BufferPool.config_add_option(config, "GstBufferPoolOptionVideoAlignment")
        GstVideo.buffer_pool_config_set_video_alignment(config, alignment)
        assert pool.set_config(config)
        query.add_allocation_pool(pool, size, 2, 0)
        query.add_allocation_meta(GstVideo.VideoMeta.get_info().api, None)
        return True


@pytest.mark.parametrize("wanted", ["I420", "NV12", "RGB"])
def test_pixels_are_right_in_memory_with_other_strides(wanted):
    source = raw_source("video/x-raw,format=I420,width=322,height=242", frames=2)
    raw = f"video/x-raw,format={wanted},width=162,height=122"
    pipeline = Gst.parse_launch(f"{source} ! nvvideoconvert ! capsfilter name=f caps={raw}")
    sink = AlignedSink(name="end")
    pipeline.add(sink)
    assert pipeline.get_by_name("f").link(sink)
    strides, seen = [], []

    def keep(buffer):
        strides.append(GstVideo.buffer_get_video_meta(buffer).stride[0])
        seen.append(planes(buffer, sink.sinkpad.get_current_caps()))

    watch(pipeline, "end", keep, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    packed = shown(f"{source} ! nvvideoconvert ! {raw} ! fakesink name=end")
    assert strides[0] > 220
    for one, other in zip(seen[0], packed[0], strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("tail", ["videoscale ! video/x-raw,width=100", "x264enc", "jpegenc"])
def test_gstreamers_own_elements_take_what_leaves(tail):
    message, seen = play(
        f"{batched(raw_source())} ! nvvideoconvert ! {tail} ! fakesink name=end",
        probe=lambda buffer: buffer.get_size(),
        at="end",
        pad="sink",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert len(seen) == 3
    assert all(seen)


RAW_ONLY = {
    "UYVY": "Y42B",
    "YUY2": "Y42B",
    "YVYU": "Y42B",
    "NV16": "Y42B",
    "NV24": "Y444",
    "GBR": "RGB",
}


@pytest.mark.parametrize("pixel_format", RAW_ONLY)
@pytest.mark.parametrize("size", [(320, 240), (33, 17)])
def test_what_cameras_give_comes_in_as_the_picture_it_is(pixel_format, size):
    raw = f"video/x-raw,format={pixel_format},width={size[0]},height={size[1]}"
    source, wanted = raw_source(raw, frames=1), f"video/x-raw,format={RAW_ONLY[pixel_format]}"
    theirs = shown(f"{source} ! videoconvert ! {wanted} ! fakesink name=end")
    for head in (
        f"{source} ! nvvideoconvert",
        f"{source} ! nvvideoconvert ! {NVMM} ! nvvideoconvert",
    ):
        ours = shown(f"{head} ! {wanted} ! fakesink name=end")
        for plane, original in zip(ours[0], theirs[0], strict=True):
            assert plane.shape == original.shape
            assert distance(plane, original) < 1  # videoconvert takes a detour for some


@pytest.mark.parametrize("pixel_format", RAW_ONLY)
def test_it_leaves_again_as_it_came_and_through_a_batch(pixel_format):
    raw = f"video/x-raw,format={pixel_format},width=320,height=240"
    source = raw_source(raw, frames=1)
    as_bytes = f"videoconvert ! video/x-raw,format={RAW_ONLY[pixel_format]} ! fakesink name=end"
    theirs = shown(f"{source} ! {as_bytes}")
    for way in (
        f"{source} ! nvvideoconvert ! {NVMM} ! nvvideoconvert ! {raw}",
        f"{source} ! nvvideoconvert src-crop=0:0:320:240 ! {raw}",
    ):
        for plane, original in zip(shown(f"{way} ! {as_bytes}")[0], theirs[0], strict=True):
            assert np.array_equal(plane, original)
    ours = shown(f"{batched(source)} ! nvvideoconvert ! {raw} ! {as_bytes}")
    for plane, original in zip(ours[0], theirs[0], strict=True):
        assert distance(plane, original) < 2


# Batches and metadata


def test_between_nvmm_formats_and_sizes_nothing_is_computed_and_boxes_move():
    pipeline = Gst.parse_launch(
        f"{batched(raw_source('video/x-raw,format=I420,width=320,height=240'))} "
        f"! nvvideoconvert ! {NVMM},format=RGBA,width=160,height=60 ! fakesink name=end"
    )
    visit(pipeline, "mux", lambda batch: batch.frames[0].add(box((32.0, 24.0, 64.0, 48.0))))
    seen = []

    def note(batch):
        frame, surface = batch.frames[0], batch.surfaces[0]
        seen.append((frame.objects[0].ltwh, (frame.width, frame.height), surface.size))
        assert repr(surface) == "<CpuSurface RGBA 160x60, holds I420 320x240>"
        assert frame.to_source.ltwh(frame.objects[0].ltwh) == (32.0, 24.0, 64.0, 48.0)
        assert (frame.source_width, frame.source_height) == (320, 240)

    visit(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == [((16.0, 6.0, 32.0, 12.0), (160, 60), (160, 60))] * 3


def test_boxes_move_when_the_batch_leaves_nvmm():
    pipeline = Gst.parse_launch(
        f"{batched(raw_source())} ! nvvideoconvert ! video/x-raw,width=640,height=240 "
        "! fakesink name=end"
    )
    visit(pipeline, "mux", lambda batch: batch.frames[0].add(box((10.0, 20.0, 30.0, 40.0))))
    seen = []
    visit(
        pipeline,
        "end",
        lambda b: seen.append((b.frames[0].objects[0].ltwh, b.surfaces)),
        pad="sink",
    )
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [((20.0, 20.0, 60.0, 40.0), None)] * 3


def test_boxes_move_outside_nvmm_too_and_on_this_branch_only():
    pipeline = Gst.parse_launch(
        f"{batched(raw_source())} ! nvvideoconvert ! video/x-raw ! tee name=tee "
        "tee. ! queue ! nvvideoconvert ! video/x-raw,width=160,height=120 ! fakesink name=small "
        "tee. ! queue ! fakesink name=large"
    )
    visit(pipeline, "mux", lambda batch: batch.frames[0].add(box((10.0, 20.0, 30.0, 40.0))))
    seen = {"small": [], "large": []}
    kept = []
    for name, to in seen.items():

        def note(batch, to=to):
            kept.append(batch)
            to.append(batch)

        visit(pipeline, name, note, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    boxes = {name: [b.frames[0].objects[0].ltwh for b in batches] for name, batches in seen.items()}
    assert boxes == {"small": [(5, 10, 15, 20)] * 3, "large": [(10, 20, 30, 40)] * 3}


def test_scaling_on_one_branch_of_a_tee_leaves_the_other_as_it_was():
    pipeline = Gst.parse_launch(
        f"{batched(raw_source(frames=10))} ! tee name=tee "
        f"tee. ! queue ! nvvideoconvert ! {NVMM},width=160,height=120 "
        "! fakesink name=small sync=false async=false "
        "tee. ! queue ! identity sleep-time=2000 ! fakesink name=large sync=false async=false"
    )
    visit(pipeline, "mux", lambda batch: batch.frames[0].add(box((10.0, 20.0, 30.0, 40.0))))
    seen = {"small": [], "large": []}
    for name, to in seen.items():

        def note(batch, to=to):
            (frame,) = batch.frames
            to.append((frame.objects[0].ltwh, frame.width, batch.surfaces[0].size))

        visit(pipeline, name, note, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen["small"] == [((5, 10, 15, 20), 160, (160, 120))] * 10
    assert seen["large"] == [((10, 20, 30, 40), 320, (320, 240))] * 10


def test_a_batch_of_two_cannot_leave_as_one_picture():
    source = f"{raw_source()} ! nvvideoconvert ! mux.sink"
    message, _ = play(
        f"nvstreammux name=mux batch-size=2 width=320 height=240 ! nvvideoconvert name=leave "
        f"! video/x-raw ! fakesink {source}_0 {source}_1"
    )
    text = error_text(message)
    assert text.startswith("leave: a batch of 2 frames cannot leave NVMM as one picture")
    assert "nvmultistreamtiler" in text
    assert "nvstreamdemux" in text


@pytest.mark.parametrize(
    "tail",
    [
        "identity",
        "x264enc tune=zerolatency ! rtph264pay mtu=200",
        "x264enc bframes=3 ! h264parse",
        "jpegenc",
        "videoscale ! video/x-raw,width=64 ! videoconvert ! vp8enc deadline=1 ! rtpvp8pay",
    ],
)
def test_metadata_is_seen_on_every_buffer_behind_nvmm_and_keeps_no_picture_alive(tail):
    pipeline = Gst.parse_launch(
        f"{batched(raw_source(frames=30), options='batch-size=1 buffer-pool-size=4')} "
        f"! nvvideoconvert ! video/x-raw ! {tail} ! fakesink name=end"
    )
    pixels, carried, released = weakref.WeakSet(), [], []

    def mark(batch):
        frame = batch.frames[0]
        frame.add(box((1.0, 2.0, 3.0, 4.0), label=f"frame {frame.frame_num}"))
        frame.user.append(UserMeta(frame.frame_num, release=released.append))
        pixels.add(batch.surfaces[0])

    def note(batch):
        assert batch.surfaces is None
        frame = batch.frames[0]
        assert frame.objects[0].label == f"frame {frame.frame_num}"
        carried.append((frame.frame_num, frame.user[0].data))
        kept.append(batch)

    kept = []
    visit(pipeline, "mux", mark)
    visit(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert {number for number, _ in carried} == set(range(30))
    assert all(number == data for number, data in carried)
    gc.collect()
    assert not pixels  # although the metadata is kept
    del pipeline
    kept.clear()
    gc.collect()
    assert set(released) == set(range(30))


def test_a_branch_that_leaves_sees_nothing_of_what_the_other_branch_draws():
    source = raw_source("video/x-raw,format=NV12,width=320,height=240", pattern="black", frames=5)
    pipeline = Gst.parse_launch(
        f"{batched(source)} ! tee name=tee "
        "tee. ! queue ! identity name=mark ! nvdsosd ! nvvideoconvert ! video/x-raw,format=RGB "
        "! fakesink name=drawn sync=false async=false "
        "tee. ! queue ! nvvideoconvert name=leave ! video/x-raw,format=RGB "
        "! fakesink name=clean sync=false async=false "
    )
    drawn, clean = pictures(pipeline, "drawn"), pictures(pipeline, "clean")
    visit(
        pipeline,
        "mux",
        lambda batch: batch.frames[0].add(box((100.0, 50.0, 60.0, 60.0), width=6)),
    )
    boxes = []
    visit(pipeline, "clean", lambda b: boxes.append(len(b.frames[0].objects)), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert all(picture[:, :, 0].max() > 150 for picture in drawn)
    assert all(picture.max() < 5 for picture in clean)
    assert boxes == [1] * 5


# Buffers


@pytest.mark.parametrize("wanted", [NVMM, f"{NVMM},width=100", "video/x-raw,format=RGB"])
def test_times_and_flags_are_kept(wanted):
    pipeline = Gst.parse_launch(
        f"{raw_source('video/x-raw,framerate=25/1')} ! nvvideoconvert name=convert "
        f"! {wanted} ! fakesink name=end"
    )
    before, after = [], []

    def facts(buffer):
        return (buffer.pts, buffer.dts, buffer.duration, buffer.offset, int(buffer.get_flags()))

    pad = pipeline.get_by_name("convert").get_static_pad("sink")

    def prepare(_pad, info):
        buffer = info.get_buffer()
        buffer.set_flags(Gst.BufferFlags.MARKER)
        before.append(facts(buffer))
        return OK

    pad.add_probe(Gst.PadProbeType.BUFFER, prepare)
    watch(pipeline, "end", lambda buffer: after.append(facts(buffer)), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    ignored = int(Gst.BufferFlags.TAG_MEMORY)
    assert [(*rest, flags & ~ignored) for *rest, flags in after] == [
        (*rest, flags & ~ignored) for *rest, flags in before
    ]
    assert [row[0] for row in after] == [0, 40_000_000, 80_000_000]
    assert all(row[-1] & int(Gst.BufferFlags.MARKER) for row in after)


def test_what_leaves_makes_a_file_that_plays_for_as_long_as_the_source(tmp_path):
    path = tmp_path / "out.mp4"
    head = batched(raw_source("video/x-raw,width=320,height=240,framerate=25/1", frames=50))
    message = finish(
        Gst.parse_launch(
            f"{head} ! nvvideoconvert ! x264enc ! h264parse ! mp4mux ! filesink location={path}"
        )
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    _, stamps = play(
        f"filesrc location={path} ! qtdemux ! h264parse ! avdec_h264 ! fakesink name=end",
        probe=lambda buffer: buffer.pts,
        at="end",
        pad="sink",
    )
    assert len(stamps) == 50
    assert stamps[-1] - stamps[0] == 49 * 40_000_000


def test_a_flushing_seek_goes_through_and_playing_continues():
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=60 ! video/x-raw,width=64,height=48,framerate=30/1 "
        f"! nvvideoconvert ! {NVMM} ! nvvideoconvert ! video/x-raw,format=RGB ! fakesink name=end"
    )
    seen = []
    watch(pipeline, "end", lambda buffer: seen.append(buffer.pts), pad="sink")
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(10 * Gst.SECOND)
    assert pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, Gst.SECOND)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen[1] == Gst.SECOND


def test_nearest_and_bilinear_scaling_differ():
    raw = "video/x-raw,format=GRAY8,width=160,height=120"
    pictures = [
        shown(
            f"{raw_source(frames=1, pattern='circular')} ! nvvideoconvert "
            f"interpolation-method={method} ! {raw} ! fakesink name=end"
        )[0][0]
        for method in ("Nearest", "Bilinear", "Default")
    ]
    assert distance(pictures[0], pictures[1]) > 0.5
    assert np.array_equal(pictures[1], pictures[2])


def test_playing_again_and_again_works_and_the_element_is_freed():
    pipeline = Gst.parse_launch(
        f"{raw_source()} ! nvvideoconvert name=c ! video/x-raw,format=RGB,width=100 ! fakesink"
    )
    for _ in range(10):
        assert finish(pipeline).type == Gst.MessageType.EOS
    gone = weakref.ref(pipeline.get_by_name("c"))
    del pipeline
    gc.collect()
    assert gone() is None


def test_a_buffer_smaller_than_its_caps_say_is_one_sentence():
    message, _ = play(
        "fakesrc num-buffers=1 sizetype=fixed sizemax=100 filltype=zero "
        "! video/x-raw,format=I420,width=64,height=64,framerate=1/1 "
        "! nvvideoconvert name=c ! video/x-raw,format=RGB ! fakesink"
    )
    text = error_text(message)
    assert text.startswith("c: ")
    assert "100 bytes" in text


def test_a_batch_without_pixels_is_no_batch():
    assert batch_of(Gst.Buffer.new()) is None
