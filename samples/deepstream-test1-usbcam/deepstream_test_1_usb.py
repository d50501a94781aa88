"""deepstream-test1-usbcam: find persons and vehicles in what a USB camera sees.

v4l2src ! videoconvert ! nvvideoconvert ! nvstreammux ! nvinfer ! nvvideoconvert ! nvdsosd ! nveglglessink
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
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements

CAMERA = "v4l2src name=camera ! video/x-raw,framerate=30/1 ! videoconvert"
SUBSTITUTE = "nvurisrcbin name=video ! queue"
PIPELINE = """
    {source} ! nvvideoconvert ! video/x-raw(memory:NVMM) ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080 live-source=true
    ! nvinfer name=detector ! nvvideoconvert ! nvdsosd name=osd ! nveglglessink name=screen
"""
VEHICLES = {"bicycle", "motorbike", "car", "bus", "truck"}
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


def count_and_label(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """Pad probe: print what a frame shows, and let the OSD write it on the picture."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        labels = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        vehicles = sum(count for label, count in labels.items() if label in VEHICLES)
        text = (
            f"Frame Number={frame.frame_num} Number of Objects={frame.num_obj_meta} "
            f"Vehicle_count={vehicles} Person_count={labels['person']}"
        )
        print(text, flush=True)
        write_on(frame, batch, text)
    return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def write_on(frame: Any, batch: Any, text: str) -> None:
    """Add a line of text in the upper left corner of a frame."""
    display = pyds.nvds_acquire_display_meta_from_pool(batch)
    display.num_labels = 1
    line = display.text_params[0]
    line.display_text = text
    line.x_offset, line.y_offset = 10, 12
    line.font_params.font_name, line.font_params.font_size = "Serif", 20
    line.font_params.font_color.set(*WHITE)
    line.set_bg_clr = 1
    line.text_bg_clr.set(*BLACK)
    pyds.nvds_add_display_meta_to_frame(frame, display)


def build(camera: Path, *, substitute: Path | None, config: Path) -> Gst.Pipeline:
    """Make the pipeline and put the probe where all metadata is there: in front of the OSD."""
    source = CAMERA if substitute is None else SUBSTITUTE
    pipeline = Gst.parse_launch(PIPELINE.format(source=source))
    if substitute is None:
        pipeline.get_by_name("camera").set_property("device", str(camera))
    else:
        pipeline.get_by_name("video").set_property("uri", substitute.resolve().as_uri())
    pipeline.get_by_name("detector").set_property("config-file-path", str(config))
    # A picture of a camera that comes late is shown all the same; a file keeps its own time.
    pipeline.get_by_name("screen").set_property("sync", substitute is not None)
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, count_and_label)
    return pipeline


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
    parser = argparse.ArgumentParser(description="Find persons and vehicles before a USB camera.")
    parser.add_argument("camera", type=Path, help="its device, such as /dev/video0")
    parser.add_argument("--substitute", type=Path, help="a video to play in the camera's place")
    parser.add_argument("--config", type=Path, help="nvinfer configuration of another detector")
    arguments = parser.parse_args()
    Gst.init(None)
    if arguments.substitute is not None:
        print(f"No camera: {arguments.substitute} plays in place of {arguments.camera}", flush=True)
    elif not arguments.camera.exists():
        sys.exit(
            f"Error: there is no camera {arguments.camera} here; "
            "--substitute VIDEO plays a video in its place"
        )
    config = arguments.config or default_config()
    return play(build(arguments.camera, substitute=arguments.substitute, config=config))


if __name__ == "__main__":
    sys.exit(main())
