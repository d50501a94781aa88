"""deepstream-nvdsanalytics: who is in which zone, who crosses which line, who goes which way.

N x uridecodebin ! nvstreammux ! nvinfer ! nvtracker ! nvdsanalytics ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import configparser
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements

HERE = Path(__file__).parent
PIPELINE = """
    nvstreammux name=mux width=768 height=576 batched-push-timeout=33000
    ! queue ! nvinfer name=detector ! queue ! nvtracker name=tracker
    ! queue ! nvdsanalytics name=analytics ! queue ! nvmultistreamtiler name=tiler
    ! queue ! nvvideoconvert ! queue ! nvdsosd ! queue ! {screen}
"""
SHOWN, HIDDEN = "nveglglessink qos=false", "fakesink sync=false"
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
OF_FRAME = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSFRAME.USER_META")
OF_OBJECT = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSOBJ.USER_META")


def tell(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what each object does, and what each frame counts."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        print("#" * 50)
        labels: Counter[str] = Counter()
        for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta):
            labels[obj.obj_label] += 1
            for found in attached(obj.obj_user_meta_list, OF_OBJECT, pyds.NvDsAnalyticsObjInfo):
                tell_of_object(obj.object_id, found)
        for found in attached(frame.frame_user_meta_list, OF_FRAME, pyds.NvDsAnalyticsFrameMeta):
            print(f"Objs in ROI: {found.objInROIcnt}")
            print(f"Linecrossing Cumulative: {found.objLCCumCnt}")
            print(f"Linecrossing Current Frame: {found.objLCCurrCnt}")
            print(f"Overcrowding status: {found.ocStatus}")
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        print(
            f"Frame Number={frame.frame_num} stream id={frame.pad_index} "
            f"Number of Objects={frame.num_obj_meta} Vehicle_count={vehicles} "
            f"Person_count={labels['person']}",
            flush=True,
        )
    return Gst.PadProbeReturn.OK


def tell_of_object(object_id: int, found: pyds.NvDsAnalyticsObjInfo) -> None:
    """Print what one object does, where it does anything."""
    if found.dirStatus:
        print(f"Object {object_id} moving in direction: {found.dirStatus}")
    if found.lcStatus:
        print(f"Object {object_id} line crossing status: {found.lcStatus}")
    if found.ocStatus:
        print(f"Object {object_id} overcrowding status: {found.ocStatus}")
    if found.roiStatus:
        print(f"Object {object_id} roi status: {found.roiStatus}")


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def attached(node: Any, meta_type: int, kind: Any) -> Iterator[Any]:
    """What is attached of one type."""
    for user in items(node, pyds.NvDsUserMeta):
        if user.base_meta.meta_type == meta_type:
            yield kind.cast(user.user_meta_data)


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits behind the analytics, where frames are still apart."""
    screen = HIDDEN if arguments.no_display else SHOWN
    pipeline = Gst.parse_launch(PIPELINE.format(screen=screen))
    names = ("mux", "detector", "tracker", "analytics", "tiler")
    mux, detector, tracker, analytics, tiler = map(pipeline.get_by_name, names)
    streams = len(arguments.uri)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.uri))
    detector.set_property("config-file-path", str(arguments.configfile or default_config()))
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    set_tracker_properties(tracker, arguments.tracker)
    analytics.set_property("config-file", str(arguments.analytics))
    if arguments.proof is not None:
        analytics.set_property("proof-file", str(arguments.proof))
    rows = int(math.sqrt(streams))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(streams / rows))
    tiler.set_property("width", 1280)
    tiler.set_property("height", 720)
    for number, uri in enumerate(arguments.uri):
        add_stream(pipeline, mux, number=number, uri=uri)
    analytics.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, tell)
    return pipeline


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


def set_tracker_properties(tracker: Gst.Element, path: Path) -> None:
    """Every key of the file's group `[tracker]` is a property."""
    parser = configparser.ConfigParser()
    if not parser.read(path) or "tracker" not in parser:
        sys.exit(f"Error: {path} has no group [tracker]")
    for key, text in parser["tracker"].items():
        tracker.set_property(key, text if key.startswith("ll-") else int(text))


def add_stream(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux."""
    source = Gst.ElementFactory.make("uridecodebin", f"source-{number}")
    source.set_property("uri", uri)
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps(None)
        if caps.get_structure(0).get_name().startswith("video") and not sink.is_linked():
            if caps.get_features(0).contains("memory:NVMM"):
                pad.link(sink)
            else:
                print("Error: the decoder gives no NVMM", file=sys.stderr)

    source.connect("pad-added", link)


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            print("End-of-stream")
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)
            loop.quit()

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
    parser = argparse.ArgumentParser(description="Count who goes where, in any number of streams.")
    parser.add_argument("uri", nargs="+", help="file:, rtsp: …")
    parser.add_argument("-c", "--configfile", type=Path, help="configuration of another detector")
    parser.add_argument(
        "-a",
        "--analytics",
        type=Path,
        default=HERE / "config_nvdsanalytics.txt",
        help="lines, zones and other rules",
    )
    parser.add_argument(
        "-t",
        "--tracker",
        type=Path,
        default=HERE / "dsnvanalytics_tracker_config.txt",
        help="the tracker's properties",
    )
    parser.add_argument("--proof", type=Path, help="record every event, for penstock replay")
    parser.add_argument(
        "--no-display", action="store_true", help="show nothing, as fast as possible"
    )
    arguments = parser.parse_args()
    Gst.init(None)
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
