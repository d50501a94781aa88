"""deepstream-preprocess-test: look at regions of any number of streams, serve them as one wall.

N x uridecodebin ! nvstreammux ! nvdspreprocess ! nvinfer ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd
    ! nvvideoconvert ! nvv4l2h264enc ! rtph264pay ! udpsink        udpsrc ! GstRtspServer
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
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000
    ! queue ! nvdspreprocess name=preprocess
    ! queue ! nvinfer name=detector input-tensor-meta=true
    ! queue ! nvmultistreamtiler name=tiler width=1280 height=720
    ! queue ! nvvideoconvert ! queue ! nvdsosd ! queue ! nvvideoconvert
    ! video/x-raw(memory:NVMM),format=I420 ! {encode} name=encoder insert-sps-pps=true ! {pay}
    ! udpsink name=out host=224.224.255.255 async=false sync=true
"""
CODECS = {"H264": ("nvv4l2h264enc", "rtph264pay"), "H265": ("nvv4l2h265enc", "rtph265pay")}
SERVED = (
    '( udpsrc name=pay0 port={port} buffer-size=524288 caps="application/x-rtp, media=video, '
    'clock-rate=90000, encoding-name=(string){codec}, payload=96" )'
)
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}


def count(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what each frame of each stream shows in its regions."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        print(
            f"Frame Number={frame.frame_num} Source={frame.pad_index} "
            f"Number of Objects={frame.num_obj_meta} "
            f"Vehicle_count={vehicles} Person_count={labels['person']}",
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
    encode, pay = CODECS[arguments.codec]
    pipeline = Gst.parse_launch(PIPELINE.format(encode=encode, pay=pay))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    streams = len(arguments.input)
    for element in (mux, detector):
        element.set_property("batch-size", streams)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    pipeline.get_by_name("preprocess").set_property("config-file", str(arguments.preprocess))
    config = arguments.config or kit.config_of("yolov4-tiny")
    detector.set_property("config-file-path", str(config))
    columns = math.ceil(math.sqrt(streams))
    tiler.set_property("columns", columns)
    tiler.set_property("rows", math.ceil(streams / columns))
    pipeline.get_by_name("encoder").set_property("bitrate", arguments.bitrate)
    pipeline.get_by_name("out").set_property("port", arguments.udp_port)
    for number, uri in enumerate(arguments.input):
        add_stream(pipeline, mux, number=number, uri=uri)
    tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, count)
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


def serve(*, port: int, udp_port: int, codec: str) -> GstRtspServer.RTSPServer:
    """Give what arrives at a UDP port to any number of RTSP clients."""
    server = GstRtspServer.RTSPServer.new()
    server.props.service = str(port)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(SERVED.format(port=udp_port, codec=codec))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/ds-test", factory)
    if not server.attach(None):
        sys.exit(f"Error: port {port} is taken; give another with --rtsp-port")
    print(
        f"\n *** DeepStream: Launched RTSP Streaming at rtsp://localhost:{port}/ds-test ***\n",
        flush=True,
    )
    return server


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
    parser = argparse.ArgumentParser(description="Look at regions of streams, serve them by RTSP.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs of the streams")
    parser.add_argument("-c", "--codec", default="H264", choices=CODECS, help="what is served")
    parser.add_argument("-b", "--bitrate", default=4_000_000, type=int, help="bits a second")
    parser.add_argument(
        "--preprocess",
        type=Path,
        default=Path(__file__).with_name("config_preprocess.txt"),
        help="nvdspreprocess configuration",
    )
    parser.add_argument("--config", type=Path, help="nvinfer configuration of another detector")
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--udp-port", type=int, default=5400)
    arguments = parser.parse_args()
    Gst.init(None)
    pipeline = build(arguments)
    server = serve(port=arguments.rtsp_port, udp_port=arguments.udp_port, codec=arguments.codec)
    code = play(pipeline)
    del server  # lived as long as the pipeline
    return code


if __name__ == "__main__":
    sys.exit(main())
