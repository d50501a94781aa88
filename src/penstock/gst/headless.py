"""Sinks that would show pictures keep their time only: for machines and runs without a display."""

from __future__ import annotations

import os

from penstock.gst.display import DisplaySink
from penstock.gst.gi import GObject, Gst
from penstock.gst.properties import Property, gproperties

_SINKS = (
    "autovideosink",
    "fbdevsink",
    "glimagesink",
    "kmssink",
    "waylandsink",
    "ximagesink",
    "xvimagesink",
)
_PROPERTIES = DisplaySink.PROPERTIES + tuple(
    Property(name, kind, default, "accepted; nothing is shown", accepted_only=True)
    for name, kind, default in (
        ("display", "string", None),
        ("force-aspect-ratio", "bool", True),
        ("fullscreen", "bool", False),
        ("handle-events", "bool", True),
    )
)


def hide_displays() -> None:
    """Take the display away from this process.

    DeepStream's sinks find none then. GStreamer's own would fail without one, so sinks of
    their names that show nothing take their places.
    """
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(variable, None)
    for factory in _SINKS:
        element = type(
            f"Headless_{factory}",
            (DisplaySink,),
            {
                "FACTORY": factory,
                "PROPERTIES": _PROPERTIES,
                "__gtype_name__": f"PenstockHeadless_{factory}",
                "__gstmetadata__": DisplaySink.described("none"),
                "__gsttemplates__": DisplaySink.templates(),
                "__gproperties__": gproperties(_PROPERTIES),
            },
        )
        GObject.type_register(element)
        Gst.Element.register(None, factory, Gst.Rank.NONE, element)
