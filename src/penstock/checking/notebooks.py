"""The cells of a notebook, as one script and one by one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.errors import ConfigError

NOTEBOOK = ".ipynb"
_OF_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")
"""Magic words for a cell whose other lines are Python."""
_GIVEN = re.compile(r"(\s*[\w., ]+=\s*)[!%].*")
_SPOKEN = re.compile(r"(\s*)(!.*|%{1,2}[a-zA-Z].*|\?.*|[\w.]+\?{1,2})")  # "%" may go on a line


@dataclass(frozen=True)
class Notebook:
    """A notebook as a script.

    Attributes:
        source: The cells of code, one below the other, without what IPython adds to Python.
        starts: The line of `source` where each begins, counted from 1.
    """

    source: str
    starts: tuple[int, ...]

    @classmethod
    def read(cls, data: bytes, *, name: str) -> Notebook:
        """Put the cells together.

        Args:
            data: The file.
            name: For messages.

        Raises:
            ConfigError: It is no notebook, or a cell is no Python.
        """
        lines: list[str] = []
        starts = []
        for number, cell in enumerate(code_cells(data, name=name), 1):
            starts.append(len(lines) + 1)
            lines += _as_python(cell, f"{name}, cell {number}").split("\n")
        return cls("\n".join(lines), tuple(starts))

    def place(self, line: int) -> tuple[int, int]:
        """Cell and line in it, both counted from 1, of a line of `source`."""
        cell = sum(start <= line for start in self.starts)
        return cell, line - self.starts[cell - 1] + 1


def code_cells(data: bytes, *, name: str) -> Iterator[str]:
    """The cells of code in their order.

    Args:
        data: The file, JSON of format 4.
        name: For messages.

    Raises:
        ConfigError: It is no notebook.
    """
    try:
        for cell in json.loads(data)["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"{name} is no notebook of format 4: {error!r}") from error


def _as_python(cell: str, name: str) -> str:
    """The cell with as many lines, magic words and shell commands left out."""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        cell = _plain(cell)
    else:
        return cell
    try:
        ast.parse(cell)
    except SyntaxError as error:
        raise ConfigError(f"{name}, line {error.lineno}: wanted Python: {error.msg}") from error
    except ValueError as error:
        raise ConfigError(f"{name}: wanted Python: {error}") from error
    return cell


def _plain(cell: str) -> str:
    lines = cell.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_OF_PYTHON):
        return "\n" * (len(lines) - 1)  # of another language
    return "\n".join(map(_without_magic, lines))


def _without_magic(line: str) -> str:
    if given := _GIVEN.fullmatch(line):
        return f"{given[1]}None"
    if spoken := _SPOKEN.fullmatch(line.rstrip()):
        return f"{spoken[1]}pass"
    return line
