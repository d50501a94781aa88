"""Many RTSP cameras into one pipeline and one RTSP output, while cameras die and come back.

Usage: python benchmarks/cameras.py [--cameras 16] [--fps 10] [--rounds 8] [--round 3] [--every 60]

Each camera is a server process on loopback: 160x120, `--fps` pictures a second. `penstock detect`
shows all of them as one wall over RTSP, which a player watches all the time; ffprobe and gst-play,
where they are installed, look at it at the beginning and at the end. Each camera is killed about
every `--every` seconds and started again up to ten seconds later. After each round of `--round`
minutes all of them come back, and what the process holds is noted.

Fails if the wall stands still, a frame of a healthy camera is missing, a camera is not back within
the retry interval, or threads, file descriptors or memory are not back at the level of the
first round.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from penstock.gst import Gst

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from footage import detector
from rtsp import RtspServer
from rtsp_client import Player

BACK_S = 10.0 + 3.0  # the retry interval of `penstock detect`, and connecting
STILL_S = 2.0  # a wall that stands still
GROWTH = 0.10
SETTLED = 20  # frames until one that was late is made up for
START_S, LOOK_S = 120.0, 20.0


@dataclass
class Camera:
    """One camera, what has come of it, and when it was not well.

    Times are seconds of the monotonic clock; `first_pts_ns` is the pipeline's time of the first
    frame since it was well.
    """

    server: RtspServer
    fps: int
    started_s: float
    killed_s: float = 0.0
    frames: int = 0
    last_s: float = 0.0
    first_pts_ns: int = -1
    since: int = 0
    missing: float | None = None
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=SETTLED))
    awaited: bool = True
    lost: list[str] = field(default_factory=list)
    returns_s: list[float] = field(default_factory=list)

    def came(self, pts_ns: int) -> None:
        """A frame of it.

        A frame may be late, and its time with it. One that is lost leaves all later ones with a
        greater distance in time from the first than there are frames between them.
        """
        now_s = time.monotonic()
        if self.awaited:
            self.returns_s.append(now_s - self.started_s)
            self.awaited = False
        self.frames, self.last_s, self.since = self.frames + 1, now_s, self.since + 1
        if not self.was_well:
            self.first_pts_ns, self.since, self.missing = pts_ns, 0, None
            self.recent.clear()
            return
        self.recent.append((pts_ns - self.first_pts_ns) * self.fps / Gst.SECOND - self.since)
        if len(self.recent) < SETTLED:
            return
        if self.missing is None:
            self.missing = min(self.recent)
        elif (more := round(min(self.recent) - self.missing - 0.2)) > 0:
            self.lost.append(f"{more} frames, {SETTLED} before its frame {self.frames}")
            self.missing = min(self.recent)

    @property
    def was_well(self) -> bool:
        """Whether it was up when its last frame came, and had been for a while."""
        return self.last_s - self.started_s > BACK_S and self.killed_s < self.last_s - 1

    def kill(self) -> None:
        """Pull its plug."""
        self.killed_s = time.monotonic()
        self.server.kill()

    def start(self) -> None:
        """Plug it in again."""
        self.server.start()
        self.started_s, self.awaited = time.monotonic(), True


@dataclass(frozen=True)
class Held:
    """What the process that is watched holds."""

    threads: int
    files: int
    resident_mb: float

    @classmethod
    def of(cls, pid: int) -> Held:
        """At this moment."""
        folder = Path(f"/proc/{pid}")
        found = re.search(r"VmRSS:\s+(\d+)", (folder / "status").read_text())
        assert found is not None
        threads = sum(1 for _ in (folder / "task").iterdir())
        files = sum(1 for _ in (folder / "fd").iterdir())
        return cls(threads, files, int(found[1]) / 1024)

    def __str__(self) -> str:
        return f"{self.threads} threads, {self.files} files, {self.resident_mb:.0f} MB"


class Wall:
    """Watches the output: how long was it without a new picture?"""

    def __init__(self, url: str) -> None:
        self.pictures, self.longest_s = 0, 0.0
        self._last_s = time.monotonic()
        self._player = Player(url, protocols="tcp")
        self._player.pictures(1)
        self._is_over = False
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        self._last_s = time.monotonic()
        while not self._is_over:
            self._player.pictures(1)
            now_s = time.monotonic()
            self.longest_s = max(self.longest_s, now_s - self._last_s)
            self.pictures, self._last_s = self.pictures + 1, now_s

    def close(self) -> None:
        """Look no longer."""
        self._is_over = True
        self._thread.join()
        self._player.__exit__()


def read(process: subprocess.Popen[str], cameras: list[Camera]) -> None:
    """Take the lines of JSON that `penstock detect` writes."""
    for line in process.stdout or ():
        frame = json.loads(line)
        cameras[frame["source_id"]].came(frame["pts_ns"])


def address_in(log: Path) -> str:
    """The address that `penstock detect` says it serves."""
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s:
        found = re.search(r"rtsp://\S+:\d+/wall", log.read_text())
        if found:
            return found[0]
        time.sleep(0.2)
    sys.exit(f"nothing is served:\n{log.read_text()}")


def look(url: str) -> list[str]:
    """What other programs say of the wall; complaints only."""
    programs = {
        "ffprobe": ["-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json", url],
        "gst-play-1.0": ["--videosink=fakesink", "--no-interactive", "--quiet", url],
    }
    complaints = []
    for name, words in programs.items():
        if shutil.which(name) is None:
            print(f"{name}: not installed")
            continue
        try:
            done = subprocess.run(
                [name, *words], capture_output=True, text=True, timeout=LOOK_S, check=False
            )
            said = done.stdout if done.returncode == 0 else f"failed: {done.stderr}"
        except subprocess.TimeoutExpired as playing:  # gst-play goes on until it is stopped
            said = "failed: " if name == "ffprobe" else "plays"
            said += str(playing.stderr or "")
        if name == "ffprobe" and "codec_name" in said:
            video = json.loads(said)["streams"][0]
            said = f"{video['codec_name']} {video['width']}x{video['height']}"
        print(f"{name}: {' '.join(said.split())[:200]}", flush=True)
        if "failed" in said or "ERROR" in said:
            complaints.append(f"{name}: {said}")
    return complaints


def trouble(cameras: list[Camera], *, minutes: float, every_s: float) -> int:
    """Kill cameras at random and start them again; how many times."""
    deaths, until_s = 0, time.monotonic() + minutes * 60
    down: dict[int, float] = {}
    while time.monotonic() < until_s:
        time.sleep(random.expovariate(len(cameras) / every_s))
        now_s = time.monotonic()
        for number in [n for n, back_s in down.items() if back_s < now_s]:
            del down[number]
            cameras[number].start()
        number = random.randrange(len(cameras))
        if number not in down and not cameras[number].awaited:
            cameras[number].kill()
            down[number] = now_s + random.uniform(1, 10)  # what was on its way is through
            deaths += 1
    for number in down:
        cameras[number].start()
    return deaths


def failures(cameras: list[Camera], wall: Wall, before: Held, after: Held) -> list[str]:
    """What does not hold."""
    found = []
    if wall.longest_s > STILL_S:
        found.append(f"the wall stood still for {wall.longest_s:.1f} s")
    for number, camera in enumerate(cameras):
        found += [f"camera {number}: lost {lost}" for lost in camera.lost]
        found += [f"camera {number}: back after {s:.1f} s" for s in camera.returns_s if s > BACK_S]
        if camera.awaited:
            found.append(f"camera {number} is not back")
    for name in ("threads", "files"):
        if getattr(after, name) > getattr(before, name):
            found.append(f"{name}: {getattr(before, name)} before, {getattr(after, name)} after")
    if after.resident_mb > before.resident_mb * (1 + GROWTH):
        found.append(f"memory: {before.resident_mb:.0f} MB before, {after.resident_mb:.0f} after")
    return found


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=8, help="the first one only warms up")
    parser.add_argument("--round", type=float, default=3.0, help="minutes")
    parser.add_argument("--every", type=float, default=60.0, help="seconds")
    return parser.parse_args()


def watch(
    process: subprocess.Popen[str], url: str, cameras: list[Camera], options: argparse.Namespace
) -> list[str]:
    """Go through all rounds; complaints."""
    wall, complaints, held, deaths = Wall(url), look(url), [], 0
    for number in range(options.rounds):
        deaths += trouble(cameras, minutes=options.round, every_s=options.every)
        time.sleep(2 * BACK_S)
        held.append(Held.of(process.pid))
        print(f"round {number}, {deaths} deaths: {held[-1]}", flush=True)
    wall.close()
    print(
        f"{sum(camera.frames for camera in cameras)} frames came, {wall.pictures} of the wall, "
        f"the longest time without one {wall.longest_s:.2f} s; a camera was back after "
        f"{max(max(camera.returns_s) for camera in cameras):.1f} s at most"
    )
    return complaints + look(url) + failures(cameras, wall, held[0], held[-1])


def main() -> None:
    """Run it and print what was seen."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as servers:
        config, log = detector(Path(folder)), Path(folder) / "log.txt"
        cameras = [
            Camera(servers.enter_context(RtspServer(fps=fps, key=fps)), fps, time.monotonic())
            for fps in [options.fps] * options.cameras
        ]
        words = ["-m", "penstock", "detect", *(camera.server.url for camera in cameras)]
        words += ["--model", str(config), "--json", "-", "--output", "rtsp://127.0.0.1:0/wall"]
        with (
            log.open("w") as errors,
            subprocess.Popen(
                [sys.executable, *words], stdout=subprocess.PIPE, stderr=errors, text=True
            ) as process,
        ):
            threading.Thread(target=read, args=(process, cameras), daemon=True).start()
            try:
                complaints = watch(process, address_in(log), cameras, options)
                process.send_signal(signal.SIGINT)
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                complaints.append("it did not end by Ctrl-C")
            finally:
                process.kill()
        lines = log.read_text().splitlines()
        print("\n".join(line for line in lines if "dropped" in line or "were lost" in line))
        if complaints:
            sys.exit("\n".join([*lines[-10:], *complaints]))


if __name__ == "__main__":
    main()
