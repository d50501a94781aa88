"""Makes the pictures of `docs/analytics.md` from a real video, with detector and tracker.

python docs/pictures/analytics.py car-detection.mp4 [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import penstock
from penstock import kit
from penstock.gst import Gst, batch_of
from penstock.meta import FrameAnalytics
from penstock.pipeline.replay import replay

HERE = Path(__file__).parent
SIZE = (768, 432)
SHOWN = 207  # two cars, one on each lane
EVENTS = (85, 204, 210, 331)
RULES = """\
[property]
config-width=768
config-height=432
osd-mode=2
display-font-size=11
proof-file=proof.jsonl
[line-crossing-stream-0]
line-crossing-Up=384;400;384;100;60;280;600;280
line-crossing-Down=120;100;120;400;60;280;600;280
extended=0
[roi-filtering-stream-0]
roi-Left lane=60;60;290;60;290;400;60;400
roi-Right lane=290;60;560;60;560;400;290;400
[direction-detection-stream-0]
direction-North=680;300;680;200
direction-South=720;200;720;300
[speed-stream-0]
ground-asphalt=60;60;0;0;560;60;9;0;560;400;9;6;60;400;0;6
[heat-map-stream-0]
cell-size=24
"""
PIPELINE = """
    filesrc name=file ! decodebin ! mux.sink_0
    nvstreammux name=mux batch-size=1 width=768 height=432 ! queue ! nvinfer name=infer ! queue
    ! nvtracker ll-config-file=NvDCF display-tracking-id=false
    ! nvdsanalytics name=rules ! nvdsosd name=osd ! fakesink sync=false
"""


def run(video: Path, folder: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The picture of frame `SHOWN`, and the heat map of the whole video."""
    (folder / "rules.txt").write_text(RULES)
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("file").set_property("location", str(video))
    config = kit.config_of("yolov4-tiny")
    pipeline.get_by_name("infer").set_property("config-file-path", str(config))
    pipeline.get_by_name("rules").set_property("config-file", str(folder / "rules.txt"))
    kept: dict[str, Any] = {}

    def prepare(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        for frame in batch_of(info.get_buffer()).frames:
            for obj in frame.objects:  # seen from above, a car looks like a telephone to it
                obj.class_id, obj.label, obj.text.text = 2, "car", "car"
        return Gst.PadProbeReturn.OK

    def keep(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        (frame,) = batch_of(info.get_buffer()).frames
        kept["heat"] = frame.user[FrameAnalytics].heat
        if frame.frame_num == SHOWN:
            kept["picture"] = frame.surface.planes("RGB")[0].copy()
        return Gst.PadProbeReturn.OK

    kind = Gst.PadProbeType.BUFFER
    pipeline.get_by_name("infer").get_static_pad("src").add_probe(kind, prepare)
    pipeline.get_by_name("osd").get_static_pad("src").add_probe(kind, keep)
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(300 * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        sys.exit(str(message and message.parse_error()))
    return kept["picture"], kept["heat"]


def warm(picture: np.ndarray[Any, Any], heat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The heat map over a picture."""
    large = cv2.resize(heat, SIZE, interpolation=cv2.INTER_LINEAR)
    large = np.sqrt(cv2.GaussianBlur(large, (0, 0), 14))
    large /= large.max()
    colors = cv2.applyColorMap((255 * large).astype(np.uint8), cv2.COLORMAP_INFERNO)
    share = (large * 0.8)[..., None]
    mixed: np.ndarray[Any, Any] = (picture[..., ::-1] * (1 - share) + colors * share).astype(
        np.uint8
    )
    return mixed


def main(video: Path, target: Path) -> None:
    """Make all of them."""
    penstock.init()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture, heat = run(video, folder)
        made = replay(folder / "proof.jsonl", video=str(video), output=folder / "events")
        events = [cv2.imread(str(folder / "events" / f"frame-{n:06d}.jpg")) for n in EVENTS]
        if any(event is None for event in events):
            sys.exit(f"there is no event in one of {EVENTS}: {made.pictures}")
    four = np.vstack((np.hstack(events[:2]), np.hstack(events[2:])))
    empty = cv2.VideoCapture(str(video)).read()[1][..., ::-1]
    for name, image in (
        ("overlay", picture[..., ::-1]),
        ("proof", cv2.resize(four, SIZE, interpolation=cv2.INTER_AREA)),
        ("heat", warm(empty, heat)),
    ):
        path = target / f"analytics-{name}.jpg"
        cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
