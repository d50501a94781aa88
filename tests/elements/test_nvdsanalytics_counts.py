"""Detector, tracker and analytics count real videos as a human does."""

import json
from pathlib import Path

import pytest
from batches import visit

from penstock import kit
from streams import Gst, error_text

HAND = Path(__file__).parents[1] / "analytics" / "hand_count"
# Frames. The eye sees to within five, a line asks for a margin; and who comes into the picture is
# found when enough of them is there.
CLOSE = {"line-crossing": 7, "roi-enter": 16}


WAIT_S = 240


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    """The kit's detector with one precision on every processor."""
    found = kit.config_of("yolov4-tiny")
    text = found.read_text().replace("network-mode=2", "network-mode=0")
    for file in ("yolov4-tiny.onnx", "labels.txt"):
        text = text.replace(f"={file}", f"={found.parent / file}")
    path = tmp_path_factory.mktemp("detector") / "config.txt"
    path.write_text(text)
    return path


def counted(video, detector, rules, proof, *, size, seen):
    """Play a video through the whole chain; `seen(batch)` may change what the detector found."""
    pipeline = Gst.parse_launch(
        "filesrc name=file ! decodebin ! mux.sink_0 nvstreammux name=mux batch-size=1 "
        f"width={size[0]} height={size[1]} ! queue max-size-buffers=4 ! nvinfer name=infer "
        "! queue max-size-buffers=4 ! nvtracker ll-config-file=NvDCF "
        "! nvdsanalytics name=rules ! fakesink"
    )
    pipeline.get_by_name("file").set_property("location", str(video))
    pipeline.get_by_name("infer").set_property("config-file-path", str(detector))
    pipeline.get_by_name("rules").set_property("config-file", str(rules))
    pipeline.get_by_name("rules").set_property("proof-file", str(proof))
    visit(pipeline, "infer", seen)
    bus, ends = pipeline.get_bus(), Gst.MessageType.EOS | Gst.MessageType.ERROR
    try:
        pipeline.set_state(Gst.State.PLAYING)
        message = bus.timed_pop_filtered(WAIT_S * Gst.SECOND, ends)
    finally:
        pipeline.set_state(Gst.State.NULL)
    assert message is not None, "the pipeline hung"
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return [json.loads(line) for line in proof.read_text().splitlines()]


def call_everything_a_car(batch):
    for frame in batch.frames:
        for obj in frame.objects:
            obj.class_id = 2


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    ("name", "seen"), [("cars", call_everything_a_car), ("vtest", lambda batch: None)]
)
def test_lines_and_zones_agree_with_the_hand_count(data_dir, detector, tmp_path, name, seen):
    hand = json.loads((HAND / f"{name}.json").read_text())
    video = data_dir / "video" / hand["video"]
    proof = tmp_path / "proof.jsonl"
    rules = HAND / f"{name}.txt"
    records = counted(video, detector, rules, proof, size=hand["size"], seen=seen)
    for kind, shapes in (("line-crossing", hand["lines"]), ("roi-enter", hand["visits"])):
        for label, entries in shapes.items():
            frames = [r["frame_num"] for r in records if (r["event"], r["label"]) == (kind, label)]
            print(f"{name} {label}: {len(frames)} counted, {len(entries)} by hand")
            assert len(frames) == len(entries), (label, frames)
            for frame, (by_eye, who) in zip(frames, entries, strict=True):
                assert abs(frame - by_eye) <= CLOSE[kind], (label, who, frame)
