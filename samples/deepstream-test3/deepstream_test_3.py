"""deepstream-test3: find objects in any number of streams, show them as one wall, tell their rates.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvdslogger ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd ! nveglglessink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
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

PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000
    ! queue ! {gie} name=detector ! queue ! nvdslogger fps-measurement-interval-sec=5
    ! nvmultistreamtiler name=tiler width=1280 height=720
    ! queue ! nvvideoconvert ! queue ! nvdsosd ! queue ! {screen}
"""
SHOWN, HIDDEN = "nveglglessink qos=false", "fakesink sync=false"
GIES = ("nvinfer", "nvinferserver", "nvinferserver-grpc")
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}


def count(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what each frame of each stream shows."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        print(
            f"Frame Number={frame.frame_num} Source={frame.pad_index} "
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


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are still apart: in front of the tiler."""
    gie = arguments.pgie.removesuffix("-grpc")  # the configuration says where the server is
    screen = HIDDEN if arguments.no_display else SHOWN
    pipeline = Gst.parse_launch(PIPELINE.format(gie=gie, screen=screen))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    streams = len(arguments.input)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    detector.set_property("config-file-path", str(arguments.configfile or default_config()))
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    rows = int(math.sqrt(streams))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(streams / rows))
    for number, uri in enumerate(arguments.input):
        add_stream(pipeline, mux, number=number, uri=uri, loop=arguments.file_loop)
    if not (arguments.disable_probe or arguments.silent):
        detector.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, count)
    return pipeline


def default_config() -> Path:
    """The configuration of the kit's detector, which is fetched on first use."""
    from penstock import kit

    return kit.config_of("yolov4-tiny")


def add_stream(
    pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str, loop: bool
) -> None:
    """Put a source in front of the mux."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"source-{number}")
    source.set_property("uri", uri)
    source.set_property("rtsp-reconnect-interval", 10)  # a camera that was away comes back
    source.set_property("file-loop", loop)
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
            error, where = message.parse_error()  # whose it is, where it is a stream's
            print(f"Error: {error.message}\n{where}", file=sys.stderr)
            loop.quit()
        elif (said := message.get_structure()) is not None and said.has_name("stream-eos"):
            print(f"Got EOS from stream {said.get_uint('stream-id')[1]}\n", end="", flush=True)

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
    parser = argparse.ArgumentParser(description="Find objects in any number of streams.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs: file:, rtsp: …")
    parser.add_argument("-c", "--configfile", type=Path, help="configuration of another detector")
    parser.add_argument("-g", "--pgie", default="nvinfer", choices=GIES, help="who infers")
    parser.add_argument(
        "--no-display", action="store_true", help="show nothing, as fast as possible"
    )
    parser.add_argument("--file-loop", action="store_true", help="files begin again at their end")
    parser.add_argument("--disable-probe", action="store_true", help="read no metadata: rates only")
    parser.add_argument("-s", "--silent", action="store_true", help="print no line a frame")
    arguments = parser.parse_args()
    Gst.init(None)
    if arguments.pgie != "nvinfer" and arguments.configfile is None:
        sys.exit(f"Error: -g {arguments.pgie} takes its own configuration: name it with -c")
    return play(build(arguments))


if __name__ == "__main__":
    sys.exit(main())
