"""Scripts open files of DeepStream's tree themselves: labels, mostly."""

from __future__ import annotations

import builtins
import io
import os.path
from typing import Any

from penstock import paths

_open, _exists, _isfile = builtins.open, os.path.exists, os.path.isfile


def stand_in_for_files() -> None:
    """Have `open` read, and `os.path` see, what stands in for a file that is not there."""
    builtins.open = _reading
    io.open = _reading
    os.path.exists = lambda path: _exists(_found(path))
    os.path.isfile = lambda path: _isfile(_found(path))


def _reading(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
    is_read = not set(mode) & set("wax+")
    return _open(_found(file) if is_read else file, mode, *arguments, **options)


def _found(path: Any) -> Any:
    is_named = isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str)
    return paths.found(path) if is_named and paths.place_in_sdk(path) is not None else path
