"""A mux behind a mux: what is known of a frame stays with it."""

import numpy as np
import pytest
from batches import box, pictures, visit
from colours import COLOURS, colour_at, source
from muxes import mux

from penstock.elements.nvstreammux2 import NvStreamMux2
from penstock.gst import nvevents
from penstock.gst.latency import component_latencies
from penstock.meta import KEYPOINTS, FrameAnalytics, FrameMeta, ObjectMeta, UserMeta
from streams import Gst, error_text, finish

NVMM = "video/x-raw(memory:NVMM)"
SINKS = "fakesink name=end"


def played(description, *watched, warnings=None):
    """Play a pipeline whose elements are watched by `(name, callback)` or `(…, pad)`."""
    pipeline = Gst.parse_launch(description)
    for name, callback, *pad in watched:
        visit(pipeline, name, callback, **dict(zip(("pad",), pad, strict=False)))
    if warnings is not None:
        pipeline.get_bus().enable_sync_message_emission()
        pipeline.get_bus().connect(
            "sync-message::warning",
            lambda _bus, message: warnings.append(message.parse_warning()[0].message),
        )
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


def first(sources, *, then="nvstreamdemux name=demux", size=(160, 120)):
    """The mux in front, `m1`, with sources of one colour each."""
    text = f"nvstreammux name=m1 batch-size={sources} width={size[0]} height={size[1]} ! {then} "
    return text + "".join(source(n).replace("mux.", "m1.") for n in range(sources))


def second(*links, batch_size=2, size=(160, 120), then=SINKS, **settings):
    """The mux behind; `links` say which branch of the demuxer goes to which of its sinks."""
    extra = " ".join(f"{name.replace('_', '-')}={value}" for name, value in settings.items())
    text = f"nvstreammux name=mux batch-size={batch_size} width={size[0]} height={size[1]} {extra} "
    text += f"! {then} "
    return text + "".join(f"demux.src_{a} ! queue name=q{a} ! mux.sink_{b} " for a, b in links)


def marked(batch):
    """Put into every frame what elements and applications may have put there."""
    for frame in batch.frames:
        obj = box((20.0, 10.0, 40.0, 30.0), label=f"of {frame.source_id}")
        obj.track_id = 100 + frame.source_id
        frame.add(obj)
        part = frame.add(box((24.0, 12.0, 8.0, 8.0)), parent=obj)
        part.user.append(UserMeta("on an object"))
        note = UserMeta((frame.source_id, frame.frame_num), copy_data=copied.append)
        frame.user.append(note)
        frame.misc[0] = 7
        frame.infer_done = True


copied = []


@pytest.fixture(autouse=True)
def nothing_copied():
    copied.clear()


def test_frames_that_were_taken_apart_keep_their_metadata_in_the_next_batch():
    seen = []

    def look(batch):
        for frame in batch.frames:
            obj, part = frame.objects
            assert (frame.batch, obj.frame, part.parent) == (batch, frame, obj)
            assert part.user[str] == "on an object"
            assert (frame.infer_done, frame.misc[0]) == (True, 7)
            assert frame.user[tuple] == (frame.source_id, frame.frame_num)
            seen.append((frame.batch_id, frame.pad_index, obj.label, obj.track_id, obj.ltwh))
        assert len(batch.frames) == len(batch.surfaces) == 2

    played(first(2) + second((0, 0), (1, 1)), ("m1", marked), ("mux", look))
    same = (20.0, 10.0, 40.0, 30.0)
    assert seen == [(0, 0, "of 0", 100, same), (1, 1, "of 1", 101, same)] * 4
    assert copied == []  # nobody else holds the buffers: the metadata moves


def test_a_source_on_another_sink_stays_that_source_and_says_its_pad():
    seen = []

    def look(batch):
        seen.extend((f.source_id, f.pad_index, f.frame_num, f.pts_ns) for f in batch.frames)

    played(
        first(3) + second((2, 0), (0, 1)) + "demux.src_1 ! queue ! fakesink",
        ("mux", look),
    )
    step_ns = 40_000_000
    assert seen == [x for n in range(4) for x in [(2, 0, n, n * step_ns), (0, 1, n, n * step_ns)]]


def test_the_demuxer_behind_goes_by_the_pads_of_the_mux_in_front_of_it():
    pipeline = Gst.parse_launch(
        first(2)
        + second((1, 0), (0, 1), then="nvstreamdemux name=d2 ")
        + "d2.src_0 ! queue ! fakesink name=e0 d2.src_1 ! queue ! fakesink name=e1"
    )
    walls = [pictures(pipeline, f"e{n}") for n in range(2)]
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    colours = [[colour_at(picture, 80, 60) for picture in wall] for wall in walls]
    one, other, *_ = COLOURS
    assert colours == [[other] * 4, [one] * 4]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, (10.0, 10.0, 20.0, 30.0)), ({"enable_padding": 1}, (10.0, 35.0, 20.0, 15.0))],
    ids=["stretched", "padded"],
)
def test_boxes_move_where_the_mux_scales_and_still_lead_back_to_the_source(settings, expected):
    seen = []

    def points(batch):
        marked(batch)
        dots = UserMeta(np.array([[20, 10, 1.0]], np.float32), meta_type=KEYPOINTS)
        batch.frames[0].objects[0].user.append(dots)

    def look(batch):
        (frame,) = batch.frames
        obj = frame.objects[0]
        back = frame.to_source.ltwh(obj.ltwh)
        seen.append((obj.ltwh, obj.detector_box, tuple(round(side) for side in back)))
        assert tuple(obj.user[KEYPOINTS][0][:2]) == expected[:2]
        assert (frame.width, frame.height) == frame.surface.size == (80, 120)
        assert (frame.source_width, frame.source_height) == (160, 120)

    played(
        first(1) + second((0, 0), size=(80, 120), batch_size=1, **settings),
        ("m1", points),
        ("mux", look),
    )
    assert seen == [(expected, expected, (20, 10, 40, 30))] * 4


def test_the_new_mux_keeps_them_too():
    Gst.Element.register(None, "newmux", 0, NvStreamMux2)
    seen = []
    description = (first(2) + second((0, 0), (1, 1))).replace("nvstreammux", "newmux")

    def look(batch):
        seen.extend((f.source_id, f.width, f.objects[0].ltwh) for f in batch.frames)

    played(description, ("m1", marked), ("mux", look))
    same = (20.0, 10.0, 40.0, 30.0)
    assert sorted(seen) == [(0, 160, same)] * 4 + [(1, 160, same)] * 4


def test_a_whole_batch_may_enter_a_mux_and_none_of_its_frames_is_lost():
    seen, told = [], []

    def look(batch):
        frames = batch.frames
        assert [f.surface.size for f in frames] == [(64, 36)] * 3
        assert [f.batch_id for f in frames] == list(range(len(frames)))
        seen.append([(f.source_id, f.pad_index, f.frame_num, len(f.objects)) for f in frames])

    pipeline = Gst.parse_launch(mux(1) + first(3, then="mux.sink_5"))
    visit(pipeline, "m1", marked)
    visit(pipeline, "mux", look)

    def note(_pad, info):
        about = nvevents.source_event_of(info.get_event())
        if about is not None and about[0] == nvevents.STREAM_EOS:
            told.append(about[1])
        return Gst.PadProbeReturn.OK

    source_pad = pipeline.get_by_name("mux").get_static_pad("src")
    source_pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == [[(s, s, n, 2) for s in range(3)] for n in range(4)]
    assert (sorted(told[:-1]), told[-1]) == ([0, 1, 2], 5)  # those that ended, then the pad


def test_frames_that_an_application_took_out_or_put_in_move_no_picture_of_others():
    seen = []

    def change(batch):
        batch.frames.pop(0)
        added = batch.add(FrameMeta(9, size=(160, 120)))
        assert added.batch_id == 2  # as that of a frame with a picture

    def look(batch):
        assert len(batch.frames) == len(batch.surfaces)
        colours = [colour_at(f.surface.planes("RGB")[0], 32, 18) for f in batch.frames]
        seen.append(list(zip([f.source_id for f in batch.frames], colours, strict=True)))

    whole = mux(2, batched_push_timeout=-1) + first(3, then="mux.sink_5")
    played(whole + source(4).replace("name=source4", ""), ("m1", change), ("mux", look))
    left = [(1, "red"), (2, "green"), (4, "yellow")]
    assert [sorted(frames) for frames in seen] == [left] * 4


def test_a_camera_on_another_sink_is_counted_by_its_own_lines_until_that_sink_goes(tmp_path):
    rules = tmp_path / "rules.txt"
    line = "[line-crossing-stream-{}]\nenable=1\nline-crossing-Exit=20;60;40;60;30;0;30;120\n"
    rules.write_text(
        "[property]\nenable=1\nconfig-width=160\nconfig-height=120\n"
        + line.format(3)
        + line.format(0)
    )
    totals = []

    def walk(batch):
        for frame in batch.frames:
            frame.add(ObjectMeta((10 + 20 * frame.frame_num, 40, 20, 40), track_id=7))

    def note(batch):
        for frame in batch.frames:
            total = frame.user.get(FrameAnalytics).crossed_total["Exit"]
            totals.append((frame.source_id, frame.frame_num, total))
            if (frame.pad_index, frame.frame_num) == (1, 2):
                nvevents.push_source_event(source_pad, nvevents.PAD_DELETED, 0)

    counted = f"nvdsanalytics config-file={rules} ! identity name=counted ! {SINKS}"
    pipeline = Gst.parse_launch(
        first(4)
        + second((3, 0), (0, 1), then=counted)
        + "demux.src_1 ! queue ! fakesink demux.src_2 ! queue ! fakesink"
    )
    source_pad = pipeline.get_by_name("mux").get_static_pad("src")
    visit(pipeline, "m1", walk)
    visit(pipeline, "counted", note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert totals == [
        *[(camera, n, int(n > 0)) for n in range(3) for camera in (3, 0)],
        (3, 3, 0),
        (0, 3, 1),
    ]


def test_a_wall_of_tiles_becomes_one_frame_with_the_objects_of_all():
    seen = []
    wall = "nvmultistreamtiler rows=1 columns=2 width=320 height=120 ! mux.sink_3"

    def look(batch):
        (frame,) = batch.frames
        seen.append((frame.source_id, [obj.ltwh for obj in frame.objects]))

    played(
        first(2, then=wall) + second(batch_size=1, size=(640, 240)), ("m1", marked), ("mux", look)
    )
    whole, part = (40.0, 20.0, 80.0, 60.0), (48.0, 24.0, 16.0, 16.0)
    beside = [(left + 320.0, *rest) for left, *rest in (whole, part)]
    assert seen == [(3, [whole, part, *beside])] * 4


def test_behind_a_tee_the_branches_have_metadata_and_pixels_of_their_own():
    drawn = "nvdsosd ! fakesink name=drawn"
    pipeline = Gst.parse_launch(
        first(1, then="tee name=tee ! queue ! mux.sink_0 tee. ! queue ! fakesink name=plain")
        + second(batch_size=1, then=drawn)
    )
    seen, kept = [], []
    visit(pipeline, "m1", marked)

    def mark(batch):
        seen.append(len(batch.frames[0].objects))
        batch.frames[0].add(box((40.0, 40.0, 40.0, 40.0), color=(0.0, 1.0, 0.0, 1.0), width=8))

    visit(pipeline, "mux", mark)
    visit(pipeline, "plain", lambda batch: kept.append(len(batch.frames[0].objects)), pad="sink")
    painted, plain = pictures(pipeline, "drawn"), pictures(pipeline, "plain")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert (seen, kept) == ([2] * 4, [2] * 4)
    assert {colour_at(picture, 42, 60) for picture in painted} == {"green"}
    assert {colour_at(picture, 42, 60) for picture in plain} == {"white"}


RAW = "nvvideoconvert ! video/x-raw,format=I420"


@pytest.mark.parametrize(
    "way",
    [
        f"{RAW} ! videoscale ! video/x-raw,width=80,height=60 ! nvvideoconvert ! {NVMM}",
        "nvv4l2h264enc ! h264parse ! nvv4l2decoder",
    ],
    ids=["system memory", "encoder and decoder"],
)
def test_outside_nvmm_boxes_follow_the_picture_too(way):
    seen = []

    def look(batch):
        (frame,) = batch.frames
        seen.append((frame.objects[0].track_id, frame.objects[0].ltwh))

    played(
        first(1, then=f"{way} ! mux.sink_0") + second(batch_size=1, size=(320, 240)),
        ("m1", marked),
        ("mux", look),
    )
    assert seen == [(100, (40.0, 20.0, 80.0, 60.0))] * 4


def test_two_cameras_of_one_number_are_told_once():
    warnings, seen = [], []
    muxes = "".join(
        f"nvstreammux name=a{n} batch-size=1 width=160 height=120 ! mux.sink_{n} "
        + source(0).replace("mux.", f"a{n}.").replace("source0", f"camera{n}")
        for n in range(2)
    )

    def look(batch):
        seen.append([(f.source_id, f.pad_index) for f in batch.frames])

    played(muxes + second(), ("mux", look), warnings=warnings)
    assert seen == [[(0, 0), (0, 1)]] * 4
    (text,) = warnings
    assert "both bring frames of source 0" in text


def test_the_mux_in_front_gets_its_slots_back_where_the_one_behind_holds_frames():
    seen = []
    played(
        first(2).replace("num-buffers=4", "num-buffers=30")
        + second((0, 0), (1, 1), then=f"queue ! {SINKS}"),
        ("mux", lambda batch: seen.append(len(batch.frames))),
    )
    assert seen == [2] * 30


def test_how_long_frames_took_before_is_still_known(monkeypatch):
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
    monkeypatch.setenv("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", "1")
    seen = []

    def look(batch):
        passed = component_latencies(batch.user)
        seen.append({(one.component, one.source_id) for one in passed if one.left_ns})

    played(first(2) + second((0, 0), (1, 1)), ("end", look, "sink"))
    assert seen == [{(name, n) for name in ("m1", "mux") for n in range(2)}] * 4
