"""`nveglglessink`: show the pictures, or only keep their time where there is no display.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nveglglessink
"""

from __future__ import annotations

from penstock.gst import DisplaySink


class NvEglGlesSink(DisplaySink):
    """The display sink of desktop and server GPUs."""

    FACTORY = "nveglglessink"
    __gtype_name__ = "Gstnveglglessink"
    __gstmetadata__ = DisplaySink.described("desktop")
    __gsttemplates__ = DisplaySink.templates()
    __gproperties__ = DisplaySink.properties()
