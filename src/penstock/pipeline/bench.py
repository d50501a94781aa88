"""What the pipeline costs beside decoding and inference: `penstock bench`.

Every measurement is a process of its own and counts from its tenth frame to its last: start-up and
compilation are left out. Reference and pipeline take turns, so that a machine whose speed drifts
slows both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from penstock.errors import StreamError

KINDS = ("reference", "pipeline", "drawn")


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        cpu_ms: Processor time a frame, all threads, milliseconds.
        fps: Frames a second, all sources together.
        frames: How many were counted.
        precision: What the backend really computed in.
        backend: Which backend.
        resident_mb: Highest resident memory, MiB.
        rate: Frames a second of the video; 0 where it does not say.
    """

    cpu_ms: float
    fps: float
    frames: int
    precision: str
    backend: str
    resident_mb: float
    rate: float = 0.0


@dataclass(frozen=True)
class Row:
    """Medians for one number of streams."""

    streams: int
    video: str
    model: str
    backend: str
    precision: str
    reference_cpu_ms: float
    pipeline_cpu_ms: float
    drawn_cpu_ms: float
    reference_fps: float
    pipeline_fps: float
    drawn_fps: float
    pairs: int

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return asdict(self)


def compare(
    video: Path,
    config: Path,
    *,
    model: str,
    streams: int,
    pairs: int = 7,
    frames: int = 320,
    on_sample: Callable[[str, Sample], None] | None = None,
) -> Row:
    """Measure reference, pipeline and pipeline with drawing in turn.

    Args:
        video: A file; every source plays it.
        config: nvinfer's configuration file.
        model: What the user calls the model, for the row.
        streams: Number of sources.
        pairs: Rounds; medians are taken over them.
        frames: Frames of all sources together in one measurement.
        on_sample: Called with each measurement.

    Raises:
        StreamError: A measurement failed; with what its process said.
    """
    samples: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    for turn in range(pairs):
        order: Sequence[str] = KINDS if turn % 2 == 0 else KINDS[::-1]
        for kind in order:
            sample = _measure(kind, video, config, streams=streams, frames=frames)
            samples[kind].append(sample)
            if on_sample is not None:
                on_sample(kind, sample)

    def middle(kind: str, field: str) -> float:
        return round(float(median(getattr(sample, field) for sample in samples[kind])), 3)

    first = samples["pipeline"][0]
    return Row(
        streams,
        video.name,
        model,
        first.backend,
        first.precision,
        middle("reference", "cpu_ms"),
        middle("pipeline", "cpu_ms"),
        middle("drawn", "cpu_ms"),
        middle("reference", "fps"),
        middle("pipeline", "fps"),
        middle("drawn", "fps"),
        pairs,
    )


@dataclass(frozen=True)
class Capacity:
    """How many streams a machine carries.

    Attributes:
        streams: That many keep up.
        rate: Frames a second of one of them.
        fps: Frames a second that were measured, all sources together.
        measured_with: Number of sources in that measurement.
    """

    streams: int
    rate: float
    fps: float
    measured_with: int


def capacity_of(video: Path, config: Path, *, frames: int = 320) -> Capacity:
    """How many streams like `video` this machine carries, decoding, inferring every frame.

    Raises:
        StreamError: A measurement failed, or the file does not tell its rate.
    """
    alone = _measure("pipeline", video, config, streams=1, frames=frames)
    if not alone.rate:
        raise StreamError(f"{video} does not tell its frame rate")
    several = max(1, int(alone.fps / alone.rate))
    together = _measure("pipeline", video, config, streams=several, frames=frames)
    return Capacity(int(together.fps / alone.rate), alone.rate, together.fps, several)


def _measure(kind: str, video: Path, config: Path, *, streams: int, frames: int) -> Sample:
    """One measurement in a process of its own."""
    each = max(20, frames // streams)
    command = [sys.executable, "-m", "penstock.pipeline.bench_worker", kind]
    done = subprocess.run(
        [*command, str(video), str(config), str(streams), str(each)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StreamError(f"measuring {kind} with {streams} streams failed: {done.stderr.strip()}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))
