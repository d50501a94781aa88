"""Elements as a group of a configuration wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.errors import ConfigError, MissingExtraError
from penstock.gst import GLib, Gst

_MOST_BATCHES = 2


def made(
    factory: str, name: str, properties: Mapping[str, Any] | None = None, *, where: str
) -> Gst.Element:
    """An element with its properties set.

    Args:
        factory: What it is.
        name: What it is called in messages.
        properties: What it is given; those that it does not have are left out.
        where: File, line and group, for messages.

    Raises:
        MissingExtraError: It is not installed.
        ConfigError: It takes no such value.
    """
    element = Gst.ElementFactory.make(factory, name)
    if element is None:
        raise MissingExtraError(f"{where}: this needs the element {factory}, which is not there")
    give(element, properties or {}, where=where)
    return element


def give(element: Gst.Element, properties: Mapping[str, Any], *, where: str) -> None:
    """Set the properties that an element has.

    Raises:
        ConfigError: It takes no such value.
    """
    for name, value in properties.items():
        spec = element.find_property(name)
        if spec is None:
            continue
        if isinstance(value, int | float):  # GObject ignores what is out of range
            least, most = getattr(spec, "minimum", value), getattr(spec, "maximum", value)
            if not least <= value <= most:
                raise ConfigError(f"{where}: wanted {name} from {least} to {most}, got {value}")
        try:
            element.set_property(name, value)
        except (TypeError, ValueError, OverflowError) as error:
            raise ConfigError(f"{where}: {name}={value} is not possible: {error}") from error


def described(description: str, name: str, *, where: str) -> Gst.Bin:
    """A bin of what `gst-launch-1.0` would build, its open pad a pad of the bin.

    Raises:
        MissingExtraError: Something in it is not installed.
    """
    try:
        parts: Gst.Bin = Gst.parse_bin_from_description(description, True)
    except GLib.Error as error:
        raise MissingExtraError(f"{where}: {error.message}") from error
    parts.set_name(name)
    return parts


def queue(name: str) -> Gst.Element:
    """A queue of a few batches, as the other pipelines here have them."""
    limits = {"max-size-buffers": _MOST_BATCHES, "max-size-bytes": 0, "max-size-time": 0}
    return made("queue", name, limits, where=name)
