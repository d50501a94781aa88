"""Send batches with user metadata through a tee whose branches both copy, and watch the memory.

Usage: python benchmarks/user_meta.py [--batches 100000] [--settled 10000] [--limit 0.02]

Each batch carries one attachment on itself, one on its frame and one on an object. Fails if a copy
or release function is not called exactly once for each copy, or if resident memory at the end
differs by more than the limit from that after `--settled` batches.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from typing import Any

from soak import resident_mb

import pyds
from penstock.gst import Gst

NVMM = "video/x-raw(memory:NVMM),width=64,height=48"
BRANCH = f"queue ! nvvideoconvert ! {NVMM.partition('(')[0]},format=RGBA ! fakesink sync=false"
PIPELINE = (
    f"videotestsrc num-buffers={{batches}} pattern=black ! nvvideoconvert ! {NVMM},format=NV12 "
    "! mux.sink_0 nvstreammux name=mux batch-size=1 width=64 height=48 ! identity name=here "
    f"! tee name=t t. ! {BRANCH} t. ! {BRANCH}"
)


class Ledger:
    """Callbacks that know every piece of data that lives, by a number of its own."""

    def __init__(self) -> None:
        self.made, self.copied, self.released, self.wrong = 0, 0, 0, 0
        self.alive: set[int] = set()
        self.lock = threading.Lock()  # the branches copy and release at the same time

    def make(self) -> int:
        """New data."""
        with self.lock:
            self.made += 1
            return self._born()

    def copy(self, data: Any, _: Any) -> int:
        """The copy function."""
        number = pyds.NvDsUserMeta.cast(data).user_meta_data
        with self.lock:
            self.copied += 1
            self.wrong += number not in self.alive
            return self._born()

    def release(self, data: Any, _: Any) -> None:
        """The release function."""
        number = pyds.NvDsUserMeta.cast(data).user_meta_data
        with self.lock:
            self.released += 1
            self.wrong += number not in self.alive
            self.alive.discard(number)

    def _born(self) -> int:
        number = self.made + self.copied
        self.alive.add(number)
        return number


class Probe:
    """Attaches to every batch, and notes memory on the way."""

    def __init__(self, ledger: Ledger, settled: int) -> None:
        self.ledger, self.settled = ledger, settled
        self.batches, self.early_mb = 0, 0.0

    def __call__(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
        frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
        obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
        pyds.nvds_add_obj_meta_to_frame(frame, obj, None)
        pyds.nvds_add_user_meta_to_batch(batch, self._attachment(batch))
        pyds.nvds_add_user_meta_to_frame(frame, self._attachment(batch))
        pyds.nvds_add_user_meta_to_obj(obj, self._attachment(batch))
        self.batches += 1
        if self.batches == self.settled:
            self.early_mb = resident_mb()
        return Gst.PadProbeReturn.OK

    def _attachment(self, batch: pyds.NvDsBatchMeta) -> pyds.NvDsUserMeta:
        user = pyds.nvds_acquire_user_meta_from_pool(batch)
        user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_USER_META
        user.user_meta_data = self.ledger.make()
        pyds.user_copyfunc(user, self.ledger.copy)
        pyds.user_releasefunc(user, self.ledger.release)
        return user


def run(probe: Probe, batches: int) -> None:
    """Play to the end; SystemExit with what an element says."""
    pipeline = Gst.parse_launch(PIPELINE.format(batches=batches))
    pad = pipeline.get_by_name("here").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.BUFFER, probe)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)


def main() -> int:
    """Run, report, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batches", type=int, default=100_000)
    parser.add_argument("--settled", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=0.02)
    options = parser.parse_args()
    ledger = Ledger()
    probe = Probe(ledger, options.settled)
    started = time.monotonic()
    run(probe, options.batches)
    late_mb = resident_mb()
    gc.collect()
    growth = late_mb / probe.early_mb - 1
    print(
        f"{probe.batches} batches in {time.monotonic() - started:.0f} s: {ledger.made} attached, "
        f"{ledger.copied} copied, {ledger.released} released, {ledger.wrong} wrong calls, "
        f"{len(ledger.alive)} left; resident {probe.early_mb:.0f} MB, then {late_mb:.0f} MB: "
        f"{growth:+.2%}"
    )
    once = ledger.copied == 2 * ledger.made and ledger.released == ledger.made + ledger.copied
    complete = probe.batches == options.batches and not ledger.alive and not ledger.wrong
    return 0 if once and complete and growth <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
