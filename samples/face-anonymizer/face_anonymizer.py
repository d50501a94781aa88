"""face-anonymizer: blur the faces of a video, and write it.

uridecodebin ! nvstreammux ! nvinfer ! nvdsosd ! nvvideoconvert ! nvv4l2h264enc ! h264parse ! mp4mux ! filesink
"""  # noqa: E501 - one pipeline, one line

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import pyds  # noqa: E402 - registers the elements
from penstock import kit  # noqa: E402

FACES_ID = 2
FACES = f"nvinfer name=faces unique-id={FACES_ID}"
FACES_OF_PERSONS = f"nvinfer name=persons ! {FACES}"
PIPELINE = """
    uridecodebin name=source ! nvvideoconvert ! mux.sink_0
    nvstreammux name=mux batch-size=1 width={width} height={height} enable-padding=true
    ! queue ! {faces} ! queue ! nvdsosd name=osd blur-bbox=1 blur-on-gie-class-ids={faces_id}:0
    display-bbox=false display-text=false
    ! queue ! nvvideoconvert ! nvv4l2h264enc bitrate={bitrate} ! h264parse ! mp4mux
    ! filesink name=file
"""
SAME = 0.2  # overlap of one face with itself, one frame later
Box = tuple[float, float, float, float]  # left, top, width, height, frame pixels


@dataclass
class Face:
    """Where a face is, and how it moves.

    Attributes:
        box: Frame pixels.
        left: For how many frames it is kept when it is lost.
        motion: From frame to frame, pixels.
        is_found: Whether the detector has found it again.
    """

    box: Box
    left: int
    motion: tuple[float, float] = (0.0, 0.0)
    is_found: bool = False

    def take_motion(self, earlier: list[Face]) -> None:
        """Find out which of the faces one frame ago this one was."""
        was = max(earlier, key=lambda face: overlap(face.box, self.box), default=None)
        if was is not None and overlap(was.box, self.box) > SAME:
            was.is_found = True
            self.motion = (self.box[0] - was.box[0], self.box[1] - was.box[1])

    def go_on(self) -> Box:
        """Move as before; returns where to."""
        (left, top, width, height), (dx, dy) = self.box, self.motion
        self.box, self.left = (left + dx, top + dy, width, height), self.left - 1
        return self.box


class Keeper:
    """Pad probe: widens the boxes of faces, and keeps those that are lost for some frames.

    Detectors lose a face now and then, one that turns for example, and one frame in which it is
    seen gives it away. A lost face goes on as it went before.

    Args:
        margin: Added on each side, as a share of the box.
        hold: For how many frames a lost face is kept.

    Attributes:
        frames: How many there were.
        faces: How many were found in them.
    """

    def __init__(self, *, margin: float, hold: int) -> None:
        self._margin, self._hold = margin, hold
        self._kept: list[Face] = []
        self.frames = self.faces = 0

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Change what the OSD will blur."""
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        for frame in items(batch.frame_meta_list, pyds.NvDsFrameMeta):
            objects = list(items(frame.obj_meta_list, pyds.NvDsObjectMeta))
            faces = [
                Face(widened(obj.rect_params, self._margin), self._hold)
                for obj in objects
                if obj.unique_component_id == FACES_ID
            ]
            for face in faces:
                face.take_motion(self._kept)
            lost = [face for face in self._kept if face.left and not face.is_found]
            for face in lost:
                add_face(batch, frame, face.go_on())
            self._kept = faces + lost
            self.frames += 1
            self.faces += len(faces)
        return Gst.PadProbeReturn.OK


def widened(rect: Any, margin: float) -> Box:
    """Add a share of its size to each side of a box; returns it."""
    dx, dy = rect.width * margin, rect.height * margin
    rect.left, rect.top = rect.left - dx, rect.top - dy
    rect.width, rect.height = rect.width + 2 * dx, rect.height + 2 * dy
    return rect.left, rect.top, rect.width, rect.height


def overlap(box: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    down = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    both = max(across, 0.0) * max(down, 0.0)
    return both / (box[2] * box[3] + other[2] * other[3] - both or 1.0)


def add_face(batch: Any, frame: Any, box: Box) -> None:
    """Add an object to a frame, as the detector would."""
    obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
    obj.unique_component_id, obj.class_id, obj.obj_label = FACES_ID, 0, "face"
    rect = obj.rect_params
    rect.left, rect.top, rect.width, rect.height = box
    pyds.nvds_add_obj_meta_to_frame(frame, obj, None)


def items(node: Any, kind: Any) -> Iterator[Any]:
    """Walk a metadata list."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def build(arguments: argparse.Namespace, *, keeper: Keeper, folder: Path) -> Gst.Pipeline:
    """Make the pipeline and put the probe in front of the OSD.

    Args:
        arguments: The command line.
        keeper: The probe.
        folder: For the detector's configuration, until the pipeline has ended.
    """
    width, height = arguments.size
    pipeline = Gst.parse_launch(
        PIPELINE.format(
            faces=FACES_OF_PERSONS if arguments.persons else FACES,
            faces_id=FACES_ID,
            width=width,
            height=height,
            bitrate=arguments.bitrate,
        )
    )
    pipeline.get_by_name("source").set_property("uri", arguments.uri)
    pipeline.get_by_name("file").set_property("location", str(arguments.output))
    models = {"faces": "yunet-person" if arguments.persons else "yunet"}
    if arguments.persons:
        models["persons"] = "yolov4-tiny"
    for name, model in models.items():
        config = kit.config_of(model)
        if name == "faces":
            config = with_threshold(config, arguments.threshold, folder)
        pipeline.get_by_name(name).set_property("config-file-path", str(config))
    pad = pipeline.get_by_name("osd").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, keeper)
    return pipeline


def with_threshold(config: Path, threshold: float, folder: Path) -> Path:
    """A copy of a detector's configuration in which less is enough to be a face."""
    text = re.sub(
        r"^(onnx-file|labelfile-path)=",
        lambda key: f"{key[0]}{config.parent}/",
        config.read_text(),
        flags=re.MULTILINE,
    )
    text = re.sub(r"(?<=pre-cluster-threshold=).*", str(threshold), text)
    (folder / "faces.txt").write_text(text)
    return folder / "faces.txt"


def play(pipeline: Gst.Pipeline) -> int:
    """Play to the end; returns the exit code."""
    loop, failed = GLib.MainLoop(), []

    def on_message(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print(f"Warning: {message.parse_warning()[0].message}", file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failed.append(message)
            loop.quit()
            print(f"Error: {message.parse_error()[0].message}", file=sys.stderr)

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        pipeline.send_event(Gst.Event.new_eos())  # so that the file can be played
        bus.timed_pop_filtered(10 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        print("Stopped", file=sys.stderr)
    finally:
        pipeline.set_state(Gst.State.NULL)
    return 1 if failed else 0


def size(text: str) -> tuple[int, int]:
    """Width and height of `1920x1080`."""
    width, height = text.split("x")
    return int(width), int(height)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Blur the faces of a video.")
    parser.add_argument("uri", help="a video or a camera: file:///…, rtsp://…")
    parser.add_argument("output", type=Path, help="the .mp4 to write")
    parser.add_argument("--persons", action="store_true", help="look for faces in persons only")
    parser.add_argument("--threshold", type=float, default=0.4, help="confidence of a face")
    parser.add_argument("--margin", type=float, default=0.2, help="around a face, as a share of it")
    parser.add_argument("--hold", type=int, default=5, help="frames a lost face stays blurred")
    parser.add_argument("--size", type=size, default=(1920, 1080), help="of the video written")
    parser.add_argument("--bitrate", type=int, default=8_000_000, help="bits a second")
    arguments = parser.parse_args()
    if arguments.output.suffix != ".mp4":
        parser.error(f"output: an .mp4 is written, not {arguments.output}")
    Gst.init(None)
    keeper = Keeper(margin=arguments.margin, hold=arguments.hold)
    with tempfile.TemporaryDirectory() as folder:
        code = play(build(arguments, keeper=keeper, folder=Path(folder)))
    print(f"{keeper.frames} frames, {keeper.faces} faces blurred")
    return code


if __name__ == "__main__":
    sys.exit(main())
