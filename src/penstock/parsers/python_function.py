"""A function of a Python file, as `custom-lib-path` and a `parse-…-func-name` name it."""

from __future__ import annotations

import itertools
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, NoReturn

from penstock.errors import ConfigError, ModelError

_numbers = itertools.count()
# What a person's code may raise and still be reported: sys.exit() in it must not end the pipeline.
_THEIRS = (Exception, SystemExit)


class PythonFunction:
    """Calls `function(given, context)` of a Python file. Each instance runs the file anew.

    Args:
        file: The Python file.
        function: The name of the function.
        where: The settings that name them, for messages: the file's, then the function's.
        expected: What it should return, for messages.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    def __init__(
        self, file: Path, function: str | None, *, where: tuple[str, str], expected: str
    ) -> None:
        self.file = file
        self._expected = expected
        namespace = vars(_run(file, where[0]))
        found = namespace.get(function or "")
        if not callable(found):
            own = sorted(
                name
                for name, value in namespace.items()
                if getattr(value, "__module__", None) == namespace["__name__"] and callable(value)
            )
            wanted = f"no function {function!r} in {file}" if function else "no function is named"
            raise ConfigError(f"{where[1]}: {wanted}; {file} has {', '.join(own) or 'none'}")
        self._function: Callable[[Any, Any], Any] = found
        self.name = str(function)

    def __call__(self, given: Any, context: Any, *, read: Callable[[Any], Any]) -> Any:
        """Call it and `read` what it returns: an iterable may run its code only there.

        Raises:
            ModelError: It raised; names file, line and function.
        """
        try:
            return read(self._function(given, context))
        except ModelError:
            raise
        except _THEIRS as error:
            line = line_of(error, self.file) or self._line
            raise ModelError(
                f"{self.file}, line {line}, in {self.name}: {type(error).__name__}: {error}"
            ) from error

    def refuse(self, what: str) -> NoReturn:
        """Say that it returned something else than what is expected.

        Raises:
            ModelError: Always.
        """
        raise ModelError(
            f"{self.file}, line {self._line}: {self.name} returned {what}; "
            f"expected {self._expected}"
        )

    @property
    def _line(self) -> int:
        return int(getattr(getattr(self._function, "__code__", None), "co_firstlineno", 1))


def line_of(error: BaseException, file: Path) -> int | None:
    """The line of `file` that an exception came from, the innermost one, if there is one."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return error.lineno
    lines = [
        frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(file)
    ]
    return lines[-1] if lines else None


def _run(file: Path, where: str) -> ModuleType:
    """Run a file as a module of its own.

    Compiled here and not by Python's import: that would take an older compilation for the file of
    the same second, and leave a folder beside it.
    """
    module = ModuleType(f"_penstock_parser_{next(_numbers)}")
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
        line = line_of(error, file)
        place = f"{file}, line {line}" if line else f"{file}"
        text = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(f"{where}: {place}: {type(error).__name__}: {text}") from error
    return module
