"""What describes one file of the tree, and what a maker may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["Maker", "StandIn", "Workshop", "same_as", "written"]


class Workshop(Protocol):
    """Where files are made."""

    def asset(self, name: str) -> Path:
        """An asset of the kit's catalogue, fetched unless it is here."""
        ...

    def made(self, path: str) -> Path:
        """Another file of the tree, made first."""
        ...


Maker = Callable[[Workshop, Path], None]
"""Writes one file, whose name has the right suffix, into an existing folder."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """One file of the tree.

    Attributes:
        path: Where it lies, from the root of the SDK.
        what: What it really is, in one line.
        make: Writes it.
        of: The other file of the tree that it is made of, if any: made anew, so is this.
        revision: Raise it where `make` writes something else than before.
    """

    path: str
    what: str
    make: Maker
    of: str = ""
    revision: int = 1


def written(text: str) -> Maker:
    """A text file."""

    def make(_workshop: Workshop, output: Path) -> None:
        output.write_text(text)

    return make


def same_as(other: str, *, path: str) -> StandIn:
    """Another file of the tree under another name; on the disk it is one file."""

    def make(workshop: Workshop, output: Path) -> None:
        source = workshop.made(other)
        try:
            os.link(source, output)
        except OSError:  # not every file system has links
            shutil.copyfile(source, output)

    return StandIn(path, f"the same file as {other}", make, of=other)
