"""deepstream-test1-rtsp-out: find persons and vehicles in an H.264 stream, serve it with boxes.

filesrc ! h264parse ! nvv4l2decoder ! nvstreammux ! nvinfer ! nvvideoconvert ! nvdsosd ! nvvideoconvert
    ! nvv4l2h264enc ! rtph264pay ! udpsink        udpsrc ! GstRtspServer
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
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

PIPELINE = """
    filesrc name=file ! h264parse ! nvv4l2decoder ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080
    ! nvinfer name=detector ! nvvideoconvert ! nvdsosd name=osd ! nvvideoconvert
    ! {encode} name=encoder ! {pay} ! udpsink name=out host=224.224.255.255 async=false sync=true
"""
PAY = {"H264": "rtph264pay", "H265": "rtph265pay"}
ENCODE = {
    ("H264", 0): "video/x-raw(memory:NVMM),format=I420 ! nvv4l2h264enc insert-sps-pps=true",
    ("H265", 0): "video/x-raw(memory:NVMM),format=I420 ! nvv4l2h265enc insert-sps-pps=true",
    ("H264", 1): "video/x-raw,format=I420 ! x264enc tune=zerolatency key-int-max=30",
    ("H265", 1): "video/x-raw,format=I420 ! x265enc tune=zerolatency key-int-max=30 "
    "option-string=repeat-headers=1",
}
SERVED = (
    '( udpsrc name=pay0 port={port} buffer-size=524288 caps="application/x-rtp, media=video, '
    'clock-rate=90000, encoding-name=(string){codec}, payload=96" )'
)
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}


def count(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what a frame shows."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        print(
            f"Frame Number={frame.frame_num} Number of Objects={frame.num_obj_meta} "
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
    """Make the pipeline and put the probe where all metadata is there: in front of the OSD."""
    encode = ENCODE[arguments.codec, arguments.enc_type]
    pipeline = Gst.parse_launch(PIPELINE.format(encode=encode, pay=PAY[arguments.codec]))
    config = arguments.config or kit.config_of("yolov4-tiny")
    pipeline.get_by_name("file").set_property("location", str(arguments.input))
    pipeline.get_by_name("detector").set_property("config-file-path", str(config))
    bits = 1 if arguments.enc_type == 0 else 1000  # software encoders count in kilobits
    pipeline.get_by_name("encoder").set_property("bitrate", arguments.bitrate // bits)
    pipeline.get_by_name("out").set_property("port", arguments.udp_port)
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, count)
    return pipeline


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
    parser = argparse.ArgumentParser(description="Serve an H.264 stream with its objects by RTSP.")
    parser.add_argument("-i", "--input", type=Path, required=True, help="H.264 elementary stream")
    parser.add_argument("-c", "--codec", default="H264", choices=PAY, help="what is served")
    parser.add_argument("-b", "--bitrate", default=4_000_000, type=int, help="bits a second")
    parser.add_argument(
        "-e", "--enc_type", default=0, type=int, choices=(0, 1), help="0: nvv4l2, 1: software"
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
