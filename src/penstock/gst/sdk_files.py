"""Scripts name videos of DeepStream's own tree; sources get what stands in for them."""

from __future__ import annotations

import re
from typing import Any

from penstock import paths
from penstock.gst.gi import GObject, Gst
from penstock.gst.lookup import elements_in

_READERS = frozenset({"filesrc", "multifilesrc"})
_IN_SDK = re.compile(rf"(file://)?{paths.SDK_PARENT}/[^\s\"'!;,]+")
_set_property, _parse_launch = Gst.Element.set_property, Gst.parse_launch
_set_state, _sync_state = Gst.Element.set_state, Gst.Element.sync_state_with_parent


def install() -> None:
    """Replace methods of `Gst.Element`, and `Gst.parse_launch`, in this process.

    `location` of sources of files and `uri` of anything are looked up in the kit's tree where they
    lie in an installation of DeepStream that is not there: when they are set, and before an element
    starts, because `element.props` sets them too. Harmless when called again.
    """
    if Gst.parse_launch is not _launch:
        Gst.Element.set_property = _set
        Gst.Element.set_state = _start
        Gst.Element.sync_state_with_parent = _start_with_parent
        Gst.parse_launch = _launch


def _set(element: Gst.Element, name: str, value: Any) -> None:
    _set_property(element, name, _found(element, name, value))


def _found(element: Gst.Element, name: str, value: Any) -> Any:
    if type(value) is str and value:
        if name == "uri":
            return paths.found_uri(value)
        if name == "location" and _factory_of(element) in _READERS:
            return str(paths.found(value))
    return value


def _start(element: Gst.Element, state: Gst.State) -> Gst.StateChangeReturn:
    if state != Gst.State.NULL:
        _look_up(element)
    return _set_state(element, state)


def _start_with_parent(element: Gst.Element) -> bool:
    _look_up(element)
    return bool(_sync_state(element))


def _look_up(element: Gst.Element) -> None:
    for part in (element, *(elements_in(element) if isinstance(element, Gst.Bin) else ())):
        name = "location" if _factory_of(part) in _READERS else "uri"
        described = part.find_property(name)
        if described is not None and described.flags & GObject.ParamFlags.READABLE:
            value = part.get_property(name)
            if (instead := _found(part, name, value)) != value:
                _set_property(part, name, instead)


def _factory_of(element: Gst.Element) -> str:
    factory = element.get_factory()
    return factory.get_name() if factory is not None else ""


def _launch(description: str) -> Gst.Element:
    return _parse_launch(_IN_SDK.sub(_instead, description))


def _instead(named: re.Match[str]) -> str:
    text = named[0]
    return paths.found_uri(text) if named[1] else str(paths.found(text))
