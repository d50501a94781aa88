"""nvdsanalytics in real pipelines: metadata, reload, mistakes."""

import json

import pytest
from batches import visit
from colours import source

import pyds
from penstock.gst import nvevents
from penstock.meta import FrameAnalytics, ObjectAnalytics, ObjectMeta
from streams import Gst, error_text, finish

RULES = """\
[property]
config-width=640
config-height=480
{properties}
[roi-filtering-stream-0]
roi-Left=0;0;320;0;320;480;0;480
[line-crossing-stream-0]
line-crossing-Exit=100;100;200;100;{x};0;{x};480
[direction-detection-stream-0]
direction-East=0;0;10;0
"""
FRAMES = 24


def rules(folder, *, x=160, properties="", more="", name="rules.txt"):
    path = folder / name
    path.write_text(RULES.format(x=x, properties=properties) + more)
    return path


def chain(config, *, inputs=None, sources=1, settings="", behind=""):
    """An object walks from left to right through 320x240 frames, 10 px a frame, of source 0."""
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 "
        f"! nvdsanalytics name=rules {settings} {behind} ! fakesink name=end "
        f"{inputs or source(0, frames=FRAMES)}"
    )
    if config is not None:
        pipeline.get_by_name("rules").set_property("config-file", str(config))

    def put(batch):
        for frame in batch.frames:
            if frame.source_id == 0:
                left = 10.0 * frame.frame_num
                frame.add(ObjectMeta((left, 100, 20, 60), track_id=7, label="car", class_id=2))

    visit(pipeline, "mux", put)
    return pipeline


def found(pipeline):
    """What was attached: `(FrameAnalytics, ObjectAnalytics)` of each frame of source 0."""
    seen = []

    def look(batch):
        for frame in batch.frames:
            if frame.source_id == 0:
                infos = [obj.user.get(ObjectAnalytics) for obj in frame.objects]
                seen.append((frame.user.get(FrameAnalytics), *infos))

    visit(pipeline, "end", look, pad="sink")
    return seen


def ended(pipeline):
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)


def warnings(pipeline):
    """The texts of the warnings on a pipeline's bus while it plays to its end."""
    texts, bus = [], pipeline.get_bus()

    def hear(_bus, message):
        if message.type == Gst.MessageType.WARNING:
            texts.append(message.parse_warning()[0].message)
        return Gst.BusSyncReply.PASS

    bus.set_sync_handler(hear)
    ended(pipeline)
    return texts


def test_frames_and_objects_get_what_was_found(tmp_path):
    pipeline = chain(rules(tmp_path), settings="unique-id=3")
    seen = found(pipeline)
    ended(pipeline)
    assert len(seen) == FRAMES
    crossed = [frame.crossed_now["Exit"] for frame, _ in seen]  # x=160 of 640: 80 of 320
    assert crossed == [0] * 8 + [1] + [0] * 15  # standing at 10 · n + 10, 3 px beyond at least
    assert [frame.crossed_total["Exit"] for frame, _ in seen] == [0] * 8 + [1] * 16
    assert [frame.in_region["Left"] for frame, _ in seen] == [1] * 16 + [0] * 8
    assert seen[8][1].lines == ["Exit"]
    assert seen[8][1].regions == ["Left"]
    assert seen[20][1].direction == "East"
    assert (
        {frame.component_id for frame, _ in seen} == {info.component_id for _, info in seen} == {3}
    )
    assert seen[0][0].objects == {2: 1}


def test_deepstreams_idiom_finds_it_under_both_spellings(tmp_path):
    pipeline = chain(rules(tmp_path))
    lines = []

    def probe(_pad, info):
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
        for user in (frame.frame_user_meta_list, obj.obj_user_meta_list):
            meta = pyds.NvDsUserMeta.cast(user.data)
            kind = meta.base_meta.meta_type
            if kind == pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSFRAME.USER_META"):
                data = pyds.NvDsAnalyticsFrameMeta.cast(meta.user_meta_data)
                lines.append((data.objInROIcnt, data.objLCCumCnt, data.unique_id))
            if kind == pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSOBJ.USER_META"):
                data = pyds.NvDsAnalyticsObjInfo.cast(meta.user_meta_data)
                lines.append((data.roiStatus, data.lcStatus, data.dirStatus))
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("end").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    ended(pipeline)
    assert lines[16] == ({"Left": 1}, {"Exit": 1}, 17)
    assert lines[17] == (["Left"], ["Exit"], "East")


@pytest.mark.parametrize("how", ["event", "property"])
def test_rules_change_while_playing(tmp_path, how):
    config = rules(tmp_path, x=160)
    pipeline = chain(config)
    seen, mux = found(pipeline), pipeline.get_by_name("mux").get_static_pad("src")
    element = pipeline.get_by_name("rules")

    def change(batch):
        if batch.frames[0].frame_num == 12:
            rules(tmp_path, x=320)
            if how == "event":
                update = {"config_file_path": "ignored"}
                nvevents.push_update(mux, "nv-analytics-reload_config-update", update)
            else:
                element.set_property("config-file", str(config))

    visit(pipeline, "mux", change)
    ended(pipeline)
    crossed = [n for n, (frame, _) in enumerate(seen) if frame.crossed_now["Exit"]]
    assert crossed == [8, 16]
    assert seen[-1][0].crossed_total == {"Exit": 2}  # the name is the same


def test_a_file_that_became_wrong_is_a_warning_and_the_rules_stay(tmp_path):
    pipeline = chain(rules(tmp_path))
    seen, mux = found(pipeline), pipeline.get_by_name("mux").get_static_pad("src")

    def change(batch):
        if batch.frames[0].frame_num == 4:
            rules(tmp_path, more="[overcrowding-stream-0]\nroi-A=1;2;3;4\n")
            update = {"config_file_path": ""}
            nvevents.push_update(mux, "nv-analytics-reload_config-update", update)

    visit(pipeline, "mux", change)
    (text,) = warnings(pipeline)
    assert "the rules stay as they were: " in text
    assert "rules.txt, line 12, [overcrowding-stream-0] roi-A: wanted a polygon of three" in text
    assert seen[-1][0].crossed_total == {"Exit": 1}


def test_a_wrong_file_is_an_error_before_anything_plays(tmp_path):
    config = rules(tmp_path, more="[line-crossing-stream-1]\nline-crossing-A=1;2\n")
    message = finish(chain(config))
    assert error_text(message).endswith(
        "rules.txt, line 12, [line-crossing-stream-1] line-crossing-A: wanted "
        "x1;y1;x2;y2;x3;y3;x4;y4, a direction from 1 to 2 and a line from 3 to 4, got '1;2': that "
        "is 1 point"
    )
    assert "config-file must name a configuration file" in error_text(finish(chain(None)))
    missing = error_text(finish(chain(tmp_path / "nowhere.txt")))
    assert "cannot read" in missing
    assert "nowhere.txt" in missing


def test_a_group_about_a_source_that_cannot_be_is_an_error_with_its_place(tmp_path):
    config = rules(tmp_path, more="[roi-filtering-stream-4]\nroi-A=0;0;9;0;9;9\n")
    text = error_text(finish(chain(config, inputs=source(0) + source(1), sources=2)))
    assert text.endswith(
        "rules.txt, line 11, [roi-filtering-stream-4] is about an unknown stream: there is no "
        "source 4, and nvstreammux takes 2 (batch-size); the sources are 0, 1"
    )


def test_a_group_about_a_source_that_may_still_join_is_a_warning_with_its_place(tmp_path):
    config = rules(tmp_path, more="[roi-filtering-stream-4]\nroi-A=0;0;9;0;9;9\n")
    (text,) = warnings(chain(config, inputs=source(0) + source(1), sources=5))
    assert text.endswith(
        "rules.txt, line 11, [roi-filtering-stream-4] is about an unknown stream: there is no "
        "source 4 so far, the sources are 0, 1"
    )


def test_sources_without_rules_and_elements_that_are_off_pass_everything_untouched(tmp_path):
    pipeline = chain(rules(tmp_path), inputs=source(0) + source(1), sources=2)
    kinds = {}

    def look(batch):
        for frame in batch.frames:
            kinds.setdefault(frame.source_id, set()).add((len(frame.user), len(frame.display)))

    visit(pipeline, "end", look, pad="sink")
    ended(pipeline)
    assert kinds == {0: {(1, 1)}, 1: {(0, 0)}}
    for settings, properties, off in (
        ("enable=false", "", True),
        ("", "enable=0", True),
        ("enable=true", "enable=0", False),
    ):
        pipeline = chain(rules(tmp_path, properties=properties), settings=settings)
        seen = found(pipeline)
        ended(pipeline)
        assert [frame is None for frame, _ in seen] == [off] * FRAMES


def test_every_event_is_on_record_where_that_is_asked_for(tmp_path):
    in_file = rules(tmp_path, properties="proof-file=proof.jsonl\nosd-mode=0")
    long = source(0, frames=2 * FRAMES)  # it has left Left when it was outside for a second
    ended(chain(in_file, inputs=long))
    ended(chain(rules(tmp_path), inputs=long, settings=f"proof-file={tmp_path}/other.jsonl"))
    texts = [(tmp_path / name).read_text() for name in ("proof.jsonl", "other.jsonl")]
    assert texts[0] == texts[1]
    records = [json.loads(line) for line in texts[0].splitlines()]
    assert [(r["event"], r["label"], r["frame_num"]) for r in records] == [
        ("roi-enter", "Left", 0),
        ("line-crossing", "Exit", 8),
        ("roi-leave", "Left", 41),  # last inside at 15, 25 frames a second
    ]
    crossing = records[1]
    assert crossing["size"] == [320, 240]
    assert crossing["geometry"]["line"] == [[80, 0], [80, 240.0]]
    (car,) = crossing["objects"]
    assert (car["track_id"], car["label"], car["ltwh"]) == (7, "car", [80, 100, 20, 60])
    assert car["path"] == [[n, 10.0 * n + 10, 160.0] for n in range(9)]
    assert crossing["count"] == 1


def test_a_proof_that_cannot_be_written_is_an_error(tmp_path):
    message = finish(chain(rules(tmp_path), settings=f"proof-file={tmp_path}/no/proof.jsonl"))
    assert "no/proof.jsonl cannot be written: No such file or directory" in error_text(message)


def test_objects_that_nobody_tracks_are_told_of_once(tmp_path):
    pipeline = chain(rules(tmp_path), inputs=source(0, frames=70))

    def untrack(batch):
        for frame in batch.frames:
            for obj in frame.objects:
                obj.track_id = -1

    visit(pipeline, "mux", untrack)
    (text,) = warnings(pipeline)
    assert text.endswith("put nvtracker before this element")


def test_what_is_drawn_reaches_the_picture(tmp_path):
    sums = []
    for mode in (0, 2):
        config = rules(tmp_path, properties=f"osd-mode={mode}")
        pipeline = chain(config, behind="! nvdsosd")
        total = []
        visit(
            pipeline,
            "end",
            lambda batch, total=total: total.append(int(batch.surfaces[0].planes("RGB")[0].sum())),
            pad="sink",
        )
        ended(pipeline)
        sums.append(total[5])
    assert sums[0] != sums[1]


def test_a_second_run_counts_from_0(tmp_path):
    pipeline = chain(rules(tmp_path))
    seen = found(pipeline)
    ended(pipeline)
    ended(pipeline)
    assert [seen[n][0].crossed_total["Exit"] for n in (FRAMES - 1, FRAMES, 2 * FRAMES - 1)] == [
        1,
        0,
        1,
    ]
