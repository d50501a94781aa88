"""Structs inside structs: read by reference, assigned by value."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from pyds.casters import instance, real
from pyds.fields import Field
from pyds.views import TupleView, View, new


class Embedded(Field):
    """A struct inside a struct; writing to it writes to its owner.

    Args:
        path: The attribute that holds its core object; "" where both are the same core object.
        doc: One line.
        kind: Its class.
    """

    def __init__(self, path: str, doc: str, *, kind: type[View]) -> None:
        self.kind = kind
        self.reads = kind.__name__
        self.is_part = bool(path)
        super().__init__(path, doc)

    @property
    def state(self) -> tuple[str, ...]:
        """The inner struct's own state, where the core object is shared."""
        return () if self.path else self.kind._state

    def copy_core(self, source: object, target: object) -> None:
        """Write the inner struct's values from one owner's core object into another's."""
        self.kind._over(getattr(source, self.path))._copy_into(getattr(target, self.path))

    def _reader(self) -> Callable[[Any], View]:
        target, kind = self.core_attribute, self.kind

        def read(view: View) -> View:
            inner = new(kind)
            inner._core = target(view)
            return inner

        return read

    def _write(self, view: View, value: object) -> None:
        instance(value, self.kind, self.label)._copy_into(self.core_attribute(view))


class EmbeddedTuple(Field):
    """A colour or a box, which the core keeps as a tuple on its owner.

    Args:
        path: The owner's attribute; None inside a struct that is itself such a tuple.
        doc: One line.
        kind: Its class.
    """

    def __init__(self, path: str | None, doc: str, *, kind: type[TupleView]) -> None:
        self.kind = kind
        self.reads = kind.__name__
        self.attribute = path
        super().__init__(path or "", doc)

    @property
    def state(self) -> tuple[str, ...]:
        """The tuple itself: it is immutable."""
        return (self.attribute,) if self.attribute else ()

    def _reader(self) -> Callable[[Any], TupleView]:
        kind, attribute = self.kind, self.attribute

        def read(view: Any) -> TupleView:
            inner = new(kind)
            inner._core = view._core
            inner._name = attribute or view._name
            return inner

        return read

    def _write(self, view: View, value: object) -> None:
        self._reader()(view)._set_values(instance(value, self.kind, self.label)._values)


class Part(Field):
    """One float of a tuple.

    Args:
        index: Its place in the tuple.
        doc: One line with the unit.
    """

    reads = "float"

    def __init__(self, index: int, doc: str) -> None:
        self.index = index
        super().__init__("", doc)

    @property
    def state(self) -> tuple[str, ...]:
        """Nothing by itself: the tuple is copied whole."""
        return ()

    def _reader(self) -> Callable[[Any], float]:
        values, index = attrgetter("_values"), self.index
        return lambda view: values(view)[index]

    def _write(self, view: Any, value: object) -> None:
        values = list(view._values)
        values[self.index] = real(value, self.label)
        view._set_values(tuple(values))
