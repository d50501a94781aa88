"""Scripts open files of DeepStream's tree themselves: labels, mostly."""

from __future__ import annotations

import builtins
import io
import os.path
from collections.abc import Callable
from typing import Any

from penstock import paths


def stand_in_for_files() -> None:
    """Have `open` read, and `os.path` see, what stands in for a file that is not there."""
    opening = _finding(builtins.open)
    builtins.open = opening
    io.open = opening
    os.path.exists = _finding(os.path.exists)
    os.path.isfile = _finding(os.path.isfile)


def _finding(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(file: Any, *arguments: Any, **options: Any) -> Any:
        mode = arguments[0] if arguments else options.get("mode", "r")
        if isinstance(file, str | os.PathLike) and isinstance(mode, str) and not set(mode) & set("wax+"):
            path = os.fspath(file)
            if isinstance(path, str) and paths.place_in_sdk(path) is not None:
                file = paths.found(path)
        return original(file, *arguments, **options)

    call.__name__ = original.__name__
    return call
