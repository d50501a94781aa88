"""Take every frame's pixels as an array, never unmap one, and watch the memory.

Usage: python benchmarks/forgotten_unmap.py [--frames 5000] [--settled 500] [--limit 0.02]

Half of the frames are drawn on; the arrays of the last ten are kept, as an application does that
looks back. Each frame has 8 MB. Fails if resident memory at the end differs by more than the limit
from that after `--settled` frames.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from typing import Any

from soak import resident_mb

import pyds
from penstock.gst import Gst

NVMM = "video/x-raw(memory:NVMM),width=1920,height=1080"
PIPELINE = (
    f"videotestsrc num-buffers={{frames}} pattern=black ! nvvideoconvert ! {NVMM},format=NV12 "
    "! mux.sink_0 nvstreammux name=mux batch-size=1 width=1920 height=1080 ! nvvideoconvert "
    f"! {NVMM},format=RGBA ! identity name=here ! nvvideoconvert ! video/x-raw,format=I420 "
    "! fakesink sync=false"
)


class Probe:
    """Draws, forgets, and notes memory on the way."""

    def __init__(self, settled: int) -> None:
        self.settled, self.frames, self.early_mb = settled, 0, 0.0
        self.kept: deque[Any] = deque(maxlen=10)

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        array = pyds.get_nvds_buf_surface(hash(info.get_buffer()), 0)
        if self.frames % 2:
            array[:100, :100] = 255
        self.kept.append(array)
        self.frames += 1
        if self.frames == self.settled:
            self.early_mb = resident_mb()
        return Gst.PadProbeReturn.OK


def main() -> int:
    """Run, report, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=5_000)
    parser.add_argument("--settled", type=int, default=500)
    parser.add_argument("--limit", type=float, default=0.02)
    options = parser.parse_args()
    probe = Probe(options.settled)
    pipeline = Gst.parse_launch(PIPELINE.format(frames=options.frames))
    pad = pipeline.get_by_name("here").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    started = time.monotonic()
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    late_mb = resident_mb()
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)
    growth = late_mb / probe.early_mb - 1
    print(
        f"{probe.frames} frames in {time.monotonic() - started:.0f} s, none unmapped: resident "
        f"{probe.early_mb:.0f} MB after {options.settled}, {late_mb:.0f} MB at the end: "
        f"{growth:+.2%}"
    )
    return 0 if probe.frames == options.frames and growth <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
