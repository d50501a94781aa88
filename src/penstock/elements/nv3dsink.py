"""`nv3dsink`: show the pictures, or only keep their time where there is no display.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nv3dsink
"""

from __future__ import annotations

from penstock.gst import DisplaySink


class Nv3dSink(DisplaySink):
    """The display sink of Jetson."""

    FACTORY = "nv3dsink"
    __gtype_name__ = "Gstnv3dsink"
    __gstmetadata__ = DisplaySink.described("Jetson")
    __gsttemplates__ = DisplaySink.templates()
    __gproperties__ = DisplaySink.properties()
