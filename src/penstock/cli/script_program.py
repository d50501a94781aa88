"""What `penstock run` runs: a file, a folder with a `__main__.py`, or a module of its own."""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import os
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from penstock.errors import ConfigError


@dataclass(frozen=True)
class Program:
    """A script before it runs.

    Attributes:
        path: Its file, absolute.
        source: What it says.
        shown: Its `sys.argv[0]`.
        spec: Of a module, as its `__spec__`.
    """

    path: Path
    source: bytes
    shown: str
    spec: ModuleSpec | None = None

    @classmethod
    def of_file(cls, script: str) -> Program:
        """As `python SCRIPT` has it; its folder becomes the first on the path.

        Raises:
            ConfigError: There is no such file.
        """
        path = Path(script, "__main__.py") if os.path.isdir(script) else Path(script)
        program = cls(path.absolute(), _read(path, f"script {script}"), script)
        _replace_first_path(path.resolve().parent)
        return program

    @classmethod
    def of_module(cls, name: str) -> Program:
        """As `python -m NAME` has it; the working folder becomes the first on the path.

        Packages around it are imported.

        Raises:
            ConfigError: There is no such module with a source, or its package does not import.
        """
        _replace_first_path(Path.cwd())
        spec = _spec_of(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = _spec_of(f"{name}.__main__")
        if spec is None or spec.origin is None or not spec.has_location:
            raise ConfigError(f"module {name} cannot be run: no source of it is in {Path.cwd()}")
        path = Path(spec.origin)
        return cls(path, _read(path, f"module {name}"), spec.origin, spec)

    def as_main(self) -> ModuleType:
        """The module `__main__` that it runs in."""
        main = ModuleType("__main__")
        loader = importlib.machinery.SourceFileLoader("__main__", str(self.path))
        vars(main).update(
            __file__=str(self.path),
            __builtins__=builtins,
            __cached__=self.spec.cached if self.spec else None,
            __loader__=self.spec.loader if self.spec else loader,
            __annotations__={},
            __spec__=self.spec,
            __package__=self.spec.parent if self.spec else None,
        )
        return main


def _read(path: Path, named: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{named} cannot be read: {error.strerror}") from error


def _spec_of(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:  # as `python -m` does
        raise ConfigError(f"module {name} cannot be run: {error}") from error


def _replace_first_path(folder: Path) -> None:
    """It takes the place of the folder of the `penstock` command."""
    if sys.path and not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.fspath(folder)
    else:
        sys.path.insert(0, os.fspath(folder))
