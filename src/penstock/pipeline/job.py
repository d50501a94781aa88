"""What to detect, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.pipeline.rtsp_address import RtspAddress
from penstock.rest import RestAddress

DEFAULT_MODEL = "yolov4-tiny"
_MOST_SOURCES = 16
STDOUT = Path("-")
"""As `DetectJob.json`: standard output."""


@dataclass(frozen=True)
class DetectJob:
    """What to detect, where, and what to write.

    Attributes:
        sources: Paths, devices or URIs; several are composed in one picture.
        model: A name of the kit, an ONNX file or an nvinfer configuration.
        output: MP4 file with the objects drawn.
        rtsp: Where to serve the same to RTSP clients, in the videos' own time.
        tls_ca: PEM file of the certificates that a camera's (`rtsps://`) must come from; those that
            this system trusts by default.
        tls_certificate: PEM file for a secure `rtsp`; one is made for the run by default.
        tls_key: PEM file of its key; the certificate's by default.
        json: JSON Lines file, one line a frame, boxes in source pixels; `-` is standard output.
        display: Show the pictures in a window, in their own time.
        frames: Stop each source after so many frames.
        rest: Where orders are taken over HTTP while it runs.
        most_sources: How many sources may be there at a time, where they come and go; the run then
            goes on until it is stopped. 0: those that are named, and 16 with `rest`.
    """

    sources: Sequence[str]
    model: str = DEFAULT_MODEL
    output: Path | None = None
    rtsp: RtspAddress | None = None
    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    json: Path | None = None
    display: bool = False
    frames: int | None = None
    rest: RestAddress | None = None
    most_sources: int = 0

    @property
    def is_open(self) -> bool:
        """Whether sources come and go."""
        return bool(self.rest or self.most_sources)

    @property
    def places(self) -> int:
        """How many sources may be there at a time."""
        most = self.most_sources or (_MOST_SOURCES if self.rest else 0)
        return max(len(self.sources), most)


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
