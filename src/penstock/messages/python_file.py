"""A Python file that makes messages, as `msg2p-lib` names it."""

from __future__ import annotations

import itertools
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from penstock.errors import ConfigError, ModelError

_numbers = itertools.count()
# What a person's code may raise and still be reported: sys.exit() in it must not end the pipeline.
_THEIRS = (Exception, SystemExit)


class PythonFile:
    """The functions of one file. Each instance runs the file anew.

    Args:
        file: The Python file.
        where: The setting that names it, for messages.

    Raises:
        ConfigError: It cannot be read or run; names file and line.
    """

    def __init__(self, file: Path, *, where: str) -> None:
        self.file = file
        self._where = where
        self._names = vars(_run(file, where))

    def function(self, name: str) -> Callable[..., Any] | None:
        """A function that is called with positional arguments, if the file has one of that name.

        What it raises comes as a `ModelError` that names file, line and function.
        """
        found = self._names.get(name)
        if not callable(found):
            return None

        def call(*arguments: Any) -> Any:
            try:
                return found(*arguments)
            except _THEIRS as error:
                place = _place(error, self.file)
                raise ModelError(f"{place}, in {name}: {type(error).__name__}: {error}") from error

        return call


def _run(file: Path, where: str) -> ModuleType:
    """Run a file as a module of its own, from its text: never from an older compilation."""
    module = ModuleType(f"_penstock_messages_{next(_numbers)}")
    module.__file__ = str(file)
    try:
        with tokenize.open(file) as stream:
            code = compile(stream.read(), str(file), "exec", dont_inherit=True)
        sys.modules[module.__name__] = module  # dataclasses look their module up
        exec(code, vars(module))
    except OSError as error:
        raise ConfigError(f"{where}: cannot read {file}: {error.strerror or error}") from error
    except _THEIRS as error:
        sys.modules.pop(module.__name__, None)
        text = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(
            f"{where}: {_place(error, file)}: {type(error).__name__}: {text}"
        ) from error
    return module


def _place(error: BaseException, file: Path) -> str:
    """The file and its innermost line that an exception came from."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file}, line {error.lineno}"
    lines = [at.lineno for at in extract_tb(error.__traceback__) if at.filename == str(file)]
    return f"{file}, line {lines[-1]}" if lines else str(file)
