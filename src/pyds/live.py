"""Objects that are found again by a number: what `hash` of a struct gives, or an address."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

_name_of = ctypes.pythonapi.PyCapsule_GetName
_name_of.restype, _name_of.argtypes = ctypes.c_void_p, [ctypes.py_object]
_pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_in.restype, _pointer_in.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_void_p]

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


def address_in(capsule: Any) -> int | None:
    """The address that a capsule of C carries; None where the object is no capsule."""
    if type(capsule).__name__ != "PyCapsule":
        return None
    address: int | None = _pointer_in(capsule, _name_of(capsule))
    return address
