"""nvtracker in pipelines."""

import gc
import weakref

import numpy as np
import pytest
from batches import visit, watch

import pyds
from penstock.gst.nvevents import (
    PAD_DELETED,
    STREAM_EOS,
    push_source_event,
    push_stream_reset,
    push_update,
)
from penstock.meta import UNTRACKED, ObjectMeta, TargetsMeta
from streams import Gst, error_text, finish

SOURCE = "videotestsrc num-buffers={frames} ! video/x-raw,width=320,height=240 ! nvvideoconvert"


def line(options="", *, sources=1, frames=6, then="", find=None, mux=""):
    """Sources, a mux, a detector (a probe that adds objects), nvtracker."""
    inputs = " ".join(f"{SOURCE.format(frames=frames)} ! mux.sink_{n}" for n in range(sources))
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width=320 height=240 {mux} "
        f"! nvtracker name=track {options} {then} ! fakesink name=end {inputs}"
    )
    visit(pipeline, "track", lambda batch: [(find or walk)(frame) for frame in batch], pad="sink")
    return pipeline


def walk(frame):
    """One person who walks to the right."""
    frame.infer_done = True
    add(frame, (20 + 3 * frame.frame_num, 50, 40, 80))


def walk_every_other(frame):
    if frame.frame_num % 2 == 0:
        walk(frame)


def add(frame, ltwh, *, class_id=0):
    obj = ObjectMeta(ltwh, class_id=class_id, label="person", confidence=0.9, component_id=1)
    obj.text.text = "person"
    frame.add(obj)


def tracked(pipeline, *, read=lambda frame: [obj.track_id for obj in frame.objects]):
    """Play; what `read` says of each frame behind nvtracker, by source."""
    seen = {}
    visit(
        pipeline,
        "track",
        lambda batch: [seen.setdefault(f.source_id, []).append(read(f)) for f in batch],
    )
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def warnings_of(pipeline):
    """A list that fills with the warnings on the bus."""
    texts = []

    def hear(_bus, message):
        if message.type == Gst.MessageType.WARNING:
            texts.append(message.parse_warning()[0].message)
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(hear)
    return texts


@pytest.mark.parametrize("tracker", ["IOU", "NvSORT", "bytetrack", "OC-SORT"])
def test_an_object_keeps_its_id_and_is_reported_after_its_probation(tracker):
    (ids,) = tracked(line(f"ll-config-file={tracker}")).values()
    known = [one for (one,) in ids if one != UNTRACKED]
    assert known == [0] * len(known)
    assert len(known) >= 4


def test_a_library_that_does_not_exist_and_older_properties_do_no_harm():
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"
    older = "enable-batch-process=1 enable-past-frame=1 compute-hw=1 gpu-id=0"
    options = f"ll-lib-file={library} tracker-width=640 tracker-height=384 {older}"
    assert tracked(line(options))[0][-1] == [0]


def nodes(node):
    while node is not None:
        yield node.data
        node = node.next


def past_frames(meta):
    """As deepstream-test2 reads them."""
    for data in nodes(meta.batch_user_meta_list):
        user = pyds.NvDsUserMeta.cast(data)
        if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META:
            batch = pyds.NvDsTargetMiscDataBatch.cast(user.user_meta_data)
            for stream in pyds.NvDsTargetMiscDataBatch.list(batch):
                for target in pyds.NvDsTargetMiscDataStream.list(stream):
                    frames = pyds.NvDsTargetMiscDataObject.list(target)
                    lefts = [(frame.frameNum, round(frame.tBbox.left)) for frame in frames]
                    yield stream.streamID, target.uniqueId, target.objLabel, lefts


def test_pyds_reads_ids_boxes_and_past_frames():
    told, objects = [], []

    def read(buffer):
        meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        told.extend(past_frames(meta))
        frame = pyds.NvDsFrameMeta.cast(meta.frame_meta_list.data)
        obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
        box = obj.tracker_bbox_info.org_bbox_coords
        objects.append((obj.object_id, round(box.left), round(box.width)))

    pipeline = line("ll-config-file=IOU", frames=4)
    watch(pipeline, "track", read)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert told == [(0, 0, "person", [(0, 20), (1, 23)])]
    assert objects == [(0xFFFFFFFFFFFFFFFF, 0, 0)] * 2 + [(0, 26, 40), (0, 29, 40)]


@pytest.mark.parametrize("shows", [True, False])
def test_display_tracking_id_ends_the_text_with_the_id(shows):
    pipeline = line(f"display-tracking-id={shows}")
    texts = tracked(pipeline, read=lambda frame: frame.objects[0].text.text)[0]
    assert texts[-1] == ("person 0" if shows else "person")
    assert texts[0] == "person"


def test_skipped_frames_have_predicted_objects():
    pipeline = line("ll-config-file=NvSORT", frames=12, find=walk_every_other)
    seen = tracked(
        pipeline,
        read=lambda frame: [
            (obj.track_id, obj.label, obj.confidence < 0, round(obj.rect.left))
            for obj in frame.objects
        ],
    )[0]
    (track_id, label, is_predicted, left), *others = seen[11]
    assert (track_id, label, is_predicted, others) == (0, "person", True, [])
    assert abs(left - (20 + 3 * 11)) <= 3


def test_sources_are_tracked_apart_and_ids_are_unique():
    ids = tracked(line("ll-config-file=IOU", sources=3))
    assert sorted(ids[source][-1][0] for source in range(3)) == [0, 1, 2]


def test_ids_go_on_when_the_pipeline_starts_again():
    pipeline = line("ll-config-file=IOU")
    first = tracked(pipeline)[0][-1]
    second = tracked(pipeline)[0][-1]
    assert (first, second) == ([0], [1])


def test_only_the_classes_that_were_asked_for_are_tracked():
    def find(frame):
        add(frame, (20, 50, 40, 80), class_id=0)
        add(frame, (120, 50, 40, 80), class_id=2)

    pipeline = line("ll-config-file=IOU operate-on-class-ids=1:2", find=find)
    assert tracked(pipeline)[0][-1] == [UNTRACKED, 0]


def test_wild_boxes_and_crowds_pass(tmp_path):
    random = np.random.default_rng(2)

    def find(frame):
        for wild in (np.nan, np.inf, -1e300, 1e300):
            add(frame, (wild, 0, 10, 10))
        for left, top in random.uniform(-400, 700, (200, 2)):
            add(frame, (left, top, 50, 50))

    ids = tracked(line("ll-config-file=ByteTrack", find=find))[0]
    assert all(one[:4] == [UNTRACKED] * 4 for one in ids)


def send(pipeline, number, push):
    """Push an event in front of nvtracker when frame `number` has passed the mux."""

    def on_batch(batch):
        if batch.frames[0].frame_num == number:
            push(pipeline.get_by_name("mux").get_static_pad("src"))

    visit(pipeline, "mux", on_batch)


@pytest.mark.parametrize(("mode", "begins_anew"), [(0, False), (1, True), (2, False), (3, True)])
def test_a_source_that_begins_anew_gets_new_ids_where_asked(mode, begins_anew):
    pipeline = line(f"ll-config-file=IOU tracking-id-reset-mode={mode}", frames=12)
    send(pipeline, 6, lambda pad: push_stream_reset(pad, 0))
    assert tracked(pipeline)[0][-1] == [1 if begins_anew else 0]


@pytest.mark.parametrize(("mode", "last"), [(0, 2), (1, 2), (2, 0), (3, 0)])
def test_ids_count_from_zero_after_the_end_of_a_source_where_asked(mode, last):
    def find(frame):  # another object from frame 6 on
        add(frame, (20 if frame.frame_num < 6 else 200, 50, 40, 80))

    options = f"ll-config-file=IOU tracking-id-reset-mode={mode}"
    pipeline = line(options, frames=12, sources=2, find=find)
    send(pipeline, 6, lambda pad: push_source_event(pad, STREAM_EOS, 0))
    ids = tracked(pipeline)
    assert ids[0][4] + ids[1][4] == [0, 1]
    assert ids[0][-1] == [last]


def test_the_tracks_of_a_source_go_with_it():
    pipeline = line("ll-config-file=IOU", frames=12, sources=2)
    send(pipeline, 6, lambda pad: push_source_event(pad, PAD_DELETED, 0))
    ids = tracked(pipeline)
    assert (ids[0][-1], ids[1][-1]) == ([2], [1])


def test_another_file_may_be_sent_while_playing(tmp_path):
    other = tmp_path / "other.yml"
    other.write_text("%YAML:1.0\nTargetManagement:\n  probationAge: 1\n  nonsense: 1\n")
    pipeline = line("ll-config-file=IOU", frames=12)
    send(
        pipeline,
        5,
        lambda pad: push_update(
            pad, "nv-tracker-config-update", {"stream_id": "0", "config_path": str(other)}
        ),
    )
    texts = warnings_of(pipeline)
    ids = [one for (one,) in tracked(pipeline)[0]]
    assert ids == [UNTRACKED] * 2 + [0] * 3 + [UNTRACKED] + [1] * 6
    (warning,) = texts
    assert "nonsense: unknown key, ignored" in warning


def test_a_wrong_file_sent_while_playing_changes_nothing(tmp_path):
    pipeline = line("ll-config-file=IOU", frames=12)
    send(
        pipeline,
        5,
        lambda pad: push_update(
            pad,
            "nv-tracker-config-update",
            {"stream_id": "0", "config_path": str(tmp_path / "gone.yml")},
        ),
    )
    texts = warnings_of(pipeline)
    assert tracked(pipeline)[0][-1] == [0]
    (warning,) = texts
    assert "gone.yml" in warning
    assert warning.endswith("the old settings stay")


def test_sub_batches_have_files_of_their_own(tmp_path):
    for name, age in (("slow.yml", 30), ("fast.yml", 0)):
        (tmp_path / name).write_text(f"TargetManagement:\n  probationAge: {age}\n")
    files = f"{tmp_path}/slow.yml;{tmp_path}/fast.yml"
    ids = tracked(line(f'll-config-file="{files}" sub-batches="0;1"', sources=2))
    assert (ids[0][-1], ids[1][-1]) == ([UNTRACKED], [0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("ll-config-file=/no/such/file.yml", "ll-config-file: cannot read /no/such/file.yml"),
        ("sub-batches=abc", "sub-batches: wanted sources as 0,1;2,3 or sizes as 2:2, got 'abc'"),
        ("operate-on-class-ids=cars", "operate-on-class-ids: wanted class ids"),
        (
            'll-config-file="IOU;NvSORT"',
            "ll-config-file names 2 files, sub-batches 1 sub-batches: name one file for all",
        ),
    ],
)
def test_what_is_wrong_is_one_error_on_the_bus(options, said):
    assert said in error_text(finish(line(options)))


def test_a_value_that_cannot_be_read_is_told_with_file_key_and_line(tmp_path):
    path = tmp_path / "tracker.yml"
    path.write_text("%YAML:1.0\n\nTargetManagement:\n  probationAge: soon\n")
    text = error_text(finish(line(f"ll-config-file={path}")))
    assert f"{path}, line 4, [TargetManagement] probationAge: wanted a whole number" in text


def test_an_unknown_tracker_is_told_with_those_that_exist(tmp_path):
    path = tmp_path / "tracker.yml"
    path.write_text("BaseConfig:\n  trackerType: Sort\n")
    text = error_text(finish(line(f"ll-config-file={path}")))
    assert "no tracker is called 'Sort'" in text
    assert "ByteTrack" in text


def test_unknown_keys_are_warned_about_once(tmp_path):
    path = tmp_path / "tracker.yml"
    path.write_text("TargetManagement:\n  probationAges: 2\n")
    pipeline = line(f"ll-config-file={path} input-tensor-meta=1")
    texts = warnings_of(pipeline)
    tracked(pipeline)
    assert [text for text in texts if "probationAges: unknown key" in text] == texts[:1]
    assert "did you mean probationAge?" in texts[0]
    assert "input-tensor-meta is not available yet" in texts[1]


def test_without_the_mux_in_front_the_error_says_so():
    pipeline = Gst.parse_launch("videotestsrc ! nvvideoconvert ! nvtracker ! fakesink")
    assert "nvstreammux must come before this element" in error_text(finish(pipeline))


def test_past_frames_survive_a_branch_that_copies():
    kinds = []
    pipeline = line(
        "ll-config-file=IOU",
        then="! tee name=t t. ! queue ! fakesink t. ! queue ! nvdsosd name=draw",
    )
    visit(pipeline, "draw", lambda batch: kinds.extend(user.meta_type for user in batch.user))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert kinds == [TargetsMeta.PAST_FRAMES]


def test_the_element_is_freed_with_its_trackers():
    pipeline = line("ll-config-file=NvSORT")
    element = pipeline.get_by_name("track")
    tracked(pipeline)
    assert element._tracker is None
    gone = weakref.ref(element)
    del element, pipeline
    gc.collect()
    assert gone() is None
