"""deepstream-imagedata-multistream-redaction: cover people and their faces; keep the faces apart.

N x nvurisrcbin ! nvstreammux ! nvinfer ! nvinfer ! nvvideoconvert ! RGBA ! nvmultistreamtiler
    ! nvvideoconvert ! nvdsosd ! nvvideoconvert ! nvv4l2h264enc ! rtph264pay ! udpsink
udpsrc ! GstRtspServer
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

import pyds  # noqa: E402 - registers the elements

# Memory of type 3 is unified: on NVIDIA's DeepStream a CPU sees no other.
PIPELINE = """
    nvstreammux name=mux width=1920 height=1080 batched-push-timeout=33000 nvbuf-memory-type=3
    ! queue ! {detectors}
    ! queue ! nvvideoconvert nvbuf-memory-type=3 ! video/x-raw(memory:NVMM),format=RGBA
    ! nvmultistreamtiler name=tiler width=1280 height=720 nvbuf-memory-type=3
    ! queue ! nvvideoconvert ! nvdsosd name=osd
    ! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420
    ! {encode} name=encoder insert-sps-pps=true ! {end}
"""
# One network for both, PeopleNet for example, or the kit's: one for each.
BOTH, EACH = "nvinfer name=people", "nvinfer name=people ! nvinfer name=faces unique-id=2"
SENT = "{pay} ! udpsink name=out host=224.224.255.255 async=false sync=true"
WRITTEN = "{parse} ! mp4mux ! filesink name=file"
CODECS = {
    "H264": ("nvv4l2h264enc", "rtph264pay", "h264parse"),
    "H265": ("nvv4l2h265enc", "rtph265pay", "h265parse"),
}
SERVED = (
    '( udpsrc name=pay0 port={port} buffer-size=524288 caps="application/x-rtp, media=video, '
    'clock-rate=90000, encoding-name=(string){codec}, payload=96" )'
)
OPACITY = {"person": 0.5, "face": 1.0}
PAUSE = 10  # frames of a stream from one whose faces are saved to the next


class Redactor:
    """Pad probe: has the OSD cover people and faces, and saves faces for those who may see them.

    Args:
        folder: Where `stream_0/frame_0_0.jpg` and the like are written; None: no face is kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._next: dict[int, int] = {}  # stream: first frame whose faces may be saved

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Print what each frame shows, cover it, save some."""
        buffer = info.get_buffer()
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            found: dict[str, list[Any]] = {"person": [], "face": []}
            for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta):
                if (label := obj.obj_label.lower()) in found:
                    found[label].append(obj)
                    cover(obj, OPACITY[label])
            print(
                f"Frame Number={frame.frame_num} Source={frame.pad_index} "
                f"Number of Objects={frame.num_obj_meta} Person_count={len(found['person'])} "
                f"Face Count={len(found['face'])}",
                flush=True,
            )
            due = frame.frame_num >= self._next.get(frame.pad_index, 0)
            if self._folder is not None and found["face"] and due:
                self._next[frame.pad_index] = frame.frame_num + PAUSE
                self._save(self._folder, buffer, frame, found["face"])
        return Gst.PadProbeReturn.OK

    def _save(self, folder: Path, buffer: Gst.Buffer, frame: Any, faces: list[Any]) -> None:
        n_frame = pyds.get_nvds_buf_surface(hash(buffer), frame.batch_id)  # (H, W, 4), RGBA
        for number, face in enumerate(faces):
            crop = np.array(n_frame[inside(face.rect_params, n_frame)], copy=True, order="C")
            crop = cv2.cvtColor(crop, cv2.COLOR_RGBA2BGRA)
            name = f"stream_{frame.pad_index}/frame_{frame.frame_num}_{number}.jpg"
            cv2.imwrite(str(folder / name), crop)
        if platform.machine() == "aarch64":
            pyds.unmap_nvds_buf_surface(hash(buffer), frame.batch_id)


def cover(obj: Any, opacity: float) -> None:
    """Have the OSD fill an object's box with black, without border and text."""
    rect_params = obj.rect_params
    rect_params.border_width = 0
    rect_params.has_bg_color = 1
    rect_params.bg_color.set(0.0, 0.0, 0.0, opacity)
    obj.text_params.display_text = ""


def inside(box: Any, picture: Any) -> tuple[slice, slice]:
    """The rows and columns of a picture that a box covers, of at least one pixel."""
    rows, columns = picture.shape[:2]
    top, left = min(max(int(box.top), 0), rows - 1), min(max(int(box.left), 0), columns - 1)
    bottom, right = math.ceil(box.top + box.height), math.ceil(box.left + box.width)
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace) -> Gst.Pipeline:
    """Make the pipeline; the probe sits where frames are RGBA and still apart."""
    encode, pay, parse = CODECS[arguments.codec]
    end = (WRITTEN if arguments.output else SENT).format(pay=pay, parse=parse)
    detectors = BOTH if arguments.config else EACH
    pipeline = Gst.parse_launch(PIPELINE.format(detectors=detectors, encode=encode, end=end))
    streams = len(arguments.input)
    configs = {"people": arguments.config} if arguments.config else default_configs()
    for name, config in configs.items():
        pipeline.get_by_name(name).set_property("config-file-path", str(config))
        pipeline.get_by_name(name).set_property("batch-size", streams)
    mux, tiler = map(pipeline.get_by_name, ("mux", "tiler"))
    mux.set_property("batch-size", streams)
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in arguments.input))
    rows = int(math.sqrt(streams))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(streams / rows))
    osd = pipeline.get_by_name("osd")
    if osd.find_property("display-keypoints"):  # DeepStream draws none
        osd.set_property("display-keypoints", False)
    pipeline.get_by_name("encoder").set_property("bitrate", arguments.bitrate)
    if arguments.output:
        pipeline.get_by_name("file").set_property("location", str(arguments.output))
    else:
        pipeline.get_by_name("out").set_property("port", arguments.udp_port)
    for number, uri in enumerate(arguments.input):
        add_stream(pipeline, mux, number=number, uri=uri)
        if arguments.faces is not None:
            (arguments.faces / f"stream_{number}").mkdir(parents=True)
    pad = tiler.get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, Redactor(arguments.faces))
    return pipeline


def default_configs() -> dict[str, Path]:
    """The configurations of the kit's detectors, which are fetched on first use."""
    from penstock import kit

    return {"people": kit.config_of("yolov4-tiny"), "faces": kit.config_of("yunet")}


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
    parser = argparse.ArgumentParser(description="Cover people and faces.")
    parser.add_argument("-i", "--input", nargs="+", required=True, help="URIs: file:, rtsp: …")
    parser.add_argument("-c", "--codec", default="H264", choices=CODECS, help="what is encoded")
    parser.add_argument("-b", "--bitrate", default=4_000_000, type=int, help="bits a second")
    parser.add_argument(
        "--faces", type=Path, metavar="FOLDER", help="save faces here; must not exist"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write an .mp4, serve nothing")
    parser.add_argument("--config", type=Path, help="one detector of both persons and faces")
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--udp-port", type=int, default=5400)
    arguments = parser.parse_args()
    if arguments.faces is not None and arguments.faces.exists():
        sys.exit(f"Error: {arguments.faces} exists already; name a folder that does not")
    Gst.init(None)
    pipeline = build(arguments)
    ports = {"port": arguments.rtsp_port, "udp_port": arguments.udp_port}
    server = None if arguments.output else serve(**ports, codec=arguments.codec)
    code = play(pipeline)
    del server  # lived as long as the pipeline
    return code


if __name__ == "__main__":
    sys.exit(main())
