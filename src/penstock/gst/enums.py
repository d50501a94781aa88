"""Real GEnums, so that properties accept numbers and nicks and `gst-inspect-1.0` lists them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from penstock.gst import native
from penstock.gst.gi import GObject

_kept: list[object] = []  # GObject keeps pointers into these arrays for the life of the process


@dataclass(frozen=True)
class EnumType:
    """A GEnum to be.

    Attributes:
        name: GType name, unique in the process.
        values: Nick → number, in the order shown.
    """

    name: str
    values: dict[str, int]

    def g_type(self) -> GObject.GType:
        """The registered GType; registers it on the first call."""
        if not native.g_type_from_name(self.name.encode()):
            rows = [
                native.EnumValue(number, nick.encode(), nick.encode())
                for nick, number in self.values.items()
            ]
            table = (native.EnumValue * (len(rows) + 1))(*rows)
            _kept.append(table)
            native.g_enum_register_static(self.name.encode(), ctypes.cast(table, native.Pointer))
        return GObject.GType.from_name(self.name)
