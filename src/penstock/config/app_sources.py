"""The sources of a deepstream-app file, in the order of their numbers in the metadata."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from penstock.config.app_parts import SourceGroup, SourceListGroup
from penstock.config.app_source_keys import CAMERA, MULTI_URI, RTSP, URI
from penstock.config.value import Value
from penstock.errors import ConfigError

_FILE = "file:"


def sources_of(groups: Iterable[dict[str, Any]]) -> list[SourceGroup]:
    """The sources that `[sourceN]` groups stand for; of several URIs all but the first come last.

    Raises:
        ConfigError: A group does not say what to open.
    """
    first, more = [], []
    for settings in groups:
        if "table" in settings:
            raise settings["table"].error("it in a group called source, without a number")
        if "kind" not in settings:
            raise ConfigError(f"{settings['where']}: wanted type, which has no default")
        uri: Value | None = settings.pop("uri", None)
        several = settings.pop("several", 1)
        source = SourceGroup(**settings)
        if source.kind == CAMERA:
            first.append(source)
            continue
        if uri is None:
            raise ConfigError(f"{source.where}: wanted uri, which has no default")
        counted = source.kind == MULTI_URI
        first.append(replace(source, uri=_absolute(uri, uri.text, number=0 if counted else None)))
        more += [
            replace(source, uri=_absolute(uri, uri.text, number=number))
            for number in range(1, several if counted else 1)
        ]
    return first + more


def listed_in(settings: dict[str, Any]) -> SourceListGroup:
    """What `[source-list]` says.

    Raises:
        ConfigError: An entry is no URI, or there are not as many as there should be.
    """
    value: Value | None = settings.pop("uris", None)
    expected: int | None = settings.pop("expected", None)
    entries = () if value is None else value.strings()
    if value is not None and expected is not None and expected != len(entries):
        raise value.error(f"as many URIs as num-source-bins says, {expected}")
    uris = tuple(_listed(value, entry) for entry in entries if value is not None)
    group = SourceListGroup(uris=uris, **settings)
    for name, what in (
        ("sensor-id-list", group.sensor_ids),
        ("sensor-name-list", group.sensor_names),
    ):
        if what and len(what) != len(uris):
            raise ConfigError(f"{group.where} {name}: wanted {len(uris)} entries, got {len(what)}")
    return group


def sources_listed(group: SourceListGroup, attributes: SourceGroup | None) -> list[SourceGroup]:
    """The sources of `[source-list]`, each with what `[source-attr-all]` says."""
    base = attributes or SourceGroup()
    found = []
    for number, uri in enumerate(group.uris):
        kind, device = RTSP if uri.startswith("rtsp") else URI, 0
        if uri.startswith("usb:"):
            kind, device = CAMERA, int(uri.partition(":")[2])
        source = replace(base, where=group.where, number=number, kind=kind, device=device, uri=uri)
        found.append(source)
    return found


def _listed(value: Value, text: str) -> str:
    kind, _, device = text.partition(":")
    if kind == "usb" and device.isdecimal():
        return text
    if "://" not in text and kind != "file":
        raise value.error("URIs a;b;c, or usb:0 for /dev/video0", advice=f": {text!r} is neither")
    return _absolute(value, text, number=None)


def _absolute(value: Value, text: str, *, number: int | None) -> str:
    """The URI, its file's path absolute; `%d` is replaced by the number if there is one.

    Published files write a path as `file:///a`, `file:/a`, `file://a` and `a`.
    """
    text = text if number is None else text.replace("%d", str(number))
    if not text:
        raise value.error("a URI, file:///video.mp4 or rtsp://camera/1")
    if text.startswith(_FILE):
        text = unquote(text.removeprefix(_FILE).removeprefix("//"))
    elif "://" in text:
        return text
    return replace(value, text=text).path().as_uri()
