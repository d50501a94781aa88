"""How long a live picture takes from the camera to whoever watches: `penstock bench --live`.

A camera that is made here numbers its pictures. They go through the pipeline of `penstock detect`,
out by RTSP, and are read by a client in a process of its own; both processes have one clock.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from penstock.errors import StreamError

STAGES = ("mux", "infer", "draw", "encode", "serve", "decode")
SIZE, RATE = (1280, 720), 25
_SKIPPED = 15
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds: the median, what 95 of 100 pictures stay below, and the most."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, milliseconds: list[float]) -> Latency:
        """Of at least one picture."""
        p50, p95, most = np.percentile(milliseconds, (50, 95, 100)).round(2).tolist()
        return cls(p50, p95, most)


@dataclass(frozen=True)
class LiveRow:
    """One number of cameras, seen by the first one's pictures.

    Attributes:
        streams: How many cameras.
        model: What the user calls the model.
        size: Of a camera's pictures, `(width, height)` in pixels.
        rate: A camera's pictures a second.
        pictures: How many were measured.
        lost: How many in between never reached the client.
        total: From the camera to the client's decoder.
        stages: The parts of it, in order, by the names in `STAGES`.
    """

    streams: int
    model: str
    size: tuple[int, int]
    rate: int
    pictures: int
    lost: int
    total: Latency
    stages: dict[str, Latency]

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return asdict(self)


def measure_live(config: Path, *, model: str, streams: int, pictures: int = 320) -> LiveRow:
    """Measure with so many cameras.

    Args:
        config: nvinfer's configuration file.
        model: What the user calls the model, for the row.
        streams: Number of cameras.
        pictures: How many of the first camera's are waited for.

    Raises:
        StreamError: A process failed, or nothing came; with what it said.
    """
    with _worker("serve", str(config), str(streams)) as server:
        url = _line(server)
        with _worker("watch", url, str(streams)) as client:
            seen = [json.loads(_line(client)) for _ in range(_SKIPPED + pictures)][_SKIPPED:]
        passed = json.loads(server.communicate("stop\n", timeout=_PATIENCE_S)[0])
    return _row(seen, passed, model=model, streams=streams)


def _row(seen: list[Any], passed: Mapping[str, list[int]], *, model: str, streams: int) -> LiveRow:
    """Join what the client saw, `[number, received, decoded]`, with what the server noted."""
    seen = [picture for picture in seen if str(picture[0]) in passed]
    times = [[*passed[str(n)], received, decoded] for n, received, decoded in seen]
    steps_ms = np.diff(np.array(times, np.float64)) / 1e6
    numbers = [n for n, _, _ in seen]
    return LiveRow(
        streams,
        model,
        SIZE,
        RATE,
        len(seen),
        numbers[-1] - numbers[0] + 1 - len(set(numbers)),
        Latency.of(steps_ms.sum(1).tolist()),
        {name: Latency.of(steps_ms[:, i].tolist()) for i, name in enumerate(STAGES)},
    )


@contextmanager
def _worker(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "penstock.pipeline.bench_live_worker", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    """The next line that a worker prints."""
    watchdog = threading.Timer(_PATIENCE_S, process.kill)
    watchdog.start()
    line = _text(process.stdout).readline()
    watchdog.cancel()
    if not line:
        said = _text(process.stderr).read().strip()
        raise StreamError(f"measuring live failed: {said or f'silent for {_PATIENCE_S:.0f} s'}")
    return line.strip()


def _text(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
