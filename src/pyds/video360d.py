"""Objects seen by a 360 degree camera, as C structs."""

from __future__ import annotations

from pyds.fields import Float, VoidPointer, Whole
from pyds.records import RegionBox
from pyds.views import View


class RectDim(View, of=RegionBox):
    """A box and its relation to a region."""

    __slots__ = ()

    left = Float("left", "Left edge, frame pixels.")
    top = Float("top", "Top edge, frame pixels.")
    width = Float("width", "Width, pixels.")
    height = Float("height", "Height, pixels.")
    class_id = Whole("class_id", "Index into the network's labels.")
    tracking_id = Whole("track_id", "The tracker's id.")
    gie_unique_id = Whole("component_id", "`gie-unique-id` of the element that found it.")
    roi_status = Whole("status", "One of `ROI_STATUS_360D`.")
    text = VoidPointer("text", "Anything.")
