"""What to detect, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_MODEL = "yolov4-tiny"
STDOUT = Path("-")
"""As `DetectJob.json`: standard output."""


@dataclass(frozen=True)
class DetectJob:
    """What to detect, where, and what to write.

    Attributes:
        sources: Paths, devices or URIs; several are composed in one picture.
        model: A name of the kit, an ONNX file or an nvinfer configuration.
        output: MP4 file with the objects drawn.
        json: JSON Lines file, one line a frame, boxes in source pixels; `-` is standard output.
        display: Show the pictures in a window, in their own time.
        frames: Stop each source after so many frames.
    """

    sources: Sequence[str]
    model: str = DEFAULT_MODEL
    output: Path | None = None
    json: Path | None = None
    display: bool = False
    frames: int | None = None


@dataclass
class Summary:
    """What a run found.

    Attributes:
        frames: Source → frames seen.
        objects: Label → objects seen, summed over frames.
        failures: Source → why it did not end as it should.
        warnings: What was warned about, failures too.
    """

    frames: Counter[int] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
