"""A parser of boxes of one's own: a function in a Python file, as `custom-lib-path` names it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from penstock.parsers.base import Outputs, ParseContext, Parsed
from penstock.parsers.candidates import sure_enough
from penstock.parsers.python_function import PythonFunction

_ROW = "(x1, y1, x2, y2, confidence, class)"


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
        expected = f"rows {_ROW} or a penstock.parsers.Parsed"
        self._function = PythonFunction(file, function, where=where, expected=expected)

    def parse(self, outputs: Outputs, context: ParseContext) -> Parsed:
        """Call the function and check what it returns.

        Raises:
            ModelError: It raised, or returned something else; names file, line and function.
        """
        return self._checked(self._function(dict(outputs), context, read=self._read), context)

    def _read(self, found: Any) -> Parsed:
        return found if isinstance(found, Parsed) else self._of_rows(found)

    def _of_rows(self, found: Any) -> Parsed:
        refuse = self._function.refuse
        if not isinstance(found, Iterable) or isinstance(found, (str, bytes, dict)):
            refuse(f"{type(found).__name__}")
        rows = list(found)
        for number, row in enumerate(rows):
            if np.shape(row) != (6,):
                refuse(f"{row!r:.80} as row {number}")
        try:
            table = np.array(rows, np.float32).reshape(-1, 6)
        except (TypeError, ValueError) as error:
            refuse(f"rows that are not numbers ({error})")
        return Parsed(table[:, :4], table[:, 5], table[:, 4])  # type: ignore[arg-type]

    def _checked(self, found: Parsed, context: ParseContext) -> Parsed:
        """What counts of the function's answer."""
        refuse = self._function.refuse
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
                refuse(f"{name} {array.shape} of {array.dtype} for {count} boxes")
        for name in ("masks", "keypoints", "labels"):
            extra = getattr(found, name)
            if extra is not None and len(extra) != count:
                refuse(f"{len(extra)} {name} for {count} boxes")
        if isinstance(found.masks, np.ndarray):
            shape, kind = found.masks.shape, found.masks.dtype
            if len(shape) != 3 or not all(shape[1:]) or kind.kind not in "fiub":
                refuse(f"masks {shape} of {kind}, not (N, h, w) numbers,")
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
            self._function.refuse(
                f"keypoints {points.shape} of {points.dtype}, not (N, K, 3) numbers"
            )
        return points
