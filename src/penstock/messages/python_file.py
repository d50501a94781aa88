"""A Python file that makes messages, as `msg2p-lib` names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.config import python_code
from penstock.errors import ModelError


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
        self._names = vars(python_code.run_file(file, where=where))

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
            except python_code.THEIRS as error:
                place = python_code.place_of(error, self.file)
                raise ModelError(f"{place}, in {name}: {type(error).__name__}: {error}") from error

        return call
