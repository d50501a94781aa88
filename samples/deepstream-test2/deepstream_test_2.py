"""deepstream-test2: follow what a detector finds, and ask two classifiers what it is.

filesrc ! h264parse ! nvv4l2decoder ! nvstreammux ! nvinfer ! nvtracker ! nvinfer ! nvinfer ! nvvideoconvert ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

PIPELINE = """
    filesrc name=file ! h264parse ! nvv4l2decoder ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080 enable-padding=true
    ! nvinfer name=detector ! nvtracker name=tracker
    ! nvinfer name=classifier1 ! nvinfer name=classifier2
    ! nvvideoconvert ! nvdsosd name=osd ! nveglglessink name=screen
"""
MODELS = {"detector": "yolov4-tiny", "classifier1": "vehicle-type", "classifier2": "imagenet"}
UNTRACKED = 2**64 - 1
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


class Printer:
    """Prints what a frame shows, what each object turned out to be, and where it had been.

    Args:
        past: Print the past-frame metadata, too.
    """

    def __init__(self, *, past: bool) -> None:
        self._past = past
        self._said: dict[int, list[str]] = {}

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Pad probe: all metadata is there in front of the OSD."""
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            objects = list(items(frame.obj_meta_list, pyds.NvDsObjectMeta))
            counts = Counter(obj.obj_label for obj in objects)
            vehicles = sum(count for label, count in counts.items() if label in VEHICLES)
            text = (
                f"Frame Number={frame.frame_num} Number of Objects={frame.num_obj_meta} "
                f"Vehicle_count={vehicles} Person_count={counts['person']}"
            )
            print(text)
            write_on(frame, batch, text)
            for obj in objects:
                self._print_answers(obj)
        if self._past:
            print_past(batch)
        return Gst.PadProbeReturn.OK

    def _print_answers(self, obj: Any) -> None:
        """Once for each track, and again where a classifier changes its mind."""
        if obj.object_id == UNTRACKED:
            return
        answers = [
            f"{label.result_label} ({label.result_prob:.2f})"
            for classifier in items(obj.classifier_meta_list, pyds.NvDsClassifierMeta)
            for label in items(classifier.label_info_list, pyds.NvDsLabelInfo)
        ]
        if answers and self._said.get(obj.object_id) != answers:
            self._said[obj.object_id] = answers
            print(f"Object {obj.object_id} ({obj.obj_label}): {', '.join(answers)}")


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def print_past(batch: Any) -> None:
    """Where objects were in frames in which the tracker was not sure of them yet."""
    for user in items(batch.batch_user_meta_list, pyds.NvDsUserMeta):
        if user.base_meta.meta_type != pyds.NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META:
            continue
        for stream in pyds.NvDsTargetMiscDataBatch.list(
            pyds.NvDsTargetMiscDataBatch.cast(user.user_meta_data)
        ):
            print(f"streamId={stream.streamID} surfaceStreamID={stream.surfaceStreamID}")
            for obj in pyds.NvDsTargetMiscDataStream.list(stream):
                print(
                    f"numobj={obj.numObj} uniqueId={obj.uniqueId} classId={obj.classId} "
                    f"objLabel={obj.objLabel}"
                )
                for frame in pyds.NvDsTargetMiscDataObject.list(obj):
                    box = frame.tBbox
                    print(
                        f"frameNum: {frame.frameNum} tBbox.left: {box.left:.0f} "
                        f"tBbox.top: {box.top:.0f} tBbox.width: {box.width:.0f} "
                        f"tBbox.height: {box.height:.0f} confidence: {frame.confidence:.2f} "
                        f"age: {frame.age}"
                    )


def write_on(frame: Any, batch: Any, text: str) -> None:
    """Add a line of text in the upper left corner of a frame."""
    display = pyds.nvds_acquire_display_meta_from_pool(batch)
    display.num_labels = 1
    line = display.text_params[0]
    line.display_text = text
    line.x_offset, line.y_offset = 10, 12
    line.font_params.font_name, line.font_params.font_size = "Serif", 20
    line.font_params.font_color.set(*WHITE)
    line.set_bg_clr = 1
    line.text_bg_clr.set(*BLACK)
    pyds.nvds_add_display_meta_to_frame(frame, display)


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline and put the probe where all metadata is there: in front of the OSD."""
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("file").set_property("location", str(arguments.video))
    pipeline.get_by_name("tracker").set_property("ll-config-file", arguments.tracker)
    pipeline.get_by_name("screen").set_property("sync", not arguments.no_sync)
    for name, model in MODELS.items():
        config = getattr(arguments, name) or kit.config_of(model)
        pipeline.get_by_name(name).set_property("config-file-path", str(config))
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, Printer(past=arguments.past))
    return pipeline


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            loop.quit()
            print("End-of-stream")
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            loop.quit()
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        print("Stopped", file=sys.stderr)
    finally:
        pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Follow and classify what a detector finds.")
    parser.add_argument("video", type=Path, help="an H.264 elementary stream")
    for name, model in MODELS.items():
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"nvinfer configuration instead of {model}"
        )
    parser.add_argument(
        "--tracker", default="NvDCF", help="name or low-level YAML of a tracker (default: NvDCF)"
    )
    parser.add_argument("--past", action="store_true", help="print the past-frame metadata")
    parser.add_argument("--no-sync", action="store_true", help="as fast as possible")
    Gst.init(None)
    return play(build(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
