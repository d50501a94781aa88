"""deepstream-ssd-parser: read a network's tensors in Python, and make objects of them.

filesrc ! h264parse ! nvv4l2decoder ! nvstreammux ! nvinferserver ! nvvideoconvert ! nvdsosd ! queue
    ! nvvideoconvert ! avenc_mpeg4 ! mpeg4videoparse ! qtmux ! filesink
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
import numpy as np  # noqa: E402
from gi.repository import GLib, Gst  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from ssd_parser import Found, parse  # noqa: E402 - the file beside this one

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

FOLDER = Path(__file__).parent
CONFIG = FOLDER / "dstest_ssd_nopostprocess.txt"
MODEL = FOLDER / "repository" / "ssd_mobilenet" / "1" / "model.onnx"
PIPELINE = """
    filesrc name=file ! h264parse ! nvv4l2decoder ! mux.sink_0
    nvstreammux name=mux batch-size=1 width={width} height={height}
    ! nvinferserver name=detector ! nvvideoconvert ! nvdsosd name=osd ! queue
    ! nvvideoconvert ! video/x-raw,format=I420 ! avenc_mpeg4 bitrate=4000000
    ! mpeg4videoparse ! qtmux ! filesink name=out sync=false
"""
SIZE = (1920, 1080)
"""Width and height of what the mux gives: boxes lie in these pixels, whatever the video's are."""
UNTRACKED = 0xFFFFFFFFFFFFFFFF
GREEN, WHITE, BLACK = (0.0, 1.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.6)


def make_objects(
    _pad: Gst.Pad, info: Gst.PadProbeInfo, labels: list[str], least: float
) -> Gst.PadProbeReturn:
    """Pad probe behind the network: tensors in, objects out, and a line for each frame."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
        for tensors in tensors_of(frame):
            boxes, scores = layer(tensors, "boxes"), layer(tensors, "scores")
            for found in parse(boxes, scores, size=SIZE, least=least):
                add(batch, frame, tensors, found, labels[found.class_id])
        counts = Counter(obj.obj_label for obj in items(frame.obj_meta_list, pyds.NvDsObjectMeta))
        said = ", ".join(f"{count} {label}" for label, count in counts.most_common())
        print(f"Frame Number={frame.frame_num} Number of Objects={frame.num_obj_meta}: {said}")
    return Gst.PadProbeReturn.OK


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def tensors_of(frame: Any) -> Iterator[Any]:
    """What networks attached to a frame; others may have attached other things."""
    for user in items(frame.frame_user_meta_list, pyds.NvDsUserMeta):
        if user.base_meta.meta_type == pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META:
            yield pyds.NvDsInferTensorMeta.cast(user.user_meta_data)


def layer(tensors: Any, name: str) -> NDArray[Any]:
    """The numbers of one layer, without copying them."""
    for number in range(tensors.num_output_layers):
        found = pyds.get_nvds_LayerInfo(tensors, number)
        if found.layerName == name:
            shape = found.inferDims.d[: found.inferDims.numDims]
            start = ctypes.cast(pyds.get_ptr(found.buffer), ctypes.POINTER(ctypes.c_float))
            return np.ctypeslib.as_array(start, shape=tuple(shape))
    raise LookupError(f"the network has no output {name!r}")


def add(batch: Any, frame: Any, tensors: Any, found: Found, label: str) -> None:
    """Put an object into the frame, as nvinferserver would have."""
    obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
    obj.unique_component_id, obj.object_id = tensors.unique_id, UNTRACKED
    obj.class_id, obj.confidence, obj.obj_label = found.class_id, found.confidence, label
    rect = obj.rect_params
    rect.left, rect.top, rect.width, rect.height = found[2:]
    rect.border_width = 3
    rect.border_color.set(*GREEN)
    text = obj.text_params
    text.display_text = f"{label} {found.confidence:.2f}"
    text.x_offset, text.y_offset = max(0, int(found.left)), max(0, int(found.top) - 20)
    text.font_params.font_name, text.font_params.font_size = "Serif", 12
    text.font_params.font_color.set(*WHITE)
    text.set_bg_clr = 1
    text.text_bg_clr.set(*BLACK)
    pyds.nvds_add_obj_meta_to_frame(frame, obj, None)


def prepare() -> list[str]:
    """Put the kit's network into the model repository; its class names."""
    network = kit.get("ssd-mobilenet")
    if not MODEL.exists():
        MODEL.unlink(missing_ok=True)  # a link to where it was
        MODEL.symlink_to(network)
    return network.with_name("labels.txt").read_text().splitlines()


def build(video: Path, output: Path, *, config: Path, least: float) -> Gst.Pipeline:
    """Make the pipeline, and put the probe right behind the network."""
    pipeline = Gst.parse_launch(PIPELINE.format(width=SIZE[0], height=SIZE[1]))
    pipeline.get_by_name("file").set_property("location", str(video))
    pipeline.get_by_name("out").set_property("location", str(output))
    detector = pipeline.get_by_name("detector")
    detector.set_property("config-file-path", str(config))
    probe = partial(make_objects, labels=prepare(), least=least)
    detector.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
    return pipeline


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
    parser = argparse.ArgumentParser(description="Make objects of an SSD's tensors, in Python.")
    parser.add_argument("video", type=Path, help="an H.264 elementary stream")
    parser.add_argument("--output", type=Path, default=Path("out.mp4"), help="the MP4 to write")
    parser.add_argument("--config", type=Path, default=CONFIG, help="nvinferserver configuration")
    parser.add_argument("--confidence", type=float, default=0.3, help="least of an object")
    arguments = parser.parse_args()
    Gst.init(None)
    pipeline = build(
        arguments.video,
        arguments.output,
        config=arguments.config,
        least=arguments.confidence,
    )
    return play(pipeline)


if __name__ == "__main__":
    sys.exit(main())
