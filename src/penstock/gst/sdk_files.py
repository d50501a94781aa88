"""Scripts name videos of DeepStream's own tree; sources get what stands in for them."""

from __future__ import annotations

import re
from typing import Any

from penstock import paths
from penstock.gst.gi import Gst

_READERS = frozenset({"filesrc", "multifilesrc"})
_IN_SDK = re.compile(rf"(file://)?{paths.SDK_PARENT}/[^\s\"'!;,]+")
_set_property, _parse_launch = Gst.Element.set_property, Gst.parse_launch


def install() -> None:
    """Replace `Gst.Element.set_property` and `Gst.parse_launch` in this process.

    `location` of sources of files and `uri` of anything are looked up in the kit's tree where they
    lie in an installation of DeepStream that is not there. Harmless when called again.
    """
    if Gst.parse_launch is not _launch:
        Gst.Element.set_property = _set
        Gst.parse_launch = _launch


def _set(element: Gst.Element, name: str, value: Any) -> None:
    if type(value) is str and value:
        if name == "uri":
            value = paths.found_uri(value)
        elif name == "location" and _factory_of(element) in _READERS:
            value = str(paths.found(value))
    _set_property(element, name, value)


def _factory_of(element: Gst.Element) -> str:
    factory = element.get_factory()
    return factory.get_name() if factory is not None else ""


def _launch(description: str) -> Gst.Element:
    return _parse_launch(_IN_SDK.sub(_instead, description))


def _instead(named: re.Match[str]) -> str:
    text = named[0]
    return paths.found_uri(text) if named[1] else str(paths.found(text))
