"""Label files: the names of a network's classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from penstock.config.textfile import read_text
from penstock.errors import ConfigError


def read_labels(path: str | Path, *, where: str = "label file") -> list[str]:
    """The class names of a detector, one a line; the line number is the class id.

    Empty lines at the end are dropped, others are classes without a name. Any line ends,
    encodings as in `KeyFile.read`.

    Args:
        path: The file.
        where: Which setting named it, for messages.

    Raises:
        ConfigError: The file cannot be read.
    """
    text, _ = read_text(Path(path), where=where)
    lines = [line.strip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def read_classifier_labels(path: str | Path, *, where: str = "label file") -> list[list[str]]:
    """The class names of a classifier: one line `a;b;c` for each of its outputs.

    Args:
        path: The file.
        where: Which setting named it, for messages.

    Returns:
        One list of names for each output.

    Raises:
        ConfigError: The file cannot be read.
    """
    lines = read_labels(path, where=where)
    return [[name.strip() for name in line.removesuffix(";").split(";")] for line in lines]


def check_labels(labels: Sequence[str], num_classes: int, *, where: str) -> tuple[str, ...]:
    """Whether a detector's names fit its number of classes.

    Args:
        labels: One name for each class.
        num_classes: `num-detected-classes`.
        where: Which setting and file the names came from, for messages.

    Returns:
        A warning if there are more names than classes, else nothing.

    Raises:
        ConfigError: There are fewer names than classes.
    """
    counts = f"{len(labels)} labels for num-detected-classes={num_classes}"
    if len(labels) < num_classes:
        advice = "write one label a line, or correct num-detected-classes"
        if len(labels) == 1 and ";" in labels[0]:
            advice = "a detector's labels stand one a line, not separated by ';'"
        raise ConfigError(f"{where}: {counts}; {advice}")
    if len(labels) > num_classes:
        return (f"{where}: {counts}; the last {len(labels) - num_classes} are not used",)
    return ()
