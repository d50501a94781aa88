"""The arrays of a display meta: 16 elements of a kind, of which `num_*` are drawn.

The core's `DisplayMeta` lists what is drawn and nothing else. The elements behind the count wait in
`Shown.spare`, on the core's own list, so that every view of a display meta finds the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from penstock.meta import MAX_DISPLAY_ELEMENTS
from pyds.casters import whole
from pyds.fields import UINT32, Field
from pyds.views import View, new


class Shown(list[Any]):
    """The elements that are drawn, and those that wait for the count to grow."""

    __slots__ = ("spare",)

    def __init__(self, elements: Iterable[Any]) -> None:
        super().__init__(elements)
        self.spare: list[Any] = []


class Elements(Field):
    """A new list of references to all 16 elements.

    Args:
        path: The core's list.
        doc: One line.
        kind: The class of the elements.
    """

    writes = ""

    def __init__(self, path: str, doc: str, *, kind: type[View]) -> None:
        self.kind = kind
        self.reads = f"list[{kind.__name__}]"
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], list[View]]:
        path, kind = self.path, self.kind
        make = kind._kinds[0]

        def read(view: View) -> list[View]:
            views = []
            for core in all_elements(view._core, path, make):
                element = new(kind)
                element._core = core
                views.append(element)
            return views

        return read


class NumberShown(Field):
    """How many of the 16 elements are drawn.

    Args:
        path: The core's list.
        doc: One line.
        make: Makes one element of the core's.
    """

    reads = "int"

    def __init__(self, path: str, doc: str, *, make: Callable[[], Any]) -> None:
        self.make = make
        super().__init__(path, doc)

    def _reader(self) -> Callable[[Any], int]:
        shown = self.core_attribute
        return lambda view: len(shown(view))

    def _write(self, view: View, value: object) -> None:
        number = whole(value, *UINT32, self.label)
        if number > MAX_DISPLAY_ELEMENTS:
            raise ValueError(
                f"{self.label} is at most {MAX_DISPLAY_ELEMENTS}, got {number}: "
                "acquire another display meta for the rest"
            )
        elements = all_elements(view._core, self.path, self.make)
        shown: Shown = getattr(view._core, self.path)
        shown[:] = elements[:number]
        shown.spare = elements[number:]


def all_elements(display: Any, path: str, make: Callable[[], Any]) -> list[Any]:
    """All 16 elements of one kind: those that are drawn come first."""
    shown = getattr(display, path)
    if type(shown) is not Shown:
        shown = Shown(shown)
        setattr(display, path, shown)
    spare = shown.spare
    missing = MAX_DISPLAY_ELEMENTS - len(shown) - len(spare)
    if missing > 0:
        spare.extend([make() for _ in range(missing)])
    return [*shown, *spare]
