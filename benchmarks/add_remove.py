"""Add and remove sources of a playing pipeline by REST, and compare what it holds before and after.

Usage: python benchmarks/add_remove.py [VIDEO] [--cycles 200] [--settled 50]

One source plays in a loop all the time. Fails if, after `--cycles` cycles, there are more threads
or file descriptors than after `--settled`, a removed source is still there, frames of the source
that stays are missing, or resident memory has grown too much. Memory that is free but kept by the C
library, for threads that are gone, is given back before it is measured.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from soak import resident_mb

import penstock
from penstock import kit
from penstock.gst import Gst, batch_of
from penstock.meta import SensorInfo
from penstock.rest import RestAddress, RestClient

LIMIT = 0.15  # what is in the decoders at the moment: a lost picture a cycle would be 300 %
STAYS = "stays"


class Held(NamedTuple):
    """What the process holds."""

    threads: int
    files: int
    sources: int
    resident_mb: float


class Watch:
    """Drains the bus, and checks that no frame of the source that stays is missing."""

    def __init__(self, pipeline: Gst.Pipeline) -> None:
        self.frames, self.gaps, self.failed = 0, 0, ""
        self._bus = pipeline.get_bus()
        pipeline.get_by_name("m").get_static_pad("src").add_probe(
            Gst.PadProbeType.BUFFER, self._on_batch
        )

    def _on_batch(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        for frame in batch_of(info.get_buffer()).frames:
            if frame.source_id == 0:
                self.gaps += frame.frame_num != self.frames
                self.frames = frame.frame_num + 1
        return Gst.PadProbeReturn.OK

    def held(self) -> Held:
        """Count everything, with the messages on the bus thrown away: they hold elements."""
        while (message := self._bus.pop()) is not None:
            if message.type == Gst.MessageType.ERROR:
                self.failed = message.parse_error()[0].message
        gc.collect()
        sources = sum(type(one).__name__ == "NvUriSrcBin" for one in gc.get_objects())
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        return Held(threads, files, sources, resident_mb())


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settled(watch: Watch) -> Held:
    """What is held when what is on its way out has gone: the least of a second."""
    found = []
    for _ in range(10):
        time.sleep(0.1)
        ctypes.CDLL(None).malloc_trim(0)
        found.append(watch.held())
    return Held(*map(min, zip(*found, strict=True)))


def main() -> int:
    """Run, report, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path, nargs="?", help="default: the kit's crowd video")
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--settled", type=int, default=50)
    options = parser.parse_args()
    penstock.init()
    uri = (options.video or kit.get("crowd")).resolve().as_uri()
    port = free_port()
    pipeline = Gst.parse_launch(
        f'nvmultiurisrcbin name=m port={port} uri-list="{uri}" sensor-id-list={STAYS} file-loop=1 '
        "live-source=1 batched-push-timeout=40000 drop-pipeline-eos=1 max-batch-size=4 "
        "width=640 height=360 ! fakesink sync=false async=false enable-last-sample=false"
    )
    watch, client = Watch(pipeline), RestClient(RestAddress("127.0.0.1", port))
    pipeline.set_state(Gst.State.PLAYING)
    started, early = time.monotonic(), None
    for cycle in range(options.cycles):
        sensor = SensorInfo(-1, f"cam-{cycle}", "", uri)
        client.add(sensor)
        time.sleep(0.05 * (cycle % 5))  # some have frames by then, others not even a decoder
        client.remove(sensor)
        watch.held()
        if cycle + 1 == options.settled:
            early = settled(watch)
    late = settled(watch)
    seconds = time.monotonic() - started
    pipeline.set_state(Gst.State.NULL)
    assert early is not None, "--cycles must be more than --settled"
    growth = late.resident_mb / early.resident_mb - 1
    print(
        f"{options.cycles} sources came and went in {seconds:.0f} s, {watch.frames} frames of the "
        f"one that stayed, {watch.gaps} missing\n"
        f"after {options.settled}: {early}\nafter {options.cycles}: {late}, memory {growth:+.2%}; "
        f"after the end {threading.active_count() - 1} threads of Python's"
    )
    grown = any(now > before for now, before in zip(late[:3], early[:3], strict=True))
    return 1 if grown or watch.gaps or watch.failed or growth > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
