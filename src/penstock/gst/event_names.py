"""Names for the types of DeepStream's own events.

PyGObject ends the process where a script asks for the name of a type that GStreamer did not
register, and a probe of events meets one before the first frame.
"""

from __future__ import annotations

from typing import Any

from penstock.gst import nvevents
from penstock.gst.gi import GObject, Gst

_UNKNOWN = "unknown"  # as Gst.EventType.get_name has it


def install() -> None:
    """Give `Gst.EventType` names for every number; harmless when called again."""
    Gst.EventType.value_nick = property(_nick)
    Gst.EventType.value_name = property(_name)


def _nick(kind: Any) -> str:
    if kind in Gst.EventType.__enum_values__:
        return str(GObject.GEnum.value_nick.__get__(kind))
    return nvevents.name_of(int(kind)) or _UNKNOWN


def _name(kind: Any) -> str:
    if kind in Gst.EventType.__enum_values__:
        return str(GObject.GEnum.value_name.__get__(kind))
    return "GST_EVENT_" + _nick(kind).upper().replace("-", "_")
