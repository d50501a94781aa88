"""What the fields of a text-format file mean: tables of keys by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from penstock import paths
from penstock.config.keys import Key, did_you_mean
from penstock.config.prototext import Message, ProtoValue, read_message
from penstock.config.value import Value
from penstock.errors import ConfigError

T = TypeVar("T")


@dataclass
class ProtoFile:
    """What one file says, by a table of keys.

    Attributes:
        file: As it was named by whoever opened it.
        settings: Setting → what its key read.
        rows: Message that is a table of its own → one mapping like `settings` for each time it
            appears.
        places: Path → where it stands first, of values and of messages.
        warnings: One sentence for each thing to tell the user, with file and line.
    """

    file: Path
    settings: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def where(self, path: str) -> str:
        """`config.txt, line 12, [infer_config] unique_id`; without the line where it is absent."""
        if path in self.places:
            return self.places[path]
        parent, _, name = path.rpartition(".")
        return f"{self.file}, [{parent}] {name}" if parent else f"{self.file}, {name}"


def read_proto(
    path: str | Path, table: Mapping[str, Key], *, rows: Mapping[str, str], where: str
) -> ProtoFile:
    """Read a file by a table of keys.

    Args:
        path: The file.
        table: Path → key. A message whose path is in it is passed over with all that is in it.
        rows: Path of a message → its name in `ProtoFile.rows`, for messages that may be repeated.
        where: Which setting named the file.

    Raises:
        ConfigError: The file cannot be read, does not follow the format, or a value is not what
            its key demands; with file, line and path.
    """
    file = paths.found(path)
    message, told = read_message(file, where=where)
    found = ProtoFile(file, warnings=list(told))
    _read(message, found, found.settings, _Tables(table, rows))
    return found


class _Tables:
    def __init__(self, keys: Mapping[str, Key], rows: Mapping[str, str]) -> None:
        self.keys, self.rows = keys, rows
        parts = [path.split(".") for path in keys]
        self.messages = {
            ".".join(names[:end]) for names in parts for end in range(1, len(names))
        } | set(rows)

    def names_in(self, parent: str) -> set[str]:
        paths = [*self.keys, *self.messages]
        return {name for path in paths for up, _, name in [path.rpartition(".")] if up == parent}


def _read(message: Message, found: ProtoFile, settings: dict[str, Any], tables: _Tables) -> None:
    for name, values in message.fields.items():
        path = f"{message.path}.{name}" if message.path else name
        found.places.setdefault(path, values[0].where)
        if path in tables.messages:
            for value in values:
                if isinstance(value, ProtoValue):
                    if value.is_empty_list:
                        continue
                    raise value.error(f"a message, {name} {{ … }}")
                _read(value, found, _place(found, settings, tables.rows.get(path)), tables)
        elif (key := tables.keys.get(path)) is None:
            hint = did_you_mean(name, tables.names_in(message.path))
            found.warnings.append(f"{values[0].where}: unknown key, ignored{hint}")
        elif key.read is not None:
            settings[key.setting] = key.read(_joined(path, values))


def _place(found: ProtoFile, settings: dict[str, Any], row: str | None) -> dict[str, Any]:
    if row is None:
        return settings
    own: dict[str, Any] = {}
    found.rows.setdefault(row, []).append(own)
    return own


def _joined(path: str, values: list[ProtoValue | Message]) -> ProtoValue:
    """A repeated field as one value, `0;1`, which is how lists are spelt in other files."""
    plain: list[ProtoValue] = []
    for value in values:
        if isinstance(value, Message):
            raise ConfigError(f"{value.where}: wanted a value for {path}, got a message")
        plain.append(value)
    texts = ";".join(value.text for value in plain if not value.is_empty_list)
    return replace(plain[0], text=texts, quoted=any(value.quoted for value in plain))


# Readers. A table's readers take any `Value`; those of text-format files are `ProtoValue`.


def text(value: Value) -> str:
    """A text in quotes."""
    assert isinstance(value, ProtoValue)
    return value.string()


def count(value: Value) -> int:
    """A whole number from 0 on."""
    return value.integer(minimum=0)


def signed(value: Value) -> int:
    """Any whole number that 32 bits hold."""
    return value.integer()


def ratio(value: Value) -> float:
    """A number from 0 to 1."""
    return value.number(minimum=0, maximum=1)


def one_of(names: Mapping[str, T]) -> Callable[[Value], T]:
    """A reader of an enumeration: a name, or its number, which is its place in `names`."""

    def read(value: Value) -> T:
        known = list(names)
        if value.text.isdigit() and int(value.text) < len(known):
            return names[known[int(value.text)]]
        if value.text not in names or getattr(value, "quoted", False):
            hint = did_you_mean(value.text, known)
            raise value.error(", ".join(known[:-1]) + f" or {known[-1]}", advice=hint)
        return names[value.text]

    return read
