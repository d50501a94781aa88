import gc
import weakref

import numpy as np
import pytest
from batches import box, distance, pictures, visit, watch
from colours import colour_at

from penstock.gst import batch_of
from penstock.meta import UNTRACKED, FrameAnalytics, ObjectMeta
from streams import Gst, error_text, finish

STRAIGHT = "[surface0]\nprojection-type=3\nfocal-length=200\ncuda-address-mode=1\n"
BOTH_SIDES = """
[property]
output-width=120
output-height=80
[surface0]
projection-type=4
src-fov=120
yaw=-30
[surface1]
projection-type=6
surface-index=5
src-fov=120
yaw=30
"""


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "dewarper.txt"
        path.write_text(text)
        return path

    return write


def dewarped(path, then="", *, settings="", size=(320, 240), pattern="smpte", caps=""):
    return Gst.parse_launch(
        f"videotestsrc num-buffers=4 pattern={pattern} ! video/x-raw,format=I420,"
        f"width={size[0]},height={size[1]},framerate=25/1 ! nvvideoconvert name=before {caps} "
        f"! nvdewarper name=dewarper config-file={path} {settings} {then} ! fakesink name=end"
    )


def ended(pipeline):
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


@pytest.mark.parametrize("promised", ["NV12", "RGBA", "I420"])
def test_a_projection_onto_itself_changes_no_pixel(promised, config):
    caps = f"! video/x-raw(memory:NVMM),format={promised}"
    pipeline = dewarped(config(STRAIGHT), caps=caps)
    before, after = pictures(pipeline, "dewarper"), pictures(pipeline, "end")
    ended(pipeline)
    assert len(after) == 4
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other)


def test_every_surface_is_a_frame_of_one_buffer_and_says_what_it_is(config):
    pipeline = dewarped(config(BOTH_SIDES), settings="source-id=7")
    seen = []

    def note(buffer):
        batch = batch_of(buffer)
        assert [surface.size for surface in batch.surfaces] == [(120, 80)] * 2
        for frame in batch.frames:
            assert frame.surface is batch.surfaces[frame.batch_id]
            assert (frame.width, frame.height) == (120, 80)
            assert (frame.source_id, frame.pts_ns) == (7, buffer.pts)
        seen.append([(f.surface_type, f.surface_index, f.surfaces_per_frame) for f in batch.frames])

    watch(pipeline, "end", note, pad="sink")
    ended(pipeline)
    assert seen == [[(4, 0, 2), (6, 5, 2)]] * 4


def test_the_caps_say_size_and_number_of_what_is_made(config):
    pipeline = dewarped(config(BOTH_SIDES), caps="! video/x-raw(memory:NVMM),format=NV12")
    said = []

    def note(_buffer):
        pad = pipeline.get_by_name("end").get_static_pad("sink")
        said.append(pad.get_current_caps().get_structure(0))

    watch(pipeline, "end", note, pad="sink")
    ended(pipeline)
    fields = ("width", "height", "batch-size", "num-surfaces-per-frame")
    assert [said[0].get_int(name)[1] for name in fields] == [120, 80, 2, 2]
    assert said[0].get_fraction("framerate")[1:] == (25, 1)
    assert not said[0].has_field("held-format")


def test_surfaces_look_where_they_are_told_to(config):
    """The test picture has seven bars; what looks left sees the first ones."""
    text = "[surface{n}]\nprojection-type=4\nwidth=40\nheight=40\nfocal-length=160\nyaw={yaw}\n"
    told = "".join(text.format(n=n, yaw=yaw) for n, yaw in enumerate((-48, 48)))
    pipeline = dewarped(config(told))
    sides = {0: [], 1: []}

    def look(batch):
        for number, surface in enumerate(batch.surfaces):
            sides[number].append(surface.planes("RGB")[0].copy())

    visit(pipeline, "end", look, pad="sink")
    ended(pipeline)
    left, right = (sides[n][0][10, 20].astype(int) for n in range(2))
    assert left.min() > 150  # the first bar is gray
    assert right[2] > right[0] + 100  # the last is blue


@pytest.mark.parametrize(("mode", "expected"), [(0, "red"), (1, "black")])
def test_outside_the_picture_lies_its_edge_or_black(mode, expected, config):
    text = f"[surface0]\nprojection-type=3\nfocal-length=200\nyaw=40\ncuda-address-mode={mode}\n"
    pipeline = dewarped(config(text), pattern="red")
    seen = pictures(pipeline, "end")
    ended(pipeline)
    assert {colour_at(picture, 40, 120) for picture in seen} == {"red"}
    assert {colour_at(picture, 300, 120) for picture in seen} == {expected}


def test_num_batch_buffers_limits_what_is_made_and_wins_over_the_file(config):
    for settings, expected in (("", 2), ("num-batch-buffers=1", 1), ("num-batch-buffers=0", 2)):
        pipeline, counts = dewarped(config(BOTH_SIDES), settings=settings), []
        visit(pipeline, "end", lambda batch, c=counts: c.append(len(batch.frames)), pad="sink")
        ended(pipeline)
        assert counts == [expected] * 4


def test_settings_made_while_it_plays_hold_from_the_next_caps_on(config, tmp_path):
    for name, value in (("num-batch-buffers", 1), ("config-file", str(tmp_path / "other.txt"))):
        (tmp_path / "other.txt").write_text(STRAIGHT)
        pipeline, made = dewarped(config(BOTH_SIDES)), []

        def change(batch, pipeline=pipeline, made=made, setting=(name, value)):
            made.append([(frame.width, frame.surface_index) for frame in batch.frames])
            pipeline.get_by_name("dewarper").set_property(*setting)

        visit(pipeline, "end", change, pad="sink")
        ended(pipeline)
        assert made == [[(120, 0), (120, 5)]] * 4


def test_the_mux_batches_the_surfaces_of_several_cameras(config):
    path = config(BOTH_SIDES)
    cameras = " ".join(
        f"videotestsrc num-buffers=4 ! video/x-raw,width=320,height=240 ! nvvideoconvert "
        f"! nvdewarper config-file={path} ! mux.sink_{n}"
        for n in range(2)
    )
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 num-surfaces-per-frame=2 width=240 height=160 "
        f"! nvmultistreamtiler rows=1 columns=2 ! fakesink name=end {cameras}"
    )
    seen = []
    visit(
        pipeline,
        "mux",
        lambda batch: seen.append([(f.pad_index, f.surfaces_per_frame) for f in batch.frames]),
    )
    ended(pipeline)
    assert [sorted(frames) for frames in seen] == [[(0, 2), (0, 2), (1, 2), (1, 2)]] * 4


@pytest.mark.parametrize("taken", [1, 2])
def test_behind_the_mux_every_surface_still_says_what_it_is(config, taken):
    pipeline = dewarped(
        config(BOTH_SIDES),
        then=f"! nvstreammux num-surfaces-per-frame={taken} batch-size=1 width=240 height=160",
    )
    seen = []

    def note(batch):
        seen.append([(f.surface_type, f.surface_index, f.surfaces_per_frame) for f in batch.frames])

    visit(pipeline, "end", note, pad="sink")
    ended(pipeline)
    assert seen == [[(4, 0, taken), (6, 5, taken)][:taken]] * 4


PLAIN, LEFT, RIGHT = (0, 0), (1, 0), (1, 5)
LAYOUTS = {
    "rows=2 columns=2 width=240 height=160": {PLAIN: (0, 0), LEFT: (0, 80), RIGHT: (120, 80)},
    "rows=1 columns=1 width=240 height=160": {PLAIN: (0, 0), LEFT: (0, 80), RIGHT: (120, 80)},
    "square-seq-grid=1 width=240 height=160": {PLAIN: (0, 0), LEFT: (120, 0), RIGHT: (0, 80)},
    "show-source=1 width=240 height=80": {LEFT: (0, 0), RIGHT: (120, 0)},
    "show-source=0 width=120 height=80": {PLAIN: (0, 0)},
    "name=placed width=240 height=160": {LEFT: (0, 80), RIGHT: (120, 80)},
}


@pytest.mark.parametrize("tiler", LAYOUTS)
def test_behind_the_tiler_every_surface_has_a_tile_with_its_own_boxes(tiler, config, data_dir):
    video = f"filesrc location={data_dir}/video/vtest.avi ! avidemux ! identity eos-after=5"
    video += " ! avdec_msmpeg4"
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 num-surfaces-per-frame=2 width=120 height=80 "
        f"! identity name=before ! nvmultistreamtiler {tiler} ! fakesink name=end "
        f"{video} ! nvvideoconvert ! mux.sink_0 "
        f"{video} ! nvvideoconvert ! nvdewarper config-file={config(BOTH_SIDES)} ! mux.sink_1"
    )
    if (placed := pipeline.get_by_name("placed")) is not None:
        placed.place_tiles({1: (0, 50, 100, 50)})
    given, boxes = [], []

    def mark(batch):
        given.append({})
        for frame, surface in zip(batch.frames, batch.surfaces, strict=True):
            view = (frame.pad_index, frame.surface_index)
            given[-1][view] = surface.planes("RGB")[0].copy()
            frame.objects.append(box((10, 20, 30, 40), label=str(view)))

    def note(batch):
        boxes.append({obj.label: obj.ltwh for frame in batch.frames for obj in frame.objects})

    visit(pipeline, "before", mark)
    visit(pipeline, "end", note, pad="sink")
    walls = pictures(pipeline, "end")
    ended(pipeline)
    tiles = LAYOUTS[tiler]
    assert len(walls) >= 3
    for wall, views, found in zip(walls, given, boxes, strict=True):
        assert found == {str(v): (x + 10, y + 20, 30, 40) for v, (x, y) in tiles.items()}
        rest = wall.copy()
        for view, (x, y) in tiles.items():
            assert distance(wall[y : y + 80, x : x + 120], views[view]) < 3
            rest[y : y + 80, x : x + 120] = 0
        assert rest.max() < 12


def test_the_surfaces_of_a_camera_are_tracked_and_counted_apart(config, tmp_path):
    """Somebody walks in one and crosses a line; somebody stands in the other."""
    alike = BOTH_SIDES.replace("surface-index=5", "surface-index=0")  # as in DeepStream's samples
    rules = tmp_path / "rules.txt"
    rules.write_text(
        "[property]\nenable=1\nconfig-width=240\nconfig-height=160\n"
        "[line-crossing-stream-0]\nenable=1\nline-crossing-Exit=100;80;140;80;120;0;120;160\n"
    )
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240 ! nvvideoconvert "
        f"! nvdewarper config-file={config(alike)} ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 num-surfaces-per-frame=2 width=240 height=160 "
        f"! nvtracker ! nvdsanalytics config-file={rules} ! fakesink name=end"
    )
    seen = {4: [], 6: []}

    def find(batch):
        for frame in batch.frames:
            frame.infer_done = True
            left = 20 + 8 * frame.frame_num if frame.surface_type == 4 else 60
            frame.add(ObjectMeta((left, 40, 30, 60), confidence=0.9, component_id=1))

    def note(batch):
        for frame in batch.frames:
            crossed = frame.user.get(FrameAnalytics).crossed_total["Exit"]
            seen[frame.surface_type].append((frame.objects[0].track_id, crossed))

    visit(pipeline, "mux", find)
    visit(pipeline, "end", note, pad="sink")
    ended(pipeline)
    walking, standing = ({id_ for id_, _ in frames if id_ != UNTRACKED} for frames in seen.values())
    assert len(walking) == len(standing) == 1
    assert walking != standing
    assert (seen[4][-1][1], seen[6][-1][1]) == (1, 0)


def test_one_surface_leaves_nvmm_like_any_picture(config):
    pipeline = dewarped(
        config(STRAIGHT), "! nvvideoconvert ! video/x-raw,format=RGB,width=160,height=120"
    )
    seen = pictures(pipeline, "end")
    ended(pipeline)
    assert [picture.shape for picture in seen] == [(120, 160, 3)] * 4


def test_the_size_may_change_in_mid_stream(config):
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=8 pattern=red ! video/x-raw,format=I420,framerate=25/1 "
        "! videoscale ! capsfilter name=size caps=video/x-raw,width=320,height=240 "
        f"! nvvideoconvert ! nvdewarper name=dewarper config-file={config(STRAIGHT)} "
        "! fakesink name=end"
    )
    seen = pictures(pipeline, "end")
    counted = []

    def step(_buffer):
        counted.append(1)
        if len(counted) == 4:
            smaller = Gst.Caps.from_string("video/x-raw,width=160,height=120")
            pipeline.get_by_name("size").set_property("caps", smaller)

    watch(pipeline, "dewarper", step, pad="sink")
    ended(pipeline)
    assert {picture.shape for picture in seen} == {(240, 320, 3), (120, 160, 3)}
    assert {colour_at(p, p.shape[1] // 2, p.shape[0] // 2) for p in seen} == {"red"}


def test_a_real_picture_survives_the_way_through_a_fisheye_and_back(config, data_dir):
    """A street as a fisheye would see it, made straight again by the element."""
    fisheye = config("[surface0]\nprojection-type=9\nfocal-length=500\ncuda-address-mode=1\n")
    back = fisheye.with_name("back.txt")
    back.write_text("[surface0]\nprojection-type=15\nfocal-length=500\ncuda-address-mode=1\n")
    pipeline = Gst.parse_launch(
        f"filesrc location={data_dir}/video/crowd_1080p.mp4 ! decodebin ! nvvideoconvert "
        "! video/x-raw(memory:NVMM),width=960,height=540 ! identity eos-after=2 "
        f"! nvdewarper name=there config-file={fisheye} "
        f"! nvdewarper name=back config-file={back} ! fakesink name=end"
    )
    before, bent, after = (
        pictures(pipeline, "there"),
        pictures(pipeline, "back"),
        pictures(pipeline, "end"),
    )
    ended(pipeline)
    inside = (slice(135, 405), slice(240, 720))
    lost = distance(before[0][inside], after[0][inside])
    assert lost < 4
    assert distance(before[0][inside], bent[0][inside]) > 2 * lost


# Mistakes


def test_without_a_file_it_does_not_start():
    pipeline = Gst.parse_launch("videotestsrc ! nvvideoconvert ! nvdewarper name=d ! fakesink")
    assert error_text(finish(pipeline)).startswith("d: config-file must name a configuration file")


def test_a_mistake_in_the_file_is_an_error_with_its_place(config):
    path = config("[surface0]\nprojection-type=42\n")
    text = error_text(finish(dewarped(path)))
    assert text.startswith(f"dewarper: {path}, line 2, [surface0] projection-type: wanted 1 (fish")


def test_what_the_file_has_too_much_is_a_warning(config):
    pipeline = dewarped(config(STRAIGHT + "yau=3\n"))
    kinds = Gst.MessageType.WARNING | Gst.MessageType.ERROR | Gst.MessageType.EOS
    message = finish(pipeline, kinds=kinds)
    assert message.type == Gst.MessageType.WARNING
    assert "unknown key, ignored; did you mean yaw?" in message.parse_warning()[0].message


def test_a_batch_of_several_cameras_is_refused_in_one_sentence(config):
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=64 height=64 "
        f"! nvdewarper name=dewarper config-file={config(STRAIGHT)} ! fakesink "
        "videotestsrc num-buffers=2 ! nvvideoconvert ! mux.sink_0 "
        "videotestsrc num-buffers=2 ! nvvideoconvert ! mux.sink_1"
    )
    text = error_text(finish(pipeline))
    assert text.startswith("dewarper: a batch of 2 frames cannot be dewarped: put nvdewarper in")


def test_it_plays_again_and_is_freed(config):
    pipeline = dewarped(config(BOTH_SIDES))
    for _ in range(3):
        ended(pipeline)
    gone = weakref.ref(pipeline.get_by_name("dewarper"))
    del pipeline
    gc.collect()
    assert gone() is None
