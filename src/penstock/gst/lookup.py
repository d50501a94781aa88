"""Find an element by its C address, without following an address that may be wild."""

from __future__ import annotations

import gc

from penstock.gst.gi import Gst


def element_at(address: int) -> Gst.Element | None:
    """The element at a C address, `hash(element)`, among those that Python holds.

    It walks all of Python's objects: for set-up, not for every buffer.

    Returns:
        None where Python holds neither the element nor a bin around it.
    """
    held = [thing for thing in gc.get_objects() if issubclass(type(thing), Gst.Element)]
    for element in held:
        if hash(element) == address:
            return element
    for element in held:
        if isinstance(element, Gst.Bin):
            for child in elements_in(element):
                if hash(child) == address:
                    return child
    return None


def elements_in(around: Gst.Bin) -> list[Gst.Element]:
    """The elements of a bin, and those of bins in it."""
    found = []
    for child in list(around.children):
        found.append(child)
        if isinstance(child, Gst.Bin):
            found += elements_in(child)
    return found
