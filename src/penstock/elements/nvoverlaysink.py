"""`nvoverlaysink`: show the pictures, or only keep their time where there is no display.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvoverlaysink overlay-w=640
"""

from __future__ import annotations

from penstock.gst import DisplaySink, Property

_PLACE = "accepted; the window manager decides"
_UNUSED = "accepted; without effect here"


class NvOverlaySink(DisplaySink):
    """The overlay sink of older Jetsons; here a window of the overlay's size."""

    FACTORY = "nvoverlaysink"
    SIZE = ("overlay-w", "overlay-h")
    PROPERTIES = (
        Property("overlay-x", "uint", 0, _PLACE, accepted_only=True),
        Property("overlay-y", "uint", 0, _PLACE, accepted_only=True),
        Property("overlay-w", "uint", 0, "Width of the window, pixels; 0: the picture's"),
        Property("overlay-h", "uint", 0, "Height of the window, pixels; 0: the picture's"),
        Property("overlay", "uint", 1, _UNUSED, accepted_only=True),
        Property("overlay-depth", "uint", 1, _UNUSED, accepted_only=True),
        Property("display-id", "uint", 0, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvoverlaysink"
    __gstmetadata__ = DisplaySink.described("Jetson, overlay")
    __gsttemplates__ = DisplaySink.templates()
    __gproperties__ = DisplaySink.properties(PROPERTIES)
