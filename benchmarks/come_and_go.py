"""Add and remove sources of a playing pipeline from many threads, good ones and bad ones.

Usage: python benchmarks/come_and_go.py [VIDEO] [--seconds 60]

Fails if the run ends by itself, a source that was left in peace fails, a source that is gone is
still held, or GStreamer complains of an element that nobody has stopped.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import penstock
from penstock import kit
from penstock.errors import PenstockError
from penstock.gst import Gst
from penstock.pipeline import ControlledRun

PLACES, THREADS, PEACEFUL = 8, 6, 2


class Crowd:
    """Threads that do with the sources of a run what comes into their heads."""

    def __init__(self, run: ControlledRun, uris: list[str], *, seconds: float) -> None:
        self._run, self._uris, self._end = run, uris, time.monotonic() + seconds
        self.done = 0
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(THREADS)]
        threading.Thread(target=self._watch).start()

    def _watch(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        while self._run.streams():
            for sensor in self._run.streams():
                self._try(partial(self._run.remove_source, sensor.sensor_id))
            time.sleep(0.1)
        self._run.quit()

    def _work(self, number: int) -> None:
        wild = random.Random(number)
        while time.monotonic() < self._end:
            name = f"any-{wild.randrange(10)}"
            if number < PEACEFUL:
                self._play_whole(f"whole-{number}")
            elif wild.random() < 0.6:
                uri = wild.choice(self._uris)
                self._try(partial(self._run.add_source, uri, sensor_id=name))
            else:
                self._try(partial(self._run.remove_source, name))
            time.sleep(wild.random() * 0.05)

    def _play_whole(self, name: str) -> None:
        self._try(partial(self._run.add_source, self._uris[0], sensor_id=name))
        while any(one.sensor_id == name for one in self._run.streams()):
            time.sleep(0.02)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
            self.done += 1
        except PenstockError:
            pass  # its place, or its name, is taken; or it is gone


def work(video: Path, seconds: float) -> int:
    """Run it; the exit code."""
    faulthandler.enable()
    penstock.init()
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={PLACES} width=320 height=180 live-source=true "
        "batched-push-timeout=40000 drop-pipeline-eos=true ! fakesink sync=false"
    )
    warned: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        text, cut = Path(folder, "text.mp4"), Path(folder, "cut.mp4")
        text.write_text("no video")
        cut.write_bytes(video.read_bytes()[:20_000])
        nowhere = ["http://127.0.0.1:1/x", "rtsp://127.0.0.1:1/x", "nothing://x"]
        uris = [str(video), str(video), str(text), str(cut), *nowhere]
        run = ControlledRun(pipeline, sources=[], places=PLACES, on_warning=warned.append)
        crowd = Crowd(run, uris, seconds=seconds)
        run.run()
    hurt = [said for said in warned if "(whole-" in said]
    print(f"{crowd.done} sources came or went, {len(warned)} warnings", *hurt, sep="\n")
    return int(bool(hurt or run.streams()))


def main() -> int:
    """Do so in a process of its own, and read what GStreamer says there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    video = told.video or kit.get("crowd")
    if told.work:
        return work(video, told.seconds)
    command = [sys.executable, __file__, str(video), "--seconds", str(told.seconds), "--work"]
    done = subprocess.run(
        command, stderr=subprocess.PIPE, text=True, check=False, timeout=told.seconds + 120
    )
    complaints = "CRITICAL" in done.stderr
    if done.returncode or complaints:
        print(done.stderr)
    return done.returncode or int(complaints)


if __name__ == "__main__":
    sys.exit(main())
