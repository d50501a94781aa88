"""Protocol buffers' text format, as messages whose values know file, line and path.

The format is read without a schema: `name: value`, `name { … }`, lists in brackets, comments,
strings in parts. What the names mean is said by a table of keys; see `prototext_keys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from penstock.config.textfile import read_text
from penstock.config.value import INT_MAX, INT_MIN, Value, printable, shown
from penstock.errors import ConfigError

_MOST_NESTED = 50
_TOKENS = re.compile(
    r"""(?P<blank>[\s]+|\#[^\n]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fF]?
        (?![A-Za-z0-9_]))
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<mark>[{}<>\[\]:;,-])""",
    re.VERBOSE,
)
_ESCAPES = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))")
_ONE_LETTER = dict(zip(b"nrtabfv", b"\n\r\t\a\b\f\v", strict=True))
_CLOSING = {"{": "}", "<": ">"}
_BOOLEANS = dict.fromkeys(("true", "True", "t", "1"), True) | dict.fromkeys(
    ("false", "False", "f", "0"), False
)


@dataclass(frozen=True)
class ProtoValue(Value):
    """A value of a text-format file; `group` is the path of its message.

    Attributes:
        quoted: Whether it is a text in quotes; numbers, names and booleans are not.
    """

    quoted: bool = False

    @property
    def is_empty_list(self) -> bool:
        """Whether it stands for `[]`; no other value is without text and without quotes."""
        return not self.text and not self.quoted

    @property
    def where(self) -> str:
        """`config.txt, line 12, [infer_config] unique_id`; outside all messages without them."""
        if self.group:
            return super().where
        return f"{self.file}, line {self.line}, {printable(self.key)}"

    def integer(self, *, minimum: int = INT_MIN, maximum: int = INT_MAX) -> int:
        """A whole number without quotes."""
        self._unquoted("a whole number")
        return super().integer(minimum=minimum, maximum=maximum)

    def number(self, *, minimum: float = -float("inf"), maximum: float = float("inf")) -> float:
        """A number without quotes."""
        self._unquoted("a number")
        return super().number(minimum=minimum, maximum=maximum)

    def integers(self, *, minimum: int = INT_MIN, maximum: int = INT_MAX) -> tuple[int, ...]:
        """A list of whole numbers without quotes."""
        self._unquoted("whole numbers")
        return super().integers(minimum=minimum, maximum=maximum)

    def numbers(self) -> tuple[float, ...]:
        """A list of numbers without quotes."""
        self._unquoted("numbers")
        return super().numbers()

    def boolean(self) -> bool:
        """`true` or `false`, as the format spells them."""
        self._unquoted("true or false")
        answer = _BOOLEANS.get(self.text)
        if answer is None:
            raise self.error("true or false")
        return answer

    def string(self) -> str:
        """A text in quotes."""
        if not self.quoted:
            raise self.error("a text in quotes")
        return self.text

    def path(self) -> Path:
        """A path in quotes; a relative one starts at the file's directory."""
        self.string()
        return super().path()

    def _unquoted(self, wanted: str) -> None:
        if self.quoted:
            raise self.error(f"{wanted}, without quotes")


@dataclass
class Message:
    """The fields of one message, in the file's order.

    Attributes:
        path: Names from the outermost message on: `infer_config.backend`; empty for the file.
        file: Where it stands.
        line: Where it begins, counted from 1.
        fields: Name → its values, more than one where it is repeated.
    """

    path: str
    file: Path
    line: int
    fields: dict[str, list[ProtoValue | Message]] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """`config.txt, line 12, [infer_config.backend]`."""
        return f"{self.file}, line {self.line}, [{printable(self.path)}]"


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def read_message(path: str | Path, *, where: str) -> tuple[Message, tuple[str, ...]]:
    """Read a file in protocol buffers' text format.

    Args:
        path: The file.
        where: Which setting named it, for the message when it cannot be read.

    Returns:
        The outermost message, and warnings about the encoding.

    Raises:
        ConfigError: The file cannot be read or does not follow the format; with file and line.
    """
    file = Path(path)
    text, warnings = read_text(file, where=where)
    return _Reader(text, file=file).file_message(), warnings


def _tokens(text: str, *, file: Path) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            rest = text[at:].split("\n", 1)[0]
            what = (
                "a text that ends on its line" if rest[0] in "\"'" else "name: value or name { … }"
            )
            raise ConfigError(f"{file}, line {line}: wanted {what}, got {shown(rest)}")
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield _Token("end", "the end of the file", line)


class _Reader:
    """Goes through the tokens of one file."""

    def __init__(self, text: str, *, file: Path) -> None:
        self._file = file
        self._tokens = _tokens(text, file=file)
        self._next = next(self._tokens)

    def file_message(self) -> Message:
        message = Message("", self._file, 1)
        while self._next.kind != "end":
            self._field(message, depth=0)
        return message

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _error(self, wanted: str) -> ConfigError:
        got = self._next.text if self._next.kind == "end" else shown(self._next.text)
        return ConfigError(f"{self._file}, line {self._next.line}: wanted {wanted}, got {got}")

    def _field(self, message: Message, *, depth: int) -> None:
        if self._next.kind != "name":
            key_file = self._next.text == "[" and not depth
            hint = " (a file of [groups] is nvinfer's)" if key_file else ""
            raise self._error(f"the name of a field{hint}")
        name = self._take()
        values = message.fields.setdefault(name.text, [])
        colon = self._next.text == ":" and self._take()
        if self._next.text == "[":
            line = self._take().line
            if self._next.text == "]":
                values.append(ProtoValue("", self._file, line, message.path, name.text))
            while self._next.text != "]":
                values.append(self._value(message, name, depth=depth, colon=True))
                if self._next.text == ",":
                    self._take()
                elif self._next.text != "]":
                    raise self._error(f"',' or ']' in the list {name.text}")
            self._take()
        else:
            values.append(self._value(message, name, depth=depth, colon=bool(colon)))
        if self._next.text in (",", ";"):
            self._take()

    def _value(
        self, message: Message, name: _Token, *, depth: int, colon: bool
    ) -> ProtoValue | Message:
        if self._next.text in _CLOSING and self._next.kind == "mark":
            return self._message(message, name, depth=depth + 1)
        if not colon:
            raise self._error(f"':' or '{{' behind {name.text}")
        line, quoted = self._next.line, self._next.kind == "text"
        text = self._texts() if quoted else self._bare(name)
        return ProtoValue(text, self._file, line, message.path, name.text, quoted)

    def _message(self, parent: Message, name: _Token, *, depth: int) -> Message:
        opening = self._take()
        closing = _CLOSING[opening.text]
        if depth > _MOST_NESTED:
            raise ConfigError(
                f"{self._file}, line {opening.line}: wanted at most {_MOST_NESTED} messages "
                "inside each other"
            )
        path = f"{parent.path}.{name.text}" if parent.path else name.text
        message = Message(path, self._file, name.line)
        while self._next.text != closing or self._next.kind != "mark":
            if self._next.kind == "end":
                raise self._error(f"{closing!r} for the {opening.text!r} of line {opening.line}")
            self._field(message, depth=depth)
        self._take()
        return message

    def _texts(self) -> str:
        """One text, or several in a row, which are one."""
        parts = []
        while self._next.kind == "text":
            parts.append(_ESCAPES.sub(_unescaped, self._take().text[1:-1].encode()))
        return b"".join(parts).decode(errors="replace")

    def _bare(self, name: _Token) -> str:
        sign = ""
        if self._next.text == "-":  # "- 1" is a number, too
            sign = self._take().text
        if self._next.kind not in ("number", "name"):
            raise self._error(f"a value for {name.text}")
        return sign + _plain(self._take().text)


def _plain(text: str) -> str:
    """A number as others write it: without a suffix, and in base 10."""
    if re.fullmatch(r"-?0[xX][0-9a-fA-F]{1,16}", text):  # longer ones are no numbers anywhere
        return str(int(text, 16))
    if re.fullmatch(r"-?0[0-7]{1,22}", text):
        return str(int(text, 8))
    return text[:-1] if re.fullmatch(r"-?[0-9.][^xX]*[fF]", text) else text


def _unescaped(match: re.Match[bytes]) -> bytes:
    """The byte that an escape stands for: several of them may be one letter in UTF-8."""
    octal, hexadecimal, letter = match.groups()
    if letter:
        return bytes([_ONE_LETTER.get(letter[0], letter[0])])
    return bytes([int(octal, 8) & 255 if octal else int(hexadecimal, 16)])
