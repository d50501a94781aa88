"""Run one pipeline for a long time and compare its memory early and late.

Usage: python benchmarks/soak.py [VIDEO] [--frames 20000] [--settled 2000] [--sources 1]

Decodes VIDEO again and again, finds and draws objects (every tenth frame is inferred), walks the
metadata with pyds, leaves NVMM. Fails if resident memory after `--frames` frames differs by more
than 2 % from that after `--settled`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pyds
from penstock import kit
from penstock.gst import Gst

LIMIT = 0.02


def resident_mb() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def elementary_stream(video: Path, folder: Path) -> Path:
    """The video as H.264 byte-stream, which can be read in a loop."""
    stream = folder / "stream.h264"
    pipeline = Gst.parse_launch(
        f'uridecodebin uri="{video.resolve().as_uri()}" name=d ! nvvideoconvert '
        "! video/x-raw,format=I420 ! x264enc speed-preset=ultrafast key-int-max=50 "
        f'! video/x-h264,stream-format=byte-stream ! filesink location="{stream}"'
    )
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    return stream


class Walk:
    """Touch every object as applications do, and note memory on the way."""

    def __init__(self, settled: int, frames: int) -> None:
        self.marks = {settled: 0.0, frames: 0.0}
        self.frames, self.objects = 0, 0

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        node = batch.frame_meta_list
        while node is not None:
            frame = pyds.NvDsFrameMeta.cast(node.data)
            self._label(batch, frame)
            self.frames += 1
            if self.frames in self.marks:
                self.marks[self.frames] = resident_mb()
            node = node.next
        return Gst.PadProbeReturn.OK

    def _label(self, batch: pyds.NvDsBatchMeta, frame: pyds.NvDsFrameMeta) -> None:
        node = frame.obj_meta_list
        while node is not None:
            obj = pyds.NvDsObjectMeta.cast(node.data)
            obj.text_params.display_text = f"{obj.obj_label} {obj.confidence:.2f}"
            self.objects += 1
            node = node.next
        display = pyds.nvds_acquire_display_meta_from_pool(batch)
        display.num_labels = 1
        display.text_params[0].display_text = f"frame {frame.frame_num}"
        pyds.nvds_add_display_meta_to_frame(frame, display)


def main() -> int:
    """Run, report, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path, nargs="?", help="default: the kit's crowd video")
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--settled", type=int, default=2_000)
    parser.add_argument("--sources", type=int, default=1)
    options = parser.parse_args()
    walk = Walk(options.settled, options.frames)
    with tempfile.TemporaryDirectory() as folder:
        stream = elementary_stream(options.video or kit.get("crowd"), Path(folder))
        sources = " ".join(
            f'multifilesrc location="{stream}" loop=true ! h264parse ! nvv4l2decoder ! mux.sink_{i}'
            for i in range(options.sources)
        )
        pipeline = Gst.parse_launch(
            f"nvstreammux name=mux batch-size={options.sources} width=960 height=544 ! queue "
            f'! nvinfer config-file-path="{kit.config_of("yolov4-tiny")}" interval=9 '
            "! nvvideoconvert ! nvdsosd name=osd "
            f"{'! nvmultistreamtiler width=960 height=544 ' if options.sources > 1 else ''}"
            "! nvvideoconvert ! video/x-raw,format=I420 ! fakesink sync=false " + sources
        )
        pipeline.get_by_name("osd").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, walk)
        started = time.monotonic()
        pipeline.set_state(Gst.State.PLAYING)
        bus = pipeline.get_bus()
        while walk.frames < options.frames:
            message = bus.timed_pop_filtered(Gst.SECOND, Gst.MessageType.ERROR)
            if message is not None:
                print(message.parse_error()[0].message, file=sys.stderr)
                return 1
        pipeline.set_state(Gst.State.NULL)
    early, late = walk.marks[options.settled], walk.marks[options.frames]
    growth = late / early - 1
    print(
        f"{walk.frames} frames, {walk.objects} objects in {time.monotonic() - started:.0f} s; "
        f"resident {early:.0f} MB after {options.settled}, {late:.0f} MB after {options.frames} "
        f"frames: {growth:+.2%}"
    )
    return 0 if growth <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
