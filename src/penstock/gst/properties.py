"""One table of properties per element: it feeds GObject, the docs and the golden API file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from penstock.gst.enums import EnumType
from penstock.gst.gi import GObject

_RANGES = {
    "int": (GObject.TYPE_INT, -(2**31), 2**31 - 1),
    "uint": (GObject.TYPE_UINT, 0, 2**32 - 1),
    "int64": (GObject.TYPE_INT64, -(2**63), 2**63 - 1),
    "uint64": (GObject.TYPE_UINT64, 0, 2**64 - 1),
    "float": (GObject.TYPE_FLOAT, -3.4e38, 3.4e38),
}


@dataclass(frozen=True)
class Property:
    """One property of an element.

    Attributes:
        name: With dashes, as in `gst-inspect-1.0`.
        kind: `"bool"`, `"int"`, `"uint"`, `"int64"`, `"uint64"`, `"float"`, `"string"`,
            `"pointer"`, or an `EnumType`.
        default: Value before anybody sets it.
        blurb: One line for users.
        minimum: Smallest number accepted; the type's own where none is given.
        maximum: Largest number accepted.
        accepted_only: Set and read back, but without effect here; the blurb says why.
        read_only: What the element tells; it cannot be set.
    """

    name: str
    kind: str | EnumType
    default: Any
    blurb: str
    minimum: int | None = None
    maximum: int | None = None
    accepted_only: bool = False
    read_only: bool = False

    def spec(self) -> tuple[Any, ...]:
        """The entry of `__gproperties__`."""
        kinds = GObject.ParamFlags
        flags = kinds.READABLE if self.read_only else kinds.READWRITE
        if isinstance(self.kind, EnumType):
            return (self.kind.g_type(), self.name, self.blurb, self.default, flags)
        if self.kind == "bool":
            return (GObject.TYPE_BOOLEAN, self.name, self.blurb, self.default, flags)
        if self.kind == "string":
            return (GObject.TYPE_STRING, self.name, self.blurb, self.default, flags)
        if self.kind == "pointer":
            return (GObject.TYPE_POINTER, self.name, self.blurb, flags)
        g_type, smallest, largest = _RANGES[self.kind]
        low = smallest if self.minimum is None else self.minimum
        high = largest if self.maximum is None else self.maximum
        return (g_type, self.name, self.blurb, low, high, self.default, flags)


def gproperties(table: Iterable[Property]) -> dict[str, tuple[Any, ...]]:
    """The `__gproperties__` of a class whose properties are in `table`."""
    return {prop.name: prop.spec() for prop in table}
