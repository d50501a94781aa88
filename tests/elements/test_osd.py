import gc
import weakref

import numpy as np
import pytest
from batches import box, distance, pictures, visit

from penstock.meta import DisplayMeta, Line, Polygon, Rect, Text
from streams import Gst, error_text, finish

RED = (1.0, 0.0, 0.0, 1.0)
GREEN = (0.0, 1.0, 0.0, 1.0)
BLACK = "videotestsrc pattern=black num-buffers={frames} ! {caps} ! nvvideoconvert"
CAPS = "video/x-raw,format=I420,width=320,height=240"


def black(*, frames=2, caps=CAPS):
    return BLACK.format(frames=frames, caps=caps)


def scene(*, sources=1, osd="", before="", frames=2, caps=CAPS):
    """Black sources, a mux, the OSD."""
    inputs = " ".join(f"{black(frames=frames, caps=caps)} ! mux.sink_{n}" for n in range(sources))
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 {before} "
        f"! nvdsosd name=osd {osd} ! fakesink name=end {inputs}"
    )


def drawn(pipeline, mark, *, frame=0):
    """Mark each batch behind the mux; return what the first drawn picture of `frame` shows."""
    visit(pipeline, "mux", mark)
    seen = []
    visit(pipeline, "osd", lambda batch: seen.append(batch.surfaces[frame].planes("RGB")[0].copy()))
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen[0]


def one_box(batch):
    for frame in batch.frames:
        found = frame.add(box((100.0, 50.0, 60.0, 40.0), color=RED, width=4))
        found.class_id = 5
        found.text = Text("person", x=180, y=100, font_name="Serif", font_size=14)
        found.text.font_color = (1.0, 1.0, 1.0, 1.0)


def red_at(picture, x, y):
    red, green, blue = picture[y, x].astype(int)
    return red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize("pixel_format", ["I420", "NV12", "RGBA"])
def test_boxes_and_text_are_where_the_metadata_says(pixel_format):
    picture = drawn(scene(caps=CAPS.replace("I420", pixel_format)), one_box)
    for x, y in ((100, 70), (160, 70), (130, 50), (130, 90)):
        assert red_at(picture, x, y)
    assert picture[60:80, 110:150].max() < 20  # inside
    assert picture[:40].max() < 20
    assert picture[:, :90].max() < 20
    text = picture[100:130, 180:300]
    assert text.max() > 150
    assert distance(text[..., 0], text[..., 1]) < 8  # white: no colour but what chroma spills


@pytest.mark.parametrize(
    ("switches", "has_box", "has_text"),
    [
        ("display-bbox=false", False, True),
        ("display-text=false", True, False),
        ("display-bbox=false display-text=false", False, False),
        ("process-mode=MODE_NONE", True, True),
        ("process-mode=2", True, True),
        ("process-mode=MODE_CPU", True, True),
        ("process-mode=MODE_GPU display-mask=false", True, True),
    ],
)
def test_what_is_switched_off_is_not_drawn(switches, has_box, has_text):
    picture = drawn(scene(osd=switches), one_box)
    assert (picture[45:95, 95:165].max() > 100) == has_box
    assert (picture[100:130, 180:300].max() > 100) == has_text


@pytest.mark.parametrize(
    ("start", "name", "value", "where", "before", "after"),
    [
        ("", "display-bbox", False, (95, 45, 165, 95), True, False),
        ("display-bbox=false", "display-bbox", True, (95, 45, 165, 95), False, True),
        ("", "display-text", False, (180, 100, 300, 130), True, False),
        ("display-text=false", "display-text", True, (180, 100, 300, 130), False, True),
        ("", "display-clock", True, (0, 0, 90, 20), False, True),
        ("display-clock=true", "clock-color", 0, (0, 0, 90, 20), True, False),
        ("display-clock=true", "y-clock-offset", 200, (0, 200, 90, 230), False, True),
        ("display-clock=true", "clock-font-size", 40, (0, 30, 90, 45), False, True),
        ("", "hw-blend-color-attr", "5,1,1,1,1", (110, 60, 150, 80), False, True),
        ("hw-blend-color-attr=5,1,1,1,1", "hw-blend-color-attr", "", (110, 60, 150, 80), True,
         False),
    ],
)  # fmt: skip
def test_a_property_holds_from_the_next_batch_on(start, name, value, where, before, after):
    pipeline = scene(frames=8, osd=start)
    visit(pipeline, "mux", one_box)
    seen = []
    x0, y0, x1, y1 = where

    def note(batch):
        seen.append(bool(batch.surfaces[0].planes("RGB")[0][y0:y1, x0:x1].max() > 100))
        if len(seen) == 4:
            pipeline.get_by_name("osd").set_property(name, value)

    visit(pipeline, "osd", note)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen == [before] * 4 + [after] * 4


CHECKS = "videotestsrc pattern=checkers-2 num-buffers=8 ! {caps} ! nvvideoconvert ! mux.sink_0"


@pytest.mark.parametrize("pixel_format", ["I420", "NV12", "RGBA"])
@pytest.mark.parametrize(
    ("switches", "is_blurred"),
    [
        ("", False),
        ("blur-bbox=1", True),
        ("blur-bbox=2", True),
        ("blur-on-gie-class-ids=7:5", True),
        ("blur-bbox=1 blur-on-gie-class-ids=1:0;7:5;", True),
        ("blur-bbox=1 blur-on-gie-class-ids=7:0;1:5", False),
        ("blur-bbox=1 display-bbox=false display-text=false", True),
    ],
)
def test_objects_are_blurred_by_class(pixel_format, switches, is_blurred):
    assert_blurred(switches, pixel_format, [is_blurred] * 8, lambda osd: None)


def assert_blurred(switches, pixel_format, expected, after_four):
    caps = CAPS.replace("I420", pixel_format)
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size=1 width=320 height=240 ! nvdsosd name=osd {switches} "
        f"! fakesink {CHECKS.format(caps=caps)}"
    )

    def face(batch):
        found = batch.frames[0].add(box((40.0, 40.0, 80.0, 80.0), width=0))
        found.component_id, found.class_id = 7, 5

    visit(pipeline, "mux", face)
    seen = []

    def note(batch):
        green = batch.surfaces[0].planes("RGB")[0][..., 1]
        assert np.ptp(green[150:, 150:]) > 100
        seen.append(bool(np.ptp(green[48:112, 48:112]) < 60))
        if len(seen) == 4:
            after_four(pipeline.get_by_name("osd"))

    visit(pipeline, "osd", note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == expected


@pytest.mark.parametrize(
    ("start", "name", "value", "after"),
    [
        ("", "blur-bbox", 1, True),
        ("blur-bbox=1", "blur-bbox", 0, False),
        ("", "blur-on-gie-class-ids", "7:5", True),
        ("blur-on-gie-class-ids=7:5", "blur-on-gie-class-ids", "1:1", False),
        ("blur-on-gie-class-ids=7:5", "blur-on-gie-class-ids", None, False),
        ("blur-on-gie-class-ids=7:5", "blur-on-gie-class-ids", "7", True),  # refused
    ],
)
def test_blur_changes_while_playing(start, name, value, after):
    expected = ["blur" in start] * 4 + [after] * 4
    assert_blurred(start, "I420", expected, lambda osd: osd.set_property(name, value))


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("blur-on-gie-class-ids", "1;2", "1:0;1:2"),
        ("hw-blend-color-attr", "0,0.0,1.0", "0,0.0,1.0,0.0,0.3"),
    ],
)
def test_a_list_that_cannot_be_read_stops_the_start_and_warns_while_playing(name, value, example):
    text = error_text(finish(scene(osd=f"{name}={value}")))
    assert text.startswith(f"osd: property {name}: {value.split(';')[0]!r} in {value!r}: expected ")
    assert text.endswith(f"for example {example}")
    pipeline = scene(frames=8)
    visit(pipeline, "osd", lambda _: pipeline.get_by_name("osd").set_property(name, value))
    message = finish(pipeline, kinds=Gst.MessageType.WARNING)
    assert message.parse_warning()[0].message.startswith(f"osd: {name}={value!r}: ")


def test_display_metadata_is_drawn_too():
    def mark(batch):
        shapes = DisplayMeta(
            rects=[Rect(10, 10, 50, 50, has_bg=1, bg_color=GREEN)],
            lines=[Line(0, 200, 320, 200, width=4, color=RED)],
            polygons=[Polygon([(200, 20), (300, 20), (250, 100)], has_bg=1, bg_color=RED)],
        )
        batch.frames[0].display.append(shapes)

    picture = drawn(scene(), mark)
    assert picture[30, 30, 1] > 200
    assert picture[30, 30, 0] < 60
    assert red_at(picture, 160, 200)
    assert red_at(picture, 250, 50)


def test_every_frame_of_a_batch_gets_its_own_boxes():
    pipeline = scene(sources=3)
    visit(pipeline, "mux", mark_by_source)
    seen = []
    visit(pipeline, "osd", lambda batch: seen.extend(map(left_edge, batch.surfaces)))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert np.allclose(seen, [49, 99, 149] * 2, atol=1)  # half of the border lies outside


def mark_by_source(batch):
    for frame in batch.frames:
        frame.add(box((50.0 * (frame.source_id + 1), 40.0, 30.0, 30.0), width=2))


def left_edge(surface):
    return int(np.argmax(surface.planes("RGB")[0][55, :, 0] > 100))


def test_the_metadata_is_not_changed():
    facts = {"before": [], "after": []}
    pipeline = scene(before="! identity name=mark")
    visit(pipeline, "mux", one_box)
    visit(pipeline, "mark", lambda batch: facts["before"].append(described(batch)))
    visit(pipeline, "osd", lambda batch: facts["after"].append(described(batch)))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert facts["before"] == facts["after"] != []


def described(batch):
    return [
        (repr(frame), repr(obj), repr(obj.rect), repr(obj.text), obj.detector_box)
        for frame in batch.frames
        for obj in frame.objects
    ]


def test_what_one_branch_draws_another_does_not_see():
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size=1 width=320 height=240 ! tee name=tee "
        "tee. ! queue ! identity name=a ! nvdsosd ! fakesink name=drawn async=false "
        "tee. ! queue ! identity name=b ! fakesink name=clean async=false "
        f"{black(frames=10)} ! mux.sink_0"
    )
    visit(pipeline, "mux", one_box)
    drawn_on, clean = pictures(pipeline, "drawn"), pictures(pipeline, "clean")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert [bool(p.max() > 100) for p in drawn_on] == [True] * 10
    assert [bool(p.max() > 100) for p in clean] == [False] * 10


def test_two_branches_draw_each_their_own():
    own = "nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA"  # writes, so it gets a copy
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=1 width=320 height=240 ! tee name=tee "
        f"tee. ! queue ! {own} ! identity name=a ! nvdsosd ! fakesink name=left async=false "
        f"tee. ! queue ! {own} ! identity name=b ! nvdsosd ! fakesink name=right async=false "
        f"{black(frames=10)} ! mux.sink_0"
    )
    visit(pipeline, "a", lambda batch: batch.frames[0].add(box((20.0, 40.0, 60.0, 60.0))))
    visit(pipeline, "b", lambda batch: batch.frames[0].add(box((220.0, 40.0, 60.0, 60.0))))
    left, right = pictures(pipeline, "left"), pictures(pipeline, "right")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert [(p[:, :160].max() > 100, p[:, 160:].max() > 100) for p in left] == [(True, False)] * 10
    assert [(p[:, :160].max() > 100, p[:, 160:].max() > 100) for p in right] == [(False, True)] * 10


def test_drawing_happens_in_the_format_held_whatever_the_caps_promise():
    nvmm = "video/x-raw(memory:NVMM),format=RGBA"
    pipeline = scene(before=f"! nvvideoconvert ! {nvmm}")
    held = []
    visit(pipeline, "osd", lambda b: held.append((b.surfaces[0].format, b.surfaces[0].held_format)))
    picture = drawn(pipeline, one_box)
    assert held == [("RGBA", "I420")] * 2
    assert red_at(picture, 100, 70)


def test_nothing_to_draw_touches_no_pixel():
    pipeline = scene()
    before, after = [], []
    visit(pipeline, "mux", lambda b: before.append(b.surfaces[0].planes()[0].ctypes.data))
    visit(pipeline, "osd", lambda b: after.append(b.surfaces[0].planes()[0].ctypes.data))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert before == after


def test_the_clock_is_drawn_where_and_as_it_is_asked_for():
    pipeline = scene(
        osd="display-clock=true display-text=false x-clock-offset=40 y-clock-offset=100 "
        "clock-font-size=20 clock-color=0x00ff00ff"
    )
    picture = drawn(pipeline, lambda batch: None)
    assert picture[100:140, 40:].max() > 150
    assert picture[:95].max() < 20
    assert picture[:, :35].max() < 20
    greenest = picture[..., 1] > 150
    assert picture[greenest][:, ::2].max() < 120


def test_the_clock_is_off_by_default():
    assert drawn(scene(), lambda batch: None).max() < 20


def test_without_a_mux_it_says_what_is_missing():
    pipeline = Gst.parse_launch(f"{black()} ! nvdsosd name=osd ! fakesink")
    text = error_text(finish(pipeline))
    assert text.startswith("osd: the buffer carries no batch: nvstreammux must come before")


def test_playing_again_and_again_works_and_the_element_is_freed():
    pipeline = scene()
    visit(pipeline, "mux", one_box)
    for _ in range(5):
        assert finish(pipeline).type == Gst.MessageType.EOS
    gone = weakref.ref(pipeline.get_by_name("osd"))
    del pipeline
    gc.collect()
    assert gone() is None
