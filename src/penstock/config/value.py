"""One setting of a configuration file, and its readings as a number, a path, a colour and so on."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penstock import paths
from penstock.config.textfile import unreadable
from penstock.errors import ConfigError
from penstock.meta import Color

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
SHOWN = 80
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
# GLib reads "0   # RGB" as the number 0, and many published files rely on it.
_TRAILING_COMMENT = re.compile(r"(?<!\s)\s+#.*", re.DOTALL)


class Entry(NamedTuple):
    """One line of a file: a setting, or a group's header where `key` is `None`."""

    group: str
    key: str | None
    text: str
    line: int


def shown(text: str) -> str:
    """`text` quoted for a message, shortened where it is long."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def printable(text: str) -> str:
    """`text` bare where a terminal can show it, escaped where it cannot."""
    return text if text.isprintable() else ascii(text)


@dataclass(frozen=True)
class Value:
    """The text of one setting and where it stands.

    Every reader raises `ConfigError` that names file, line, group and key, what was wanted and
    what was got.

    Attributes:
        text: As written, without blanks around it. GLib's backslash escapes are left alone.
        file: The file, as it was named by whoever opened it.
        line: Counted from 1.
    """

    text: str
    file: Path
    line: int
    group: str
    key: str

    @property
    def where(self) -> str:
        """`config.txt, line 12, [property] onnx-file`."""
        return f"{self.file}, line {self.line}, [{printable(self.group)}] {printable(self.key)}"

    def error(self, wanted: str, *, advice: str = "") -> ConfigError:
        """The error that says: `wanted` was expected here; and what to do about it."""
        return ConfigError(f"{self.where}: wanted {wanted}, got {shown(self.text)}{advice}")

    def integer(self, *, minimum: int = INT_MIN, maximum: int = INT_MAX) -> int:
        """A whole number from `minimum` to `maximum`, both allowed."""
        number = _integer(self._bare)
        if number is None or not minimum <= number <= maximum:
            raise self.error(f"a whole number {_span(minimum, maximum)}".rstrip())
        return number

    def number(self, *, minimum: float = -math.inf, maximum: float = math.inf) -> float:
        """A finite number from `minimum` to `maximum`, both allowed."""
        number = _number(self._bare)
        if number is None or not minimum <= number <= maximum:
            raise self.error(f"a number {_span(minimum, maximum)}".rstrip())
        return number

    def boolean(self) -> bool:
        """`1` or `true`, `0` or `false`, in any case."""
        answer = {"1": True, "true": True, "0": False, "false": False}.get(self._bare.lower())
        if answer is None:
            raise self.error("1 (true) or 0 (false)")
        return answer

    def choice(self, names: Mapping[int, str]) -> int:
        """One of the numbers in `names`, which says what each of them means."""
        number = _integer(self._bare)
        if number is None or number not in names:
            options = [f"{option} ({name})" for option, name in names.items()]
            raise self.error(f"{', '.join(options[:-1])} or {options[-1]}")
        return number

    def strings(self) -> tuple[str, ...]:
        """The items of a list `a;b;c`; a `;` at the end is allowed."""
        return _items(self.text)

    def integers(self, *, minimum: int = INT_MIN, maximum: int = INT_MAX) -> tuple[int, ...]:
        """A list `1;2;3` of whole numbers, each from `minimum` to `maximum`; may be empty."""
        numbers = [_integer(item) for item in _items(self._bare)]
        found = tuple(n for n in numbers if n is not None and minimum <= n <= maximum)
        if len(found) != len(numbers):
            raise self.error(f"a list 1;2;3 of whole numbers {_span(minimum, maximum)}".rstrip())
        return found

    def numbers(self) -> tuple[float, ...]:
        """A list `0.5;1;2` of finite numbers; may be empty."""
        numbers = [_number(item) for item in _items(self._bare)]
        found = tuple(number for number in numbers if number is not None)
        if len(found) != len(numbers):
            raise self.error("a list 0.5;1;2 of numbers")
        return found

    def shape(self) -> tuple[int, int, int]:
        """A network's input without the batch, `channels;height;width` (`,` is allowed too)."""
        numbers = [_integer(item) for item in _items(self._bare.replace(",", ";"))]
        found = [number for number in numbers if number is not None and 0 < number <= INT_MAX]
        if len(numbers) != 3 or len(found) != 3:
            raise self.error("channels;height;width, three whole numbers above 0")
        return found[0], found[1], found[2]

    def color(self) -> Color:
        """`red;green;blue;alpha`, each in [0, 1]."""
        numbers = [_number(item) for item in _items(self._bare)]
        found = [number for number in numbers if number is not None and 0 <= number <= 1]
        if len(numbers) != 4 or len(found) != 4:
            raise self.error("red;green;blue;alpha, four numbers from 0 to 1")
        return found[0], found[1], found[2], found[3]

    def path(self) -> Path:
        """An absolute path; a relative one starts at the configuration file's directory."""
        if not self.text:
            raise self.error("a path")
        directory = Path(os.path.realpath(self.file)).parent
        try:
            return paths.resolve(self.text, relative_to=directory)
        except ValueError:
            raise self.error("a path") from None

    def existing_file(self) -> Path:
        """Like `path`, and there must be a file."""
        path = self.path()
        if reason := unreadable(path):
            advice = f", which is {printable(str(path))}: {reason}"
            if self.text.startswith("~"):
                advice += "; '~' means nothing in a configuration file"
            raise self.error("a file", advice=advice + paths.advice(path))
        return path

    @property
    def _bare(self) -> str:
        return _TRAILING_COMMENT.sub("", self.text)


def _items(text: str) -> tuple[str, ...]:
    items = [item.strip() for item in text.split(";")]
    return tuple(items if items[-1] else items[:-1])


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> float | None:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None


def _span(minimum: float, maximum: float) -> str:
    low, high = minimum > INT_MIN, maximum < INT_MAX
    if low and high:
        return f"from {minimum} to {maximum}"
    return f"of {minimum} or more" if low else f"of at most {maximum}" if high else ""
