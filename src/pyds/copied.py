"""Members of C++: lists and maps, which read as copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyds.casters import described, text, whole
from pyds.fields import INT32, UINT32, UINT64, Field
from pyds.views import View


class Text(Field):
    """A `std::string`: reads and writes as str of any length."""

    reads = "str"

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, text(value, self.label))


class Texts(Field):
    """A list of strings: reads as a copy, takes any iterable of str but a str."""

    reads, writes = "list[str]", "Iterable[str]"

    def _reader(self) -> Callable[[Any], list[str]]:
        stored = self.core_attribute
        return lambda view: list(stored(view))

    def _write(self, view: View, value: object) -> None:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(f"{self.label} takes a list of str, got {described(value)}")
        setattr(view._core, self.path, [text(item, self.label) for item in value])


class Counts(Field):
    """A map: reads as a copy, takes a mapping.

    Args:
        path: The attribute of the core object.
        doc: One line.
        keys: `str` or `int`, what it counts by.
        values: What it counts: `bool`, or numbers of 32 or 64 bits.
    """

    def __init__(self, path: str, doc: str, *, keys: type = str, values: type | int = 32) -> None:
        self.key = text if keys is str else _class_id
        self.value = {bool: _switch, 32: _count, 64: _long_count}[values]
        number = "bool" if values is bool else "int"
        self.reads = f"dict[{keys.__name__}, {number}]"
        self.writes = f"Mapping[{keys.__name__}, {number}]"
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], dict[Any, Any]]:
        stored = self.core_attribute
        return lambda view: dict(stored(view))

    def _write(self, view: View, value: object) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"{self.label} takes a dict, got {described(value)}")
        key, number, label = self.key, self.value, self.label
        checked = {key(name, label): number(count, label) for name, count in value.items()}
        setattr(view._core, self.path, checked)


def _class_id(value: object, label: str) -> int:
    return whole(value, *INT32, label)


def _count(value: object, label: str) -> int:
    return whole(value, *UINT32, label)


def _long_count(value: object, label: str) -> int:
    return whole(value, *UINT64, label)


def _switch(value: object, label: str) -> bool:
    return bool(whole(value, *INT32, label))
