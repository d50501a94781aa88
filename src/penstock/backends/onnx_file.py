"""A look at an ONNX file without reading the network in it.

ONNX is one protocol-buffers message. Its top level is a short list of fields, the network being
one of them: stepping over it finds the metadata, and any file that is cut off or something else,
in microseconds.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import ModelError

_GRAPH, _METADATA = 7, 14
_HIGHEST_FIELD = 100  # far above any that ONNX has; zeros and noise stop here at once
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL_WEIGHTS = b"\x0a\x08location\x12"
"""How a weight says that it lies in another file: the key `location` and the start of its value."""


@dataclass(frozen=True)
class OnnxFile:
    """What can be said about an ONNX file from its outside.

    Attributes:
        metadata: Its `metadata_props`.
        self_contained: Whether all weights are in the file itself.
    """

    metadata: dict[str, str]
    self_contained: bool


def inspect(path: Path) -> OnnxFile:
    """Check that a file is whole and an ONNX model, and read its metadata.

    Raises:
        ModelError: It cannot be read, is empty, is cut off, or is something else.
    """
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise ModelError(f"{path}: the file is empty; an ONNX model was expected")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _inspect(path, content)
    except OSError as error:
        raise ModelError(f"{path}: cannot read the model: {error.strerror or error}") from error


def _inspect(path: Path, content: mmap.mmap) -> OnnxFile:
    metadata: dict[str, str] = {}
    has_graph = False
    try:
        for number, start, end in fields_of(content, 0, len(content)):
            has_graph |= number == _GRAPH
            if number == _METADATA:
                key, value = _key_and_value(content, start, end)
                metadata[key] = value
    except _CutOffError as error:
        if not has_graph and not error.graph:
            raise _foreign(path, content) from None
        raise ModelError(
            f"{path}: the file is cut off: it has {len(content)} bytes and should have at least "
            f"{error.expected}; fetch it again"
        ) from None
    except ValueError:
        raise _foreign(path, content) from None
    if not has_graph:
        raise _foreign(path, content)
    return OnnxFile(metadata, content.find(_EXTERNAL_WEIGHTS) < 0)


def _foreign(path: Path, content: mmap.mmap) -> ModelError:
    return ModelError(f"{path}: not an ONNX model; the file begins with {content[:24]!r}")


def number_at(content: mmap.mmap, start: int, end: int) -> int:
    """The whole number that is the content of a field."""
    return _varint(content, start, end)[0]


class _CutOffError(ValueError):
    def __init__(self, expected: int, *, graph: bool) -> None:
        super().__init__(expected)
        self.expected = expected
        self.graph = graph


def fields_of(content: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the number of every field of a message, and where its content starts and ends.

    Args:
        content: The file.
        at: Where the message starts.
        end: Where it ends.

    Raises:
        ValueError: It is no message.
    """
    while at < end:
        tag, at = _varint(content, at, end)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= _HIGHEST_FIELD:
            raise ValueError(f"field {number}")
        if kind == _VARINT:
            start = at
            _, at = _varint(content, at, end)
        elif kind in (_FIXED32, _FIXED64):
            start, at = at, at + (4 if kind == _FIXED32 else 8)
        elif kind == _BYTES:
            length, start = _varint(content, at, end)
            at = start + length
        else:
            raise ValueError(f"wire type {kind}")
        if at > end:
            raise _CutOffError(at, graph=number == _GRAPH)
        yield number, start, at


def _varint(content: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        if at >= end:
            raise _CutOffError(at + 1, graph=False)
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("a number that does not end")


def _key_and_value(content: mmap.mmap, start: int, end: int) -> tuple[str, str]:
    pair = {1: "", 2: ""}
    for number, first, last in fields_of(content, start, end):
        pair[number] = content[first:last].decode(errors="replace")
    return pair[1], pair[2]
