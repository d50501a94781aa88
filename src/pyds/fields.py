"""Members that hold one value: numbers, flags, strings, enums, references.

Each is a `property`: reading runs in C without a check, writing checks as pybind11 does. Each says
its types, `reads` and `writes`, for the editors' stub file.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from operator import attrgetter
from typing import Any

from pyds.casters import described, fitting, instance, real, text, whole
from pyds.strings import Address
from pyds.views import View, core_of, new

INT16 = (-(2**15), 2**15 - 1)
INT32 = (-(2**31), 2**31 - 1)
UINT16 = (0, 2**16 - 1)
UINT32 = (0, 2**32 - 1)
UINT64 = (0, 2**64 - 1)
ALL_ONES = 2**64 - 1
SIGN_BIT = 2**63
LONGEST_SURE = 31  # characters that fit in a char[128] whatever they are


class Field(property):
    """One member of a struct.

    Args:
        path: The attribute of the core object that holds it.
        doc: One line with the unit.
    """

    reads: str = "Any"
    """Type of what it reads as."""
    writes: str | None = None
    """Type of what it takes, where that is another; "" where it cannot be assigned."""
    is_part: bool = False
    """Whether assigning a whole struct calls `copy_core`."""

    def __init__(self, path: str, doc: str) -> None:
        self.path = path
        self.label = path
        self.core_attribute = attrgetter(f"_core.{path}" if path else "_core")
        super().__init__(self._reader(), self._write, doc=doc)
        self.__doc__ = doc  # else that of the class hides it

    def __set_name__(self, owner: type, name: str) -> None:
        self.label = f"{owner.__name__}.{name}"

    @property
    def state(self) -> tuple[str, ...]:
        """Attributes of the core object that assigning a whole struct copies."""
        return (self.path,) if self.path else ()

    def copy_core(self, source: object, target: object) -> None:
        """Copy what cannot be assigned as an attribute, from one core object to another."""

    def _reader(self) -> Callable[[Any], Any]:
        return self.core_attribute

    def _write(self, view: View, value: object) -> None:
        raise AttributeError(f"{self.label} cannot be assigned")


class Whole(Field):
    """An integer.

    Args:
        path: The attribute of the core object.
        doc: One line with the unit.
        limits: Smallest and largest number of the C type.
    """

    reads = "int"

    def __init__(self, path: str, doc: str, *, limits: tuple[int, int] = INT32) -> None:
        self.low, self.high = limits
        super().__init__(path, doc)

    def check(self, value: object) -> int:
        """A number of the C type.

        Raises:
            TypeError: It is none.
        """
        return whole(value, self.low, self.high, self.label)

    def _write(self, view: View, value: object) -> None:
        if type(value) is not int or not self.low <= value <= self.high:
            value = self.check(value)
        setattr(view._core, self.path, value)


class Unsigned(Whole):
    """An unsigned integer of 32 bits."""

    def __init__(self, path: str, doc: str) -> None:
        super().__init__(path, doc, limits=UINT32)


class Unsigned64(Whole):
    """An unsigned integer of 64 bits over the core's signed one: all ones is -1 there."""

    def __init__(self, path: str, doc: str) -> None:
        super().__init__(path, doc, limits=UINT64)

    def _reader(self) -> Callable[[Any], int]:
        signed = self.core_attribute
        return lambda view: signed(view) & ALL_ONES

    def _write(self, view: View, value: object) -> None:
        number = self.check(value)
        setattr(view._core, self.path, number - 2**64 if number >= SIGN_BIT else number)


class Bool(Field):
    """A bool: takes what counts as one."""

    reads = "bool"

    def _write(self, view: View, value: object) -> None:
        if value is not None and not hasattr(type(value), "__bool__"):
            raise TypeError(f"{self.label} takes True or False, got {described(value)}")
        setattr(view._core, self.path, bool(value))


class Flag(Whole):
    """A gboolean: reads as 0 or 1, takes any whole number."""

    def _reader(self) -> Callable[[Any], int]:
        flag = self.core_attribute
        return lambda view: int(flag(view))

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, bool(self.check(value)))


class Float(Field):
    """A number with a fraction."""

    reads = "float"

    def _write(self, view: View, value: object) -> None:
        if type(value) is not float:
            value = real(value, self.label)
        setattr(view._core, self.path, value)


class CharArray(Field):
    """A `char[size]`: reads and writes as str, cut to what it holds in UTF-8.

    Args:
        path: The attribute of the core object.
        doc: One line.
        size: Bytes, with the terminator.
    """

    reads = "str"

    def __init__(self, path: str, doc: str, *, size: int = 128) -> None:
        self.size = size
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], str]:
        stored, size = self.core_attribute, self.size

        def read(view: View) -> str:
            value: str = stored(view)
            return value if len(value) <= LONGEST_SURE else fitting(value, size)

        return read

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, fitting(text(value, self.label), self.size))


class CharPointer(Field):
    """A `char *`: takes a str, reads as an address for `get_string`; 0 where there is none."""

    reads, writes = "int", "str"

    def _reader(self) -> Callable[[Any], int]:
        stored = self.core_attribute
        address = Address.of
        return lambda view: address(stored(view))

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, text(value, self.label))


class PlainString(Field):
    """A `char *` that reads as str, or None where there is none."""

    reads = "str | None"

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, None if value is None else text(value, self.label))


class Enumerated(Field):
    """A member of an enum; a plain int is refused, as pybind11 refuses it.

    Args:
        path: The attribute of the core object.
        doc: One line.
        kind: The enum of pyds.
        stored: What the core keeps: its own enum, or int.
    """

    def __init__(
        self, path: str, doc: str, *, kind: type[IntEnum], stored: type[int] | None = None
    ) -> None:
        self.kind = kind
        self.reads = kind.__name__
        self.stored = stored or kind
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], IntEnum]:
        number, kind = self.core_attribute, self.kind
        return lambda view: kind(number(view))

    def _write(self, view: View, value: object) -> None:
        member = instance(value, self.kind, self.label)
        setattr(view._core, self.path, self.stored(int(member)))


class Reference(Field):
    """A pointer to another struct, or None.

    Args:
        path: The attribute of the core object that holds the other core object or None.
        doc: One line.
        kind: Gives the other's class, which may be declared later than this member.
        writable: Whether it can be assigned.
    """

    def __init__(
        self, path: str, doc: str, *, kind: Callable[[], type[View]], writable: bool = False
    ) -> None:
        self.kind = kind
        self.writable = writable
        self.writes = None if writable else ""
        super().__init__(path, doc)

    @property
    def reads(self) -> str:  # type: ignore[override]
        """The other struct's name, or None."""
        return f"{self.kind().__name__} | None"

    def _reader(self) -> Callable[[Any], View | None]:
        target, kind = self.core_attribute, self.kind

        def read(view: View) -> View | None:
            core = target(view)
            if core is None:
                return None
            other = new(kind())
            other._core = core
            return other

        return read

    def _write(self, view: View, value: object) -> None:
        if not self.writable:
            super()._write(view, value)
        other = None if value is None else instance(value, self.kind(), self.label)._core
        setattr(view._core, self.path, other)


class VoidPointer(Field):
    """A `void *`: holds any object; a struct of pyds reads back for its `cast`."""

    def _write(self, view: View, value: object) -> None:
        setattr(view._core, self.path, core_of(value))
