"""deepstream-segmask: the outlines of people in any number of streams, drawn and saved.

N x uridecodebin ! nvstreammux ! nvinfer ! nvinfer ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd
    ! nveglglessink
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gi
import numpy as np
from numpy.typing import NDArray

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

WIDTH, HEIGHT = 1920, 1080  # frame pixels: what the mux makes, and boxes are in
PIPELINE = """
    nvstreammux name=mux width={width} height={height} batched-push-timeout=33000
    ! queue ! nvinfer name=detector {masks}
    ! queue name=masked ! nvmultistreamtiler name=tiler width=1280 height=720
    ! queue ! nvvideoconvert ! queue ! nvdsosd display-mask=true process-mode=0
    ! nveglglessink sync={sync} qos=false
"""
MASKS = "! queue ! nvinfer name=masks"


class Saver:
    """Pad probe: write every frame's masks as one black and white picture.

    Args:
        folder: Where to; each stream has a folder of its own in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Each object has its mask in `mask_params`: scores over its box."""
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            picture, masks = np.zeros((HEIGHT, WIDTH), np.uint8), 0
            for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta):
                if obj.mask_params.size:
                    paste(picture, obj.mask_params, obj.rect_params)
                    masks += 1
            stream = self.folder / f"stream_{frame.pad_index}"
            stream.mkdir(exist_ok=True)
            cv2.imwrite(str(stream / f"frame_{frame.frame_num}.jpg"), picture)
            print(
                f"Frame Number={frame.frame_num} Source={frame.pad_index} "
                f"Number of Objects={frame.num_obj_meta} Masks={masks}",
                flush=True,
            )
        return Gst.PadProbeReturn.OK


def paste(picture: NDArray[np.uint8], mask: Any, box: Any) -> None:
    """Stretch a mask over its box, and whiten what it says is the object."""
    scores = mask.get_mask_array().reshape(mask.height, mask.width)
    left, top = max(round(box.left), 0), max(round(box.top), 0)
    part = picture[top : top + max(round(box.height), 1), left : left + max(round(box.width), 1)]
    if part.size:
        part[cv2.resize(scores, part.shape[::-1]) > mask.threshold] = 255


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are still apart: in front of the tiler."""
    sync = str(not arguments.no_sync).lower()
    masks = "" if arguments.config else MASKS
    pipeline = Gst.parse_launch(PIPELINE.format(width=WIDTH, height=HEIGHT, masks=masks, sync=sync))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    streams = len(arguments.input)
    config = arguments.config or kit.config_of("yolov4-tiny")
    detector.set_property("config-file-path", str(config))
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    if not arguments.config:
        path = str(kit.config_of("deeplabv3-person"))
        pipeline.get_by_name("masks").set_property("config-file-path", path)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    tiler.set_property("columns", math.ceil(math.sqrt(streams)))
    tiler.set_property("rows", math.ceil(streams / math.ceil(math.sqrt(streams))))
    for number, uri in enumerate(arguments.input):
        add_stream(pipeline, mux, number=number, uri=uri)
    tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, Saver(arguments.output))
    return pipeline


def add_stream(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux; its pads come when it knows what is in the file."""
    source = Gst.ElementFactory.make("uridecodebin", f"source-{number}")
    source.set_property("uri", uri)
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps()
        if caps.get_structure(0).get_name().startswith("video") and not sink.is_linked():
            pad.link(sink)

    source.connect("pad-added", link)


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            print("End-of-stream")
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr, flush=True)
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
    parser = argparse.ArgumentParser(description="Draw and save the outlines of people.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs of the streams")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("out"), help="where the masks go; must not exist"
    )
    parser.add_argument(
        "--config",
        type=Path,
        help="nvinfer configuration of one network for boxes and masks (network-type=3)",
    )
    parser.add_argument("--no-sync", action="store_true", help="as fast as possible")
    arguments = parser.parse_args()
    if arguments.output.exists():
        parser.error(f"the folder {arguments.output} is there already; name another one")
    Gst.init(None)
    pipeline = build(arguments)
    arguments.output.mkdir(parents=True)
    return play(pipeline)


if __name__ == "__main__":
    sys.exit(main())
