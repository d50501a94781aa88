"""Crops, turns and placing: as GStreamer's own elements do it, on every way through NVMM."""

import numpy as np
import pytest
from batches import box, distance, visit, watch
from conversions import NVMM, batched, caps_after, raw_source, shown

from penstock.gst.converter_plan import FLIP
from penstock.inference import KEYPOINTS
from penstock.meta import Mask, UserMeta
from streams import Gst, error_text, finish, play

SIZE = (320, 240)
VIDEOFLIP = {
    "counterclockwise": "90l",
    "rotate-180": "180",
    "clockwise": "90r",
    "horizontal-flip": "horiz",
    "upper-right-diagonal": "ur-ll",
    "vertical-flip": "vert",
    "upper-left-diagonal": "ul-lr",
}
QUARTERS = ("counterclockwise", "clockwise", "upper-right-diagonal", "upper-left-diagonal")
WAYS = ("system", "frame", "frame inside", "batch", "batch inside")
END = "fakesink name=end"


@pytest.fixture(scope="module")
def street(data_dir):
    """One real picture, I420, 320 by 240."""
    return (
        f"filesrc location={data_dir}/video/car-detection.mp4 ! qtdemux ! h264parse ! avdec_h264 "
        "! identity eos-after=2 ! videoscale ! videoconvert "
        "! video/x-raw,format=I420,width=320,height=240,pixel-aspect-ratio=1/1"
    )


def through(source, settings, *, way, element="nvvideoconvert", caps=""):
    """`source` through one converter with `settings`, on one of `WAYS`, to system memory."""
    convert = f"{element} {settings}"
    inside = f"{convert} ! {NVMM}{caps} ! nvvideoconvert"
    if way == "system":
        return f"{source} ! {convert} ! video/x-raw{caps}"
    if way == "frame":
        return f"{source} ! nvvideoconvert ! {NVMM} ! {convert} ! video/x-raw{caps}"
    if way == "frame inside":
        return f"{source} ! nvvideoconvert ! {NVMM} ! {inside} ! video/x-raw"
    if way == "batch":
        return f"{batched(source)} ! {convert} ! video/x-raw{caps}"
    return f"{batched(source)} ! {inside} ! video/x-raw"


def picture(way, wanted="I420"):
    return shown(f"{way} ! identity ! video/x-raw,format={wanted} ! {END}")[0]


def videoflip(method):
    return f"videoflip video-direction={VIDEOFLIP[method]}"


def said(pipeline, kind):
    """The text of the first message of a kind; the pipeline plays to its end all the same."""
    pipeline = Gst.parse_launch(pipeline) if isinstance(pipeline, str) else pipeline
    message = finish(pipeline, kinds=kind | Gst.MessageType.EOS)
    assert message.type == kind, "nothing was said"
    parse = message.parse_error if kind == Gst.MessageType.ERROR else message.parse_warning
    return parse()[0].message


# Turning


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", VIDEOFLIP)
def test_a_turn_is_videoflips(street, method, way):
    ours = picture(through(street, f"flip-method={method}", way=way))
    theirs = picture(f"{street} ! {videoflip(method)}")
    assert [p.shape for p in ours] == [p.shape for p in theirs]
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("pixel_format", ["NV12", "Y444", "RGBA", "BGR", "GRAY8"])
@pytest.mark.parametrize("method", ["clockwise", "horizontal-flip", "upper-right-diagonal"])
def test_every_format_turns(street, pixel_format, method):
    source = f"{street} ! videoconvert ! video/x-raw,format={pixel_format}"
    ours = picture(f"{source} ! nvvideoconvert flip-method={method}", pixel_format)
    theirs = picture(f"{source} ! {videoflip(method)}", pixel_format)
    for one, other in zip(ours, theirs, strict=True):
        assert distance(one, other) < 1.5  # of Y42B, videoflip leaves out half of the chroma


@pytest.mark.parametrize("method", FLIP.values)
def test_a_quarter_turn_exchanges_width_and_height_and_the_pixels_aspect(method):
    source = raw_source("video/x-raw,width=320,height=240,pixel-aspect-ratio=4/3")
    caps = caps_after(f"{source} ! nvvideoconvert flip-method={method} ! {END}").get_structure(0)
    wanted = (240, 320, 3, 4) if method in QUARTERS else (320, 240, 4, 3)
    aspect = caps.get_fraction("pixel-aspect-ratio")[1:]
    assert (caps.get_int("width")[1], caps.get_int("height")[1], *aspect) == wanted


@pytest.mark.parametrize(
    ("wanted", "size"),
    [("width=120", (120, 160)), ("height=160", (120, 160)), ("width=320,height=240", SIZE)],
)
def test_what_the_other_side_fixes_holds_for_a_turned_picture_too(wanted, size):
    tail = f"nvvideoconvert flip-method=clockwise ! video/x-raw,{wanted} ! {END}"
    caps = caps_after(f"{raw_source()} ! {tail}").get_structure(0)
    assert (caps.get_int("width")[1], caps.get_int("height")[1]) == size


def test_turning_and_scaling_is_videoflip_and_videoscale(street):
    caps = ",width=120,height=200"
    ours = picture(through(street, "flip-method=clockwise", way="batch", caps=caps))
    theirs = picture(f"{street} ! videoflip video-direction=90r ! videoscale ! video/x-raw{caps}")
    assert all(distance(a, b) < 1.5 for a, b in zip(ours, theirs, strict=True))


# Cropping


@pytest.mark.parametrize("way", WAYS)
def test_a_crop_at_its_own_size_is_videocrops(street, way):
    size = ",width=150,height=100"
    ours = picture(through(street, "src-crop=20:40:150:100", way=way, caps=size))
    theirs = picture(f"{street} ! videocrop left=20 top=40 right=150 bottom=100")
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_without_a_size_behind_it_a_crop_fills_the_size_of_the_input(street, way):
    ours = picture(through(street, "src-crop=20:40:160:120", way=way))
    crop = "videocrop left=20 top=40 right=140 bottom=80"
    theirs = picture(f"{street} ! {crop} ! videoscale ! video/x-raw,width=320,height=240")
    assert ours[0].shape == (240, 320)
    assert all(distance(a, b) < 1.5 for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["clockwise", "rotate-180", "upper-left-diagonal"])
def test_a_crop_is_turned_after_it_was_taken(street, way, method):
    settings = f"src-crop=20:40:240:180 flip-method={method}"
    ours = picture(through(street, settings, way=way))
    crop = f"videocrop left=20 top=40 right=60 bottom=20 ! {videoflip(method)}"
    height, width = ours[0].shape
    assert (width, height) == ((240, 320) if method in QUARTERS else (320, 240))
    theirs = picture(f"{street} ! {crop} ! videoscale ! video/x-raw,width={width},height={height}")
    assert all(distance(a, b) < 1.5 for a, b in zip(ours, theirs, strict=True))


def test_an_odd_crop_is_taken_to_the_pixel_where_that_is_allowed(street):
    settings = "src-crop=21:41:151:99 allow-odd-crop=true"
    ours = picture(through(street, settings, way="system", caps=",width=151,height=99"))
    theirs = picture(f"{street} ! videocrop left=21 top=41 right=148 bottom=100")
    assert np.array_equal(ours[0], theirs[0])


@pytest.mark.parametrize("element", ["nvvideoconvert", "nvvidconv"])
def test_the_same_part_by_either_elements_properties(street, element):
    settings = {
        "nvvideoconvert": "interpolation-method=0 src-crop=20:40:150:100",
        "nvvidconv": "left=20 top=40 right=170 bottom=140",
    }[element]
    way = through(street, settings, way="system", element=element, caps=",width=150,height=100")
    theirs = picture(f"{street} ! videocrop left=20 top=40 right=150 bottom=100")
    assert all(np.array_equal(a, b) for a, b in zip(picture(way), theirs, strict=True))


@pytest.mark.parametrize("edges", ["left=100", "left=100 right=320", "left=100 bottom=240"])
def test_an_edge_of_0_is_the_pictures(street, edges):
    way = through(street, edges, way="system", element="nvvidconv", caps=",width=220,height=240")
    theirs = picture(f"{street} ! videocrop left=100")
    assert all(np.array_equal(a, b) for a, b in zip(picture(way), theirs, strict=True))


# Placing


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_is_placed_as_videobox_places_it(street, way):
    ours = picture(through(street, "dest-crop=20:40:160:120", way=way))
    scaled = f"{street} ! videoscale ! video/x-raw,width=160,height=120"
    theirs = picture(f"{scaled} ! videobox fill=black left=-20 top=-40 right=-140 bottom=-80")
    assert [p.shape for p in ours] == [p.shape for p in theirs]
    assert all(distance(a, b) < 1.0 for a, b in zip(ours, theirs, strict=True))
    bars = np.ones(ours[0].shape, bool)
    bars[40:160, 20:180] = False
    assert (ours[0][bars] == 16).all()


@pytest.mark.parametrize("way", WAYS)
def test_a_part_that_is_placed_where_it_was_is_all_that_is_left(street, way):
    settings = "src-crop=40:40:160:120 dest-crop=40:40:160:120"
    ours = picture(through(street, settings, way=way))[0]
    theirs = picture(street)[0]
    assert np.array_equal(ours[40:160, 40:200], theirs[40:160, 40:200])
    assert (ours[:40] == 16).all()
    assert (ours[:, 200:] == 16).all()


def test_a_part_is_turned_and_placed_in_one_element(street):
    settings = "src-crop=0:0:160:240 flip-method=counterclockwise dest-crop=40:20:120:80"
    ours = picture(through(street, settings, way="batch", caps=",width=200,height=120"))
    there = picture(
        f"{street} ! videocrop right=160 ! videoflip video-direction=90l ! videoscale "
        "! video/x-raw,width=120,height=80"
    )
    assert ours[0].shape == (120, 200)
    assert distance(ours[0][20:100, 40:160], there[0]) < 1.5
    assert (ours[0][:20] == 16).all()


# Interpolation


METHODS = ("nearest-neighbour", "bilinear", "catrom", "bilinear", "lanczos", "lanczos", "bilinear")


@pytest.mark.parametrize(
    ("element", "number"),
    [("nvvideoconvert", n) for n in range(7)] + [("nvvidconv", n) for n in range(6)],
)
def test_interpolation_methods_enlarge_as_videoscales(street, element, number):
    theirs = METHODS[number]
    size = "video/x-raw,width=640,height=480"
    ours = picture(f"{street} ! {element} interpolation-method={number} ! {size}")
    like = picture(f"{street} ! videoscale method={theirs} ! {size}")
    unlike = {"nearest-neighbour": "bilinear"}.get(theirs, "nearest-neighbour")
    other = picture(f"{street} ! videoscale method={unlike} ! {size}")
    assert distance(ours[0], like[0]) < 1.0
    assert distance(ours[0], like[0]) < distance(ours[0], other[0]) / 2


# Metadata


def moved(settings, *, inside, caps="", element="nvvideoconvert"):
    """One object's box, mask and keypoints, and the frame, behind a converter."""
    way = through(raw_source(frames=1), settings, way="batch", element=element, caps=caps)
    if inside:
        way = f"{batched(raw_source(frames=1))} ! {element} {settings} ! {NVMM}{caps}"
    pipeline = Gst.parse_launch(f"{way} ! {END}")

    def mark(batch):
        found = batch.frames[0].add(box((40.0, 60.0, 80.0, 30.0)))
        found.mask = Mask(np.array([[1, 0], [0, 0]], np.float32))
        found.user.append(UserMeta(np.array([[40, 60, 0.5]], np.float32), meta_type=KEYPOINTS))

    visit(pipeline, "mux", mark)
    seen = []

    def note(batch):
        (frame,) = batch.frames
        seen.append((frame, frame.objects[0], batch.surfaces is not None))

    visit(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen[0]


MOVES = [
    ("src-crop=40:40:160:120", (0, 40, 160, 60), (0, 0)),
    ("dest-crop=100:80:160:120", (120, 110, 40, 15), (0, 0)),
    ("src-crop=40:40:160:120 dest-crop=100:80:160:120", (100, 100, 80, 30), (0, 0)),
    ("flip-method=horizontal-flip", (200, 60, 80, 30), (0, 1)),
    ("flip-method=vertical-flip", (40, 150, 80, 30), (1, 0)),
    ("flip-method=rotate-180", (200, 150, 80, 30), (1, 1)),
    ("flip-method=clockwise", (150, 40, 30, 80), (0, 1)),
    ("flip-method=counterclockwise", (60, 200, 30, 80), (1, 0)),
    ("flip-method=upper-left-diagonal", (60, 40, 30, 80), (0, 0)),
    ("flip-method=upper-right-diagonal", (150, 200, 30, 80), (1, 1)),
    ("src-crop=20:40:240:160 flip-method=clockwise", (165, 320 / 12, 45, 320 / 3), (0, 1)),
]


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("settings", "wanted", "corner"), MOVES)
def test_boxes_masks_and_keypoints_follow_the_pixels(settings, wanted, corner, inside):
    frame, found, has_pixels = moved(settings, inside=inside)
    assert found.ltwh == pytest.approx(wanted)
    assert found.mask.data[corner] == 1
    left, top, width, height = wanted
    at = (left + corner[1] * width, top + corner[0] * height, 0.5)
    assert found.user[0].data[0].tolist() == pytest.approx(at)
    assert frame.to_source.ltwh(found.ltwh) == pytest.approx((40, 60, 80, 30))
    turned = any(quarter in settings for quarter in QUARTERS)
    assert (frame.width, frame.height) == ((240, 320) if turned else (320, 240))
    assert has_pixels == inside


def test_objects_outside_a_crop_stay_and_say_so():
    _, found, _ = moved("src-crop=160:120:160:120", inside=True)
    assert found.ltwh == (-240, -120, 160, 60)


def test_boxes_lie_on_the_pixels_they_lay_on(street):
    """A white patch is drawn where the box is, and the box is looked up after the turn."""
    settings = "src-crop=20:20:280:200 flip-method=clockwise dest-crop=30:40:140:160"
    pipeline = Gst.parse_launch(
        f"{batched(raw_source(pattern='black', frames=1))} ! nvvideoconvert {settings} "
        f"! {NVMM},width=200,height=240 ! {END}"
    )

    def draw(batch):
        batch.frames[0].add(box((100.0, 80.0, 40.0, 20.0)))
        batch.surfaces[0].writable("GRAY8")[0][80:100, 100:140] = 255

    visit(pipeline, "mux", draw)
    seen = []

    def look(batch):
        seen.append((batch.frames[0].objects[0].ltwh, batch.surfaces[0].planes("GRAY8")[0].copy()))

    visit(pipeline, "end", look, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    (left, top, width, height), luma = seen[0]
    rows, columns = np.nonzero(luma > 128)
    wanted = (left, top, left + width - 1, top + height - 1)
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == pytest.approx(wanted, abs=1)


def test_a_batch_of_two_is_cropped_and_turned_frame_by_frame_and_computed_by_nobody():
    source = f"{raw_source()} ! nvvideoconvert ! mux.sink"
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=320 height=240 ! nvvideoconvert "
        f"src-crop=0:0:160:120 flip-method=clockwise ! {NVMM} ! {END} {source}_0 {source}_1"
    )
    seen = []

    def note(batch):
        waiting = [callable(surface._picture._source) for surface in batch.surfaces]
        seen.append((waiting, [surface.size for surface in batch.surfaces]))

    visit(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == [([True, True], [(240, 320)] * 2)] * 3


def test_the_other_branch_of_a_tee_sees_nothing_of_a_part_that_stays_in_its_place(street):
    settings = "src-crop=40:40:160:120 dest-crop=40:40:160:120"
    pipeline = Gst.parse_launch(
        f"{batched(street)} ! tee name=tee tee. ! queue ! nvvideoconvert {settings} "
        f"! {NVMM} ! fakesink async=false tee. ! queue ! identity sleep-time=20000 "
        f"! {END} async=false"
    )
    seen = []
    visit(pipeline, "end", lambda b: seen.append(b.surfaces[0].planes()[0].copy()), pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert np.array_equal(seen[0], picture(street)[0])


def test_the_other_branch_of_a_tee_sees_nothing_of_a_turn(street):
    pipeline = Gst.parse_launch(
        f"{batched(street)} ! tee name=tee tee. ! queue ! nvvideoconvert flip-method=rotate-180 "
        f"! {NVMM} ! fakesink name=turned async=false tee. ! queue ! {END} async=false"
    )
    visit(pipeline, "mux", lambda batch: batch.frames[0].add(box((10.0, 20.0, 30.0, 40.0))))
    seen = {}
    for name in ("turned", "end"):

        def note(batch, name=name):
            luma = batch.surfaces[0].planes()[0].copy()
            seen.setdefault(name, (batch.frames[0].objects[0].ltwh, luma))

        visit(pipeline, name, note, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert seen["end"][0] == (10, 20, 30, 40)
    assert seen["turned"][0] == (280, 180, 30, 40)
    assert np.array_equal(seen["turned"][1], seen["end"][1][::-1, ::-1])


# Changes while playing


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fixed", ["", ",width=320,height=240"])
def test_settings_may_change_while_playing(way, fixed):
    source = raw_source("video/x-raw,format=I420,width=320,height=240", frames=40, pattern="smpte")
    pipeline = Gst.parse_launch(f"{through(source, 'name=c', way=way, caps=fixed)} ! {END}")
    convert, seen = pipeline.get_by_name("c"), []
    steps = {10: ("flip-method", 3), 20: ("src-crop", "0:0:160:120"), 30: ("flip-method", 0)}

    def change(_buffer):
        if len(seen) in steps:
            convert.set_property(*steps[len(seen)])

    def note(buffer):
        caps = pad.get_current_caps().get_structure(0)
        seen.append((caps.get_int("width")[1], caps.get_int("height")[1], bytes_of(buffer)))

    pad = pipeline.get_by_name("end").get_static_pad("sink")
    watch(pipeline, "c", change, pad="sink")
    watch(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert len(seen) == 40
    parts = [seen[n] for n in (5, 15, 25, 38)]
    assert [p[:2] for p in parts] == ([SIZE] * 4 if fixed else [SIZE, SIZE[::-1], SIZE[::-1], SIZE])
    assert len({p[2] for p in parts}) == 4


def bytes_of(buffer):
    return hash(buffer.extract_dup(0, buffer.get_size()))


@pytest.mark.parametrize("value", ["nonsense", "600:0:10:10"])
def test_a_bad_crop_while_playing_is_a_warning_and_what_was_before_stays(value):
    source = raw_source("video/x-raw,format=GRAY8,width=320,height=240", frames=30)
    pipeline = Gst.parse_launch(
        f"{source} ! nvvideoconvert name=c src-crop=0:0:160:120 ! video/x-raw ! {END}"
    )
    convert, seen, texts = pipeline.get_by_name("c"), [], []

    def note(buffer):
        seen.append(bytes_of(buffer))
        if len(seen) == 10:
            convert.set_property("src-crop", value)

    def on_message(_bus, message, *_more):
        if message.type == Gst.MessageType.WARNING:
            texts.append(message.parse_warning()[0].message)
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(on_message)
    watch(pipeline, "end", note, pad="sink")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert len(set(seen)) == 1
    (text,) = texts
    assert "src-crop" in text
    assert value in text


def test_a_bad_crop_does_not_stop_a_stream_that_changes_its_size_afterwards():
    source = raw_source("video/x-raw,format=GRAY8,width=320,height=240", frames=30)
    pipeline = Gst.parse_launch(f"{source} ! nvvideoconvert name=c ! video/x-raw ! {END}")
    convert, widths = pipeline.get_by_name("c"), []

    def note(_buffer):
        widths.append(pad.get_current_caps().get_structure(0).get_int("width")[1])
        if len(widths) == 10:
            convert.set_property("dest-crop", "900:0:5:5")
            convert.set_property("flip-method", "clockwise")

    pad = pipeline.get_by_name("end").get_static_pad("sink")
    watch(pipeline, "end", note, pad="sink")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert (widths[0], widths[-1], len(widths)) == (320, 240, 30)


def test_a_bad_crop_that_was_a_warning_is_an_error_when_the_stream_starts_again():
    pipeline = Gst.parse_launch(f"{raw_source()} ! nvvideoconvert name=c ! {END}")
    assert finish(pipeline).type == Gst.MessageType.EOS
    pipeline.get_by_name("c").set_property("src-crop", "900:0:5:5")
    assert "src-crop=900:0:5:5 has no pixel" in said(pipeline, Gst.MessageType.ERROR)


# Bad input


@pytest.mark.parametrize("name", ["src-crop", "dest-crop"])
@pytest.mark.parametrize(
    "value", ["1:2:3", "1:2:3:4:5", "a:b:c:d", "-4:0:10:10", "0:0:0:10", "0:0:10:-1", "1.5:0:2:2"]
)
def test_a_crop_that_is_none_is_one_sentence(name, value):
    text = said(
        f"{raw_source()} ! nvvideoconvert name=c {name}={value} ! {END}", Gst.MessageType.ERROR
    )
    assert text.startswith(f"c: {name} wants LEFT:TOP:WIDTH:HEIGHT")
    assert text.endswith(f"got {value!r}")


@pytest.mark.parametrize("setting", ["src-crop=320:0:10:10", "dest-crop=0:500:10:10"])
@pytest.mark.parametrize("way", WAYS)
def test_a_crop_beside_the_picture_is_one_sentence(setting, way):
    text = said(f"{through(raw_source(), f'name=c {setting}', way=way)} ! {END}",
                Gst.MessageType.ERROR)  # fmt: skip
    assert text == f"c: {setting} has no pixel of the 320x240 picture"


def test_crossed_edges_are_one_sentence():
    text = said(f"{raw_source()} ! nvvidconv name=c left=200 right=100 ! {END}",
                Gst.MessageType.ERROR)  # fmt: skip
    assert text == "c: left=200 right=100 top=0 bottom=0 has no pixel of the 320x240 picture"


@pytest.mark.parametrize(
    ("setting", "used"),
    [
        ("src-crop=300:200:100:100", "is not inside 320x240: 300:200:20:40 is used"),
        ("dest-crop=0:0:999:10", "is not inside 320x240: 0:0:320:10 is used"),
        ("src-crop=21:40:150:101", "is not at whole chroma samples: 20:40:150:100 is used"),
        ("src-crop=7:7:1:1", "is not at whole chroma samples: 6:6:2:2 is used"),
        (f"src-crop=0:0:{10**30}:10", "is not inside 320x240: 0:0:320:10 is used"),
    ],
)
def test_a_crop_that_has_to_be_changed_is_a_warning(setting, used):
    source = raw_source("video/x-raw,format=I420,width=320,height=240")
    text = said(f"{source} ! nvvideoconvert name=c {setting} ! {END}", Gst.MessageType.WARNING)
    assert text == f"c: {setting} {used}"


@pytest.mark.parametrize("setting", ["src-crop=0:0:0:0", "src-crop=0:0:320:240"])
def test_a_crop_of_nothing_or_everything_changes_nothing(setting):
    source = raw_source("video/x-raw,format=I420,width=320,height=240", frames=1)
    ours = shown(f"{source} ! nvvideoconvert {setting} ! {END}")
    theirs = shown(f"{source} ! {END}")
    assert all(np.array_equal(a, b) for a, b in zip(ours[0], theirs[0], strict=True))


@pytest.mark.parametrize("pixel_format", ["I420", "NV12", "Y42B", "RGB", "GRAY8"])
@pytest.mark.parametrize("method", FLIP.values)
def test_odd_sizes_turn_crop_and_land_unharmed(pixel_format, method):
    source = raw_source(f"video/x-raw,format={pixel_format},width=33,height=17", frames=2)
    settings = f"flip-method={method} src-crop=3:3:29:11 dest-crop=1:1:7:5 allow-odd-crop=true"
    message, seen = play(
        f"{source} ! nvvideoconvert {settings} ! {END}",
        probe=lambda buffer: buffer.get_size(),
        at="end",
        pad="sink",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert len(seen) == 2
