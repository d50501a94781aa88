"""A user's own Python file, as a configuration names it."""

from __future__ import annotations

import itertools
import sys
import tokenize
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from penstock.errors import ConfigError

_numbers = itertools.count()
THEIRS = (Exception, SystemExit)
"""What a person's code may raise and still be reported: sys.exit() in it must not end the
pipeline."""


def run_file(file: Path, *, where: str) -> ModuleType:
    """Run a file as a module of its own, anew each time.

    Compiled here and not by Python's import: that would take an older compilation for the file of
    the same second, and leave a folder beside it.

    Args:
        file: The Python file.
        where: The setting that names it, for messages.

    Raises:
        ConfigError: It cannot be read or run; names file and line.
    """
    module = ModuleType(f"_penstock_file_{next(_numbers)}")
    module.__file__ = str(file)
    try:
        with tokenize.open(file) as stream:
            code = compile(stream.read(), str(file), "exec", dont_inherit=True)
        sys.modules[module.__name__] = module  # dataclasses look their module up
        exec(code, vars(module))
    except OSError as error:
        raise ConfigError(f"{where}: cannot read {file}: {error.strerror or error}") from error
    except THEIRS as error:
        sys.modules.pop(module.__name__, None)
        text = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(
            f"{where}: {place_of(error, file)}: {type(error).__name__}: {text}"
        ) from error
    return module


def place_of(error: BaseException, file: Path, *, otherwise: int | None = None) -> str:
    """The file and the innermost of its lines that an exception came from.

    Args:
        error: The exception.
        file: The user's file.
        otherwise: The line to name where it came from none of them.
    """
    line = otherwise
    if isinstance(error, SyntaxError) and error.filename == str(file):
        line = error.lineno
    else:
        for frame in extract_tb(error.__traceback__):
            line = frame.lineno if frame.filename == str(file) else line
    return f"{file}, line {line}" if line else str(file)
