"""deepstream-imagedata-multistream: draw on frames with OpenCV, and save those that are worth a look.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvvideoconvert ! RGBA ! nvmultistreamtiler ! nvvideoconvert
    ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import math
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements

# Memory of type 3 is unified: on NVIDIA's DeepStream a CPU sees no other.
PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000 nvbuf-memory-type=3
    ! queue ! nvinfer name=detector
    ! queue ! nvvideoconvert nvbuf-memory-type=3 ! video/x-raw(memory:NVMM),format=RGBA
    ! nvmultistreamtiler name=tiler width=1280 height=720 nvbuf-memory-type=3
    ! queue ! nvvideoconvert ! nvdsosd ! {end}
"""
SHOWN, HIDDEN = "nveglglessink sync=true", "fakesink sync=false"
WRITTEN = "nvvideoconvert ! nvv4l2h264enc ! h264parse ! mp4mux ! filesink name=file"
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
UNCERTAIN = (0.3, 0.4)
PAUSE = 30  # frames of a stream from one that is saved to the next
YELLOW = (255, 220, 0, 255)  # RGBA


class Saver:
    """Pad probe: marks and saves the frames with an object that the detector is not sure of.

    Those are the pictures from which a detector learns most.

    Args:
        folder: Where `stream_0/frame_0.jpg` and the like are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next: dict[int, int] = {}  # stream: first frame that may be saved

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Print what each frame shows; save some."""
        buffer = info.get_buffer()
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            objects = list(items(frame.obj_meta_list, pyds.NvDsObjectMeta))
            labels = Counter(obj.obj_label for obj in objects)
            vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
            print(
                f"Frame Number={frame.frame_num} Source={frame.pad_index} "
                f"Number of Objects={len(objects)} Vehicle_count={vehicles} "
                f"Person_count={labels['person']}"
            )
            low, high = UNCERTAIN
            uncertain = [obj for obj in objects if low < obj.confidence < high]
            if uncertain and frame.frame_num >= self._next.get(frame.pad_index, 0):
                self._next[frame.pad_index] = frame.frame_num + PAUSE
                self._save(buffer, frame, uncertain)
        return Gst.PadProbeReturn.OK

    def _save(self, buffer: Gst.Buffer, frame: Any, objects: list[Any]) -> None:
        n_frame = pyds.get_nvds_buf_surface(hash(buffer), frame.batch_id)  # (H, W, 4), RGBA
        for obj in objects:
            mark(n_frame, obj)  # in place: seen downstream, too
        frame_copy = np.array(n_frame, copy=True, order="C")
        frame_copy = cv2.cvtColor(frame_copy, cv2.COLOR_RGBA2BGRA)
        if platform.machine() == "aarch64":
            pyds.unmap_nvds_buf_surface(hash(buffer), frame.batch_id)
        folder = self._folder / f"stream_{frame.pad_index}"
        cv2.imwrite(str(folder / f"frame_{frame.frame_num}.jpg"), frame_copy)


def mark(picture: Any, obj: Any) -> None:
    """Draw the corners of an object's box and what it may be."""
    box = obj.rect_params
    left, top, width, height = (
        round(value) for value in (box.left, box.top, box.width, box.height)
    )
    arm_x, arm_y = width // 4, height // 4
    for x, to_x in ((left, left + arm_x), (left + width, left + width - arm_x)):
        for y, to_y in ((top, top + arm_y), (top + height, top + height - arm_y)):
            cv2.line(picture, (x, y), (to_x, y), YELLOW, 4)
            cv2.line(picture, (x, y), (x, to_y), YELLOW, 4)
    text = f"{obj.obj_label}? {obj.confidence:.2f}"
    cv2.putText(picture, text, (left, max(top - 8, 24)), cv2.FONT_HERSHEY_SIMPLEX, 0.8, YELLOW, 2)


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are RGBA and still apart."""
    end = WRITTEN if arguments.output else HIDDEN if arguments.no_display else SHOWN
    pipeline = Gst.parse_launch(PIPELINE.format(end=end))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    streams = len(arguments.uri)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.uri))
    detector.set_property("config-file-path", str(arguments.config or default_config()))
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    rows = int(math.sqrt(streams))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(streams / rows))
    if arguments.output:
        pipeline.get_by_name("file").set_property("location", str(arguments.output))
    for number, uri in enumerate(arguments.uri):
        add_stream(pipeline, mux, number=number, uri=uri)
        (arguments.folder / f"stream_{number}").mkdir(parents=True)
    pad = tiler.get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, Saver(arguments.folder))
    return pipeline


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


def add_stream(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"source-{number}")
    source.set_property("uri", uri)
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(sink)

    if (pad := source.get_static_pad("vsrc_0")) is not None:
        link(source, pad)
    else:
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
    parser = argparse.ArgumentParser(description="Save the frames a detector is not sure of.")
    parser.add_argument("uri", nargs="+", help="streams: file:///…, rtsp://…")
    parser.add_argument("folder", type=Path, help="where frames are saved; must not exist")
    parser.add_argument("--config", type=Path, help="configuration of another detector")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write an .mp4, show nothing")
    parser.add_argument(
        "--no-display", action="store_true", help="show nothing, as fast as possible"
    )
    arguments = parser.parse_args()
    if arguments.folder.exists():
        sys.exit(f"Error: {arguments.folder} exists already; name a folder that does not")
    Gst.init(None)
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
