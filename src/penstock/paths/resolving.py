"""One rule for every path that a configuration file names."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.paths.sdk import found


def resolve(path: str, *, relative_to: Path) -> Path:
    """Turn a path as written in a configuration file into an absolute one.

    As in DeepStream a relative path starts at the configuration file's directory, never at the
    working directory, and `~` is an ordinary character. Nothing is required to exist. Symbolic
    links are followed for directories only: a model keeps its own name, and stays beside what
    lies beside it. A file of DeepStream's own tree that is not there becomes the one that stands
    in for it; see `found`.

    Everything that opens a file named by a user's configuration calls this function.

    Args:
        path: The text in the file.
        relative_to: The directory that holds the configuration file.

    Raises:
        ValueError: No file can have this name (it has a zero byte, say).
    """
    joined = relative_to / path
    if joined.name in {"", ".."}:
        return found(os.path.realpath(joined))
    return found(Path(os.path.realpath(joined.parent)) / joined.name)
