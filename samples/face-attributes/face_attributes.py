"""face-attributes: find faces, follow them, and ask two classifiers about age and gender.

uridecodebin ! nvstreammux ! nvinfer ! nvtracker ! nvinfer ! nvinfer ! nvvideoconvert ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

FACES = "! nvinfer name=faces"
FACES_OF_PERSONS = "! nvinfer name=persons ! nvtracker ! nvinfer name=faces"
PIPELINE = """
    uridecodebin name=source ! nvvideoconvert ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080 enable-padding=true
    {faces} ! nvtracker ! nvinfer name=age ! nvinfer name=gender
    ! nvvideoconvert ! nvdsosd name=osd ! {end}
"""
AGE, GENDER = 3, 4
ANSWERS = {AGE: "age", GENDER: "gender"}
ENDS = {
    "": "nveglglessink name=screen",
    ".jpg": "nvvideoconvert ! nvjpegenc ! filesink name=file",
    ".mp4": "nvvideoconvert ! nvv4l2h264enc ! h264parse ! mp4mux ! filesink name=file",
}


def print_faces(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: a line for each face that a classifier has an answer for."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta):
            answers = [
                f"{ANSWERS[classifier.unique_component_id]} {label.result_label} "
                f"({label.result_prob:.2f})"
                for classifier in items(obj.classifier_meta_list, pyds.NvDsClassifierMeta)
                for label in items(classifier.label_info_list, pyds.NvDsLabelInfo)
            ]
            if answers:
                box = obj.rect_params
                where = f"{box.left:.0f},{box.top:.0f} {box.width:.0f}x{box.height:.0f}"
                print(f"Frame {frame.frame_num}: face at {where}: {', '.join(answers)}")
    return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline and put the probe where all metadata is there: in front of the OSD."""
    faces = FACES_OF_PERSONS if arguments.persons else FACES
    output = arguments.output
    end = ENDS[output.suffix if output else ""]
    pipeline = Gst.parse_launch(PIPELINE.format(faces=faces, end=end))
    pipeline.get_by_name("source").set_property("uri", arguments.uri)
    if output:
        pipeline.get_by_name("file").set_property("location", str(output))
    else:
        pipeline.get_by_name("screen").set_property("sync", not arguments.no_sync)
    models = {"faces": "yunet", "age": "age", "gender": "gender"}
    if arguments.persons:
        models |= {"persons": "yolov4-tiny", "faces": "yunet-person"}
    for name, model in models.items():
        pipeline.get_by_name(name).set_property("config-file-path", str(kit.config_of(model)))
    for component_id, name in ANSWERS.items():
        pipeline.get_by_name(name).set_property("unique-id", component_id)
        # Behind the detector of persons, which is element 1, faces are found by element 2.
        pipeline.get_by_name(name).set_property("infer-on-gie-id", 2 if arguments.persons else 1)
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, print_faces)
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
    parser = argparse.ArgumentParser(description="Tell the age and the gender of faces.")
    parser.add_argument("uri", help="a video, a camera or a picture: file:///…, rtsp://…")
    parser.add_argument("--persons", action="store_true", help="look for faces in persons only")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write an .mp4 or a .jpg")
    parser.add_argument("--no-sync", action="store_true", help="as fast as possible")
    arguments = parser.parse_args()
    if arguments.output and arguments.output.suffix not in ENDS:
        parser.error(f"--output writes .mp4 or .jpg, not {arguments.output}")
    Gst.init(None)
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
