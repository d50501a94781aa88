"""slipstream: cameras in, their pictures with boxes and counts out, both by RTSP.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvvideoconvert ! nvmultistreamtiler ! nvdsosd ! nvvideoconvert
    ! nvv4l2h264enc ! rtph264pay ! udpsink        udpsrc ! GstRtspServer

The environment says what it does; README.md has the list.
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import math
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

import pyds  # noqa: E402 - registers the elements

CONFIG_FILE = os.environ.get("CONFIG_FILE", str(Path(__file__).with_name("deepstream-rtsp.cfg")))
CODEC = os.environ.get("CODEC", "H264")
BITRATE = os.environ.get("BITRATE", "4000000")
IPADDR = os.environ.get("IPADDR", "localhost")
RTSPPORT = os.environ.get("RTSPPORT", "8554")
UDPPORT = os.environ.get("UDPPORT", "5400")
QUIET = os.environ.get("QUIET", "") not in {"", "0"}

PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 live-source=true batched-push-timeout=33000
    ! nvinfer name=pgie ! nvvideoconvert name=nvvidconv
    ! nvmultistreamtiler name=tiler width=1280 height=720
    ! nvdsosd ! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420
    ! {encode} name=encoder insert-sps-pps=true ! {pay}
    ! udpsink name=out host=127.0.0.1 async=false sync=false
"""
CODECS = {"H264": ("nvv4l2h264enc", "rtph264pay"), "H265": ("nvv4l2h265enc", "rtph265pay")}
SERVED = (
    "( udpsrc name=pay0 address=127.0.0.1 port={port} buffer-size=524288 "
    'caps="application/x-rtp, media=video, clock-rate=90000, '
    'encoding-name=(string){codec}, payload=96" )'
)
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


def count_and_label(_pad: Gst.Pad, info: Gst.PadProbeInfo, font_size: int) -> Gst.PadProbeReturn:
    """Pad probe: print what each frame shows, and let the OSD write it on top of its tile."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        text = (
            f"Frame Number={frame.frame_num} Number of Objects={frame.num_obj_meta} "
            f"Vehicle_count={vehicles} Person_count={labels['person']}"
        )
        if not QUIET:
            print(text, flush=True)
        write_on(frame, batch, text, font_size=font_size)
    return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def write_on(frame: Any, batch: Any, text: str, *, font_size: int) -> None:
    """Add a line of text in the upper left corner of a frame."""
    display = pyds.nvds_acquire_display_meta_from_pool(batch)
    display.num_labels = 1
    line = display.text_params[0]
    line.display_text = text
    line.x_offset, line.y_offset = 10, 12
    line.font_params.font_name, line.font_params.font_size = "Serif", font_size
    line.font_params.font_color.set(*WHITE)
    line.set_bg_clr = 1
    line.text_bg_clr.set(*BLACK)
    pyds.nvds_add_display_meta_to_frame(frame, display)


def build(inputs: list[str]) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are still apart: in front of the tiler."""
    encode, pay = CODECS[CODEC]
    pipeline = Gst.parse_launch(PIPELINE.format(encode=encode, pay=pay))
    mux, pgie, tiler = map(pipeline.get_by_name, ("mux", "pgie", "tiler"))
    pgie.set_property("config-file-path", CONFIG_FILE)
    for element in (mux, pgie):
        element.set_property("batch-size", len(inputs))
    columns = math.ceil(math.sqrt(len(inputs)))
    tiler.set_property("columns", columns)
    tiler.set_property("rows", math.ceil(len(inputs) / columns))
    pipeline.get_by_name("encoder").set_property("bitrate", int(BITRATE))
    pipeline.get_by_name("out").set_property("port", int(UDPPORT))
    for number, uri in enumerate(inputs):
        add_camera(pipeline, mux, number=number, uri=uri)
    probed = pipeline.get_by_name("nvvidconv").get_static_pad("sink")
    font_size = max(5, 20 // columns)  # the line is as wide as its tile
    probed.add_probe(Gst.PadProbeType.BUFFER, count_and_label, font_size)
    return pipeline


def add_camera(pipeline: Gst.Pipeline, mux: Gst.Element, *, number: int, uri: str) -> None:
    """Put a source in front of the mux; it comes back by itself when its camera was away."""
    source = Gst.ElementFactory.make("nvurisrcbin", f"camera-{number}")
    source.set_property("uri", uri)
    source.set_property("rtsp-reconnect-interval", 10)
    pipeline.add(source)
    sink = mux.request_pad_simple(f"sink_{number}")

    def link(_source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(sink)

    if (pad := source.get_static_pad("vsrc_0")) is not None:
        link(source, pad)
    else:
        source.connect("pad-added", link)


def serve(inputs: list[str]) -> GstRtspServer.RTSPServer:
    """Give what arrives at the UDP port to any number of RTSP clients."""
    server = GstRtspServer.RTSPServer.new()
    server.props.service = RTSPPORT
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(SERVED.format(port=UDPPORT, codec=CODEC))
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)  # a container has one port open
    server.get_mount_points().add_factory("/ds", factory)
    if not server.attach(None):
        sys.exit(f"Error: port {RTSPPORT} is taken; give another in RTSPPORT")
    for uri in inputs:
        print(f'RTSP input stream:  "{without_password(uri)}"')
    print(f"  (codec: {CODEC}, bitrate: {BITRATE})")
    print(f'RTSP output stream: "rtsp://{IPADDR}:{RTSPPORT}/ds"', flush=True)
    return server


def without_password(uri: str) -> str:
    """Terminals are seen, and logs are kept."""
    return re.sub(r"//[^/@]*@", "//***@", uri)


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


def checked() -> list[str]:
    """The cameras' URIs; ends the process where a setting cannot be."""
    inputs = [uri.strip() for uri in os.environ.get("RTSPINPUT", "").split(",") if uri.strip()]
    if not inputs:
        sys.exit("Error: set RTSPINPUT to the cameras' URIs: rtsp://camera-1/a,rtsp://camera-2/b")
    if CODEC not in CODECS:
        sys.exit(f"Error: CODEC is {CODEC}; it must be one of {', '.join(CODECS)}")
    for name, value in (("BITRATE", BITRATE), ("RTSPPORT", RTSPPORT), ("UDPPORT", UDPPORT)):
        if not value.isdecimal():
            sys.exit(f"Error: {name} is {value}; it must be a number")
    if not Path(CONFIG_FILE).is_file():
        sys.exit(f"Error: there is no {CONFIG_FILE}; set CONFIG_FILE to an nvinfer configuration")
    return inputs


def main() -> int:
    """Read the environment and run."""
    inputs = checked()
    Gst.init(None)
    pipeline = build(inputs)
    server = serve(inputs)
    code = play(pipeline)
    del server  # lived as long as the pipeline
    return code


if __name__ == "__main__":
    sys.exit(main())
