"""Objects that are found again by a number: what `hash` of a struct gives, or an address."""

from __future__ import annotations

import weakref
from typing import Any

_objects: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def number_of(thing: Any) -> int:
    """A number that finds the object again as long as it lives."""
    number = id(thing)
    _objects[number] = thing
    return number


def find(number: int) -> Any:
    """The object that a number of pyds stands for; None for any other number, however wild.

    Args:
        number: An address, which brings what lies there along as `target`, or a plain number.
    """
    target = getattr(number, "target", None)
    return _objects.get(int(number)) if target is None else target
