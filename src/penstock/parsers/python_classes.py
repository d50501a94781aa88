"""A classifier's parser of one's own: a function in a Python file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.parsers.base import Outputs
from penstock.parsers.classes import Attribute, ClassContext
from penstock.parsers.python_function import PythonFunction

_ROW = "(output, class, confidence) or (output, class, confidence, label)"


class PythonClassParser:
    """Calls `function(outputs, context)` of a Python file; see `ClassParser.parse`.

    The function returns any number of rows `(output, class, confidence)`, a label behind them
    where the label file does not name the class. What is not more confident than the threshold is
    dropped afterwards. Each instance runs the file anew.

    Args:
        file: The Python file.
        function: The name of the function.
        where: The settings that name them, for messages: the file's, then the function's.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    num_classes: tuple[int, ...] = ()

    def __init__(self, file: Path, function: str | None, *, where: tuple[str, str]) -> None:
        self._function = PythonFunction(file, function, where=where, expected=f"rows {_ROW}")

    def parse(self, outputs: Outputs, context: ClassContext) -> tuple[Attribute, ...]:
        """Call the function and check what it returns.

        Raises:
            ModelError: It raised, or returned something else; names file, line and function.
        """
        rows: list[Any] = self._function(dict(outputs), context, read=self._rows)
        found = (self._attribute(row, context) for row in rows)
        return tuple(one for one in found if context.threshold < one.confidence < float("inf"))

    def _rows(self, found: Any) -> list[Any]:
        if not isinstance(found, Iterable) or isinstance(found, (str, bytes, dict)):
            self._function.refuse(type(found).__name__)
        return list(found)

    def _attribute(self, row: Any, context: ClassContext) -> Attribute:
        try:
            index, class_id, confidence, *rest = row
            index, class_id, confidence = int(index), int(class_id), float(confidence)
        except (TypeError, ValueError, OverflowError):
            self._function.refuse(f"{row!r:.80} as a row")
        label = str(rest[0]) if rest and rest[0] else context.label(index, class_id)
        return Attribute(index, class_id, confidence, label)
