"""deepstream-rtsp-in-rtsp-out: find objects in any number of cameras, serve them as one wall.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvvideoconvert ! nvmultistreamtiler ! nvdsosd ! nvvideoconvert
    ! nvv4l2h264enc ! rtph264pay ! udpsink        udpsrc ! GstRtspServer
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
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
    ! {gie} name=detector ! nvvideoconvert ! nvmultistreamtiler name=tiler width=1280 height=720
    ! nvdsosd ! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420
    ! {encode} name=encoder insert-sps-pps=true ! {pay}
    ! udpsink name=out host=224.224.255.255 async=false sync=true
"""
CODECS = {"H264": ("nvv4l2h264enc", "rtph264pay"), "H265": ("nvv4l2h265enc", "rtph265pay")}
SERVED = (
    '( udpsrc name=pay0 port={port} buffer-size=524288 caps="application/x-rtp, media=video, '
    'clock-rate=90000, encoding-name=(string){codec}, payload=96" )'
)


class Counter:
    """Prints what each frame of each camera shows, and when it was taken if that is known.

    Args:
        with_times: Whether the cameras' clocks are printed.
    """

    def __init__(self, *, with_times: bool) -> None:
        self._with_times = with_times

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Pad probe."""
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            time = f" RTSP Timestamp: {readable(frame.ntp_timestamp)}" if self._with_times else ""
            print(
                f"Frame Number={frame.frame_num} Source={frame.pad_index} "
                f"Number of Objects={frame.num_obj_meta}{time}",
                flush=True,
            )
        return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def readable(ntp_ns: int) -> str:
    """A camera's time, nanoseconds since 1970, as UTC; it is 0 until the camera has told it."""
    if ntp_ns == 0:
        return "unknown"
    return datetime.fromtimestamp(ntp_ns / 1e9, timezone.utc).isoformat(" ", "milliseconds")


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are still apart: in front of the tiler."""
    encode, pay = CODECS[arguments.codec]
    pipeline = Gst.parse_launch(PIPELINE.format(gie=arguments.gie, encode=encode, pay=pay))
    mux, detector, tiler = map(pipeline.get_by_name, ("mux", "detector", "tiler"))
    cameras = len(arguments.input)
    for element in (mux, detector):
        element.set_property("batch-size", cameras)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    mux.set_property("attach-sys-ts", not arguments.rtsp_ts)
    config = arguments.config or kit.config_of("yolov4-tiny")
    detector.set_property("config-file-path", str(config))
    columns = math.ceil(math.sqrt(cameras))
    tiler.set_property("columns", columns)
    tiler.set_property("rows", math.ceil(cameras / columns))
    pipeline.get_by_name("encoder").set_property("bitrate", arguments.bitrate)
    pipeline.get_by_name("out").set_property("port", arguments.udp_port)
    for number, uri in enumerate(arguments.input):
        add_camera(pipeline, mux, number=number, uri=uri, with_times=arguments.rtsp_ts)
    probe = Counter(with_times=arguments.rtsp_ts)
    tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)
    return pipeline


def add_camera(
    pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str, with_times: bool
) -> None:
    """Put a source in front of the mux; it comes back by itself when its camera was away."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"camera-{number}")
    source.set_property("uri", uri)
    source.set_property("rtsp-reconnect-interval", 10)
    if with_times:
        pyds.configure_source_for_ntp_sync(hash(source))
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(sink)

    if (pad := source.get_static_pad("vsrc_0")) is not None:
        link(source, pad)
    else:
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
    parser = argparse.ArgumentParser(description="Serve cameras with their objects by RTSP.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs of the cameras")
    parser.add_argument(
        "-g", "--gie", default="nvinfer", choices=("nvinfer", "nvinferserver"), help="who infers"
    )
    parser.add_argument("-c", "--codec", default="H264", choices=CODECS, help="what is served")
    parser.add_argument("-b", "--bitrate", default=4_000_000, type=int, help="bits a second")
    parser.add_argument("--rtsp-ts", action="store_true", help="print the cameras' own time")
    parser.add_argument("--config", type=Path, help="configuration of another detector")
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--udp-port", type=int, default=5400)
    arguments = parser.parse_args()
    Gst.init(None)
    if Gst.ElementFactory.find(arguments.gie) is None:
        sys.exit(f"Error: there is no element {arguments.gie} here; use -g nvinfer")
    pipeline = build(arguments)
    server = serve(port=arguments.rtsp_port, udp_port=arguments.udp_port, codec=arguments.codec)
    code = play(pipeline)
    del server  # lived as long as the pipeline
    return code


if __name__ == "__main__":
    sys.exit(main())
