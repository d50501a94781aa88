"""deepstream-demux-multi-in-multi-out: many streams through one detector, and apart again.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvstreamdemux ! N x ( nvvideoconvert ! nvdsosd ! nveglglessink )
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements

TOGETHER = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000
    ! queue ! nvinfer name=detector ! nvstreamdemux name=demux per-stream-eos=true
"""
APART = " demux.src_{n} ! queue ! nvvideoconvert ! nvdsosd name=osd-{n} ! {end}"
SCREEN = "nveglglessink async=false"
FILE = """
    nvvideoconvert ! nvv4l2h264enc bitrate=4000000 ! h264parse ! qtmux
    ! filesink name=file-{n} async=false
"""
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}


def count(_pad: Gst.Pad, info: Gst.PadProbeInfo, branch: int) -> Gst.PadProbeReturn:
    """Pad probe: print what a frame shows; behind the demultiplexer, a batch is one frame."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        print(
            f"Branch={branch} Source={frame.pad_index} Frame Number={frame.frame_num} "
            f"Number of Objects={frame.num_obj_meta} Vehicle_count={vehicles} "
            f"Person_count={labels['person']}\n",
            end="",  # in one piece: other threads print, too
            flush=True,
        )
    return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(uris: list[str], *, config: Path, folder: Path | None) -> Gst.Pipeline:
    """Make the pipeline, with a source, a branch and a probe for each stream."""
    numbers = range(len(uris))
    end = SCREEN if folder is None else FILE
    branches = (APART.format(n=n, end=end.format(n=n)) for n in numbers)
    pipeline = Gst.parse_launch(TOGETHER + "".join(branches))
    mux, detector = pipeline.get_by_name("mux"), pipeline.get_by_name("detector")
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in uris))
    detector.set_property("config-file-path", str(config))
    for element in (mux, detector):
        element.set_property("batch-size", len(uris))
    for number, uri in zip(numbers, uris, strict=True):
        add_stream(pipeline, mux, number=number, uri=uri)
        if folder is not None:
            path = str(folder / f"stream-{number}.mp4")
            pipeline.get_by_name(f"file-{number}").set_property("location", path)
        pad = pipeline.get_by_name(f"osd-{number}").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, count, number)
    return pipeline


def add_stream(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"source-{number}")
    source.set_property("uri", uri)
    source.set_property("rtsp-reconnect-interval", 10)  # a camera that was away comes back
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(sink)

    if (pad := source.get_static_pad("vsrc_0")) is not None:
        link(source, pad)
    else:
        source.connect("pad-added", link)


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


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
            error, where = message.parse_error()  # whose it is, where it is a stream's
            print(f"Error: {error.message}\n{where}", file=sys.stderr)
            loop.quit()
        elif (said := message.get_structure()) is not None and said.has_name("stream-eos"):
            print(f"Got EOS from stream {said.get_uint('stream-id')[1]}\n", end="", flush=True)

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGINT, finish, pipeline)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def finish(pipeline: Gst.Pipeline) -> bool:
    """Ctrl-C: end the branches, so that each file is closed properly."""
    print("Stopping", file=sys.stderr)
    # Not the sources: one whose camera is away has nobody to end it.
    pipeline.get_by_name("demux").get_static_pad("sink").send_event(Gst.Event.new_eos())
    return False  # the second one ends the process


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Find objects in many streams, show each apart.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs: file:, rtsp: …")
    parser.add_argument("-o", "--output", type=Path, help="folder for an MP4 a stream; no windows")
    parser.add_argument("--config", type=Path, help="nvinfer configuration of another detector")
    arguments = parser.parse_args()
    Gst.init(None)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
    config = arguments.config or default_config()
    return play(build(arguments.input, config=config, folder=arguments.output))


if __name__ == "__main__":
    sys.exit(main())
