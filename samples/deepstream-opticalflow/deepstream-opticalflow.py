"""deepstream-opticalflow: how everything moves, as colours, in any number of streams.

N x uridecodebin ! nvstreammux ! nvof ! nvofvisual ! nvmultistreamtiler ! nvvideoconvert ! nvdsosd ! avenc_mpeg4 ! mpeg4videoparse ! qtmux ! filesink
"""  # noqa: E501 - one pipeline, one line

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

PIPELINE = """
    nvstreammux name=mux width=960 height=540 enable-padding=true sync-inputs=true
        batched-push-timeout=33000
    ! queue ! nvof name=flow ! queue ! nvofvisual name=visual
    ! queue ! nvmultistreamtiler name=tiler width=1280 height=720
    ! queue ! nvvideoconvert ! nvdsosd ! queue ! nvvideoconvert ! video/x-raw,format=I420
    ! avenc_mpeg4 bitrate=4000000 ! mpeg4videoparse ! qtmux ! filesink name=file
"""
UNITS_PER_PX = 32
MOVING_PX = 2.0
BRIGHT_PX = 4.0


def visualise(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Direction as hue, distance as brightness, `(rows, cols, 3)` BGR; `vectors` in pixels."""
    length, angle_deg = cv2.cartToPolar(vectors[..., 0], vectors[..., 1], angleInDegrees=True)
    hsv = np.full((*length.shape, 3), 255, np.uint8)
    hsv[..., 0] = angle_deg / 2
    hsv[..., 2] = np.minimum(length * (255 / max(BRIGHT_PX, np.percentile(length, 99.9))), 255)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def tell(_pad: Gst.Pad, info: Gst.PadProbeInfo, folder: Path, every: int) -> Gst.PadProbeReturn:
    """Pad probe: print how much of each frame moves where, and save pictures of it."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        for vectors in flows(frame):
            moves = np.hypot(vectors[..., 0], vectors[..., 1]) > MOVING_PX
            left, right = (moves & (sign * vectors[..., 0] > 0) for sign in (-1, 1))
            print(
                f"Frame Number={frame.frame_num} stream id={frame.pad_index} "
                f"Left={left.mean():.2%} Right={right.mean():.2%} Still={1 - moves.mean():.2%}",
                flush=True,
            )
            if frame.frame_num % every == 0:
                path = folder / f"stream_{frame.pad_index}" / f"frame_{frame.frame_num:06}.jpg"
                cv2.imwrite(str(path), visualise(vectors))
    return Gst.PadProbeReturn.OK


def flows(frame: pyds.NvDsFrameMeta) -> Iterator[NDArray[np.float32]]:
    """The vectors of a frame, `(rows, cols, 2)`, pixels; a stream's first frame has none."""
    for user in items(frame.frame_user_meta_list, pyds.NvDsUserMeta):
        if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_OPTICAL_FLOW_META:
            meta = pyds.NvDsOpticalFlowMeta.cast(user.user_meta_data)
            vectors = pyds.get_optical_flow_vectors(meta)
            yield vectors.reshape(meta.rows, meta.cols, 2) / UNITS_PER_PX


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(uris: list[str], folder: Path, *, preset: str, every: int) -> Gst.Pipeline:
    """Make the pipeline; the probe sits behind `nvof`, where frames are still apart."""
    pipeline = Gst.parse_launch(PIPELINE)
    mux, flow, tiler, file = map(pipeline.get_by_name, ("mux", "flow", "tiler", "file"))
    mux.set_property("batch-size", len(uris))
    mux.set_property("live-source", any(uri.startswith("rtsp") for uri in uris))
    flow.set_property("preset-level", preset)
    rows = int(math.sqrt(len(uris)))
    tiler.set_property("rows", rows)
    tiler.set_property("columns", math.ceil(len(uris) / rows))
    file.set_property("location", str(folder / "out.mp4"))
    for number, uri in enumerate(uris):
        (folder / f"stream_{number}").mkdir()
        add_stream(pipeline, mux, number=number, uri=uri)
    flow.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, tell, folder, every)
    return pipeline


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

    def finish() -> bool:
        """Ctrl-C: end the streams, so that the file is closed properly."""
        print("Stopping", file=sys.stderr)
        pipeline.get_by_name("flow").get_static_pad("sink").send_event(Gst.Event.new_eos())
        return False  # the second one ends the process

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, 2, finish)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Show how everything moves, as colours.")
    parser.add_argument("uri", nargs="+", help="file:, rtsp: …")
    parser.add_argument("folder", type=Path, help="for the pictures and the video; must be new")
    parser.add_argument("--preset", default="fast", choices=("fast", "medium", "slow"))
    parser.add_argument("--every", type=int, default=10, help="save each N-th frame's picture")
    arguments = parser.parse_args()
    if arguments.every < 1:
        parser.error(f"--every wants 1 or more, got {arguments.every}")
    try:
        arguments.folder.mkdir(parents=True)
    except FileExistsError:
        print(f"Error: {arguments.folder} exists: name a folder that does not", file=sys.stderr)
        return 1
    Gst.init(None)
    options = {"preset": arguments.preset, "every": arguments.every}
    return play(build(arguments.uri, arguments.folder, **options))


if __name__ == "__main__":
    sys.exit(main())
