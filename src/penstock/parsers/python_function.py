"""A function of a Python file, as `custom-lib-path` and a `parse-…-func-name` name it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from penstock.config import python_code
from penstock.errors import ConfigError, ModelError


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
        namespace = vars(python_code.run_file(file, where=where[0]))
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
        except python_code.THEIRS as error:
            place = python_code.place_of(error, self.file, otherwise=self._line)
            raise ModelError(f"{place}, in {self.name}: {type(error).__name__}: {error}") from error

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
