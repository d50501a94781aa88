"""Files in protocol buffers' text format: nvinferserver's, and those of its model repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from penstock.checking.finding import IGNORED, SUPPORTED, UNSUPPORTED, Finding
from penstock.config import InferServerConfig, Key
from penstock.config.inferserver_keys import INFERSERVER_KEYS
from penstock.config.keys import did_you_mean
from penstock.config.prototext import Message, read_message
from penstock.errors import ConfigError

_BEGINNING = re.compile(
    r"^[ \t]*(infer_config|input_control|output_control)\s*:?\s*\{", re.MULTILINE
)
_BECAUSE = "accepted, ignored because "
_SAMPLE_BYTES = 1 << 16


def is_prototext(path: Path) -> bool:
    """Whether a file looks like nvinferserver's."""
    try:
        with path.open("rb") as file:
            return bool(_BEGINNING.search(file.read(_SAMPLE_BYTES).decode("utf-8", "replace")))
    except OSError:
        return False


def find(path: Path) -> Iterator[Finding]:
    """Every field of such a file.

    Raises:
        ConfigError: It does not follow the format.
    """
    message, _ = read_message(path, where="config-file-path")
    yield Finding(path, 0, "config", "nvinferserver", SUPPORTED)
    yield from _fields(message, path, INFERSERVER_KEYS)
    try:
        InferServerConfig.read(path)
    except ConfigError as error:
        yield Finding(path, 0, "config", "nvinferserver", UNSUPPORTED, str(error))


def _fields(message: Message, path: Path, table: Mapping[str, Key]) -> Iterator[Finding]:
    for name, values in message.fields.items():
        inner = f"{message.path}.{name}" if message.path else name
        key: Any = table.get(inner)
        for value in values:
            line = value.line
            if key is not None:
                yield key_finding(path, line, inner, key)
            elif isinstance(value, Message):
                yield from _fields(value, path, table)
            else:
                hint = did_you_mean(inner, table)
                yield Finding(path, line, "key", inner, UNSUPPORTED, f"unknown key{hint}")


def key_finding(path: Path, line: int, name: str, key: Key) -> Finding:
    """What becomes of a key that is known."""
    if key.status.startswith(_BECAUSE):
        return Finding(path, line, "key", name, IGNORED, key.status[len(_BECAUSE) :])
    return Finding(path, line, "key", name, SUPPORTED)
