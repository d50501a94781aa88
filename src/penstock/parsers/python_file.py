"""A parser of one's own: a function in a Python file, as `custom-lib-path` names it."""

from __future__ import annotations

import itertools
import sys
import tokenize
from collections.abc import Callable, Iterable
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from penstock.errors import ConfigError, ModelError
from penstock.parsers.base import Outputs, ParseContext, Parsed
from penstock.parsers.candidates import sure_enough

_numbers = itertools.count()
_ROW = "(x1, y1, x2, y2, confidence, class)"
# What a person's code may raise and still be reported: sys.exit() in it must not end the pipeline.
_THEIRS = (Exception, SystemExit)


class PythonFileParser:
    """Calls `function(outputs, context)` of a Python file; see `Parser.parse`.

    The function returns a `Parsed`, or any number of rows `(x1, y1, x2, y2, confidence, class)`
    in network pixels. What lies below the threshold, outside the classes or outside the network's
    input is dropped afterwards. Each instance runs the file anew.

    Args:
        file: The Python file.
        function: The name of the function.
        where: The settings that name them, for messages: the file's, then the function's.

    Raises:
        ConfigError: The file cannot be read or run, or has no such function.
    """

    num_classes = None

    def __init__(self, file: Path, function: str | None, *, where: tuple[str, str]) -> None:
        self.file = file
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
        self._function: Callable[[dict[str, Any], ParseContext], Any] = found
        self.name = str(function)

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Call the function and check what it returns.

        Raises:
            ModelError: It raised, or returned something else; names file, line and function.
        """
        try:
            found = self._function(dict(outputs), context)
            if not isinstance(found, Parsed):
                found = self._of_rows(found)
        except ModelError:
            raise
        except _THEIRS as error:
            line = line_of(error, self.file) or self._line
            raise ModelError(
                f"{self.file}, line {line}, in {self.name}: {type(error).__name__}: {error}"
            ) from error
        return self._checked(found, context)

    @property
    def _line(self) -> int:
        return int(getattr(getattr(self._function, "__code__", None), "co_firstlineno", 1))

    def _of_rows(self, found: Any) -> Parsed:
        if not isinstance(found, Iterable) or isinstance(found, (str, bytes, dict)):
            self._refuse(f"{type(found).__name__}")
        rows = list(found)
        for number, row in enumerate(rows):
            if np.shape(row) != (6,):
                self._refuse(f"{row!r:.80} as row {number}")
        try:
            table = np.array(rows, np.float32).reshape(-1, 6)
        except (TypeError, ValueError) as error:
            self._refuse(f"rows that are not numbers ({error})")
        return Parsed(table[:, :4], table[:, 5], table[:, 4])  # type: ignore[arg-type]

    def _checked(self, found: Parsed, context: ParseContext) -> Parsed:
        """What counts of the function's answer."""
        boxes, class_ids, confidences = map(
            np.asarray, (found.boxes, found.class_ids, found.confidences)
        )
        count = len(boxes) if boxes.ndim else 0
        right = {"boxes": (count, 4), "class_ids": (count,), "confidences": (count,)}
        for name, array in (
            ("boxes", boxes),
            ("class_ids", class_ids),
            ("confidences", confidences),
        ):
            if array.shape != right[name] or array.dtype.kind not in "fiub":
                self._refuse(f"{name} {array.shape} of {array.dtype} for {count} boxes")
        for name in ("masks", "keypoints", "labels"):
            extra = getattr(found, name)
            if extra is not None and len(extra) != count:
                self._refuse(f"{len(extra)} {name} for {count} boxes")
        rows, known = sure_enough(class_ids, confidences, context)
        return Parsed.inside(
            context,
            boxes=boxes[rows],
            class_ids=known,
            confidences=confidences[rows],
            masks=None if found.masks is None else found.masks[rows],
            keypoints=self._keypoints(found)[rows] if found.keypoints is not None else None,
            labels=None if found.labels is None else tuple(str(found.labels[r]) for r in rows),
        )

    def _keypoints(self, found: Parsed) -> Any:
        points = np.asarray(found.keypoints)
        if points.ndim != 3 or points.shape[2] != 3 or points.dtype.kind not in "fiu":
            self._refuse(f"keypoints {points.shape} of {points.dtype}, not (N, K, 3) numbers")
        return points

    def _refuse(self, what: str) -> NoReturn:
        raise ModelError(
            f"{self.file}, line {self._line}: {self.name} returned {what}; "
            f"expected rows {_ROW} or a penstock.parsers.Parsed"
        )


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
