# ruff: noqa: N815 - the names are DeepStream's
"""What analytics found, as C++ structs: lists and maps read as copies."""

from __future__ import annotations

from penstock.meta import FrameAnalytics, ObjectAnalytics
from pyds.copied import Counts, Text, Texts
from pyds.fields import Unsigned
from pyds.views import View


class NvDsAnalyticsObjInfo(View, of=ObjectAnalytics):
    """What analytics says about one object."""

    __slots__ = ()

    roiStatus = Texts("regions", "Regions it is in.")
    ocStatus = Texts("crowds", "Crowded regions it is in.")
    lcStatus = Texts("lines", "Lines that it has just crossed.")
    dirStatus = Text("direction", 'Direction it moves in; "" where none fits.')
    objStatus = Text("status", "Anything else.")
    unique_id = Unsigned("component_id", "`unique-id` of the element.")


class NvDsAnalyticsFrameMeta(View, of=FrameAnalytics):
    """What analytics counted in one frame."""

    __slots__ = ()

    ocStatus = Counts("crowded", "Whether a region is crowded, by its name.", values=bool)
    objInROIcnt = Counts("in_region", "Objects in a region, by its name.")
    objLCCurrCnt = Counts("crossed_now", "Crossings in this frame, by the line.", values=64)
    objLCCumCnt = Counts("crossed_total", "Crossings since the start, by the line.", values=64)
    unique_id = Unsigned("component_id", "`unique-id` of the element.")
    objCnt = Counts("objects", "Objects of a class, by its index.", keys=int)
