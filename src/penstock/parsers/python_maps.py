"""A parser of class maps of one's own: a function in a Python file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from penstock.parsers.base import Outputs
from penstock.parsers.class_maps import ClassMap, MapContext, known_classes, most_probable
from penstock.parsers.python_function import PythonFunction

_EXPECTED = (
    "a map (h, w) of whole class numbers, probabilities (C, h, w), or a penstock.parsers.ClassMap"
)


class PythonMapParser:
    """Calls `function(outputs, context)` of a Python file; see `MapParser.parse`.

    The function returns `(h, w)` whole class numbers, `(C, h, w)` probabilities, whose greatest
    above the threshold is the class, or a `ClassMap`. Each instance runs the file anew.

    Args:
        file: The Python file.
        function: The name of the function.
        where: The settings that name them, for messages: the file's, then the function's.
        num_classes: How many classes the configuration says there are.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    def __init__(
        self,
        file: Path,
        function: str | None,
        *,
        where: tuple[str, str],
        num_classes: int | None = None,
    ) -> None:
        self._function = PythonFunction(file, function, where=where, expected=_EXPECTED)
        self.num_classes = num_classes

    def parse(self, outputs: Outputs, context: MapContext) -> ClassMap:
        """Call the function and check what it returns.

        Raises:
            ModelError: It raised, or returned something else; names file, line and function.
        """
        found: ClassMap = self._function(
            dict(outputs), context, read=lambda found: self._read(found, context)
        )
        return found

    def _read(self, found: Any, context: MapContext) -> ClassMap:
        if isinstance(found, ClassMap):
            classes = self._classes(np.asarray(found.classes))
            if found.probabilities is None:
                return ClassMap(classes)
            probabilities = np.asarray(found.probabilities, np.float32)
            if probabilities.ndim != 3 or probabilities.shape[1:] != classes.shape:
                self._function.refuse(
                    f"probabilities {probabilities.shape} for a map {classes.shape}"
                )
            return ClassMap(classes, probabilities)
        array = np.asarray(found)
        if array.ndim == 3 and array.dtype.kind == "f":
            probabilities = np.asarray(array, np.float32)
            return ClassMap(most_probable(probabilities, context.threshold), probabilities)
        return ClassMap(self._classes(array))

    def _classes(self, array: Any) -> Any:
        if array.ndim != 2 or array.dtype.kind not in "iub" or not array.size:
            self._function.refuse(f"{array.shape} of {array.dtype}")
        return known_classes(array, self.num_classes)
