"""deepstream-segmentation: what each pixel of a JPEG or MJPEG file shows, as coloured pictures.

filesrc ! jpegparse ! nvv4l2decoder ! nvstreammux ! nvinfer ! nvsegvisual ! nveglglessink
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402
from penstock.osd import CLASS_COLORS  # noqa: E402

PIPELINE = """
    filesrc name=file ! jpegparse ! nvv4l2decoder mjpeg=true ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=1920 height=1080 batched-push-timeout=4000000
    ! nvinfer name=network batch-size=1
    ! nvsegvisual name=show batch-size=1 width=512 height=512 ! nveglglessink qos=false
"""


class Saver:
    """Pad probe: write every frame's class map as a picture.

    Args:
        folder: Where to; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Each frame has the map as user metadata."""
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            for user in items(frame.frame_user_meta_list, pyds.NvDsUserMeta):
                if user.base_meta.meta_type == pyds.NVDSINFER_SEGMENTATION_META:
                    self.save(frame, pyds.NvDsInferSegmentationMeta.cast(user.user_meta_data))
        return Gst.PadProbeReturn.OK

    def save(self, frame: Any, meta: Any) -> None:
        """Colour the classes, and tell how much of the picture each of them fills."""
        classes = pyds.get_segmentation_masks(meta)
        picture = CLASS_COLORS[classes + 1]  # row 0 is for pixels without a class, which are -1
        cv2.imwrite(str(self.folder / f"{frame.frame_num}.jpg"), picture[..., ::-1])
        shares = {n: (classes == n).mean() for n in range(meta.classes) if (classes == n).any()}
        said = " ".join(f"{class_id}:{share:.1%}" for class_id, share in shares.items())
        print(
            f"Frame Number={frame.frame_num} {meta.width}x{meta.height} {meta.classes} classes "
            f"{said}",
            flush=True,
        )


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


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
    parser = argparse.ArgumentParser(description="Tell what each pixel of a JPEG file shows.")
    parser.add_argument("file", type=Path, help="a JPEG picture, or an MJPEG stream of them")
    parser.add_argument("folder", type=Path, help="where the pictures go; must not exist yet")
    parser.add_argument("--config", type=Path, help="nvinfer configuration of another network")
    arguments = parser.parse_args()
    if arguments.folder.exists():
        parser.error(f"the folder {arguments.folder} is there already; name another one")
    Gst.init(None)
    pipeline = Gst.parse_launch(PIPELINE)
    config = arguments.config or kit.config_of("deeplabv3")
    pipeline.get_by_name("network").set_property("config-file-path", str(config))
    pipeline.get_by_name("file").set_property("location", str(arguments.file))
    arguments.folder.mkdir(parents=True)
    shown = pipeline.get_by_name("show").get_static_pad("sink")
    shown.add_probe(Gst.PadProbeType.BUFFER, Saver(arguments.folder))
    return play(pipeline)


if __name__ == "__main__":
    sys.exit(main())
