"""Small text files, whatever editor wrote them."""

from __future__ import annotations

import codecs
from pathlib import Path

from penstock import paths
from penstock.errors import ConfigError

MAX_BYTES = 4 << 20
"""More than any configuration or label file has, and little enough to read by mistake."""


def read_text(path: Path, *, where: str) -> tuple[str, tuple[str, ...]]:
    r"""Read a text file: UTF-8, UTF-16 with a byte-order mark, or else Latin-1.

    Args:
        path: The file.
        where: Which setting named it, for messages.

    Returns:
        The text with `\n` line ends and without a byte-order mark, and the warnings.

    Raises:
        ConfigError: It is missing, unreadable, no text, or larger than 4 MiB.
    """
    data = _read(path, where=where)
    text, warnings = _decode(data, path=path)
    if "\0" in text:
        raise ConfigError(f"{where}: wanted a text file, got {path}, which holds zero bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n"), warnings


def _read(path: Path, *, where: str) -> bytes:
    if reason := unreadable(path):
        advice = paths.advice(path)
        raise ConfigError(f"{where}: cannot read {path.absolute()}: {reason}{advice}")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{where}: cannot read {path.absolute()}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{where}: wanted a text file, got {path}, which is larger than 4 MiB")
    return data


def unreadable(path: Path) -> str:
    """Why `path` is not a file that can be opened; empty if it is one."""
    try:
        path.stat()
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:
        return "no file can have this name"
    if path.is_dir():
        return "it is a directory"
    # A FIFO or a device would block the reader for ever.
    return "" if path.is_file() else "it is not a regular file"


def _decode(data: bytes, *, path: Path) -> tuple[str, tuple[str, ...]]:
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if utf16 else "utf-8-sig"
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    warning = f"{path}, line {line}: not UTF-8, read as Latin-1; save the file as UTF-8"
    return data.decode("latin-1"), (warning,)
