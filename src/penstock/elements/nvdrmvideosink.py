"""`nvdrmvideosink`: show the pictures, or only keep their time where there is no display.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! nvdrmvideosink conn-id=0
"""

from __future__ import annotations

from penstock.gst import DisplaySink, Property

_UNUSED = "accepted; pictures go to a window"


class NvDrmVideoSink(DisplaySink):
    """The display sink of a Jetson without a desktop; here a window like the others'."""

    FACTORY = "nvdrmvideosink"
    SIZE = ()
    PROPERTIES = (
        Property("conn-id", "int", -1, _UNUSED, minimum=-1, accepted_only=True),
        Property("plane-id", "int", -1, _UNUSED, minimum=-1, accepted_only=True),
        Property("set-mode", "bool", False, _UNUSED, accepted_only=True),
        Property("offset-x", "uint", 0, _UNUSED, accepted_only=True),
        Property("offset-y", "uint", 0, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvdrmvideosink"
    __gstmetadata__ = DisplaySink.described("Jetson, DRM")
    __gsttemplates__ = DisplaySink.templates()
    __gproperties__ = DisplaySink.properties(PROPERTIES)
