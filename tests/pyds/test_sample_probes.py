"""The idioms of DeepStream's samples, on metadata of one's own and in a pipeline that plays."""

from types import SimpleNamespace

import numpy as np
import pytest
import sample_probes

import pyds
from penstock.gst import Gst, attach, batch_of
from penstock.meta import (
    BatchMeta,
    ClassifierMeta,
    EventMessage,
    FrameAnalytics,
    FrameMeta,
    LabelInfo,
    Mask,
    ObjectAnalytics,
    ObjectMeta,
    Rect,
    SegmentationMeta,
    SourceTargets,
    Target,
    TargetsMeta,
    TensorLayer,
    TensorMeta,
    TrackedBox,
    UserMeta,
)
from streams import error_text, finish

PIPELINE = (
    "videotestsrc num-buffers=2 pattern=smpte ! nvvideoconvert ! {caps} ! mux.sink_0 "
    "videotestsrc num-buffers=2 pattern=ball ! nvvideoconvert ! {caps} ! mux.sink_1 "
    "nvstreammux name=mux batch-size=2 width=320 height=240 ! identity name=found ! "
    "nvvideoconvert ! {rgba} ! queue ! identity name=here ! tee name=t "
    "t. ! queue ! nvmultistreamtiler width=320 height=240 ! nvdsosd ! fakesink name=end "
    "t. ! queue ! fakesink name=other"
).format(
    caps="video/x-raw(memory:NVMM),format=NV12,width=320,height=240",
    rgba="video/x-raw(memory:NVMM),format=RGBA",
)
BOXES = np.array([[10, 20, 30.5, 40, 0.5], [50, 60, 20, 20, 0.75]], np.float32)
CLASS_MAP = np.array([[0, 1, -1], [2, 2, 0]], np.int32)


def attached(data):
    return UserMeta(data, meta_type=type(data).META_TYPE, copy_data=type(data).copy)


def fill(batch):
    """What detectors, classifiers, trackers, analytics and segmentation leave in a batch."""
    first = batch.frames[0]
    car = first.add(
        ObjectMeta((20, 30, 60, 40), class_id=0, label="car", confidence=0.9, track_id=7)
    )
    car.classifiers.append(ClassifierMeta(2, [LabelInfo("red", 4, 0, 0.8, 12)]))
    car.classifiers.append(ClassifierMeta(3, [LabelInfo("van", 1, 0, 0.6, 6)]))
    car.mask = Mask(np.full((4, 6), 0.8, np.float32), 0.5)
    car.user.append(attached(ObjectAnalytics(["RF"], direction="South")))
    first.add(ObjectMeta((100, 30, 20, 40), class_id=2, label="person"))
    first.user.append(attached(FrameAnalytics(in_region={"RF": 1}, crossed_total={"Exit": 4})))
    first.user.append(attached(TensorMeta([TensorLayer("boxes", BOXES), TensorLayer("none")], 1)))
    first.user.append(attached(SegmentationMeta(CLASS_MAP, None, 3, 1)))
    past = Target(7, 0, "car", [TrackedBox(1, Rect(5.0, 6.0, 7.0, 8.0), 0.4, 1)])
    meta = TargetsMeta([SourceTargets(0, [past])])
    batch.user.append(UserMeta(meta, meta_type=TargetsMeta.PAST_FRAMES, copy_data=TargetsMeta.copy))
    return batch


def on_a_buffer(*probes):
    """What probes see on a buffer of one's own."""
    buffer, seen = Gst.Buffer.new(), []
    frames = [FrameMeta(n, frame_num=3, size=(320, 240)) for n in range(2)]
    attach(buffer, fill(BatchMeta(frames, max_frames=2)))
    info = SimpleNamespace(get_buffer=lambda: buffer)
    for probe in probes:
        assert probe(None, info, seen) == Gst.PadProbeReturn.OK
    return seen, pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))._core


def in_a_pipeline(*probes, monkeypatch):
    """What probes see on the first batch of a pipeline; nothing may fail in it."""
    monkeypatch.setenv("PENSTOCK_STRICT", "1")
    pipeline = Gst.parse_launch(PIPELINE)
    seen, kept = [], []

    def found(_pad, info):
        fill(batch_of(info.get_buffer()))
        return Gst.PadProbeReturn.OK

    def keep(_pad, info):
        kept.append(batch_of(info.get_buffer()))
        return Gst.PadProbeReturn.OK

    kind = Gst.PadProbeType.BUFFER
    pipeline.get_by_name("found").get_static_pad("src").add_probe(kind, found)
    for probe in probes:
        pipeline.get_by_name("here").get_static_pad("src").add_probe(kind, probe, seen)
    pipeline.get_by_name("other").get_static_pad("sink").add_probe(kind, keep)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert len(kept) == 2
    return seen[: len(seen) // 2], kept[0]


@pytest.fixture(params=["buffer", "pipeline"])
def run(request, monkeypatch):
    """Runs probes either way: returns what they saw, and the batch as they left it."""
    if request.param == "buffer":
        return on_a_buffer
    return lambda *probes: in_a_pipeline(*probes, monkeypatch=monkeypatch)


def test_objects_are_counted_coloured_and_a_line_is_written(run):
    seen, batch = run(sample_probes.counting)
    number = batch.frames[0].frame_num
    assert seen == [
        f"Frame Number={number} Number of Objects=2 Vehicle_count=1",
        f"Frame Number={number} Number of Objects=0 Vehicle_count=0",
    ]
    assert {obj.rect.border_color for obj in batch.frames[0].objects} == {(0.0, 0.0, 1.0, 0.8)}
    assert [frame.display[0].texts[0].text for frame in batch] == seen


def test_past_frames_of_the_tracker_are_walked(run):
    seen, _ = run(sample_probes.past_frames)
    assert seen == [(0, 7, "car", 1, 5.0)]


def test_labels_of_classifiers_are_walked(run):
    seen, batch = run(sample_probes.classifier_labels)
    assert seen == [(2, "red", 4, 0.8), (3, "van", 1, 0.6)]
    assert [answer[:2] for answer in batch.frames[0].objects[0].classifications] == [
        ("red", 0.8),
        ("van", 0.6),
    ]


def test_events_are_attached_and_travel_with_copies(run):
    seen, batch = run(sample_probes.event_messages)
    assert seen == [(batch.frames[0].frame_num, 20.0)]
    event = batch.frames[0].user[EventMessage]
    assert (event.sensor, event.details.kind, event.details.color) == ("sensor-0", "sedan", "blue")
    assert (event.box[:2], event.track_id, event.event_type) == ((20.0, 30.0), 7, 2)
    assert event.time.endswith("Z")


def test_analytics_are_found_by_their_descriptors(run):
    seen, _ = run(sample_probes.analytics)
    assert seen == [
        ("direction", 7, "South"),
        ("region", 7, ["RF"]),
        "Objs in ROI: {'RF': 1}",
        "Linecrossing Cumulative: {'Exit': 4}",
    ]


def test_layers_are_read_through_ctypes_and_become_objects(run):
    seen, batch = run(sample_probes.tensor_layers)
    assert seen == [("boxes", True, 10.0, float(BOXES.sum()))]
    made = batch.frames[0].objects[2:]
    assert [obj.ltwh for obj in made] == [(10.0, 20.0, 30.5, 40.0), (50.0, 60.0, 20.0, 20.0)]
    assert [(obj.label, obj.track_id, obj.text.text) for obj in made] == [
        ("parsed", -1, "parsed 0.500"),
        ("parsed", -1, "parsed 0.750"),
    ]
    assert batch.frames[0].infer_done
    assert pyds.NvDsFrameMeta.cast(batch.frames[0]).bInferDone == 1


def test_a_class_map_is_read(run):
    seen, _ = run(sample_probes.segmentation)
    assert seen == [(3, 2, 3, CLASS_MAP.tolist())]


def test_masks_of_objects_are_read_and_written(run):
    seen, batch = run(sample_probes.instance_masks)
    assert seen == [((60, 40), 60 * 40)]
    assert not batch.frames[0].objects[0].mask.data.any()


def test_more_lines_than_one_display_meta_holds(run):
    seen, batch = run(sample_probes.many_lines)
    assert seen == [(16, 0, 0), (1, 0, 16)]
    assert [len(display.lines) for display in batch.frames[0].display] == [16, 1]


def test_a_struct_of_ones_own_travels_from_one_probe_to_the_next(run):
    seen, batch = run(sample_probes.user_meta_producer, sample_probes.user_meta_consumer)
    number = batch.frames[0].frame_num
    assert seen == [(number, f"test message {number}", number + 1)] * 2


def test_frames_are_drawn_on_as_arrays(monkeypatch):
    seen, _ = in_a_pipeline(sample_probes.image_data, monkeypatch=monkeypatch)
    assert seen == [(0, (240, 320, 4)), (1, (240, 320, 4))]
